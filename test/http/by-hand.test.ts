// Adjustments by hand: made once, by one person, and looked at like every other.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineConfig, type Config } from '../../src/config.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import type { Deps } from '../../src/deps.ts'
import { eventId } from '../../src/domain/ids.ts'
import { usd } from '../../src/domain/money.ts'
import { limitsOf } from '../../src/domain/money-limits.ts'
import { BOOTSTRAP, type Scope } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { zendesk } from '../../src/sources/index.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { pause } from '../../src/usecases/pause.ts'
import config from '../makegood.config.ts'
import { event, countRows, fetchApp, invoicesOf, signedRequest, ticket } from '../harness.ts'
import { actionsOf, createWorld, entriesOf } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

let world: World
let anna: string
let count = 0

beforeEach(async () => {
  world = await createWorld()
  anna = await keyOf('anna@saas.example')
})

async function keyOf(email: string, scopes: readonly Scope[] = ['write', 'approve']) {
  const wanted = { name: `person-${(count += 1)}`, email, scopes, expiresAt: null }
  const made = await makeKey(world.deps, wanted, BOOTSTRAP)
  if (!made.ok) throw new Error(made.error.reason)
  return made.value.secret
}

const request = (fields: Record<string, unknown> = {}) => ({
  customer: { value: 'acme-42' },
  direction: 'credit',
  amount: 1_000 + (count += 1),
  currency: 'usd',
  reason: 'goodwill',
  ...fields,
})

type How = { key?: string; operator?: string; path?: string; deps?: Partial<Deps> }

