// Comparisons in which one thing is wrong: one invoice, one person, one key. It stops no other, and it can be ended.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient, type BillingError } from '../../src/commet/client.ts'
import type { Invoice } from '../../src/commet/contract.ts'
import { openDatabase } from '../../src/db/database.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import { listDiscrepancies } from '../../src/db/read-filtered.ts'
import type { Adjustment, Reconciliation } from '../../src/db/schema.ts'
import { pauseKeys } from '../../src/db/write-switches.ts'
import type { Billing, Deps } from '../../src/deps.ts'
import { adjustmentId, type AdjustmentId } from '../../src/domain/ids.ts'
import { LOOK_PAGE_ROWS, RECONCILE_TRIES_MAX } from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { err, ok } from '../../src/domain/result.ts'
import { runCron } from '../../src/scheduled.ts'
import { adoptInvoice } from '../../src/usecases/adopt-invoice.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { pauseRestored, resumeRestored } from '../../src/usecases/pause-restored.ts'
import { reconcileByClock } from '../../src/usecases/reconcile.ts'
import { requeueAdjustment } from '../../src/usecases/requeue-adjustment.ts'
import { startReconciliation, startRestored } from '../../src/usecases/start-reconciliation.ts'
import { commet, refund, ticket } from '../harness.ts'
import { actionsOf, callsOf, createWorld, setFaults } from '../world.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  world = await createWorld()
  // What an earlier test has left lying is no matter of this one.
  await env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL').run()
  await toTheEnd()
  await env.DB.prepare(
    `UPDATE discrepancies SET settled_at = 1, settled_by = 'operator:test' WHERE settled_at IS NULL`,
  ).run()
})
afterEach(() => setFaults())

/** Two hours later, and every comparison that is asked for by then has gone as far as it can. */
async function toTheEnd(how: Partial<Deps> = {}): Promise<Reconciliation | null> {
  await world.advance(2 * HOUR)
  let last: Reconciliation | null = null
  for (let ticks = 0; ticks < 50; ticks++) {
    const run = await reconcileByClock({ ...world.deps, ...how })
    if (run === null) break
    last = run
  }
  return last
}

async function issued(body: unknown = refund(), endpoint = 'stripe'): Promise<Adjustment> {
  const [id] = await world.receive(endpoint, body)
  await world.work()
  return world.adjustment(id!)
}

async function made(fields: {
  readonly id?: string
  readonly amount?: number
  readonly customerId?: string
}): Promise<any> {
  const { id, amount = -2_599, customerId = 'cus_sample' } = fields
  const metadata = id === undefined ? {} : { makegood_adjustment_id: id }
  const body = { customerId, amount, description: 'Made elsewhere', metadata }
  return (await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })).data
}

const setVoid = (id: string) =>
  commet(`/api/v1/invoices/${id}/status`, {
    method: 'PUT',
    body: JSON.stringify({ status: 'void' }),
  })

const open = async (): Promise<any[]> =>
  (await env.DB.prepare('SELECT * FROM discrepancies WHERE settled_at IS NULL ORDER BY seq').all())
    .results
const reasons = async (): Promise<string[]> => (await open()).map(({ reason }) => reason)

async function start(since: number, how: Partial<Deps> = {}): Promise<Reconciliation> {
  const window = { since, until: null }
  const started = await startReconciliation({ ...world.deps, ...how }, BOOTSTRAP, window)
  if (!started.ok) throw new Error(started.error.reason)
  return started.value
}

const now = async (id: AdjustmentId): Promise<Adjustment> => {
  const row = await findAdjustment(world.deps.db, id)
  if (row === null) throw new Error('no such adjustment')
  return row
}

/** The billing client, but for these calls. */
const withCalls = (calls: Partial<Billing['invoices']>, more: Partial<Billing> = {}) => {
  const billing = world.deps.billing!
  return {
    billing: { ...billing, ...more, invoices: { ...billing.invoices, ...calls } } satisfies Billing,
  }
}

/** A listing as if each invoice were this one; null leaves it out. */
const listing = (change: (invoice: Invoice) => Invoice | null) => ({
  list: async (query: Parameters<Billing['invoices']['list']>[0]) => {
    const answer = await world.deps.billing!.invoices.list(query)
    if (!answer.ok) return answer
    return ok({ ...answer.value, data: answer.value.data.flatMap((each) => change(each) ?? []) })
  },
})

