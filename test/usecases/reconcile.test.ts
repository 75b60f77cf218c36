// Our record beside the billing API's: what fits, each reason for which it doesn't, and that their sums explain
// the difference to the cent.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BillingError } from '../../src/commet/client.ts'
import type { Invoice } from '../../src/commet/contract.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import type { Adjustment, Reconciliation } from '../../src/db/schema.ts'
import type { Billing, Deps } from '../../src/deps.ts'
import { adjustmentId, type AdjustmentId } from '../../src/domain/ids.ts'
import {
  RECONCILE_LEASE_SECONDS,
  RECONCILE_PAGES_MAX,
  RECONCILE_PAGES_PER_RUN,
  RECONCILE_RETRY_SECONDS,
} from '../../src/domain/limits.ts'
import { KEEPING_PAUSED } from '../../src/domain/reconciliation.ts'
import { err, ok } from '../../src/domain/result.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { reconcile, reconcileByClock } from '../../src/usecases/reconcile.ts'
import { pause } from '../../src/usecases/pause.ts'
import { resume } from '../../src/usecases/resume.ts'
import { reverseByHand } from '../../src/usecases/reverse-adjustment.ts'
import { startReconciliation, startRestored } from '../../src/usecases/start-reconciliation.ts'
import { commet, countRows, refund, ticket } from '../harness.ts'
import { metered } from '../metered-database.ts'
import { actionsOf, callsOf, createWorld, entriesOf, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

const HOUR = 3_600
const DAY = 24 * HOUR

let world: World
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

/** An hour later, and every comparison that is asked for by then has ended. Answers the last. */
async function toTheEnd(deps: Partial<Deps> = {}): Promise<Reconciliation> {
  await world.advance(2 * HOUR)
  let last: Reconciliation | null = null
  for (let ticks = 0; ticks < 50; ticks++) {
    const run = await reconcileByClock({ ...world.deps, ...deps })
    if (run === null) break
    last = run
  }
  if (last === null) {
    // There was no adjustment yet: then there is nothing to compare either.
    await world.receive('stripe', refund())
    await world.work()
    return toTheEnd(deps)
  }
  expect(last.outcome).toBe('complete')
  return last
}

type Row = {
  id: string
  reason: string
  adjustment_id: string | null
  invoice_id: string | null
  expected: number
  found: number
  day: string | null
  currency: string | null
  fields: string
  settled_by: string | null
}

const open = async (): Promise<Row[]> =>
  (
    await env.DB.prepare(
      'SELECT * FROM discrepancies WHERE settled_at IS NULL ORDER BY seq',
    ).all<Row>()
  ).results

const reasons = async (): Promise<string[]> => (await open()).map(({ reason }) => reason)

async function issued(body: unknown = refund(), endpoint = 'stripe'): Promise<Adjustment> {
  const [id] = await world.receive(endpoint, body)
  await world.work()
  const adjustment = await world.adjustment(id!)
  expect(adjustment.state).toBe('invoiced')
  return adjustment
}

/** An invoice that somebody makes at the billing API by himself. */
async function made(fields: {
  readonly id?: string
  readonly amount?: number
  readonly customerId?: string
}): Promise<any> {
  const { id, amount = -2_599, customerId = 'cus_sample' } = fields
  const metadata = id === undefined ? {} : { makegood_adjustment_id: id }
  const body = { customerId, amount, description: 'Made elsewhere', metadata }
  const answer = await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
  expect(answer.success).toBe(true)
  return answer.data
}

const setStatus = (id: string, status: 'paid' | 'void') =>
  commet(`/api/v1/invoices/${id}/status`, { method: 'PUT', body: JSON.stringify({ status }) })

/** The billing API as it would answer if these invoices were other ones, or gone. */
function seenAs(change: (invoice: Invoice) => Invoice | null, where: 'both' | 'list' = 'both') {
  const { billing } = world.deps
  if (billing === null) throw new Error('no billing client')
  const { invoices } = billing
  const changed: Billing = {
    ...billing,
    invoices: {
      ...invoices,
      async list(query) {
        const answer = await invoices.list(query)
        if (!answer.ok) return answer
        const data = answer.value.data.flatMap((each) => change(each) ?? [])
        return ok({ ...answer.value, data })
      },
      async get(id) {
        const answer = await invoices.get(id)
        if (!answer.ok || where === 'list') return answer
        const data = change(answer.value.data)
        return data === null ? invoices.get('inv_none') : ok({ ...answer.value, data })
      },
    },
  }
  return { billing: changed }
}

const without = (id: string | null, where: 'both' | 'list' = 'both') =>
  seenAs((invoice) => (invoice.id === id ? null : invoice), where)

/** What the sums differ by is what the findings say, for each day and currency. */
function expectExplained({ sums }: Reconciliation, found: readonly Row[]): void {
  const left = new Map<string, number>()
  const add = (day: string | null, currency: string | null, by: number): void => {
    const key = `${day} ${currency}`
    left.set(key, (left.get(key) ?? 0) + by)
  }
  for (const { day, currency, recorded, invoiced } of sums ?? []) {
    add(day, currency, recorded - invoiced)
  }
  for (const { day, currency, expected, found: there } of found) {
    add(day, currency, there - expected)
  }
  expect([...left].filter(([, amount]) => amount !== 0)).toEqual([])
}

async function mark(id: string, state: string, more = ''): Promise<void> {
  await env.DB.prepare(
    `UPDATE adjustments SET state = ?, version = version + 1, wake_at = 9e15 ${more} WHERE id = ?`,
  )
    .bind(state, id)
    .run()
}

/** Due at the door, and nothing has looked at it yet. */
async function waiting(body: unknown = refund()): Promise<Adjustment> {
  const [id] = await world.receive('stripe', body)
  world.queue.splice(0)
  return world.adjustment(id!)
}

const now = async ({ id }: { id: AdjustmentId }): Promise<Adjustment> => {
  const row = await findAdjustment(world.deps.db, id)
  if (row === null) throw new Error('no such adjustment')
  return row
}

describe('an hour', () => {
  it('in which all fits has equal sums, no discrepancy, and one entry', async () => {
    const [one, other] = [await issued(), await issued(ticket(), 'zendesk')]
    const run = await toTheEnd()
    expect(await open()).toEqual([])
    const total = one.amount + other.amount
    const recorded = run.sums!.reduce((sum, each) => sum + each.recorded, 0)
    const invoiced = run.sums!.reduce((sum, each) => sum + each.invoiced, 0)
    expect([recorded, invoiced]).toEqual([total, total])
    expect(run.counts).toMatchObject({ invoices: 2, adopted: 0 })
    const [entry, ...others] = await entriesOf(`reconciliation:${run.seq}`)
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      action: 'reconciliation.finished',
      data: { outcome: 'complete', sums: run.sums, counts: run.counts },
    })
    expect(await countRows('listed_invoices')).toBe(0)
  })

  it('in which nothing came asks the billing API once, and reads and writes a few rows', async () => {
    await toTheEnd()
    await toTheEnd()
    await world.advance(2 * HOUR)
    const before = (await callsOf('GET', /./)).length
    const counted = await metered(async (db) => {
      const run = await reconcileByClock({ ...world.deps, db })
      expect(run?.outcome).toBe('complete')
    })
    expect((await callsOf('GET', /./)).length - before).toBe(1)
    expect(counted.rowsWritten).toBeLessThanOrEqual(17)
    expect(counted.rowsRead).toBeLessThanOrEqual(100)
    const minute = await metered(async (db) => {
      expect(await reconcileByClock({ ...world.deps, db })).toBeNull()
    })
    expect(minute).toMatchObject({ statements: 1, rowsWritten: 0 })
    expect(minute.rowsRead).toBeLessThanOrEqual(6)
    expect((await callsOf('GET', /./)).length - before).toBe(1)
  })
})