async function post(body: unknown, { key, operator = anna, path = '', deps = {} }: How = {}) {
  const app = createApp(() => ({ ...world.deps, ...deps }))
  const response = await app.request(`/api/v1/adjustments${path}`, {
    method: 'POST',
    headers: { 'x-api-key': operator, ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify(body),
  })
  return { status: response.status, answer: await response.json<any>() }
}

const statuses = (answers: readonly { status: number }[]): number[] =>
  answers.map(({ status }) => status).toSorted((one, other) => one - other)

const TABLES = ['events', 'payloads', 'adjustments', 'audit_entries']
const rows = (): Promise<number[]> => Promise.all(TABLES.map(countRows))

describe('a death behind the commit', () => {
  const dying = () => {
    const { db } = world.deps
    return new Proxy(db, {
      get: (target, name) =>
        name === 'batch'
          ? async (...all: Parameters<typeof db.batch>) => {
              await target.batch(...all)
              throw new Error('the process died here')
            }
          : (Reflect.get(target, name) as unknown),
    })
  }

  it('is nothing to try again without a key, since that would make another', async () => {
    const [, , before] = await rows()
    const { status, answer } = await post(request(), { deps: { db: dying() } })
    expect({ status, answer }).toMatchObject({
      status: 500,
      answer: { error: { type: 'internal_error', code: 'idempotency_unavailable' } },
    })
    expect((await rows())[2]).toBe((before ?? 0) + 1)
  })

  it('is answered by the same key', async () => {
    const body = request()
    const key = `died-${count}`
    const dead = await post(body, { key, deps: { db: dying() } })
    expect(dead).toMatchObject({ status: 503, answer: { error: { code: 'unavailable' } } })
    const [, , before] = await rows()
    expect(await post(body, { key })).toMatchObject({ status: 200 })
    expect((await rows())[2]).toBe(before)
  })
})

describe('what is made', () => {
  it('is one event and one adjustment of the billing key’s mode, issued after the answer', async () => {
    const body = request({ originalInvoice: 'INV-0042' })
    const { status, answer } = await post(body, { key: 'ticket-7.first' })
    expect({ status, answer }).toMatchObject({ status: 201, answer: { success: true } })
    const made = answer.data
    expect(made).toMatchObject({
      object: 'adjustment',
      state: 'due',
      version: 1,
      amount: -body.amount,
      currency: 'usd',
      settlement: 'owed',
      reason: 'goodwill',
      rule: 'by-hand',
      subject: 'by-hand:ticket-7.first',
      source: 'operator',
      endpoint: 'operator',
      account: 'operator',
      mode: 'test',
      asker: 'anna@saas.example',
      originalInvoice: 'INV-0042',
      event: await eventId('operator', 'ticket-7.first'),
    })
    expect(world.queue).toEqual([{ id: made.id, version: 1 }])
    expect(await world.work()).toEqual(['issued'])
    const [invoice] = await invoicesOf(made.id, 'cus_acme')
    expect(invoice).toMatchObject({
      subtotal: -body.amount,
      metadata: { makegood_rule: 'by-hand', makegood_original_invoice: 'INV-0042' },
    })
    const row = await findAdjustment(world.deps.db, made.id)
    expect(row).toMatchObject({
      maker: 'anna@saas.example',
      causedBy: 'agent',
      description: 'Goodwill (invoice INV-0042)',
      ruleSet: await world.deps.ruleSet(),
    })
  })

  it('is written down by who made it, and no word of the request goes into the audit log', async () => {
    const body = request({ customer: { kind: 'email', value: 'jane@customer.example' } })
    const { answer } = await post(body, { key: 'secret-key-of-a-ticket' })
    const { id, event } = answer.data
    const { results } = await env.DB.prepare(
      'SELECT actor, action, subject, data FROM audit_entries WHERE subject IN (?, ?) ORDER BY seq',
    )
      .bind(event, id)
      .all<Record<string, string>>()
    const actor = expect.stringMatching(/^operator:person-\d+$/)
    expect(results).toMatchObject([
      { actor, action: 'event.received', subject: event },
      { actor, action: 'adjustment.created', subject: id },
    ])
    expect(JSON.stringify(results)).not.toMatch(/jane|secret-key|anna/)
  })

  it.each([
    ['charge', 1],
    ['credit', -1],
  ])('a %s has its sign', async (direction, sign) => {
    const body = request({ direction })
    const { answer } = await post(body)
    expect(answer.data.amount).toBe(sign * body.amount)
    expect(await world.work()).toEqual([direction === 'charge' ? 'held' : 'issued'])
  })

  it('is for a customer by his id at the billing API', async () => {
    const { answer } = await post(request({ customer: undefined, customerId: 'cus_acme' }))
    expect(await world.work()).toEqual(['issued'])
    expect(await invoicesOf(answer.data.id, 'cus_acme')).toHaveLength(1)
  })

  it('is a record where it is said that the money has moved already', async () => {
    const { answer } = await post(request({ settlement: 'already_paid' }))
    expect(await world.work()).toEqual(['issued'])
    const [invoice] = await invoicesOf(answer.data.id, 'cus_acme')
    expect(invoice.status).toBe('paid')
  })
})

describe('once', () => {
  it('the same key and request is the same adjustment, however it was written', async () => {
    const body = request({ currency: 'USD' })
    const first = await post(body, { key: 'same' })
    expect(first.status).toBe(201)
    const before = await rows()
    const again = { ...Object.fromEntries(Object.entries(body).toReversed()), settlement: 'owed' }
    const bruno = await keyOf('bruno@saas.example')
    const [entries] = [await countRows('audit_entries')]
    for (const operator of [anna, bruno]) {
      const { status, answer } = await post(again, { key: 'same', operator })
      expect(status).toBe(200)
      expect(answer.data.id).toBe(first.answer.data.id)
    }
    expect((await rows()).slice(0, 3)).toEqual(before.slice(0, 3))
    expect(await countRows('audit_entries')).toBe(entries)
    expect(world.queue).toHaveLength(1)
    expect(await findAdjustment(world.deps.db, first.answer.data.id)).toMatchObject({
      maker: 'anna@saas.example',
    })
  })

  it('also after it was issued, and after its payload was forgotten', async () => {
    const body = request()
    const { answer } = await post(body, { key: 'later' })
    await world.work()
    await env.DB.exec(
      `DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = '${answer.data.event}')`,
    )
    const again = await post(body, { key: 'later' })
    expect(again).toMatchObject({ status: 200, answer: { data: { state: 'invoiced' } } })
    expect(await world.work()).toEqual([])
  })

  it.each([
    ['amount', { amount: 4_321 }],
    ['direction', { direction: 'charge' }],
    ['customer', { customer: { value: 'bolt-7' } }],
    ['kind', { customer: { kind: 'source_id', value: 'acme-42' } }],
    ['reason', { reason: 'correction' }],
    ['settlement', { settlement: 'already_paid' }],
    ['originalInvoice', { originalInvoice: 'INV-1' }],
  ])('the same key with another %s makes nothing and says so', async (field, other) => {
    const body = request()
    const key = `mismatch-${field}`
    const first = await post(body, { key })
    const before = await rows()
    const { status, answer } = await post({ ...body, ...other }, { key })
    expect(status).toBe(409)
    expect(answer.error).toMatchObject({
      type: 'conflict_error',
      code: 'idempotency_key_mismatch',
      details: { event: first.answer.data.event },
    })
    expect(await rows()).toEqual(before)
  })

  it('ten times at once is one adjustment, whoever wins', async () => {
    const body = request()
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(body, { key: 'race' })))
    expect(statuses(answers)).toEqual([...Array(9).fill(200), 201])
    expect(new Set(answers.map(({ answer }) => answer.data.id)).size).toBe(1)
    expect(await actionsOf(answers[0]!.answer.data.id)).toEqual(['adjustment.created'])
    const others = [body, { ...body, amount: body.amount + 1 }]
    const raced = await Promise.all(others.map((each) => post(each, { key: 'race-of-two' })))
    expect(statuses(raced)).toEqual([201, 409])
  })

  it('without a key each request is another adjustment', async () => {
    const body = request()
    const ids = [await post(body), await post(body)].map(({ answer }) => answer.data.id)
    expect(new Set(ids).size).toBe(2)
  })

  it('what was not durable is made by the next try, and a queue that is down loses nothing', async () => {
    const body = request()
    const batch = () => Promise.reject(new Error('D1 is down'))
    const broken = { ...world.deps.db, batch }
    const db = Object.assign(Object.create(Object.getPrototypeOf(world.deps.db)), broken)
    expect((await post(body, { key: 'retry', deps: { db } })).status).toBe(503)
    const wake = () => Promise.reject(new Error('the queue is down'))
    expect((await post(body, { key: 'retry', deps: { wake } })).status).toBe(201)
    expect(world.lines).toContainEqual(expect.objectContaining({ event: 'alarm.wake_failed' }))
    await world.advance(61)
    await world.sweep()
    expect(await world.work()).toContain('issued')
  })
})

