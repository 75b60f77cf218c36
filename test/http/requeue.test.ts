// Trying again over HTTP: what failed gets another key, what may have arrived keeps its own or is given the
// invoice that a person has found, and events that made nothing are decided by the rules of now.

import { env } from 'cloudflare:workers'
import * as z from 'zod'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import type { Config } from '../../src/config.ts'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { usd } from '../../src/domain/money.ts'
import { limitsOf } from '../../src/domain/money-limits.ts'
import { SCOPES, type Scope, BOOTSTRAP } from '../../src/domain/operator.ts'
import { ignore, rule } from '../../src/domain/rule.ts'
import { createApp } from '../../src/http/app.ts'
import { slack } from '../../src/notices/slack.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { openDatabase } from '../../src/db/database.ts'
import { given } from '../giving.ts'
import { commet, countRows, invoicesOf, refund, sandboxControl, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import {
  actionsOf,
  callsOf,
  createWorld,
  dyingAfterPost,
  entriesOf,
  setFaults,
  withPost,
} from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let keys: { lead: string; agent: string }

beforeAll(async () => {
  world = await createWorld()
  const make = async (name: string, scopes: readonly Scope[]) => {
    const made = await makeKey(
      world.deps,
      { name, email: `${name}@saas.example`, scopes, expiresAt: null },
      BOOTSTRAP,
    )
    if (!made.ok) throw new Error(made.error.reason)
    return made.value.secret
  }
  keys = {
    lead: await make('lead', ['read', 'approve']),
    agent: await make(
      'agent',
      SCOPES.filter((scope) => scope !== 'approve'),
    ),
  }
})

beforeEach(async () => {
  await env.DB.exec(
    `UPDATE adjustments SET wake_at = 9e15, attempts = max(attempts, 1) WHERE wake_at IS NOT NULL`,
  )
  // What earlier tests have left failed is nobody's any more.
  await env.DB.exec(
    `UPDATE adjustments SET state = 'cancelled', version = version + 1, wake_at = NULL WHERE state = 'failed'`,
  )
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})
afterEach(() => setFaults())

const HOUR = 3_600

async function post(
  path: string,
  body: unknown,
  how: { who?: 'agent'; deps?: Partial<Deps> } = {},
) {
  const app = createApp(() => ({ ...world.deps, ...how.deps }))
  const response = await app.request(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'x-api-key': keys[how.who ?? 'lead'], 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, ...(await response.json<any>()) }
}

const REFUSED = { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 }
const LOST = { kind: 'server_error', status: 500, method: 'POST', times: 1 }

async function failed(fields: Record<string, unknown> = {}) {
  const [event] = await world.receive('zendesk', ticket(fields))
  await setFaults(REFUSED)
  expect(await world.work()).toEqual(['failed'])
  return { event: event!, ...(await world.adjustment(event!)) }
}

/** `arrived`: whether there is an invoice. */
async function unknown(arrived: boolean) {
  const [event] = await world.receive('zendesk', ticket())
  await setFaults({ ...LOST, applied: arrived }, REFUSED)
  expect(await world.work()).toEqual(['postponed'])
  await world.advance(60)
  await world.sweep()
  if (arrived) {
    // The key would bring the invoice back: it is refused before it comes to that.
    const { billing } = world.deps
    const error = { ...TOO_MANY, message: 'refused' }
    const refusing = withPost(billing, () => Promise.resolve({ ok: false, error }))
    expect(await world.work(refusing)).toEqual(['held'])
    await setFaults()
  } else {
    expect(await world.work()).toEqual(['held'])
  }
  const adjustment = await world.adjustment(event!)
  expect(adjustment.holdReasons).toEqual(['outcome_unknown'])
  return { event: event!, ...adjustment }
}

const TOO_MANY = {
  meaning: 'permanent',
  status: 429,
  code: 'rate_limited',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
} as const

describe('what has failed', () => {
  it('is due again with another key, and its invoice is made once', async () => {
    const { id, event, version } = await failed()
    const again = await post(`/adjustments/${id}/requeue`, { version })
    expect(again).toMatchObject({
      status: 200,
      data: { state: 'due', version: version + 1, attempts: 0, trouble: null },
    })
    expect(again.data.note[0]).toContain('is on its way')
    expect(await world.adjustment(event)).toMatchObject({
      generation: 1,
      request: null,
      firstAttemptedAt: null,
    })
    expect((await entriesOf(id)).at(-1)).toEqual({
      action: 'adjustment.requeued',
      data: { from: 'failed', trouble: 'rate_limited', generation: 1 },
    })
    expect(await world.work()).toEqual(['issued'])
    const sent = await callsOf('POST', /^\/invoices$/)
    expect(sent.map((call): string => call.idempotencyKey).toSorted()).toEqual([
      `${id}.0`,
      `${id}.1`,
    ])
    expect(await invoicesOf(id, 'cus_acme')).toHaveLength(1)
  })

  it('looks before it posts when it is older than a key is remembered', async () => {
    const { id, version } = await failed()
    await world.advance(48 * HOUR)
    await post(`/adjustments/${id}/requeue`, { version })
    const before = (await callsOf('GET', /^\/invoices\b/)).length
    expect(await world.work()).toEqual(['issued'])
    expect((await callsOf('GET', /^\/invoices\b/)).length).toBe(before + 2)
    expect(await invoicesOf(id, 'cus_acme')).toHaveLength(1)
  })

  it('is looked up anew: whose it is and every limit, whatever was let through before', async () => {
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: '300.00' }),
    )
    expect(await world.work()).toEqual(['held'])
    const held = await world.adjustment(event!)
    const { version, amount, currency } = held
    await post(`/adjustments/${held.id}/approve`, { version, amount, currency })
    await setFaults(REFUSED)
    expect(await world.work()).toEqual(['failed'])
    const { version: then } = await world.adjustment(event!)
    await post(`/adjustments/${held.id}/requeue`, { version: then })
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event!)).toMatchObject({
      holdReasons: ['over_limit:holdAbove'],
      clearedReasons: null,
      countedAt: null,
    })
  })

  it('is cancelled where it was undone meanwhile, and nothing is posted', async () => {
    const [event] = await world.receive('stripe', refund())
    await setFaults(REFUSED)
    expect(await world.work()).toEqual(['failed'])
    const { id, version, account, subject, ruleId } = await world.adjustment(event!)
    await env.DB.prepare(`INSERT INTO undos VALUES (?, ?, ?, 'test', ?, NULL, 1)`)
      .bind(account, subject, ruleId, event!)
      .run()
    expect(await post(`/adjustments/${id}/requeue`, { version })).toMatchObject({ status: 200 })
    expect(await world.work()).toEqual(['cancelled'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
  })

  it('is requeued once by two people at once, and the other one is told', async () => {
    const { id, version } = await failed()
    const both = await Promise.all(
      [1, 2].map(() => post(`/adjustments/${id}/requeue`, { version })),
    )
    expect(both.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409'])
    expect(await actionsOf(id)).toContain('adjustment.requeued')
    expect((await actionsOf(id)).filter((each) => each === 'adjustment.requeued')).toHaveLength(1)
  })

  it('needs the scope approve, its version, and to have failed', async () => {
    const { id, version } = await failed()
    const path = `/adjustments/${id}/requeue`
    expect(await post(path, { version }, { who: 'agent' })).toMatchObject({ status: 403 })
    expect(await post(path, { version: version - 1 })).toMatchObject({
      status: 409,
      error: { code: 'version_moved', details: { version } },
    })
    expect(await post(path, {})).toMatchObject({ status: 400 })
    expect(await post(path, { version, reason: 'x' })).toMatchObject({ status: 400 })
    expect(await post(`/adjustments/adj_none/requeue`, { version })).toMatchObject({ status: 404 })
    const [due] = await world.receive('zendesk', ticket())
    const waiting = await world.adjustment(due!)
    expect(await post(`/adjustments/${waiting.id}/requeue`, { version: 1 })).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable', details: { state: 'due' } },
    })
    await world.work()
    const { version: issued } = await world.adjustment(due!)
    expect(await post(`/adjustments/${waiting.id}/requeue`, { version: issued })).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable' },
    })
  })
})