describe('theirs beside ours', () => {
  it('takes in what our record lacks, and counts it on both sides', async () => {
    const lost = await waiting()
    const invoice = await made({ id: lost.id })
    // Its customer is known, as after a claim whose answer was lost with the database.
    await env.DB.prepare(`UPDATE adjustments SET customer_id = 'cus_sample' WHERE id = ?`)
      .bind(lost.id)
      .run()
    const run = await toTheEnd()
    expect(await open()).toEqual([])
    expect(run.counts).toMatchObject({ adopted: 1 })
    expect(await now(lost)).toMatchObject({
      state: 'invoiced',
      invoiceId: invoice.id,
      customerId: 'cus_sample',
      request: { customerId: 'cus_sample', amount: -2_599 },
    })
    const entries = await entriesOf(lost.id)
    expect(entries.at(-1)).toMatchObject({
      action: 'adjustment.invoiced',
      data: { adopted: true, was: 'due', invoice: invoice.id },
    })
    expectExplained(run, [])
  })

  it.each(['held', 'failed', 'cancelled'])(
    'takes in what is %s, where it is what was asked for',
    async (state) => {
      const lost = await waiting()
      const invoice = await made({ id: lost.id })
      const held = `, hold_reasons = '["over_limit:perDay"]', held_at = 1, holds = 1`
      const known = `, customer_id = 'cus_sample'`
      await mark(lost.id, state, state === 'held' ? known + held : known)
      await toTheEnd()
      expect(await open()).toEqual([])
      expect(await now(lost)).toMatchObject({ state: 'invoiced', invoiceId: invoice.id })
    },
  )

  it.each(['held', 'failed'] as const)(
    'tells what is %s beside an invoice of another amount',
    async (state) => {
      const lost = await waiting()
      const invoice = await made({ id: lost.id, amount: -1_000 })
      const held = `, hold_reasons = '["over_limit:perDay"]', held_at = 1, holds = 1`
      const known = `, customer_id = 'cus_sample'`
      await mark(lost.id, state, state === 'held' ? known + held : known)
      const run = await toTheEnd()
      const found = await open()
      expect(found).toMatchObject([
        { reason: `invoiced_though_${state}`, adjustment_id: lost.id, expected: 0, found: -1_000 },
      ])
      expectExplained(run, found)
      await setStatus(invoice.id, 'void')
      await toTheEnd()
      // It gives nothing any more; but a look still finds it.
      expect(await open()).toEqual([])
    },
  )

  it.each(['rejected', 'cancelled'] as const)(
    'tells what is %s, until its invoice is void',
    async (state) => {
      const lost = await waiting()
      // Whose customer is not known: of what was cancelled, nobody can say that this invoice fits.
      const invoice = await made({ id: lost.id })
      if (state === 'rejected')
        await mark(lost.id, 'held', `, hold_reasons = '["charge"]', held_at = 1`)
      await mark(lost.id, state, `, hold_reasons = NULL`)
      const run = await toTheEnd()
      const found = await open()
      expect(found).toMatchObject([
        { reason: `invoiced_though_${state}`, invoice_id: invoice.id, expected: 0, found: -2_599 },
      ])
      expectExplained(run, found)
      await setStatus(invoice.id, 'void')
      await toTheEnd()
      expect(await open()).toEqual([])
      expect(await actionsOf(found[0]!.id)).toEqual(['discrepancy.found', 'discrepancy.settled'])
    },
  )

  it('tells of a reversal that was cancelled since its original was closed', async () => {
    const original = await issued()
    const reversed = await reverseByHand(world.deps, BOOTSTRAP, original.id, original)
    if (!reversed.ok) throw new Error(reversed.error.reason)
    const { id, amount } = reversed.value
    await mark(id, 'cancelled', `, customer_id = 'cus_sample'`)
    await made({ id, amount })
    await toTheEnd()
    expect(await open()).toMatchObject([
      { reason: 'invoiced_though_cancelled', adjustment_id: id, expected: 0, found: amount },
    ])
    expect(await now({ id })).toMatchObject({ state: 'cancelled', invoiceId: null })
  })

  it('tells of a second invoice, until one of the two is void', async () => {
    const adjustment = await issued()
    const second = await made({ id: adjustment.id })
    const run = await toTheEnd()
    const found = await open()
    expect(found).toMatchObject([
      { reason: 'second_invoice', invoice_id: second.id, expected: 0, found: -2_599 },
    ])
    expectExplained(run, found)
    await setStatus(second.id, 'void')
    await toTheEnd()
    expect(await open()).toEqual([])
  })

  it('takes the first of two invoices that our record lacks, and tells of the other', async () => {
    const lost = await waiting()
    const first = await made({ id: lost.id })
    await made({ id: lost.id })
    await env.DB.prepare(`UPDATE adjustments SET customer_id = 'cus_sample' WHERE id = ?`)
      .bind(lost.id)
      .run()
    const run = await toTheEnd()
    expect(await reasons()).toEqual(['second_invoice'])
    expect(await now(lost)).toMatchObject({ invoiceId: first.id })
    expectExplained(run, await open())
  })

  it('tells of an invoice whose adjustment is not there, and of an id that is none', async () => {
    const id = await adjustmentId('stripe-refund-record', 'stripe', 'refund:re_never', '')
    await made({ id })
    await made({ id: 'not an id' })
    await made({})
    const run = await toTheEnd()
    const found = await open()
    expect(found.map((each) => [each.reason, each.adjustment_id])).toEqual([
      ['unknown_adjustment', id],
      ['unknown_adjustment', null],
    ])
    expectExplained(run, found)
  })

  it('follows a status, and asks for nothing else', async () => {
    const adjustment = await issued(ticket(), 'zendesk')
    await setStatus(adjustment.invoiceId!, 'void')
    const run = await toTheEnd()
    expect(await now(adjustment)).toMatchObject({ invoiceStatus: 'void' })
    expect(run.counts).toMatchObject({ statuses: 1 })
    expect(await open()).toEqual([])
    expect(run.sums).toEqual([])
  })

  it('wakes a record that is not marked paid, and tells of it until it is', async () => {
    await setFaults({ kind: 'server_error', path: '/invoices/*/status', times: 1 })
    const adjustment = await issued()
    expect(adjustment).toMatchObject({ invoiceStatus: 'outstanding' })
    // As one whose attempts to mark it paid ended without a further one.
    await env.DB.prepare('UPDATE adjustments SET wake_at = NULL WHERE id = ?')
      .bind(adjustment.id)
      .run()
    await toTheEnd()
    expect(await reasons()).toEqual(['not_settled'])
    await world.sweep()
    await world.work()
    expect(await now(adjustment)).toMatchObject({ invoiceStatus: 'paid' })
    await toTheEnd()
    expect(await open()).toEqual([])
  })

  it.each<[string, Partial<Invoice>]>([
    ['subtotal', { subtotal: -2_600 }],
    ['customerId', { customerId: 'cus_bolt' }],
    ['livemode', { livemode: true }],
    ['currency', { currency: 'eur' }],
  ])('tells that the %s differs', async (field, change) => {
    const adjustment = await issued()
    const { invoiceId } = adjustment
    const changed = seenAs((invoice) =>
      invoice.id === invoiceId ? { ...invoice, ...change } : invoice,
    )
    const run = await toTheEnd(changed)
    const found = await open()
    expect(new Set(found.map(({ reason }) => reason))).toEqual(new Set(['differs']))
    expect(found.every(({ fields }) => JSON.parse(fields).includes(field))).toBe(true)
    expectExplained(run, found)
    await toTheEnd()
    expect(await open()).toEqual([])
  })
})