describe('limits, holds and switches', () => {
  const limited = (limits: Parameters<typeof limitsOf>[0]): Config => ({
    ...config,
    limits: limitsOf(limits),
  })

  it('holds what is above a limit, and its maker can’t let it through with any of his keys', async () => {
    const { answer } = await post(request({ amount: 30_000 }))
    expect(await world.work()).toEqual(['held'])
    const row = await findAdjustment(world.deps.db, answer.data.id)
    expect(row?.holdReasons).toEqual(['over_limit:holdAbove'])
    const seen = { version: row!.version, amount: row!.amount, currency: 'usd' }
    const path = `/${answer.data.id}/approve`
    const otherKey = await keyOf('Anna@saas.example')
    for (const operator of [anna, otherKey]) {
      expect((await post(seen, { path, operator })).status).toBe(403)
    }
    const bruno = await keyOf('bruno@saas.example')
    expect((await post(seen, { path, operator: bruno })).status).toBe(200)
    expect(await world.work()).toEqual(['issued'])
  })

  it('counts against the limit of who makes it, as of everybody who asks', async () => {
    const perAsker = { amount: usd(15), days: 1 }
    const deps = { config: limited({ perAsker, duplicateHours: 0 }) }
    const carla = await keyOf('carla@saas.example')
    await post(request({ amount: 1_000 }), { operator: carla })
    await post(request({ amount: 1_000 }), { operator: carla })
    const dora = await keyOf('dora@saas.example')
    await post(request({ amount: 1_000 }), { operator: dora })
    expect(await world.work(deps)).toEqual(['issued', 'held', 'issued'])
  })

  it('is never new: a person made it', async () => {
    const billing = { ...world.deps.billing!, mode: 'live' as const }
    const { answer } = await post(request(), { deps: { billing } })
    expect(answer.data.mode).toBe('live')
    await world.work({ billing })
    const row = await findAdjustment(world.deps.db, answer.data.id)
    expect(row?.holdReasons ?? []).not.toContain('new_rule')
  })

  it('waits while what people make is paused', async () => {
    await pause(world.deps, BOOTSTRAP, { kind: 'endpoint', key: 'operator' })
    await post(request())
    expect(await world.work()).toEqual(['paused'])
  })
})