const trouble = (fields: Partial<BillingError>): BillingError => ({
  meaning: 'permanent',
  status: 410,
  code: 'gone',
  message: '',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
  ...fields,
})

describe('one invoice that the billing API does not show', () => {
  async function expectMoneyMoves(how: Partial<Deps> = {}): Promise<void> {
    const deps = { ...world.deps, ...how }
    for (let hour = 0; hour < 24; hour++) {
      await world.advance(HOUR)
      await runCron(deps, '* * * * *')
      await world.work(how)
    }
    const [event] = await world.receive('zendesk', ticket())
    for (let minute = 0; minute < 5; minute++) {
      await world.work(how)
      await world.advance(60)
      await runCron(deps, '* * * * *')
    }
    expect((await world.adjustment(event!)).state).toBe('invoiced')
  }

  it('stays open as it is, and stops neither the comparison nor all money', async () => {
    const { id } = await issued()
    const second = await made({ id })
    await toTheEnd()
    expect(await reasons()).toEqual(['second_invoice'])
    await setFaults({
      kind: 'server_error',
      status: 500,
      method: 'GET',
      path: `/invoices/${second.id}`,
    })
    await expectMoneyMoves()
    expect(await reasons()).toEqual(['second_invoice'])
    await setFaults()
    await setVoid(second.id)
    await toTheEnd()
    await toTheEnd()
    expect(await reasons()).toEqual([])
  })

  it('and that its listing has left out is told of, and found right when it is shown again', async () => {
    const { invoiceId } = await issued()
    const { get } = world.deps.billing!.invoices
    const gone = withCalls({
      ...listing((invoice) => (invoice.id === invoiceId ? null : invoice)),
      get: async (id) => (id === invoiceId ? err(trouble({})) : get(id)),
    })
    await expectMoneyMoves(gone)
    expect(await open()).toMatchObject([{ reason: 'not_readable', invoice_id: invoiceId }])
    await toTheEnd()
    expect(await reasons()).toEqual([])
  })

  it('is asked for a few times before it is passed over, and an outage is waited for', async () => {
    const { invoiceId } = await issued()
    const hidden = withCalls(listing((invoice) => (invoice.id === invoiceId ? null : invoice)))
    const deps = { ...world.deps, ...hidden }
    await setFaults({ kind: 'server_error', status: 503, path: `/invoices/${invoiceId}` })
    await world.advance(2 * HOUR)
    for (let tries = 1; tries < RECONCILE_TRIES_MAX; tries++) {
      const run = await reconcileByClock(deps)
      expect(run).toMatchObject({ outcome: null, progress: { phase: 'ours', tried: tries } })
      expect(run!.listedAt).not.toBeNull()
      await world.advance(60)
    }
    expect(await open()).toEqual([])
    expect(await reconcileByClock(deps)).toMatchObject({ outcome: 'complete' })
    expect(await reasons()).toEqual(['not_readable'])
  })

  it('waits for its own kind of trouble: a refused key is none of one invoice', async () => {
    const { invoiceId } = await issued()
    const refused = withCalls({
      ...listing((invoice) => (invoice.id === invoiceId ? null : invoice)),
      get: async () => err(trouble({ status: 401, code: 'invalid_api_key' })),
    })
    await world.advance(2 * HOUR)
    for (let tries = 0; tries < 5; tries++) {
      const run = await reconcileByClock({ ...world.deps, ...refused })
      expect(run).toMatchObject({ outcome: null, progress: { phase: 'ours', tried: 0 } })
      await world.advance(HOUR)
    }
    expect(await open()).toEqual([])
  })
})