describe('ours beside theirs', () => {
  it('tells of an invoice that the billing API does not have', async () => {
    const adjustment = await issued()
    const run = await toTheEnd(without(adjustment.invoiceId))
    const found = await open()
    expect(found).toMatchObject([
      { reason: 'missing_at_billing', adjustment_id: adjustment.id, expected: -2_599, found: 0 },
    ])
    expectExplained(run, found)
    // As long as it is missing, it is the same discrepancy.
    await toTheEnd(without(adjustment.invoiceId))
    expect(await open()).toHaveLength(1)
    await toTheEnd()
    expect(await open()).toEqual([])
  })

  it('finds in the next hour what the listing has shown too late', async () => {
    await issued()
    await world.advance(1.5 * HOUR)
    const id = await adjustmentId('stripe-refund-record', 'stripe', 'refund:re_late', '')
    const late = await made({ id })
    await world.advance(0.5 * HOUR)
    await reconcileByClock({ ...world.deps, ...without(late.id) })
    expect(await open()).toEqual([])
    await toTheEnd()
    expect(await open()).toMatchObject([{ reason: 'unknown_adjustment', adjustment_id: id }])
  })

  it('finds by its id what the listing has left out', async () => {
    const adjustment = await issued()
    const run = await toTheEnd(without(adjustment.invoiceId, 'list'))
    expect(await open()).toEqual([])
    expect(run.sums).toMatchObject([{ recorded: -2_599, invoiced: -2_599 }])
  })

  it('tells that an invoice has lost our mark', async () => {
    const { invoiceId } = await issued()
    const unmarked = seenAs((invoice) =>
      invoice.id === invoiceId ? { ...invoice, metadata: {} } : invoice,
    )
    const run = await toTheEnd(unmarked)
    const found = await open()
    expect(found).toMatchObject([{ reason: 'differs', fields: '["metadata"]', found: 0 }])
    expectExplained(run, found)
  })

  it('looks for nothing of the other mode', async () => {
    const adjustment = await issued()
    // A listing under a live key shows no test invoice.
    const nothing = seenAs(() => null, 'list').billing
    await world.advance(2 * HOUR)
    const path = new RegExp(adjustment.invoiceId!)
    const calls = (await callsOf('GET', path)).length
    const billing: Billing = { ...nothing, mode: 'live' }
    expect(await reconcileByClock({ ...world.deps, billing })).toMatchObject({ mode: 'live' })
    expect((await callsOf('GET', path)).length).toBe(calls)
  })
})