describe('an outcome that nobody knows', () => {
  it('is not sent again until a person says that he has looked', async () => {
    const { id, version } = await unknown(false)
    expect(await post(`/adjustments/${id}/requeue`, { version })).toMatchObject({
      status: 409,
      error: { code: 'look_first', details: { reasons: ['outcome_unknown'] } },
    })
  })

  it('goes on with the same key, looks itself, waits for the listing, and posts', async () => {
    const { id, event, version } = await unknown(false)
    const { attemptedAt, request, countedAt, heldAt } = await world.adjustment(event)
    await world.advance(25 * HOUR)
    const again = await post(`/adjustments/${id}/requeue`, { version, looked: true })
    expect(again).toMatchObject({ status: 200, data: { state: 'due', holdReasons: null } })
    expect(await world.adjustment(event)).toMatchObject({
      generation: 0,
      attempts: 0,
      attemptedAt,
      request,
      countedAt,
    })
    expect((await entriesOf(id)).at(-1)).toEqual({
      action: 'adjustment.requeued',
      data: { from: 'held', trouble: 'rate_limited', generation: 0, looked: true, heldAt },
    })
    expect(await world.work()).toEqual(['issued'])
    const sent = await callsOf('POST', /^\/invoices$/)
    expect(new Set(sent.map((call) => call.idempotencyKey))).toEqual(new Set([`${id}.0`]))
    expect(await invoicesOf(id, 'cus_acme')).toHaveLength(1)
  })

  it('is not posted on his word: it looks at once, and adopts what he has overlooked', async () => {
    const { id, version } = await unknown(true)
    const posted = (await callsOf('POST', /^\/invoices$/)).length
    await post(`/adjustments/${id}/requeue`, { version, looked: true })
    expect(await world.work()).toEqual(['issued'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(posted)
    expect(await invoicesOf(id, 'cus_acme')).toHaveLength(1)
    expect((await entriesOf(id)).at(-1)?.data).toMatchObject({ adopted: true })
  })

  it('waits until the listing has settled, though he has looked a moment after the attempt', async () => {
    const { id, event, version } = await unknown(false)
    await post(`/adjustments/${id}/requeue`, { version, looked: true })
    expect(await world.work()).toEqual(['postponed'])
    const posted = (await callsOf('POST', /^\/invoices$/)).length
    expect(await world.adjustment(event)).toMatchObject({ attempts: 0 })
    await world.advance(20 * 60)
    await world.sweep()
    await world.work()
    expect((await callsOf('POST', /^\/invoices$/)).length).toBe(posted + 1)
  })

  it('is held again where there are two, however often he says so', async () => {
    const { id, version } = await unknown(true)
    const body = {
      customerId: 'cus_acme',
      amount: -2_500,
      description: 'made by hand',
      metadata: { makegood_adjustment_id: id },
    }
    await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
    await post(`/adjustments/${id}/requeue`, { version, looked: true })
    expect(await world.work()).toEqual(['held'])
    expect(await invoicesOf(id, 'cus_acme')).toHaveLength(2)
  })

  it('that is not this one can not be sent through so', async () => {
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'nobody' }))
    await world.work()
    const { id, version } = await world.adjustment(event!)
    expect(await post(`/adjustments/${id}/requeue`, { version, looked: true })).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable', details: { state: 'held' } },
    })
  })
})