describe('one row of the listing that can not be read', () => {
  /** The billing API as it would answer if these rows were like that. */
  function listedAs(change: (row: any) => any): { billing: Billing } {
    const { invoices } = world.deps.billing!
    return withCalls({
      list: async (query) => {
        const answer = await invoices.list(query)
        const isOdd = answer.ok && answer.value.data.some((each) => change(each) !== each)
        return isOdd
          ? err(trouble({ meaning: 'transient', status: 200, code: 'unexpected_shape' }))
          : answer
      },
      listLoosely: async (query) => {
        const answer = await invoices.listLoosely(query)
        return answer.ok ? ok({ ...answer.value, data: answer.value.data.map(change) }) : answer
      },
    })
  }

  it('is told of where it carries our mark or could, and all others are compared', async () => {
    const { id } = await issued()
    const [second, odd, plain, blurred] = [
      await made({ id }),
      await made({ id: await adjustmentId('stripe-refund-record', 'stripe', 'refund:odd', '') }),
      await made({}),
      await made({}),
    ]
    const broken = listedAs((row) => {
      const { id: rowId, createdAt, metadata } = row
      if (rowId === odd.id || rowId === plain.id) return { id: rowId, createdAt, metadata }
      return rowId === blurred.id ? { id: rowId, createdAt, metadata: null } : row
    })
    const run = await toTheEnd(broken)
    expect(run).toMatchObject({ outcome: 'complete' })
    const found = (await open()).map(({ reason, invoice_id: invoice }) => `${reason} ${invoice}`)
    const wanted = [
      `not_readable ${blurred.id}`,
      `not_readable ${odd.id}`,
      `second_invoice ${second.id}`,
    ]
    expect(found.toSorted()).toEqual(wanted.toSorted())
    await toTheEnd()
    // What can be read by now is what it is.
    expect((await reasons()).toSorted()).toEqual(['second_invoice', 'unknown_adjustment'])
  })

  it('is asked for before the first attempt of its adjustment posts', async () => {
    const id = await adjustmentId('stripe-refund-record', 'stripe', 'refund:re_blurred', '')
    const odd = await made({ id })
    await toTheEnd(
      listedAs((row) =>
        row.id === odd.id ? { id: row.id, createdAt: row.createdAt, metadata: row.metadata } : row,
      ),
    )
    expect(await reasons()).toEqual(['not_readable'])
    const posts = (await callsOf('POST', /\/invoices$/)).length
    const [event] = await world.receive('stripe', refund({ id: 're_blurred' }))
    expect(await world.work()).toEqual(['issued'])
    expect((await callsOf('POST', /\/invoices$/)).length).toBe(posts)
    expect(await world.adjustment(event!)).toMatchObject({ id, invoiceId: odd.id })
  })

  it('that is read as it comes over the wire hides no other of its page', async () => {
    const { invoiceId } = await issued()
    const answer = await commet('/api/v1/invoices?limit=3')
    answer.data.unshift(null, { id: 7, metadata: 'none' })
    const client = createBillingClient({
      baseUrl: 'https://billing.example',
      apiKey: 'ck_x',
      fetch: async () => Response.json(answer),
    })
    expect(await client.invoices.list({})).toMatchObject({ error: { code: 'unexpected_shape' } })
    const rows = await client.invoices.listLoosely({})
    if (!rows.ok) throw new Error(rows.error.code)
    const [none, odd, ...others] = rows.value.data
    expect([none, odd]).toEqual([
      { id: null, createdAt: null, metadata: null },
      { id: null, createdAt: null, metadata: null },
    ])
    expect(others.map(({ id }) => id)).toContain(invoiceId)
    expect(others.every((each) => 'livemode' in each)).toBe(true)
  })

  it('only in its time is compared all the same', async () => {
    const { id } = await issued()
    const odd = await made({ id })
    const soon = listing((each) => (each.id === odd.id ? { ...each, createdAt: 'soon' } : each))
    await toTheEnd(withCalls(soon))
    expect(await reasons()).toEqual(['second_invoice'])
  })
})

it('what can not be written of one adjustment stops no other', async () => {
  const [event] = await world.receive('stripe', refund())
  world.queue.splice(0)
  const { id } = await world.adjustment(event!)
  await env.DB.prepare(`UPDATE adjustments SET customer_id = 'cus_sample' WHERE id = ?`)
    .bind(id)
    .run()
  await made({ id })
  await env.DB.prepare(
    `CREATE TRIGGER test_poison BEFORE UPDATE OF invoice_id ON adjustments WHEN NEW.id = '${id}'
      BEGIN SELECT RAISE(ABORT, 'poison'); END`,
  ).run()
  try {
    const run = await toTheEnd()
    expect(run).toMatchObject({ outcome: 'complete' })
    expect(await reasons()).toEqual(['not_recorded'])
    expect(world.lines.map((line) => line.event)).toContain('alarm.reconcile_row_failed')
  } finally {
    await env.DB.prepare('DROP TRIGGER test_poison').run()
  }
  await toTheEnd()
  expect(await now(id)).toMatchObject({ state: 'invoiced' })
  expect(await reasons()).toEqual([])
})

