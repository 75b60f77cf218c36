// The billing API's own calls, asked of Makegood by hand: what is handed on and what isn't, what the log says
// of it, and who may.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import { findInvoiced } from '../../src/db/write-seen.ts'
import type { Deps } from '../../src/deps.ts'
import { BOOTSTRAP, type Scope } from '../../src/domain/operator.ts'
import { err } from '../../src/domain/result.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { reconcileByClock } from '../../src/usecases/reconcile.ts'
import { commet, countRows, OPERATOR, sandboxControl } from '../harness.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'
import { freely } from './sdk-on-makegood.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let count = 0

beforeEach(async () => {
  world = await createWorld({ config: freely() })
})

afterEach(() => setFaults())

async function keyOf(...scopes: Scope[]): Promise<string> {
  const name = `person-${(count += 1)}`
  const wanted = { name, email: `${name}@saas.example`, scopes, expiresAt: null }
  const made = await makeKey(world.deps, wanted, BOOTSTRAP)
  if (!made.ok) throw new Error(made.error.reason)
  return made.value.secret
}

type How = { key?: string; as?: string; deps?: Partial<Deps>; text?: string }

async function ask(method: string, path: string, body?: unknown, how: How = {}) {
  const app = createApp(() => ({ ...world.deps, ...how.deps }))
  const response = await app.request(`https://makegood.example/api/v1${path}`, {
    method,
    headers: {
      'x-api-key': how.as ?? OPERATOR['x-api-key'],
      cookie: 'secret=of-the-caller',
      ...(how.key === undefined ? {} : { 'idempotency-key': how.key }),
    },
    ...(body === undefined ? {} : { body: how.text ?? JSON.stringify(body) }),
  })
  const answer = await response.json<any>()
  expect(response.headers.get('x-request-id')).toMatch(/./)
  return { status: response.status, answer, headers: response.headers }
}

const asked = (fields: Record<string, unknown> = {}) => ({
  customerId: 'cus_acme',
  amount: -(1_000 + (count += 1)),
  description: 'Credit for order 7',
  ...fields,
})

async function made(as?: string): Promise<any> {
  const { status, answer } = await ask('POST', '/invoices', asked(), as === undefined ? {} : { as })
  expect({ status, answer }).toMatchObject({ status: 201 })
  return answer.data
}

/** The requests that arrive at the billing API instead of the sandbox, and what it answers. */
function heard(answer: () => Response) {
  const requests: Request[] = []
  const { billing } = world.deps
  if (billing === null) throw new Error('no billing client')
  const client = createBillingClient({
    baseUrl: 'https://billing.example',
    apiKey: 'ck_sandbox_of_the_deployment',
    deadlineMs: 200,
    fetch: async (input, init) => {
      requests.push(new Request(input, init))
      return answer()
    },
  })
  return { requests, deps: { billing: { ...billing, ...client } } }
}