describe('adopting an invoice', () => {
  const make = async (fields: Record<string, unknown> = {}): Promise<any> => {
    const body = { customerId: 'cus_acme', amount: -2_500, description: 'by hand', ...fields }
    const init = { method: 'POST', body: JSON.stringify(body) }
    return (await commet('/api/v1/invoices', init)).data
  }

  it('takes the one that an attempt has left, with its link', async () => {
    const { id, event, version } = await unknown(true)
    const [invoice] = await invoicesOf(id, 'cus_acme')
    const adopted = await post(`/adjustments/${id}/adopt`, { version, invoiceId: invoice.id })
    expect(adopted).toMatchObject({
      status: 200,
      data: { state: 'invoiced', invoice: { id: invoice.id }, link: expect.any(String) },
    })
    expect((await entriesOf(id)).at(-1)).toMatchObject({
      action: 'adjustment.adopted',
      data: { invoice: invoice.id, adopted: true, carriesOurId: true, trouble: 'rate_limited' },
    })
    expect(await world.adjustment(event)).toMatchObject({ wakeAt: null, holdReasons: null })
    expect(
      await post(`/adjustments/${id}/adopt`, { version, invoiceId: invoice.id }),
    ).toMatchObject({ status: 409, error: { code: 'not_requeueable' } })
  })

  it('takes one that lacks our metadata, and the entry says so', async () => {
    const { id, version } = await unknown(false)
    const invoice = await make()
    expect(
      await post(`/adjustments/${id}/adopt`, { version, invoiceId: invoice.id }),
    ).toMatchObject({ status: 200 })
    expect((await entriesOf(id)).at(-1)?.data).toMatchObject({ carriesOurId: false })
  })

  it('marks a record paid once it is adopted', async () => {
    const [event] = await world.receive('stripe', refund({ amount: 1_234 }))
    await setFaults({ ...LOST, applied: true })
    await world.work()
    await world.advance(60)
    await world.sweep()
    const error = { ...TOO_MANY, message: 'refused' }
    await world.work(withPost(world.deps.billing, () => Promise.resolve({ ok: false, error })))
    const { id, version, request } = await world.adjustment(event!)
    const [invoice] = await invoicesOf(id, request!.customerId)
    await post(`/adjustments/${id}/adopt`, { version, invoiceId: invoice.id })
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(event!)).toMatchObject({ invoiceStatus: 'paid' })
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['another amount', { amount: -2_600 }, 'subtotal'],
    ['another sign', { amount: 2_500 }, 'subtotal'],
    ['another customer', { customerId: 'cus_bolt' }, 'customerId'],
    ['another’s id', { metadata: { makegood_adjustment_id: 'adj_other' } }, 'adjustment'],
    ['another settlement', { metadata: { makegood_settlement: 'already_paid' } }, 'settlement'],
  ])('refuses one of %s, and names the difference', async (_, fields, field) => {
    const { id, version } = await unknown(false)
    const invoice = await make(fields)
    const refused = await post(`/adjustments/${id}/adopt`, { version, invoiceId: invoice.id })
    expect(refused).toMatchObject({ status: 409, error: { code: 'invoice_differs' } })
    expect(refused.error.details.differences.map((each: any) => each.field)).toContain(field)
    expect(await actionsOf(id)).not.toContain('adjustment.adopted')
  })

  it('refuses one that is closed, one of another adjustment, an older one, and one that is not there', async () => {
    const { id, version } = await unknown(false)
    const adopt = (invoiceId: string) => post(`/adjustments/${id}/adopt`, { version, invoiceId })
    const closed = await make()
    const body = JSON.stringify({ status: 'void' })
    await commet(`/api/v1/invoices/${closed.id}/status`, { method: 'PUT', body })
    expect((await adopt(closed.id)).error.details.differences).toMatchObject([{ field: 'status' }])

    const [other] = await world.receive('zendesk', ticket())
    await setFaults()
    await world.work()
    const { invoiceId, id: owner } = await world.adjustment(other!)
    expect(await adopt(invoiceId!)).toMatchObject({
      status: 409,
      error: { code: 'invoice_of_another', details: { other: owner } },
    })
    expect(await adopt('inv_none')).toMatchObject({
      status: 409,
      error: { code: 'invoice_unknown' },
    })
    expect(await adopt('..')).toMatchObject({ status: 409, error: { code: 'invoice_unknown' } })

    const { data } = await commet('/api/v1/invoices?customerId=cus_acme&limit=100')
    const seeded = data.find((each: any) => each.invoiceType !== 'adjustment')
    const fields = (await adopt(seeded.id)).error.details.differences.map((each: any) => each.field)
    expect(fields).toEqual(expect.arrayContaining(['invoiceType', 'createdAt']))
  })

  it('is told when the billing API can not be asked, or none is configured', async () => {
    const { id, version } = await unknown(false)
    const path = `/adjustments/${id}/adopt`
    expect(
      await post(path, { version, invoiceId: 'inv_1' }, { deps: { billing: null } }),
    ).toMatchObject({ status: 503, error: { code: 'not_configured' } })
    const refused = createBillingClient({ baseUrl: 'http://sandbox.localhost', apiKey: 'ck_no' })
    const billing = { ...world.deps.billing!, ...refused }
    expect(await post(path, { version, invoiceId: 'inv_1' }, { deps: { billing } })).toMatchObject({
      status: 503,
      error: { code: 'billing_unavailable' },
    })
    expect(await post(path, { version }, { who: 'agent' })).toMatchObject({ status: 403 })
  })

  it('refuses what was not posted, and what has moved', async () => {
    const { id, version } = await failed()
    const wanted = { version, invoiceId: 'inv_1' }
    expect(await post(`/adjustments/${id}/adopt`, wanted)).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable' },
    })
    const held = await unknown(false)
    expect(
      await post(`/adjustments/${held.id}/adopt`, { ...wanted, version: held.version - 1 }),
    ).toMatchObject({ status: 409, error: { code: 'version_moved' } })
  })
})