describe('an outcome that is unknown', () => {
  const again = async (id: AdjustmentId, looked = true) => {
    const { version } = await now(id)
    const requeued = await requeueAdjustment(world.deps, BOOTSTRAP, id, { version, looked })
    expect(requeued.ok).toBe(true)
    return world.work()
  }

  it('of what waits for a person is ended by what its own text says', async () => {
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: '400.00' }),
    )
    expect(await world.work()).toEqual(['held'])
    const { id } = await world.adjustment(event!)
    const odd = await made({ id, amount: -123, customerId: 'cus_acme' })
    await toTheEnd()
    expect(await open()).toMatchObject([{ reason: 'invoiced_though_held', adjustment_id: id }])
    await setVoid(odd.id)
    await toTheEnd()
    expect(await reasons()).toEqual([])
    const { version, amount, currency } = await now(id)
    await approveAdjustment(world.deps, BOOTSTRAP, id, { version, amount, currency })
    expect(await world.work()).toEqual(['held'])
    expect(await now(id)).toMatchObject({ holdReasons: ['outcome_unknown'] })
    await world.advance(2 * HOUR)
    expect(await again(id)).toEqual(['issued'])
    const { invoiceId } = await now(id)
    expect(invoiceId).not.toBe(odd.id)
    expect((await toTheEnd())?.outcome).toBe('complete')
    expect(await reasons()).toEqual([])
  })

  it('is not ended so by an open invoice, nor by a closed one that came after the word', async () => {
    const [event] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['failed'])
    await setFaults()
    const { id } = await world.adjustment(event!)
    const odd = await made({ id, amount: -123, customerId: 'cus_acme' })
    await toTheEnd()
    expect(await again(id)).toEqual(['held'])
    await world.advance(HOUR)
    // It stands: his word is of no weight.
    expect(await again(id)).toEqual(['held'])
    await setVoid(odd.id)
    await env.DB.prepare('UPDATE adjustments SET looked_at = ? WHERE id = ?')
      .bind(Date.parse(odd.createdAt) - 1, id)
      .run()
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'due', hold_reasons = NULL, version = version + 1 WHERE id = ?`,
    )
      .bind(id)
      .run()
    const { version } = await now(id)
    world.queue.push({ id, version })
    expect(await world.work()).toEqual(['held'])
    expect((await now(id)).invoiceId).toBeNull()
  })

  it('where its own invoice was voided waits until the key is forgotten, and then posts', async () => {
    const [event] = await world.receive('zendesk', ticket())
    // The post arrives, and its answer doesn't.
    await setFaults({ kind: 'timeout', method: 'POST', path: '/invoices', times: 1, applied: true })
    const { createAdjustment } = world.deps.billing!.invoices
    const lost = withCalls({
      createAdjustment: async (body, options) => {
        await createAdjustment(body, options)
        return err(trouble({ meaning: 'ambiguous', status: null, code: 'timeout' }))
      },
    })
    await setFaults()
    expect(await world.work(lost)).toEqual(['postponed'])
    const { id } = await world.adjustment(event!)
    const { data } = await commet('/api/v1/invoices?limit=1')
    expect(data[0].metadata.makegood_adjustment_id).toBe(id)
    await setVoid(data[0].id)
    await world.advance(HOUR)
    // As after attempts that were used up.
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'held', hold_reasons = '["outcome_unknown"]', held_at = ?,
        holds = 1, version = version + 1 WHERE id = ?`,
    )
      .bind(world.now(), id)
      .run()
    expect(await again(id)).toEqual(['postponed'])
    const waits = await now(id)
    expect(waits).toMatchObject({ state: 'due', invoiceId: null, trouble: null })
    expect(waits.wakeAt! - world.now()).toBeGreaterThan(23 * HOUR * 1_000)
    await world.advance(26 * HOUR)
    await toTheEnd()
    await world.sweep()
    await world.work()
    const row = await now(id)
    expect(row).toMatchObject({ state: 'invoiced' })
    expect(row.invoiceId).not.toBe(data[0].id)
  })

  it('of a customer with too many invoices is ended by a person who looked when all could be seen', async () => {
    const [event] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'server_error', status: 500, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    await setFaults()
    const { id } = await world.adjustment(event!)
    await world.advance(2 * DAY)
    await toTheEnd()
    const { list } = world.deps.billing!.invoices
    let page = 0
    const endless = withCalls({
      list: async (query) => {
        if (query?.customerId === undefined) return list(query)
        const answer = await list({ customerId: query.customerId, limit: 1 })
        page += 1
        return answer.ok
          ? ok({ ...answer.value, hasMore: true, nextCursor: `c${page}`, data: [] })
          : answer
      },
    })
    await world.sweep()
    expect(await world.work(endless)).toEqual(['held'])
    const look = async () => {
      const { version } = await now(id)
      await requeueAdjustment(world.deps, BOOTSTRAP, id, { version, looked: true })
      return world.work(endless)
    }
    // A moment later its invoice might not be there to be seen.
    expect(await look()).toEqual(['held'])
    await world.advance(HOUR)
    expect(await look()).toEqual(['issued'])
  })
})