describe('what D1 alone can tell', () => {
  it('is what the sweep has left, until it takes it', async () => {
    const late = await waiting()
    await toTheEnd()
    await toTheEnd()
    expect(await open()).toMatchObject([{ reason: 'stuck', adjustment_id: late.id }])
    await world.sweep()
    await world.work()
    await toTheEnd()
    expect(await open()).toEqual([])
  })

  it('is an event that has made nothing, which the schema rules out but a damaged database does not', async () => {
    const [id] = await world.receive('stripe', refund())
    await env.DB.prepare(`UPDATE events SET decision = json_set(decision, '$.adjustments', json('["adj_gone"]'))
      WHERE id = ?`)
      .bind(id)
      .run()
    await world.work()
    await toTheEnd()
    expect(await reasons()).toContain('event_without_adjustment')
  })
})

describe('an alarm', () => {
  it('is raised once for each reason, with its first discrepancy', async () => {
    for (const name of ['one', 'two']) {
      await made({ id: await adjustmentId('stripe-refund-record', 'stripe', `refund:${name}`, '') })
    }
    await toTheEnd()
    const alarms = world.lines.filter(({ event }) => event === 'alarm.reconciliation_mismatch')
    expect(alarms).toHaveLength(1)
    expect(alarms[0]).toMatchObject({ discrepancy: expect.stringMatching(/^dsc_/) })
  })

  it('is raised again no more for what a person has settled', async () => {
    const adjustment = await issued()
    const second = await made({ id: adjustment.id })
    await toTheEnd()
    const [found] = await open()
    await env.DB.prepare(
      `UPDATE discrepancies SET settled_at = 1, settled_by = 'operator:test' WHERE invoice_id = ?`,
    )
      .bind(second.id)
      .run()
    world.lines.splice(0)
    await env.DB.prepare('UPDATE discrepancies SET last_seen_at = 0').run()
    const run = await start({ since: world.now() - DAY * 1_000, until: world.now() })
    expect(run.outcome).toBe('complete')
    expect(await open()).toEqual([])
    expect(await actionsOf(found!.id)).toEqual(['discrepancy.found'])
    expect(world.lines.filter(({ event }) => event === 'alarm.reconciliation_mismatch')).toEqual([])
  })
})