describe('an answer to a conflict', () => {
  async function conflict(): Promise<string> {
    const body = ticket()
    await world.receive('zendesk', body)
    const tags = 'credit_requested credit_10'
    const [id] = await world.receive('zendesk', { ...body, tags })
    expect(await world.fate(id!)).toBe('conflict')
    world.queue.length = 0
    return id!
  }

  it('names its event, and two people who answer it make one adjustment', async () => {
    const id = await conflict()
    const body = request({ conflict: id })
    const first = await post(body)
    expect(first.status).toBe(201)
    const bruno = await keyOf('bruno@saas.example')
    expect((await post(body, { operator: bruno })).status).toBe(200)
    const row = await env.DB.prepare('SELECT decision FROM events WHERE id = ?')
      .bind(first.answer.data.event)
      .first<{ decision: string }>()
    expect(JSON.parse(row!.decision)).toMatchObject({ answers: id })
  })

  it('is one, whatever keys its callers send, and another one is told by which', async () => {
    const body = request({ conflict: await conflict() })
    const first = await post(body, { key: `mine-${count}` })
    expect(first.status).toBe(201)
    const { id } = first.answer.data
    for (const key of [null, `mine-${count}`, `another-${count}`]) {
      const how = key === null ? {} : { key }
      const same = await post(body, how)
      expect([same.status, same.answer.data.id]).toEqual([200, id])
      const other = await post({ ...body, amount: body.amount + 1 }, how)
      expect(other.status).toBe(409)
      expect(other.answer.error).toEqual({
        type: 'conflict_error',
        code: 'conflict_answered',
        message: `conflict: it is answered already, by ${id}. With "again": true one more is made`,
        param: 'conflict',
        details: { adjustment: id },
        doc_url: 'https://makegood.example/docs/errors/conflict_answered',
      })
    }
  })

  it('ten people at once make one, whatever they ask for', async () => {
    const body = request({ conflict: await conflict() })
    const asked = Array.from({ length: 10 }, (_, nth) => ({ ...body, amount: 100 + nth }))
    const answers = await Promise.all(
      asked.map((each, nth) => post(each, { key: `${count}-${nth}` })),
    )
    expect(statuses(answers)).toEqual([201, ...Array(9).fill(409)])
  })

  it('a second one is made on purpose, once for each key', async () => {
    const id = await conflict()
    const body = request({ conflict: id })
    const first = (await post(body)).answer.data.id
    const again = { ...body, again: true }
    const key = `once-more-${count}`
    const second = await post(again, { key })
    expect(second.status).toBe(201)
    expect((await post(again, { key })).answer.data.id).toBe(second.answer.data.id)
    expect((await post({ ...again, amount: 1 }, { key })).answer.error.code).toBe(
      'idempotency_key_mismatch',
    )
    const third = (await post(again)).answer.data.id
    expect(new Set([first, second.answer.data.id, third]).size).toBe(3)
    const { why } = await event(id)
    expect(why.filter((each: string) => each.startsWith('A person has answered it'))).toEqual(
      [first, second.answer.data.id, third].map((by) =>
        expect.stringContaining(` by ${by}, a credit`),
      ),
    )
  })

  it('is not what only has its key', async () => {
    const id = await conflict()
    expect((await post(request(), { key: id })).status).toBe(201)
    expect((await event(id)).why.join(' ')).not.toContain('answered')
  })

  it('is refused where there is no such event, or no conflict', async () => {
    const nothing = `evt_${'0'.repeat(32)}`
    const before = await rows()
    expect(await post(request({ conflict: nothing }))).toMatchObject({
      status: 404,
      answer: { error: { code: 'event_not_found', param: 'conflict' } },
    })
    expect(await rows()).toEqual(before)
    const [adjusted] = await world.receive('zendesk', ticket())
    expect(await post(request({ conflict: adjusted }))).toMatchObject({
      status: 409,
      answer: { error: { code: 'event_is_no_conflict' } },
    })
  })
})