it('an invoice with its id that can not be read stops a post, whoever has looked, if its listing shows it', async () => {
  const [event] = await world.receive('zendesk', ticket())
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
  expect(await world.work()).toEqual(['failed'])
  await setFaults()
  const { id } = await world.adjustment(event!)
  const odd = await made({ id, customerId: 'cus_acme', amount: -5 })
  const { invoices } = world.deps.billing!
  const unread = trouble({ meaning: 'transient', status: 200, code: 'unexpected_shape' })
  const blurred = withCalls({
    // Of a few rows, as the customer's currency is looked up with, it is none.
    list: async (query) => (query?.limit === LOOK_PAGE_ROWS ? err(unread) : invoices.list(query)),
    listLoosely: async (query) => {
      const answer = await invoices.list(query)
      if (!answer.ok) return answer
      const data = answer.value.data.map((row) =>
        row.id === odd.id ? { id: row.id, createdAt: row.createdAt, metadata: row.metadata } : row,
      )
      return ok({ ...answer.value, data })
    },
  })
  await world.advance(DAY)
  const { version } = await now(id)
  await requeueAdjustment(world.deps, BOOTSTRAP, id, { version, looked: true })
  // Its record has gone uncompared for a day.
  await toTheEnd()
  await world.sweep()
  expect(await world.work(blurred)).toContain('held')
  expect(await now(id)).toMatchObject({ state: 'held', invoiceId: null })
})

it('a failed one whose odd invoice was voided keeps nothing paused', async () => {
  const [event] = await world.receive('zendesk', ticket())
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
  expect(await world.work()).toEqual(['failed'])
  await setFaults()
  const { id } = await world.adjustment(event!)
  const odd = await made({ id, amount: -123, customerId: 'cus_acme' })
  await toTheEnd()
  expect(await reasons()).toEqual(['invoiced_though_failed'])
  await setVoid(odd.id)
  await toTheEnd()
  expect(await reasons()).toEqual([])
  // What was seen of it is not forgotten: its next attempt asks for it.
  const failed = await now(id)
  await requeueAdjustment(world.deps, BOOTSTRAP, id, { version: failed.version, looked: false })
  expect(await world.work()).toEqual(['held'])
})