describe('a comparison of many pages', () => {
  /** The billing API with pages of its own length, and as it answers each of them. */
  const inPages = (
    around: (page: number) => void = () => undefined,
    order: 'newest' | 'none' = 'newest',
    limit = 3,
  ) => {
    const { invoices } = world.deps.billing!
    let pages = 0
    const billing: Billing = {
      ...world.deps.billing!,
      invoices: {
        ...invoices,
        async list(query) {
          around((pages += 1))
          const answer = await invoices.list({ ...query, limit })
          if (!answer.ok || order === 'newest') return answer
          return ok({ ...answer.value, data: answer.value.data.toReversed() })
        },
      },
    }
    return { billing, pages: () => pages }
  }

  it('goes on at the next tick where this one has asked enough, and counts nothing twice', async () => {
    const many = RECONCILE_PAGES_PER_RUN + 2
    for (let index = 0; index < many; index++) await issued()
    const { billing, pages } = inPages(undefined, 'newest', 1)
    await world.advance(2 * HOUR)
    const first = await reconcileByClock({ ...world.deps, billing })
    expect(pages()).toBe(RECONCILE_PAGES_PER_RUN)
    expect(first).toMatchObject({ finishedAt: null, progress: { pages: RECONCILE_PAGES_PER_RUN } })
    const second = await reconcileByClock({ ...world.deps, billing })
    expect(second).toMatchObject({ seq: first!.seq, outcome: 'complete' })
    expect(second!.sums!.map(({ invoiced }) => invoiced).reduce((a, b) => a + b)).toBe(
      many * -2_599,
    )
    expect(await open()).toEqual([])
  })

  it('that dies between two pages is gone on with after its lease, and counts nothing twice', async () => {
    for (let index = 0; index < 8; index++) await issued()
    const lost = await waiting()
    await made({ id: lost.id })
    await env.DB.prepare(`UPDATE adjustments SET customer_id = 'cus_sample' WHERE id = ?`)
      .bind(lost.id)
      .run()
    await world.advance(2 * HOUR)
    for (const dyingAt of [2, 1, 3]) {
      const { billing } = inPages((page) => {
        if (page === dyingAt) throw new Error('the process died here')
      })
      await expect(reconcileByClock({ ...world.deps, billing })).rejects.toThrow('died')
      // Its lease is not over: nobody goes on.
      expect(await reconcileByClock({ ...world.deps, billing })).toBeNull()
      await world.advance(RECONCILE_LEASE_SECONDS + 1)
    }
    const run = await reconcileByClock({ ...world.deps, billing: inPages().billing })
    expect(run).toMatchObject({ outcome: 'complete', counts: { adopted: 1 } })
    expect(run!.sums).toMatchObject([{ recorded: 9 * -2_599, invoiced: 9 * -2_599 }])
    expect(await open()).toEqual([])
  })

  it('is read to its end where the listing has no order', async () => {
    for (let index = 0; index < 8; index++) await issued()
    const { billing, pages } = inPages(undefined, 'none')
    const all = (await commet('/api/v1/invoices?limit=100')).data.length
    const run = await toTheEnd({ billing })
    expect(pages()).toBe(Math.ceil(all / 3))
    expect(run.sums).toMatchObject([{ recorded: 8 * -2_599, invoiced: 8 * -2_599 }])
  })

  it('has one runner at a time, and what a late one has in hand is written down by nobody', async () => {
    for (let index = 0; index < 8; index++) await issued()
    await world.advance(2 * HOUR)
    let other: Promise<Reconciliation | null> | null = null
    const { billing } = inPages((page) => {
      if (page !== 2) return
      // While this one waits for its page, its lease ends, and another one does it all.
      other = world
        .advance(RECONCILE_LEASE_SECONDS + 1)
        .then(() => reconcileByClock({ ...world.deps, billing: inPages().billing }))
    })
    const slow: Billing = {
      ...billing,
      invoices: {
        ...billing.invoices,
        async list(query) {
          const answer = await billing.invoices.list(query)
          await other
          return answer
        },
      },
    }
    expect(await reconcileByClock({ ...world.deps, billing: slow })).toBeNull()
    const ended = await other!
    expect(ended).toMatchObject({ outcome: 'complete' })
    expect(ended!.sums).toMatchObject([{ recorded: 8 * -2_599, invoiced: 8 * -2_599 }])
  })

  it('is begun once by two clocks at the same minute', async () => {
    await issued()
    await world.advance(2 * HOUR)
    const before = await countRows('reconciliations')
    await Promise.all([1, 2, 3].map(() => reconcileByClock(world.deps)))
    expect(await countRows('reconciliations')).toBe(before + 1)
  })
})