describe('an invoice that is asked for', () => {
  it('is answered as the billing API answered, with its caller’s words and our marks', async () => {
    const metadata = { order_id: 'order-7', nested: { list: [1, null] } }
    const body = asked({ metadata })
    const { status, answer } = await ask('POST', '/invoices', body, { key: 'order-7' })
    expect(status).toBe(201)
    const { data: stored } = await commet(`/api/v1/invoices/${answer.data.id}`)
    expect(stored).toMatchObject(answer.data)
    expect(answer).toMatchObject({
      success: true,
      data: {
        memo: body.description,
        total: body.amount,
        metadata: {
          ...metadata,
          makegood_rule: 'invoice-call',
          makegood_subject: 'invoice:order-7',
        },
      },
    })
    const adjustment = await findInvoiced(world.deps.db, answer.data.id)
    expect(adjustment).toMatchObject({
      state: 'invoiced',
      subject: 'invoice:order-7',
      settlement: 'owed',
      maker: 'bootstrap',
      invoiceNumber: answer.data.invoiceNumber,
    })
    const entries = await entriesOf(adjustment!.id)
    expect(entries.map(({ action }) => action)).toEqual([
      'adjustment.created',
      'adjustment.claimed',
      'adjustment.invoiced',
    ])
    expect(JSON.stringify(entries)).not.toMatch(/order-7|Credit for/)
  })

  it('without a key, that has died behind its commit, is nothing to try again', async () => {
    const { db } = world.deps
    const dying = new Proxy(db, {
      get: (target, name) =>
        name === 'batch'
          ? async (...all: Parameters<typeof db.batch>) => {
              await target.batch(...all)
              throw new Error('the process died here')
            }
          : (Reflect.get(target, name) as unknown),
    })
    const before = await countRows('adjustments')
    const { status, answer, headers } = await ask('POST', '/invoices', asked(), {
      deps: { db: dying },
    })
    expect([status, answer.error.code]).toEqual([500, 'idempotency_unavailable'])
    expect(answer.error.message).toContain('may be done twice')
    expect(headers.get('retry-after')).toBeNull()
    expect(await countRows('adjustments')).toBe(before + 1)
  })

  it('without a key is another one each time', async () => {
    const body = asked()
    const [one, other] = [
      await ask('POST', '/invoices', body),
      await ask('POST', '/invoices', body),
    ]
    expect([one.status, other.status]).toEqual([201, 201])
    expect(one.answer.data.id).not.toBe(other.answer.data.id)
  })

  it.each([
    ['makegood_adjustment_id', { metadata: { makegood_adjustment_id: 'adj_1' } }, 'metadata'],
    ['a list as metadata', { metadata: [] }, 'metadata'],
    ['an unknown field', { currency: 'usd' }, 'currency'],
    ['no amount', { amount: 0 }, 'amount'],
    ['an amount beyond all bounds', { amount: 1e15 }, 'amount'],
    ['NUL', { description: 'a\0b' }, 'description'],
  ])('with %s is refused by name, and nothing is written down', async (_, fields, param) => {
    const before = await countRows('events')
    const { status, answer } = await ask('POST', '/invoices', asked(fields))
    expect({ status, error: answer.error }).toMatchObject({
      status: 400,
      error: { type: 'validation_error', param },
    })
    expect(await countRows('events')).toBe(before)
  })

  it('nested too deep, or too long, is refused', async () => {
    let nested: object = {}
    for (let level = 0; level < 40; level += 1) nested = { nested }
    for (const metadata of [nested, { long: 'x'.repeat(17_000) }]) {
      const { status, answer } = await ask('POST', '/invoices', asked({ metadata }))
      expect([status, answer.error.param]).toEqual([400, 'metadata'])
    }
    const large = await ask('POST', '/invoices', asked({ description: 'x'.repeat(70_000) }))
    expect(large.status).toBe(413)
  })

  it('is held by the limits of who asks, under his name', async () => {
    const limits = freely({ perAsker: { amount: { minorUnits: 1_500, currency: 'usd' }, days: 1 } })
    const as = await keyOf('write')
    const body = asked({ amount: -1_000 })
    expect((await ask('POST', '/invoices', body, { as, deps: { config: limits } })).status).toBe(
      201,
    )
    const { status, answer } = await ask('POST', '/invoices', body, {
      as,
      deps: { config: limits },
    })
    expect(status).toBe(409)
    expect(answer.error.details.reasons).toEqual(['over_limit:perAsker'])
  })

  it('again before the billing API wants to be asked is not posted again', async () => {
    const { billing } = world.deps
    if (billing === null) throw new Error('no billing client')
    let posts = 0
    const createAdjustment = async () => {
      posts += 1
      const said = { meaning: 'ambiguous', status: 503, code: 'internal_error' } as const
      return err({ ...said, message: 'x', param: null, requestId: null, retryAfterSeconds: 600 })
    }
    const deps = {
      billing: { ...billing, invoices: { ...billing.invoices, createAdjustment } },
    } as const
    const body = asked()
    for (const _ of [1, 2, 3]) {
      const { status, headers } = await ask('POST', '/invoices', body, { deps, key: 'wait-600' })
      expect(status).toBe(500)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(500)
    }
    expect(posts).toBe(1)
    await world.advance(3_600)
    expect((await ask('POST', '/invoices', body, { key: 'wait-600' })).status).toBe(201)
  })

  it('and found by a comparison keeps its caller’s words, and its key is good for ever', async () => {
    const body = asked({ description: 'My own words', metadata: { order_id: 'order-9' } })
    await ask('PUT', '/switches/all')
    const first = await ask('POST', '/invoices', body, { key: 'restored-1' })
    const { adjustmentId } = first.answer.error.details
    const metadata = { ...Object(body)['metadata'], makegood_adjustment_id: adjustmentId }
    await commet('/api/v1/invoices', {
      method: 'POST',
      body: JSON.stringify({ ...body, metadata }),
    })
    // As after a restore to a time before its claim, but for the customer, who is known.
    await env.DB.prepare(`UPDATE adjustments SET customer_id = 'cus_acme' WHERE id = ?`)
      .bind(adjustmentId)
      .run()
    await world.advance(2 * 3_600)
    for (let tick = 0; tick < 20; tick += 1) {
      if ((await reconcileByClock(world.deps)) === null) break
    }
    const adopted = await findAdjustment(world.deps.db, adjustmentId)
    expect(adopted).toMatchObject({
      state: 'invoiced',
      request: { description: 'My own words', metadata: { order_id: 'order-9' } },
    })
    await ask('DELETE', '/switches/all')
  })

  it('while all is paused is written down and waits: 500, and nothing goes out', async () => {
    await ask('PUT', '/switches/all')
    const before = (await callsOf('POST', /\/invoices$/)).length
    const { status, answer, headers } = await ask('POST', '/invoices', asked(), { key: 'paused-1' })
    expect([status, answer.error.code]).toEqual([500, 'idempotency_unavailable'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await callsOf('POST', /\/invoices$/)).length).toBe(before)
  })

  it('without a key, that is written down and waits, is nothing to try again', async () => {
    await made()
    const refusal = { success: false, error: { type: 'x', code: 'unauthorized', message: 'no' } }
    const { deps } = heard(() => Response.json(refusal, { status: 401 }))
    const keyed = await ask('POST', '/invoices', asked(), { deps, key: 'refused-1' })
    expect([keyed.status, keyed.answer.error.code]).toEqual([503, 'billing_key_refused'])
    world = await createWorld({ config: freely() })
    await made()
    const refused = await ask('POST', '/invoices', asked(), { deps })
    await ask('PUT', '/switches/all')
    const paused = await ask('POST', '/invoices', asked())
    for (const { status, answer, headers } of [refused, paused]) {
      expect([status, answer.error.code]).toEqual([500, 'idempotency_unavailable'])
      expect(answer.error.message).toContain('may be done twice')
      expect(answer.error.details).toMatchObject({ adjustmentId: expect.any(String), state: 'due' })
      expect(headers.get('retry-after')).toBeNull()
    }
  })
})