describe('many at once', () => {
  async function failing(count: number, code: 'rate_limited' | 'forbidden' = 'rate_limited') {
    const events: EventId[] = []
    for (let n = 0; n < count; n++) events.push((await failed()).event)
    return Promise.all(events.map((event) => world.adjustment(event))).then((rows) => {
      expect(new Set(rows.map(({ trouble }) => trouble?.code))).toEqual(new Set([code]))
      return rows
    })
  }

  it('by their ids: those that have failed, each with its entry, and no other', async () => {
    const rows = await failing(3)
    const [due] = await world.receive('zendesk', ticket())
    world.queue.length = 0
    const { id: other } = await world.adjustment(due!)
    const ids = [rows[0]!.id, rows[2]!.id, other]
    const answer = await post('/adjustments/requeue', { ids })
    expect(answer).toMatchObject({
      status: 200,
      data: { requeued: 2, adjustments: [rows[0]!.id, rows[2]!.id], hasMore: false },
    })
    expect((await entriesOf(rows[0]!.id)).at(-1)).toEqual({
      action: 'adjustment.requeued',
      data: { from: 'failed', trouble: 'rate_limited', generation: 1 },
    })
    expect(await actionsOf(other)).toEqual(['adjustment.created'])
    expect(await world.work()).toEqual(['issued', 'issued'])
    expect((await world.work()).length).toBe(0)
  })

  it('by the code of their trouble, at most five hundred a call, and says if there are more', async () => {
    const [one] = await failing(1)
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
       INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
         settlement, reason, caused_by, amount, currency, description, created_at, state, version,
         wake_at, attempts, generation)
       SELECT 'adj_bulk' || i, 'evt_bulk' || i, 'zendesk-ticket-credit', 'zendesk', 'zendesk', 'zendesk',
         'ticket:bulk' || i, '', 'test', 'owed', 'goodwill', 'agent', -1000, 'usd', 'many', ?1, 'due', 1,
         ?1, 0, 0 FROM n`,
    )
      .bind(world.now())
      .run()
    await env.DB.exec(
      `UPDATE adjustments SET state = 'failed', version = 2, wake_at = NULL, trouble = '{"code":"customer_not_found"}' WHERE id LIKE 'adj_bulk%'`,
    )
    const wanted = { state: 'failed', code: 'customer_not_found' }
    const entries = await countRows('audit_entries')
    const first = await post('/adjustments/requeue', wanted)
    expect(first.data).toMatchObject({ requeued: 500, hasMore: true })
    expect(first.data.adjustments[0]).toBe('adj_bulk1')
    expect((await countRows('audit_entries')) - entries).toBe(500)
    const second = await post('/adjustments/requeue', wanted)
    expect(second.data).toMatchObject({ requeued: 100, hasMore: false })
    const third = await post('/adjustments/requeue', wanted)
    expect(third.data).toMatchObject({ requeued: 0, adjustments: [] })
    expect(await actionsOf(one!.id)).not.toContain('adjustment.requeued')
    expect(await post('/adjustments/requeue', { state: 'failed' })).toMatchObject({
      data: { requeued: 1 },
    })
    expect(world.queue).toHaveLength(601)
    await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE id LIKE 'adj_bulk%'`)
  })

  it('tells those who asked, where people are told', async () => {
    const told: Config = { ...config, notices: [slack({ url: 'SLACK_WEBHOOK_URL' })] }
    const [row] = await failing(1)
    const db = openDatabase(env.DB, () => true)
    await post('/adjustments/requeue', { ids: [row!.id] }, { deps: { config: told, db } })
    const { results } = await env.DB.prepare(`SELECT action FROM notices WHERE about = ?`)
      .bind(row!.id)
      .all()
    expect(results).toEqual([{ action: 'adjustment.requeued' }])
  })

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['both', { ids: [], state: 'failed' }],
    ['no id', { ids: [] }],
    ['what is no id', { ids: ['evt_1'] }],
    ['a code alone', { code: 'customer_not_found' }],
    ['another state', { state: 'held' }],
    [
      'too many',
      { ids: Array.from({ length: 101 }, (_, n) => `adj_${String(n).padStart(32, '0')}`) },
    ],
  ])('refuses %s', async (_, body) => {
    expect(await post('/adjustments/requeue', body)).toMatchObject({ status: 400 })
  })

  it('needs the scope approve', async () => {
    const body = { state: 'failed' }
    expect(await post('/adjustments/requeue', body, { who: 'agent' })).toMatchObject({
      status: 403,
    })
  })
})