describe('what is refused', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no customer', { customer: undefined }, 'customer'],
    ['two customers', { customerId: 'cus_acme' }, 'customer'],
    ['an unknown kind', { customer: { kind: 'name', value: 'x' } }, 'customer.kind'],
    ['an empty customer', { customer: { value: '' } }, 'customer.value'],
    ['a customer of two lines', { customer: { value: 'a\nb' } }, 'customer.value'],
    ['a negative amount', { amount: -5 }, 'amount'],
    ['zero', { amount: 0 }, 'amount'],
    ['a fraction', { amount: 1.5 }, 'amount'],
    ['an amount as text', { amount: '5' }, 'amount'],
    ['too much', { amount: 1e13 }, 'amount'],
    ['another currency', { currency: 'eur' }, 'currency'],
    ['no currency', { currency: 'dollars' }, 'currency'],
    ['another direction', { direction: 'refund' }, 'direction'],
    ['an unknown reason', { reason: 'because' }, 'reason'],
    ['another settlement', { settlement: 'paid' }, 'settlement'],
    ['a sentence as invoice', { originalInvoice: 'Sorry, Jane!' }, 'originalInvoice'],
    ['no event', { conflict: 'evt_1' }, 'conflict'],
    ['again, and no conflict', { again: true }, 'again'],
    ['an unknown field', { note: 'hello' }, 'note'],
  ])('%s: 400 names the field', async (_, fields, param) => {
    const before = await rows()
    const { status, answer } = await post(request(fields))
    expect({ status, error: answer.error }).toMatchObject({
      status: 400,
      error: { type: 'validation_error', code: 'validation_error', param },
    })
    expect(await rows()).toEqual(before)
  })

  it.each([['', 'x y', 'x'.repeat(256)]].flat())('the key %j', async (key) => {
    const { status, answer } = await post(request(), { key })
    expect(status).toBe(400)
    expect(answer.error.param).toBe('Idempotency-Key')
  })

  it('a key of 255 characters is one', async () => {
    expect((await post(request(), { key: 'k'.repeat(255) })).status).toBe(201)
  })

  it('everything, while no billing API is configured', async () => {
    const { status, answer } = await post(request(), { deps: { billing: null } })
    expect([status, answer.error.code]).toEqual([503, 'not_configured'])
  })
})

describe('the endpoint operator', () => {
  it('is no address that anything could be delivered to', async () => {
    for (const endpoint of ['operator', 'operator/token']) {
      const response = await fetchApp(`https://makegood.example/webhooks/${endpoint}`, {
        method: 'POST',
        body: JSON.stringify(request()),
      })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { code: 'endpoint_not_found' } })
    }
    const { headers } = await signedRequest('zendesk', request())
    const signed = await fetchApp('https://makegood.example/webhooks/operator', {
      method: 'POST',
      headers,
      body: '{}',
    })
    expect(signed.status).toBe(404)
  })

  it('can’t be configured, nor can its account', () => {
    const secret = 'ZENDESK_WEBHOOK_SECRET'
    const base = { currency: 'usd', timeZone: 'Europe/Berlin', rules: [] }
    for (const endpoints of [
      { operator: zendesk({ secret, mode: 'test' }) },
      { desk: zendesk({ secret, mode: 'test', account: 'operator' }) },
    ]) {
      expect(() => defineConfig({ ...base, endpoints })).toThrow(
        'operator is what people make by hand; take another name',
      )
    }
  })
})

it('an entry of a held one says the limit and its numbers', async () => {
  const { answer } = await post(request({ amount: 30_001 }))
  await world.work()
  const entries = await entriesOf(answer.data.id)
  expect(entries.at(-1)).toEqual({
    action: 'adjustment.held',
    data: {
      reasons: ['over_limit:holdAbove'],
      details: [{ reason: 'over_limit:holdAbove', max: 25_000, used: 0 }],
      rules: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  })
})