describe('the status of an invoice', () => {
  it('of ours is void once another person with approve says so, in the log of its adjustment', async () => {
    const { id } = await made(await keyOf('write'))
    const path = `/invoices/${id}/status`
    const body = { status: 'void' }
    expect((await ask('PUT', path, body, { as: await keyOf('write') })).status).toBe(403)
    const { status, answer } = await ask('PUT', path, body, {
      as: await keyOf('approve'),
      key: 'v',
    })
    expect({ status, answer }).toMatchObject({
      status: 200,
      answer: { success: true, data: { id, status: 'void', object: 'invoice', livemode: false } },
    })
    const adjustment = await findInvoiced(world.deps.db, id)
    expect(adjustment).toMatchObject({ invoiceStatus: 'void', reversedBy: 'void' })
    const actions = (await entriesOf(adjustment!.id)).map(({ action }) => action)
    expect(actions.slice(-2)).toEqual(['adjustment.void_requested', 'adjustment.voided'])
    const again = await ask('PUT', path, body, { as: await keyOf('approve'), key: 'v' })
    expect(again.answer).toEqual(answer)
    expect((await callsOf('PUT', new RegExp(id))).length).toBe(1)
  })

  it('of ours is not void by who made it', async () => {
    const as = await keyOf('write', 'approve')
    const { id } = await made(as)
    const { status, answer } = await ask(
      'PUT',
      `/invoices/${id}/status`,
      { status: 'void' },
      { as },
    )
    expect([status, answer.error.code]).toEqual([403, 'approver_is_maker'])
  })

  it('of ours is voided later where the billing API does not answer, and asked again tells it', async () => {
    const { id } = await made(await keyOf('write'))
    const as = await keyOf('approve')
    await setFaults({ kind: 'server_error', status: 503, times: 1, method: 'PUT' })
    const first = await ask('PUT', `/invoices/${id}/status`, { status: 'void' }, { as })
    expect([first.status, first.answer.error.code]).toEqual([500, 'idempotency_unavailable'])
    const { status, answer } = await ask(
      'PUT',
      `/invoices/${id}/status`,
      { status: 'void' },
      { as },
    )
    expect([status, answer.data.status]).toEqual([200, 'void'])
  })

  it('of ours is known as soon as it is paid', async () => {
    const { id } = await made()
    const as = await keyOf('write')
    const paid = await ask('PUT', `/invoices/${id}/status`, { status: 'paid' }, { as })
    expect(paid.status).toBe(200)
    const adjustment = await findInvoiced(world.deps.db, id)
    expect(adjustment).toMatchObject({ invoiceStatus: 'paid' })
    const actions = (await entriesOf(adjustment!.id)).map(({ action }) => action)
    expect(actions.slice(-3)).toEqual([
      'billing.call_requested',
      'billing.call_ended',
      'adjustment.invoice_status_seen',
    ])
  })

  it('of others is handed on', async () => {
    const body = { customerId: 'cus_acme', amount: -5, description: 'Not ours' }
    const { data } = await commet('/api/v1/invoices', {
      method: 'POST',
      body: JSON.stringify(body),
    })
    const as = await keyOf('approve')
    const { status } = await ask('PUT', `/invoices/${data.id}/status`, { status: 'void' }, { as })
    expect(status).toBe(200)
    expect(
      (await entriesOf(`invoice:${data.id}`)).map(({ action, data: { outcome, wanted } }) => [
        action,
        outcome,
        wanted,
      ]),
    ).toEqual([
      ['billing.call_requested', undefined, 'void'],
      ['billing.call_ended', 'done', 'void'],
    ])
  })
})