const REFUSED: BillingError = {
  meaning: 'permanent',
  status: 400,
  code: 'validation_error',
  message: 'the cursor is none',
  param: 'cursor',
  requestId: null,
  retryAfterSeconds: null,
}

describe('trouble with the billing API', () => {
  it.each([
    ['a 503', { kind: 'server_error', status: 503 }, 60],
    ['a Retry-After', { kind: 'rate_limited', retryAfterSeconds: 600 }, 600],
  ])('waits after %s and then goes on', async (_, fault, seconds) => {
    await issued()
    await world.advance(2 * HOUR)
    await setFaults({ ...fault, path: '/invoices', times: 1 })
    expect(await reconcileByClock(world.deps)).toMatchObject({ finishedAt: null })
    expect(await reconcileByClock(world.deps)).toBeNull()
    await world.advance(seconds)
    expect(await reconcileByClock(world.deps)).toMatchObject({ outcome: 'complete' })
  })

  it('is waited for while the circuit is open, and then it goes on', async () => {
    await issued()
    await world.advance(2 * HOUR)
    const columns = 'name, failures, cause, opened_at, probe_at, probes, version'
    const values = `'billing', 5, 'unavailable', 1, ${world.now() + 60_000}, 1, 1`
    await env.DB.prepare(`INSERT INTO circuits (${columns}) VALUES (${values})`).run()
    const calls = (await callsOf('GET', /./)).length
    expect(await reconcileByClock(world.deps)).toBeNull()
    const asked = await start({ since: world.now() - DAY * 1_000, until: world.now() })
    expect(asked).toMatchObject({ finishedAt: null, progress: { phase: 'listing' } })
    expect((await callsOf('GET', /./)).length).toBe(calls)
    // Nothing is due that could probe: the comparison does.
    await world.advance(60)
    expect(await reconcileByClock(world.deps)).toMatchObject({ outcome: 'complete', askedBy: null })
    expect(await reconcileByClock(world.deps)).toMatchObject({
      seq: asked.seq,
      outcome: 'complete',
    })
  })

  it('is an alarm when it lasts for hours', async () => {
    await issued()
    await world.advance(2 * HOUR)
    await setFaults({ kind: 'server_error', path: '/invoices' })
    await reconcileByClock(world.deps)
    await world.advance(7 * HOUR)
    await reconcileByClock(world.deps)
    expect(world.lines.map(({ event }) => event)).toContain('alarm.reconciliation_late')
  })

  it('is begun anew where the billing API has forgotten its cursor, and counts nothing twice', async () => {
    for (let index = 0; index < 8; index++) await issued()
    await world.advance(2 * HOUR)
    const { invoices } = world.deps.billing!
    let isForgotten = false
    const billing: Billing = {
      ...world.deps.billing!,
      invoices: {
        ...invoices,
        async list(query = {}) {
          if (query.cursor === undefined || isForgotten)
            return invoices.list({ ...query, limit: 3 })
          isForgotten = true
          return err(REFUSED)
        },
      },
    }
    const run = await reconcileByClock({ ...world.deps, billing })
    expect(run).toMatchObject({ outcome: 'complete' })
    expect(isForgotten).toBe(true)
    expect(run!.sums).toMatchObject([{ recorded: 8 * -2_599, invoiced: 8 * -2_599 }])
  })

  it('is given up where the listing has no end, and the next one begins where this one did', async () => {
    const adjustment = await issued()
    const second = await made({ id: adjustment.id })
    await world.advance(2 * HOUR)
    await setFaults({ kind: 'server_error', path: '/invoices', times: 1 })
    const begun = await reconcileByClock(world.deps)
    await env.DB.prepare(
      `UPDATE reconciliations SET progress = json_set(progress, '$.pages', ?) WHERE seq = ?`,
    )
      .bind(RECONCILE_PAGES_MAX, begun!.seq)
      .run()
    await world.advance(RECONCILE_RETRY_SECONDS)
    expect(await reconcileByClock(world.deps)).toMatchObject({ outcome: 'unfinished', sums: null })
    expect(world.lines.map(({ event }) => event)).toContain('alarm.reconciliation_late')
    await env.DB.prepare(
      `INSERT INTO listed_invoices VALUES (?, 'inv_left', '2026-11-01', 'usd', 1, 1)`,
    )
      .bind(begun!.seq)
      .run()
    const next = await toTheEnd()
    expect(await countRows('listed_invoices')).toBe(0)
    expect(next.fromAt).toBe(begun!.fromAt)
    expect(await open()).toMatchObject([{ reason: 'second_invoice', invoice_id: second.id }])
  })

  it('is given up where the key is of another mode by now', async () => {
    await issued()
    await world.advance(2 * HOUR)
    await setFaults({ kind: 'server_error', path: '/invoices', times: 1 })
    const begun = await reconcileByClock(world.deps)
    await world.advance(RECONCILE_RETRY_SECONDS)
    const live: Billing = { ...world.deps.billing!, mode: 'live' }
    const ended = await reconcileByClock({ ...world.deps, billing: live })
    expect(ended).toMatchObject({ seq: begun!.seq, outcome: 'abandoned' })
  })
})