describe('a key of the other mode, or of another organization', () => {
  const nothing = {
    list: async () => ok({ data: [], requestId: null, hasMore: false, nextCursor: null }),
    get: async () => err(trouble({ status: 404, code: 'invoice_not_found' })),
  } satisfies Partial<Billing['invoices']>

  it.each(['live', 'test'] as const)('settles nothing that it can not see (%s)', async (mode) => {
    const { id, invoiceId } = await issued()
    await made({ id })
    await toTheEnd()
    expect(await reasons()).toEqual(['second_invoice'])
    await toTheEnd(withCalls(nothing, { mode }))
    expect(await reasons()).toContain('second_invoice')
    for (let hours = 0; hours < 3; hours++) await toTheEnd()
    expect(await reasons()).toEqual(['second_invoice'])
    expect(await actionsOf((await open())[0].id)).toEqual(['discrepancy.found'])
    expect(invoiceId).not.toBeNull()
  })

  it('that tells our own as missing is put right by the right one', async () => {
    const { id } = await issued()
    // Its source says no mode.
    await env.DB.prepare('UPDATE adjustments SET invoiced_at = ? WHERE id = ?')
      .bind(world.now(), id)
      .run()
    await toTheEnd(withCalls(nothing))
    expect(await reasons()).toEqual(['missing_at_billing'])
    await env.DB.prepare(`UPDATE discrepancies SET mode = 'live' WHERE settled_at IS NULL`).run()
    await toTheEnd()
    expect(await reasons()).toEqual([])
  })
})

describe('what has no invoice', () => {
  const insert = (reason: string, day: string | null, eventId: string | null = null) =>
    env.DB.prepare(
      `INSERT INTO discrepancies SELECT NULL, ?, ?, 'test', NULL, ?, NULL, NULL, ?, 'usd', -100, 0,
        '[]', ?, ?, NULL, NULL, NULL`,
    )
      .bind(`dsc_${reason}_${world.now()}`, reason, eventId, day, world.now(), world.now())
      .run()
  const today = () => new Date(world.now()).toISOString().slice(0, 10)

  it('is settled where a whole day fits by now, and not by a part of it', async () => {
    await issued()
    await insert('unexplained', today())
    await world.advance(HOUR)
    await start(world.now() - 2 * HOUR * 1_000)
    const wasWhole = new Date(world.now() - 2 * HOUR * 1_000).toISOString().slice(0, 10) < today()
    if (!wasWhole) expect(await reasons()).toEqual(['unexplained'])
    await world.advance(HOUR)
    await start(world.now() - 2 * DAY * 1_000)
    expect(await reasons()).toEqual([])
  })

  it('is settled where the event has its adjustment, and not before', async () => {
    const { eventId } = await issued()
    await env.DB.prepare(
      `UPDATE events SET decision = json_set(decision, '$.was', decision -> '$.adjustments',
        '$.adjustments', json('["adj_gone"]')) WHERE id = ?`,
    )
      .bind(eventId)
      .run()
    await toTheEnd()
    expect(await reasons()).toEqual(['event_without_adjustment'])
    await toTheEnd()
    expect(await reasons()).toEqual(['event_without_adjustment'])
    await env.DB.prepare(
      `UPDATE events SET decision = json_set(decision, '$.adjustments', decision -> '$.was') WHERE id = ?`,
    )
      .bind(eventId)
      .run()
    await toTheEnd()
    expect(await reasons()).toEqual([])
  })

  it('is not told to be stuck that is only on its way after an outage of three hours', async () => {
    for (let batch = 0; batch < 2; batch++) {
      const events = Array.from({ length: 350 }, (_, index) => ({
        id: `alone-${batch}-${index}`,
        type: 'credit',
        subject: `alone:${batch}:${index}`,
        amount: 100 + index,
      }))
      await world.receive('batch', events)
    }
    world.queue.length = 0
    const columns = 'name, failures, cause, opened_at, probe_at, probes, version'
    await env.DB.prepare(
      `INSERT INTO circuits (${columns}) VALUES ('billing', 5, 'unavailable', 1, 9e15, 1, 1)`,
    ).run()
    for (let hour = 0; hour < 3; hour++) {
      await world.advance(HOUR)
      await runCron(world.deps, '* * * * *')
    }
    await env.DB.prepare('DELETE FROM circuits').run()
    await world.advance(60)
    await runCron(world.deps, '* * * * *')
    expect(world.queue).toHaveLength(500)
    expect(await reasons()).toEqual([])
    // A person who asks a moment later is told of none either.
    await world.advance(30)
    await start(world.now() - DAY * 1_000)
    expect(await reasons()).toEqual([])
    // What the sweep doesn't take for an hour is.
    await world.advance(2 * HOUR)
    await reconcileByClock(world.deps)
    expect(new Set(await reasons())).toEqual(new Set(['stuck']))
    await env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL').run()
    await toTheEnd()
    expect(await reasons()).toEqual([])
  })
})