describe('an invoice', () => {
  it('is sent by whoever may write, in the log of its adjustment, and by one key once', async () => {
    const { id } = await made()
    const path = `/invoices/${id}/send`
    expect((await ask('POST', path, {}, { as: await keyOf('read') })).status).toBe(403)
    const as = await keyOf('write')
    for (const _ of [1, 2]) {
      const { answer } = await ask('POST', path, {}, { as, key: 'send-once' })
      expect(answer).toMatchObject({ success: true, data: { sent: true } })
    }
    expect((await ask('POST', path, { to: 'a@b.example' }, { as })).answer.error.param).toBe('to')
    const { mails } = await (await sandboxControl('GET', '/outbox')).json<any>()
    expect(JSON.stringify(mails).split(id)).toHaveLength(2)
    const adjustment = await findInvoiced(world.deps.db, id)
    const actions = (await entriesOf(adjustment!.id)).map(({ action }) => action)
    expect(actions.slice(-4)).toEqual([
      'billing.call_requested',
      'billing.call_ended',
      'billing.call_requested',
      'billing.call_ended',
    ])
  })
})

describe('what is handed on', () => {
  it('carries our key and nothing of the caller’s headers', async () => {
    const { requests, deps } = heard(() => Response.json({ success: true, data: { id: 'cus_1' } }))
    const body = { email: 'ada@example.com', metadata: { tier: 'gold' }, new_field: [1] }
    const { answer, headers } = await ask('POST', '/customers', body, { deps, key: 'mine' })
    expect(answer).toEqual({ success: true, data: { id: 'cus_1' } })
    const [request] = requests
    expect(request?.url).toBe('https://billing.example/api/v1/customers')
    expect(await request?.json()).toEqual(body)
    expect(request?.headers.get('x-api-key')).toBe('ck_sandbox_of_the_deployment')
    const sent = JSON.stringify([...(request?.headers ?? [])])
    expect(sent).not.toMatch(/ck_mg_|of-the-caller|"mine"/)
    expect(JSON.stringify([answer, [...headers]])).not.toContain('of_the_deployment')
  })

  it('is written down before it is asked: where that fails, nothing is asked', async () => {
    const { requests, deps } = heard(() => Response.json({ success: true, data: {} }))
    const dead = {
      insert: () => {
        throw new Error('D1 is gone')
      },
    }
    const answers = await ask(
      'POST',
      '/customers',
      { email: 'a@b.example' },
      {
        deps: { ...deps, db: Object.assign(Object.create(world.deps.db), { insert: dead.insert }) },
      },
    )
    expect(answers.status).toBe(503)
    expect(requests).toEqual([])
  })

  it('is in the log with its end, and no word of its body', async () => {
    const body = { email: 'jane@customer.example', fullName: 'Jane Roe' }
    await ask('POST', '/customers', body)
    await ask('PUT', '/features/seats/manage', { name: 'Seats of Jane Roe' })
    await ask('PUT', '/customers/jane@customer.example', {
      fullName: 'Jane',
      externalId: 'jane-1',
      jane: 1,
    })
    const { results } = await env.DB.prepare(
      "SELECT actor, action, subject, data FROM audit_entries WHERE action LIKE 'billing.%' ORDER BY seq DESC LIMIT 6",
    ).all<Record<string, string>>()
    expect(results.map(({ action, subject }) => [action, subject]).toReversed()).toEqual([
      ['billing.call_requested', 'customer'],
      ['billing.call_ended', 'customer'],
      ['billing.call_requested', 'feature:seats'],
      ['billing.call_ended', 'feature:seats'],
      ['billing.call_requested', 'customer'],
      ['billing.call_ended', 'customer'],
    ])
    expect(JSON.stringify(results)).not.toMatch(/jane/i)
    const changed = results.toReversed().map(({ data }) => JSON.parse(data ?? '').fields)
    const [made, feature, renamed] = [['fullName', 'email'], ['name'], ['fullName', 'externalId']]
    expect(changed).toEqual([made, made, feature, feature, renamed, renamed])
    expect(results.every(({ actor }) => actor === 'operator:bootstrap')).toBe(true)
  })

  it('and meets 401 is 503: our key is nothing of the caller’s', async () => {
    const status = 401
    const refusal = { success: false, error: { type: 'x', code: 'unauthorized', message: 'ck_x' } }
    const { deps } = heard(() => Response.json(refusal, { status }))
    const answers = [
      await ask('GET', '/customers', undefined, { deps }),
      await ask('POST', '/customers', { email: 'a@b.example' }, { deps }),
      await ask('POST', '/invoices', asked({ customerId: 'cus_unseen' }), { deps }),
    ]
    for (const { status: answered, answer } of answers) {
      expect([answered, answer.error.code]).toEqual([503, 'billing_key_refused'])
      expect(JSON.stringify(answer)).not.toContain('ck_x')
    }
  })

  it('and meets 403 is told it as it came: no time and no other key of ours mends it', async () => {
    const refusal = {
      success: false,
      error: { type: 'permission_error', code: 'sandbox_only', message: 'Not in live mode' },
    }
    const { deps } = heard(() => Response.json(refusal, { status: 403 }))
    for (const { status, answer, headers } of [
      await ask('GET', '/customers', undefined, { deps }),
      await ask('POST', '/customers', { email: 'a@b.example' }, { deps, key: 'not-in-live' }),
    ]) {
      expect([status, answer, headers.get('retry-after')]).toEqual([403, refusal, null])
    }
  })

  it('and is not answered says whether asking again is the same call', async () => {
    const { deps } = heard(() => new Response('<html>', { status: 502 }))
    const body = { email: 'a@b.example' }
    const keyed = await ask('POST', '/customers', body, { deps, key: 'unanswered-1' })
    expect(keyed.answer.error.message).toContain('with the same Idempotency-Key')
    const keyless = await ask('POST', '/customers', body, { deps })
    expect(keyless.answer.error.message).toContain('it had no Idempotency-Key')
    expect(keyless.answer.error.message).toContain('Look first')
  })

  it.each([
    ['silence', () => new Response(new ReadableStream()), 503, 500],
    ['HTML', () => new Response('<html>', { status: 502 }), 503, 500],
    ['a redirect', () => Response.redirect('https://elsewhere.example/', 302), 503, 500],
    ['success that says it failed', () => Response.json({ success: false }), 503, 500],
  ])('and meets %s is told in our envelope', async (_, answer, read, write) => {
    const { deps } = heard(answer)
    const reading = await ask('GET', '/invoices', undefined, { deps })
    expect([reading.status, reading.answer.error.code]).toEqual([read, 'billing_unavailable'])
    const writing = await ask('POST', '/customers', { email: 'a@b.example' }, { deps })
    expect([writing.status, writing.answer.error.code]).toEqual([write, 'idempotency_unavailable'])
  })

  it('and meets the limiter is told when to come again', async () => {
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 7, times: 1 })
    const { status, answer, headers } = await ask('GET', '/customers')
    expect([status, answer.error.code]).toEqual([429, 'rate_limited'])
    expect(headers.get('retry-after')).toBe('7')
  })

  it.each([
    'GET /customers/%2e%2e%2finvoices',
    'GET /invoices/inv_1%2fstatus',
    'GET /customers/a%3fb',
    'GET /features/..%5c..',
    'GET /invoices/inv%00',
    'PUT /features/a%2f..%2fb/manage',
    'POST /invoices/%2e%2e%2fcustomers/send',
  ])('is no other call: %s', async (line) => {
    const { requests, deps } = heard(() => Response.json({ success: true, data: {} }))
    const [method = '', path = ''] = line.split(' ')
    const body = method === 'GET' ? undefined : {}
    expect((await ask(method, path, body, { deps })).status).toBe(400)
    expect(requests).toEqual([])
  })

  it.each([
    'POST /webhooks',
    'DELETE /customers/cus_acme',
    'POST /customers/cus_acme/credits',
    'POST /invoices/inv_1/download-links',
    'PATCH /invoices/inv_1/status',
    'GET /plans',
  ])('is nothing else that the billing API has: %s', async (line) => {
    const { requests, deps } = heard(() => Response.json({ success: true, data: {} }))
    const [method = '', path = ''] = line.split(' ')
    const answered = await ask(method, path, method === 'GET' ? undefined : {}, { deps })
    // Of an address that is known, the method is what isn't.
    expect([404, 405]).toContain(answered.status)
    expect(requests).toEqual([])
  })

  it('takes the filters of the list, and refuses others by name', async () => {
    const { requests, deps } = heard(() =>
      Response.json({ success: true, data: [], hasMore: false }),
    )
    await ask('GET', '/invoices?customerId=cus_acme&limit=5&status=paid', undefined, { deps })
    expect(requests[0]?.url).toBe(
      'https://billing.example/api/v1/invoices?limit=5&customerId=cus_acme&status=paid',
    )
    const { status, answer } = await ask('GET', '/invoices?customer=cus_acme', undefined, { deps })
    expect([status, answer.error.param]).toEqual([400, 'customer'])
    expect(requests).toHaveLength(1)
  })
})