describe('the schema', () => {
  it.each([
    ['DELETE FROM discrepancies', 'settled, never removed'],
    [`UPDATE discrepancies SET invoice_id = 'inv_other'`, 'never changes'],
    ['DELETE FROM reconciliations', 'never removed'],
    ['UPDATE reconciliations SET sums = NULL WHERE finished_at IS NOT NULL', 'never changes'],
  ])('refuses %s', async (statement, words) => {
    await made({ id: (await issued()).id })
    await toTheEnd()
    await expect(env.DB.prepare(statement).run()).rejects.toThrow(words)
  })
})

describe('a database that was put back to an earlier time', () => {
  const REFUND = { id: 're_restored_1', metadata: {} }
  const idOf = (id: string) => adjustmentId('stripe-refund-record', 'stripe', `refund:${id}`, '')

  const restore = async (): Promise<Reconciliation> => {
    const started = await startRestored(world.deps, BOOTSTRAP)
    if (!started.ok) throw new Error(started.error.reason)
    return started.value
  }
  const isPaused = async (): Promise<boolean> =>
    (await env.DB.prepare('SELECT * FROM switches').all()).results.length > 0

  it('makes nothing twice when thirty days of deliveries come again', async () => {
    // What it issued in the time that it has lost, at another customer of his, too.
    const refunds = ['a', 'b', 'c'].map((name) => `re_lost_${name}`)
    const ofLost = async () => (await reasons()).filter((reason) => reason !== 'not_settled')
    const lost = []
    for (const id of refunds) lost.push(await made({ id: await idOf(id) }))
    await world.advance(29 * DAY)
    const run = await restore()
    expect(run.outcome).toBe('complete')
    expect(await ofLost()).toEqual(refunds.map(() => 'unknown_adjustment'))
    expect(await isPaused()).toBe(false)
    const posts = (await callsOf('POST', /\/invoices$/)).length
    for (const id of refunds) await world.receive('stripe', refund({ id }))
    expect(await world.work()).toEqual(refunds.map(() => 'issued'))
    expect((await callsOf('POST', /\/invoices$/)).length).toBe(posts)
    for (const [index, id] of refunds.entries()) {
      const adjustment = await findAdjustment(world.deps.db, await idOf(id))
      expect(adjustment).toMatchObject({ state: 'invoiced', invoiceId: lost[index].id })
    }
    await toTheEnd()
    expect(await ofLost()).toEqual([])
  })

  it('holds what comes again where its invoice is of another customer, or void', async () => {
    const [moved, gone] = ['re_lost_moved', 're_lost_void']
    await made({ id: await idOf(moved), customerId: 'cus_bolt' })
    const voided = await made({ id: await idOf(gone), amount: 2_599 })
    await setStatus(voided.id, 'void')
    await world.advance(29 * DAY)
    await restore()
    for (const id of [moved, gone]) await world.receive('stripe', refund({ id }))
    expect(await world.work()).toEqual(['held', 'held'])
    for (const id of [moved, gone]) {
      const row = await findAdjustment(world.deps.db, await idOf(id))
      expect(row?.holdReasons).toEqual(['outcome_unknown'])
    }
  })

  it('takes in what it has as due, and has issued since', async () => {
    const due = await waiting(refund(REFUND))
    await env.DB.prepare(`UPDATE adjustments SET customer_id = 'cus_sample' WHERE id = ?`)
      .bind(due.id)
      .run()
    const invoice = await made({ id: due.id })
    await world.advance(20 * DAY)
    await restore()
    expect(await now(due)).toMatchObject({ state: 'invoiced', invoiceId: invoice.id })
    expect(await isPaused()).toBe(false)
  })

  it('stays paused while something is open that a person has to look at', async () => {
    const adjustment = await issued()
    await made({ id: adjustment.id })
    await world.advance(DAY)
    await restore()
    const ofIt = (await open()).filter(({ adjustment_id: id }) => id === adjustment.id)
    expect(ofIt.map(({ reason }) => reason)).toEqual(['second_invoice'])
    expect(KEEPING_PAUSED).toContain('second_invoice')
    expect(await isPaused()).toBe(true)
    const waits = await waiting()
    world.queue.push({ id: waits.id, version: waits.version })
    expect(await world.work()).toEqual(['paused'])
  })

  it('is paused before anything is compared, also if whoever asked died before that', async () => {
    await issued()
    await world.advance(DAY)
    await setFaults({ kind: 'server_error', path: '/invoices', times: 1 })
    const begun = await restore()
    expect(await isPaused()).toBe(true)
    await env.DB.prepare('DELETE FROM switches').run()
    await world.advance(RECONCILE_RETRY_SECONDS)
    let wasPaused = false
    const { billing } = seenAs((invoice) => invoice)
    const watched: Billing = {
      ...billing,
      invoices: {
        ...billing.invoices,
        async list(query) {
          wasPaused = await isPaused()
          return billing.invoices.list(query)
        },
      },
    }
    expect(await reconcile(world.deps, watched, begun.seq)).toMatchObject({ outcome: 'complete' })
    expect([wasPaused, await isPaused()]).toEqual([true, false])
  })

  it('stays paused where a person has paused everything, before or meanwhile', async () => {
    await issued()
    await world.advance(DAY)
    const all = { kind: 'all', key: '' } as const
    await pause(world.deps, BOOTSTRAP, all)
    await restore()
    expect(await isPaused()).toBe(true)
    await resume(world.deps, BOOTSTRAP, all)
    await setFaults({ kind: 'server_error', path: '/invoices', times: 1 })
    const begun = await restore()
    expect(begun.finishedAt).toBeNull()
    expect(await isPaused()).toBe(true)
    await pause(world.deps, BOOTSTRAP, all)
    await world.advance(RECONCILE_RETRY_SECONDS)
    expect(await reconcile(world.deps, world.deps.billing!, begun.seq)).toMatchObject({
      outcome: 'complete',
    })
    expect(await isPaused()).toBe(true)
  })
})