describe('several comparisons', () => {
  it('of one window explain their sums, each by itself', async () => {
    const one = await issued()
    await world.advance(60)
    const { invoiceId } = await issued()
    await made({ id: one.id })
    await world.advance(2 * HOUR)
    const hidden = withCalls(listing((each) => (each.id === invoiceId ? null : each)))
    await setFaults({ kind: 'server_error', status: 503, path: `/invoices/${invoiceId}`, times: 1 })
    const first = await reconcileByClock({ ...world.deps, ...hidden })
    expect(first).toMatchObject({ finishedAt: null, progress: { phase: 'ours' } })
    // Meanwhile a person runs `npm run reconcile`.
    const asked = await start(world.now() - DAY * 1_000)
    expect(asked.outcome).toBe('complete')
    expect(await reasons()).toEqual(['second_invoice'])
    await world.advance(60)
    const again = await reconcileByClock(world.deps)
    expect(again).toMatchObject({ seq: first!.seq, outcome: 'complete' })
    expect(await reasons()).toEqual(['second_invoice'])
    const left = await env.DB.prepare('SELECT count(*) AS n FROM counted_findings').first<any>()
    expect(left.n).toBe(0)
  })

  it('one of a time that is over leaves alone what was made since', async () => {
    await made({ id: `adj_${'z'.repeat(32)}` })
    await world.advance(10 * DAY)
    const [since, until] = [world.now() - 60 * DAY * 1_000, world.now() - 45 * DAY * 1_000]
    const started = await startReconciliation(world.deps, BOOTSTRAP, { since, until })
    expect(started).toMatchObject({ ok: true, value: { outcome: 'complete' } })
    expect(await reasons()).toEqual([])
    expect((await start(world.now() - 20 * DAY * 1_000)).outcome).toBe('complete')
    expect(await reasons()).toContain('unknown_adjustment')
  })

  it('a long window that a person asks for does not stop the hourly one', async () => {
    await issued()
    const { data } = await commet('/api/v1/invoices?limit=1')
    let page = 0
    // A listing without an order, of some hundred thousand invoices.
    const long = withCalls({
      list: async () => {
        page += 1
        const createdAt = new Date(world.now() - (page % 2 === 1 ? 1e9 : 1e6)).toISOString()
        const isLast = page % 2_000 === 0
        return ok({
          data: [{ ...data[0], id: `inv_other_${page}`, metadata: {}, createdAt }],
          requestId: null,
          hasMore: !isLast,
          nextCursor: isLast ? null : `c${page}`,
        })
      },
    })
    const deps = { ...world.deps, ...long }
    const asked = await start(world.now() - 30 * DAY * 1_000, long)
    expect(asked.finishedAt).toBeNull()
    const ofTheClock = async () => {
      const text = 'SELECT count(*) AS n FROM reconciliations WHERE asked_by IS NULL'
      return (await env.DB.prepare(text).first<any>()).n
    }
    const before = await ofTheClock()
    for (let minutes = 0; minutes < 62; minutes++) {
      await world.advance(60)
      await reconcileByClock(deps)
    }
    expect(await ofTheClock()).toBeGreaterThan(before)
    const [row] = (
      await env.DB.prepare('SELECT finished_at FROM reconciliations WHERE seq = ?')
        .bind(asked.seq)
        .all<any>()
    ).results
    expect(row.finished_at).toBeNull()
    await env.DB.prepare(
      `UPDATE reconciliations SET finished_at = 1, outcome = 'abandoned' WHERE finished_at IS NULL`,
    ).run()
  })
})