describe('an event that made nothing', () => {
  const later = (): Partial<Deps> => ({
    config,
    ruleSet: () => Promise.resolve('later'),
  })
  const earlier = { ...config, rules: [] }

  it('that came before its rule is decided by the rules of now, and makes its adjustment once', async () => {
    world = await createWorld({ config: earlier })
    const [id] = await world.receive('zendesk', ticket())
    expect(await world.fate(id!)).toBe('ignored')
    const both = await Promise.all(
      [1, 2].map(() => post(`/events/${id}/requeue`, {}, { deps: later() })),
    )
    expect(both.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409'])
    const { data } = both.find(({ status }) => status === 200)!
    expect(data).toMatchObject({ id, fate: 'adjusted', rule: 'zendesk-ticket-credit' })
    expect(data.made).toHaveLength(1)
    expect(await actionsOf(id!)).toEqual(['event.received', 'event.requeued'])
    expect((await entriesOf(id!)).at(-1)?.data).toEqual({
      from: 'ignored',
      reason: 'no_rule_for_this_event_type',
    })
    expect(await actionsOf(data.made[0])).toEqual(['adjustment.created'])
    expect(await world.adjustment(id!)).toMatchObject({
      id: data.made[0],
      eventId: id,
      state: 'due',
    })
    expect(await world.work(later())).toEqual(['issued'])
    expect(await world.work(later())).toEqual([])
  })

  it('leaves none of the words of its rule behind, and none of them in the log', async () => {
    const wordy = rule({
      id: 'wordy',
      source: 'zendesk',
      on: ['makegood.ticket'],
      settlement: 'owed',
      reason: 'goodwill',
      causedBy: 'agent',
      payload: z.object({ requester_email: z.string() }),
      adjust: ({ requester_email }) => ignore(`no contract for ${requester_email}`),
    })
    world = await createWorld({ config: { ...config, rules: [wordy] } })
    const [id] = await world.receive('zendesk', ticket({ requester_email: 'zeb@quagmire.example' }))
    const row = () => env.DB.prepare('SELECT * FROM events WHERE id = ?').bind(id).first<any>()
    expect(await row()).toMatchObject({ fate: 'ignored', reason: 'reason_is_no_code' })
    expect(JSON.stringify(await row())).not.toContain('quagmire')
    // As a rule could say it before.
    await env.DB.prepare('UPDATE events SET reason = ? WHERE id = ?')
      .bind('no contract for zeb@quagmire.example', id)
      .run()
    expect(await post(`/events/${id}/requeue`, {})).toMatchObject({ status: 200 })
    expect((await entriesOf(id!)).at(-1)).toEqual({
      action: 'event.requeued',
      data: { from: 'ignored', reason: null },
    })
  })

  it('that somebody has decided meanwhile makes nothing more, also by other rules', async () => {
    world = await createWorld({ config: earlier })
    const [id] = await world.receive('zendesk', ticket())
    const [rule] = config.rules
    let meanwhile = 0
    const deps: Partial<Deps> = {
      config: { ...config, rules: [{ ...rule!, id: 'another-rule' }] },
      // Asked for once the event was read.
      ruleSet: async () => {
        if ((meanwhile += 1) === 1) await post(`/events/${id}/requeue`, {}, { deps: later() })
        return 'other'
      },
    }
    expect(await post(`/events/${id}/requeue`, {}, { deps })).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable' },
    })
    const made = await env.DB.prepare(`SELECT rule_id FROM adjustments WHERE event_id = ?`)
      .bind(id)
      .all()
    expect(made.results).toEqual([{ rule_id: 'zendesk-ticket-credit' }])
  })

  it('makes nothing where its subject has an adjustment already', async () => {
    const subject = `s-${crypto.randomUUID()}`
    const event = (id: string, amount: number) => ({ id, type: 'credit', subject, amount })
    world = await createWorld({ config: earlier })
    const [first] = await world.receive('batch', [event(`a-${subject}`, 100)])
    const [same] = await world.receive('batch', [event(`b-${subject}`, 100)])
    const [other] = await world.receive('batch', [event(`c-${subject}`, 700)])
    const fates = []
    for (const id of [first, same, other]) {
      fates.push((await post(`/events/${id}/requeue`, {}, { deps: later() })).data.fate)
    }
    expect(fates).toEqual(['adjusted', 'duplicate', 'conflict'])
    expect(world.queue).toHaveLength(1)
    expect(await post(`/events/${first}/requeue`, {}, { deps: later() })).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable' },
    })
  })

  it('that is still not readable stays what it is, with an entry more', async () => {
    const [id] = await world.receive('zendesk', ticket({ tags: 'credit_requested', amount: 'ten' }))
    expect(await world.fate(id!)).toBe('undecided')
    expect(await post(`/events/${id}/requeue`, {})).toMatchObject({
      status: 200,
      data: { fate: 'undecided', reason: 'amount_not_a_number', made: [] },
    })
    expect(await actionsOf(id!)).toEqual(['event.received', 'event.requeued'])
  })

  it('that undoes something undoes it now', async () => {
    const subject = `u-${crypto.randomUUID()}`
    const [made] = await world.receive('batch', [
      given(`m-${subject}`, 'race', { subject, amount: -500 }),
    ])
    await world.work()
    const undo = { id: `n-${subject}`, type: 'race', undo: subject }
    const rules = config.rules.filter(({ id }) => id !== 'race')
    const [id] = await receiveWith({ ...config, rules }, undo)
    expect(await world.fate(id!)).toBe('ignored')
    expect(await post(`/events/${id}/requeue`, {}, { deps: later() })).toMatchObject({
      data: { fate: 'adjusted', made: [] },
    })
    await world.sweep()
    expect(await world.work()).toContain('reversed')
    expect((await world.adjustment(made!)).reversedBy).not.toBeNull()
  })

  async function receiveWith(other: Config, event: unknown): Promise<EventId[]> {
    const elsewhere = await createWorld({ config: other })
    return elsewhere.receive('batch', [event])
  }

  it('is refused where nothing can be decided again', async () => {
    const [made] = await world.receive('zendesk', ticket())
    expect(await post(`/events/${made}/requeue`, {})).toMatchObject({
      status: 409,
      error: { code: 'not_requeueable', message: expect.stringContaining('adjusted') },
    })
    const [unreadable] = await world.receive('zendesk', '{')
    expect(await post(`/events/${unreadable}/requeue`, {})).toMatchObject({
      status: 409,
      error: { code: 'not_readable' },
    })
    const [gone] = await world.receive('zendesk', ticket({ tags: 'none' }))
    await env.DB.prepare(
      `DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = ?)`,
    )
      .bind(gone)
      .run()
    expect(await post(`/events/${gone}/requeue`, {})).toMatchObject({
      status: 409,
      error: { code: 'payload_forgotten' },
    })
    expect(await post(`/events/evt_none/requeue`, {})).toMatchObject({ status: 404 })
    expect(await post(`/events/${made}/requeue`, {}, { who: 'agent' })).toMatchObject({
      status: 403,
    })
    const nowhere = { config: { ...config, endpoints: new Map() } }
    expect(await post(`/events/${made}/requeue`, {}, { deps: nowhere })).toMatchObject({
      status: 409,
      error: { code: 'endpoint_unknown' },
    })
  })
})