describe('whatever has gone wrong, on whichever day', () => {
  /** Numbers that a seed decides (mulberry32). */
  const numbers = (seed: number) => (): number => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const KINDS = ['fits', 'second', 'unknown', 'gone', 'other', 'euros', 'void', 'bare', 'rejected']

  it.each([1, 2, 3])(
    'the findings say of each day and currency what its sums differ by (seed %i)',
    async (seed) => {
      const random = numbers(seed)
      const since = world.now()
      const changes = new Map<string, (invoice: Invoice) => Invoice | null>()
      for (let index = 0; index < 30; index++) {
        await world.advance(Math.floor(random() * 9 * HOUR))
        while ((await reconcileByClock(world.deps)) !== null);
        const kind = KINDS[Math.floor(random() * KINDS.length)]
        const amount = 1 + Math.floor(random() * 9_000)
        if (kind === 'rejected') {
          const row = await waiting(refund({ amount }))
          await made({ id: row.id, amount: -amount })
          await mark(row.id, 'held', `, hold_reasons = '["charge"]', held_at = 1`)
          await mark(row.id, 'rejected', `, hold_reasons = NULL`)
          continue
        }
        if (kind === 'unknown') {
          const subject = `refund:${seed}-${index}`
          await made({
            id: await adjustmentId('stripe-refund-record', 'stripe', subject, ''),
            amount,
          })
          continue
        }
        const { id, invoiceId } = await issued(
          kind === 'void' ? ticket() : refund({ amount }),
          kind === 'void' ? 'zendesk' : 'stripe',
        )
        if (kind === 'second') await made({ id, amount: -amount - 7 })
        if (kind === 'void') await setStatus(invoiceId!, 'void')
        if (kind === 'gone') changes.set(invoiceId!, () => null)
        if (kind === 'other') changes.set(invoiceId!, (each) => ({ ...each, subtotal: amount }))
        if (kind === 'euros') changes.set(invoiceId!, (each) => ({ ...each, currency: 'EUR' }))
        if (kind === 'bare') changes.set(invoiceId!, (each) => ({ ...each, metadata: {} }))
      }
      await world.advance(HOUR)
      const seen = seenAs((invoice) => (changes.get(invoice.id) ?? ((each) => each))(invoice))
      const started = await startReconciliation({ ...world.deps, ...seen }, BOOTSTRAP, {
        since,
        until: null,
      })
      if (!started.ok) throw new Error(started.error.reason)
      let run: Reconciliation | null = started.value
      for (let ticks = 0; ticks < 20 && run.outcome === null; ticks++) {
        run = (await reconcile({ ...world.deps, ...seen }, seen.billing, run.seq)) ?? run
      }
      expect(run.outcome).toBe('complete')
      const found = (await open()).filter(({ reason }) => reason !== 'not_settled')
      expect(found.map(({ reason }) => reason)).not.toContain('unexplained')
      expectExplained(run, found)
      expect(new Set(run.sums!.map(({ day }) => day)).size).toBeGreaterThan(2)
      expect(found.length).toBeGreaterThan(8)
    },
    30_000,
  )
})

async function start(window: { since: number; until: number }): Promise<Reconciliation> {
  const started = await startReconciliation(world.deps, BOOTSTRAP, window)
  if (!started.ok) throw new Error(started.error.reason)
  return started.value
}