describe('--restored', () => {
  const switches = async () =>
    (await env.DB.prepare('SELECT actor, cause FROM switches').all()).results

  it('pauses at once, and is compared first, whatever a person has under way', async () => {
    await issued()
    await world.advance(HOUR)
    await setFaults({ kind: 'server_error', status: 503, path: '/invoices', times: 2 })
    const asked = await start(world.now() - DAY * 1_000)
    expect(asked.finishedAt).toBeNull()
    const restored = await startRestored(world.deps, BOOTSTRAP)
    expect(await switches()).toHaveLength(1)
    if (!restored.ok) throw new Error(restored.error.reason)
    await world.advance(60)
    expect(await reconcileByClock(world.deps)).toMatchObject({ seq: restored.value.seq })
    expect(await switches()).toEqual([])
    expect(await toTheEnd()).not.toBeNull()
  })

  it('ends what the restored database had begun of an earlier one, and pauses though one is at it', async () => {
    await issued()
    await world.advance(HOUR)
    await setFaults({ kind: 'server_error', status: 503, path: '/invoices', times: 1 })
    const first = await startRestored(world.deps, BOOTSTRAP)
    if (!first.ok) throw new Error(first.error.reason)
    await env.DB.prepare('DELETE FROM switches').run()
    // It waits a minute for the billing API: nobody may take it from its runner.
    expect(await startRestored(world.deps, BOOTSTRAP)).toEqual(err({ reason: 'already_running' }))
    expect(await switches()).toHaveLength(1)
    await world.advance(60)
    const second = await startRestored(world.deps, BOOTSTRAP)
    expect(second).toMatchObject({ value: { outcome: 'complete' } })
    const row = await env.DB.prepare('SELECT outcome FROM reconciliations WHERE seq = ?')
      .bind(first.value.seq)
      .first<any>()
    expect(row.outcome).toBe('abandoned')
    expect(await actionsOf(`reconciliation:${first.value.seq}`)).toEqual([
      'reconciliation.finished',
    ])
    expect(await switches()).toEqual([])
  })

  it('leaves paused what a person pauses just as it ends', async () => {
    await pauseRestored(world.deps, 'system:reconciliation')
    const { db } = world.deps
    const late = new Proxy(db, {
      get: (target, name) =>
        name !== 'batch'
          ? Reflect.get(target, name)
          : async (all: Parameters<typeof db.batch>[0]) => {
              const everything = { kind: 'all', keys: [''], actor: 'operator:lead' } as const
              await pauseKeys(db, everything, world.now())
              return db.batch(all)
            },
    })
    await resumeRestored({ ...world.deps, db: late })
    expect(await switches()).toEqual([{ actor: 'operator:lead', cause: null }])
  })
})

it('of two who adopt one invoice for two adjustments at once, one is told whose it is', async () => {
  const rows: Adjustment[] = []
  for (let index = 0; index < 2; index++) {
    const [event] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'server_error', status: 500, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    await setFaults()
    await world.advance(60)
    await world.sweep()
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['held'])
    await setFaults()
    rows.push(await world.adjustment(event!))
  }
  const invoice = await made({ amount: -2_500, customerId: 'cus_acme' })
  const { get } = world.deps.billing!.invoices
  let asked = 0
  let go = (): void => undefined
  const both = new Promise<void>((resolve) => (go = resolve))
  const slow = withCalls({
    get: async (id) => {
      const answer = await get(id)
      if ((asked += 1) === 2) go()
      await both
      return answer
    },
  })
  const results = await Promise.all(
    rows.map(({ id, version }) =>
      adoptInvoice({ ...world.deps, ...slow }, BOOTSTRAP, id, { version, invoiceId: invoice.id }),
    ),
  )
  const winner = results.find((result) => result.ok)
  const loser = results.find((result) => !result.ok)
  if (winner?.ok !== true) throw new Error('nobody has it')
  expect(loser).toMatchObject({
    error: { refusal: { reason: 'invoice_of_another', other: winner.value.id } },
  })
})

it('the list of what is open reads an index of nothing else', async () => {
  const queries: string[] = []
  const watched = new Proxy(env.DB, {
    get: (target, name) => {
      if (name !== 'prepare') return Reflect.get(target, name)
      return (text: string) => {
        queries.push(text)
        return target.prepare(text)
      }
    },
  })
  await listDiscrepancies(openDatabase(watched), { state: 'open' }, { before: null, limit: 2 })
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${queries[0]}`).bind(2).all<any>()
  expect(plan.results.map(({ detail }) => detail).join()).toContain('discrepancies_listed')
})