describe('the schema', () => {
  const run = (statement: string) => env.DB.prepare(statement).run()
  const set = (id: string, columns: string) =>
    `UPDATE adjustments SET version = version + 1, ${columns} WHERE id = '${id}'`
  const ANOTHER = 'only what was refused for good gets another key'

  it('gives another key to what has failed, by one, and to nothing else', async () => {
    const { id } = await failed()
    const due = `state = 'due', wake_at = 1`
    await expect(run(set(id, due))).rejects.toThrow(ANOTHER)
    await expect(run(set(id, `${due}, generation = generation + 2`))).rejects.toThrow(ANOTHER)
    await expect(run(set(id, 'generation = generation + 1'))).rejects.toThrow(ANOTHER)
    const doubtful = `${due}, generation = generation + 1, attempted_at = 5`
    await expect(run(set(id, doubtful))).rejects.toThrow(ANOTHER)
    await run(set(id, `${due}, generation = generation + 1`))
    await expect(run(set(id, 'generation = generation + 1'))).rejects.toThrow(ANOTHER)
    await expect(run(set(id, 'generation = 0'))).rejects.toThrow(ANOTHER)
  })

  it('keeps the key and the doubt of what may have arrived', async () => {
    const { id } = await unknown(false)
    const due = `state = 'due', wake_at = 1, hold_reasons = NULL, hold_details = NULL`
    await expect(run(set(id, `${due}, generation = 1`))).rejects.toThrow(ANOTHER)
    await expect(run(set(id, `${due}, attempted_at = NULL`))).rejects.toThrow('stays in doubt')
    await run(set(id, due))
    const fail = `state = 'failed', wake_at = NULL, counted_at = NULL, counted_day = NULL`
    await expect(run(set(id, fail))).rejects.toThrow('has not failed')
  })
})

it('a crash in the middle of a second attempt leads to one invoice as well', async () => {
  const { id, version } = await failed()
  await post(`/adjustments/${id}/requeue`, { version })
  await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
  await world.advance(121)
  await world.sweep()
  expect(await world.work()).toEqual(['issued'])
  expect(await invoicesOf(id, 'cus_acme')).toHaveLength(1)
})

it('two approvals are needed no less after a second try', async () => {
  const limits = limitsOf({
    twoApproversAbove: usd(400),
    duplicateHours: 0,
    olderThanEndpoint: 'allow',
  })
  world = await createWorld({ config: { ...config, limits } })
  const { id, version } = await failed()
  expect(await post(`/adjustments/${id}/requeue`, { version })).toMatchObject({ status: 200 })
  expect(await world.work()).toEqual(['issued'])
})
