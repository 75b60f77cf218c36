// Answers to a hold over HTTP: what each is answered with, and what an approver is shown.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { usd } from '../../src/domain/money.ts'
import { limitsOf } from '../../src/domain/money-limits.ts'
import { BOOTSTRAP, SCOPES, type Scope } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { sandboxControl, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import { createWorld, dyingAfterPost, setFaults } from '../world.ts'

const limits = limitsOf({
  twoApproversAbove: usd(400),
  duplicateHours: 0,
  olderThanEndpoint: 'allow',
})

let world: Awaited<ReturnType<typeof createWorld>>
let app: ReturnType<typeof createApp>
let keys: { boss: string; finance: string; agent: string; reader: string }

beforeAll(async () => {
  world = await createWorld()
  const make = async (name: string, scopes: readonly Scope[] = SCOPES) => {
    const wanted = { name, email: `${name}@saas.example`, scopes, expiresAt: null }
    const made = await makeKey(world.deps, wanted, BOOTSTRAP)
    if (!made.ok) throw new Error(made.error.reason)
    return made.value.secret
  }
  keys = {
    boss: await make('boss'),
    finance: await make('finance'),
    agent: await make('agent'),
    reader: await make('reader', ['read', 'write', 'admin']),
  }
})

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld({ config: { ...config, limits } })
  app = createApp(() => world.deps)
})
afterEach(() => setFaults())

type Who = keyof typeof keys

async function ask(method: string, path: string, body?: unknown, who: Who = 'boss') {
  const response = await app.request(`/api/v1/adjustments${path}`, {
    method,
    headers: { 'x-api-key': keys[who], 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...(await response.json<any>()) }
}

const post = (path: string, body: unknown, who?: Who) => ask('POST', path, body, who)

/** The adjustment of a ticket above the limit, as the API shows it. */
async function held(fields: Record<string, unknown> = {}, endpoint = 'zendesk'): Promise<any> {
  const [event] = await world.receive(
    endpoint,
    ticket({ tags: 'credit_requested', amount: '300.00', ...fields }),
  )
  expect(await world.work()).toEqual(['held'])
  const { id } = await world.adjustment(event!)
  return (await ask('GET', `/${id}`)).data
}

const seenOf = ({ version, amount, currency }: any) => ({ version, amount, currency })

describe('what an approver is shown', () => {
  it('names the reasons with their numbers, the customer, the version and the end', async () => {
    const shown = await held()
    expect(shown).toMatchObject({
      state: 'held',
      version: 2,
      amount: -30_000,
      currency: 'usd',
      holdReasons: ['over_limit:holdAbove'],
      holdDetails: [{ reason: 'over_limit:holdAbove', max: 25_000, used: 0 }],
      holds: 1,
      heldAt: new Date(world.now()).toISOString(),
      expiresAt: new Date(world.now() + 14 * 86_400_000).toISOString(),
      approversNeeded: 1,
      approvals: [],
      clearedReasons: null,
      decisionNote: null,
      asker: 'agent@saas.example',
      maker: null,
      reverses: null,
      reversedBy: null,
      customer: { kind: 'external_id', reference: 'acme-42', id: 'cus_acme' },
    })
  })

  it('shows in a list what a hold is, without who approved it', async () => {
    const { id } = await held()
    const { data } = await ask('GET', '?limit=1')
    expect(data[0]).toMatchObject({ id, holdReasons: ['over_limit:holdAbove'], approversNeeded: 1 })
    expect(data[0]).not.toHaveProperty('approvals')
  })

  it('shows who approved it and when, by their names, and still after it went out', async () => {
    const shown = await held({ amount: '500.00' })
    const first = await post(`/${shown.id}/approve`, seenOf(shown))
    expect(first).toMatchObject({
      status: 200,
      data: { state: 'held', version: 3, approversNeeded: 2, expiresAt: shown.expiresAt },
    })
    const second = await post(`/${shown.id}/approve`, seenOf(first.data), 'finance')
    const at = new Date(world.now()).toISOString()
    expect(second).toMatchObject({
      status: 200,
      data: {
        state: 'due',
        version: 4,
        clearedReasons: ['over_limit:holdAbove'],
        expiresAt: null,
        approvals: [
          { hold: 1, operator: expect.any(String), at },
          { hold: 1, operator: expect.any(String), at },
        ],
        note: [expect.stringContaining('is on its way'), 'PDF: none yet', expect.any(String)],
      },
    })
    expect(new Set(second.data.approvals.map((each: any) => each.operator))).toEqual(
      new Set(['boss', 'finance']),
    )
    expect(await world.work()).toEqual(['issued'])
    const issued = (await ask('GET', `/${shown.id}`)).data
    expect(issued).toMatchObject({ state: 'invoiced', approvals: second.data.approvals })
  })
})

describe('an approval', () => {
  const details = (shown: any, more: object = {}) => ({
    state: 'held',
    version: shown.version,
    amount: shown.amount,
    currency: shown.currency,
    reasons: shown.holdReasons,
    ...more,
  })

  it('twice is 409 not_held, with the state that it is in', async () => {
    const shown = await held()
    expect((await post(`/${shown.id}/approve`, seenOf(shown))).status).toBe(200)
    expect(await post(`/${shown.id}/approve`, seenOf(shown))).toEqual({
      status: 409,
      success: false,
      error: {
        type: 'conflict_error',
        code: 'not_held',
        message: 'It waits for nobody: it is due.',
        details: details(shown, { state: 'due', version: 3, reasons: null }),
        doc_url: 'https://makegood.example/docs/errors/not_held',
      },
    })
  })

  it('of two people at once is 200 and 409 version_moved', async () => {
    const shown = await held()
    const answers = await Promise.all([
      post(`/${shown.id}/approve`, seenOf(shown), 'boss'),
      post(`/${shown.id}/approve`, seenOf(shown), 'finance'),
    ])
    const [lost] = answers.filter(({ status }) => status !== 200)
    expect(lost).toMatchObject({
      status: 409,
      error: { code: expect.stringMatching(/^(version_moved|not_held)$/), details: { version: 3 } },
    })
  })

  it.each([
    ['version_moved', { version: 1 }],
    ['amount_moved', { amount: -3_000 }],
    ['currency_moved', { currency: 'eur' }],
  ])('is 409 %s where that is not what is there, and tells what is', async (code, other) => {
    const shown = await held()
    const answer = await post(`/${shown.id}/approve`, { ...seenOf(shown), ...other })
    expect(answer).toMatchObject({
      status: 409,
      error: { type: 'conflict_error', code, details: details(shown) },
    })
    expect((await ask('GET', `/${shown.id}`)).data).toEqual(shown)
  })

  it('is 409 hold_expired after its end', async () => {
    const shown = await held()
    await world.advance(14 * 86_400)
    expect(await post(`/${shown.id}/approve`, seenOf(shown))).toMatchObject({
      status: 409,
      error: { code: 'hold_expired' },
    })
  })

  it('is 403 for the one who asked', async () => {
    const shown = await held()
    expect(await post(`/${shown.id}/approve`, seenOf(shown), 'agent')).toMatchObject({
      status: 403,
      error: { type: 'permission_error', code: 'approver_is_asker', details: details(shown) },
    })
    expect(world.lines).toContainEqual(
      expect.objectContaining({
        event: 'request',
        route: '/api/v1/adjustments/:id/approve',
        status: 403,
        reason: 'approver_is_asker',
        adjustment: shown.id,
      }),
    )
  })

  it('is 403 for the one who made it by hand, and good from another', async () => {
    const body = {
      customerId: 'cus_acme',
      direction: 'credit',
      amount: 30_000,
      currency: 'usd',
      reason: 'goodwill',
    }
    const made = await post('', body, 'finance')
    expect(made.status).toBe(201)
    expect(await world.work()).toEqual(['held'])
    const shown = (await ask('GET', `/${made.data.id}`)).data
    expect(shown.maker).toBe('finance@saas.example')
    expect(await post(`/${shown.id}/approve`, seenOf(shown), 'finance')).toMatchObject({
      status: 403,
      error: { type: 'permission_error', code: 'approver_is_maker' },
    })
    expect(await post(`/${shown.id}/approve`, seenOf(shown), 'boss')).toMatchObject({ status: 200 })
    expect(await world.work()).toEqual(['issued'])
  })

  it('is 409 already_approved for one who has', async () => {
    const shown = await held({ amount: '500.00' })
    const { data } = await post(`/${shown.id}/approve`, seenOf(shown))
    expect(await post(`/${shown.id}/approve`, seenOf(data))).toMatchObject({
      status: 409,
      error: { code: 'already_approved' },
    })
  })

  it.each([
    ['currency_mismatch', { customer_external_id: 'dupont-3' }, 'zendesk'],
    ['customer_unresolved', { customer_external_id: 'nobody-knows' }, 'zendesk'],
    ['mode_mismatch', {}, 'zendesk-live'],
  ])('is 409 not_approvable for %s, and says so', async (reason, fields, endpoint) => {
    const shown = await held(fields, endpoint)
    expect(await post(`/${shown.id}/approve`, seenOf(shown))).toMatchObject({
      status: 409,
      error: { code: 'not_approvable', message: expect.stringContaining(reason) },
    })
  })
})

describe('a rejection', () => {
  it('keeps its note with the adjustment', async () => {
    const shown = await held()
    const { version } = shown
    expect(await post(`/${shown.id}/reject`, { version, note: 'asked for twice' })).toMatchObject({
      status: 200,
      data: { state: 'rejected', decisionNote: 'asked for twice', expiresAt: null, wakeAt: null },
    })
    expect(JSON.stringify(world.lines)).not.toContain('asked for twice')
  })

  it('needs no note, and holds at most 500 characters', async () => {
    const { id, version } = await held()
    expect(await post(`/${id}/reject`, { version, note: 'x'.repeat(501) })).toMatchObject({
      status: 400,
      error: { param: 'note' },
    })
    expect(await post(`/${id}/reject`, { version })).toMatchObject({
      status: 200,
      data: { decisionNote: null },
    })
  })

  it('is 409 outcome_unknown where an invoice may be there', async () => {
    const [event] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await world.advance(121)
    await world.sweep()
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['held'])
    const { id, version } = await world.adjustment(event!)
    expect(await post(`/${id}/reject`, { version })).toMatchObject({
      status: 409,
      error: { type: 'conflict_error', code: 'outcome_unknown' },
    })
    expect((await ask('GET', `/${id}`)).data.expiresAt).toBeNull()
  })
})

describe('a choice of the customer', () => {
  const stranger = () => held({ amount: '20.00', customer_external_id: crypto.randomUUID() })

  it('answers the adjustment as it is now', async () => {
    const { id, version } = await stranger()
    expect(await post(`/${id}/customer`, { version, customerId: 'cus_bolt' })).toMatchObject({
      status: 200,
      data: { state: 'due', customer: { id: 'cus_bolt' } },
    })
    expect(await world.work()).toEqual(['issued'])
  })

  it('is 403 for the one who made it by hand, or asked for it at the source', async () => {
    const asked = await held({
      amount: '20.00',
      customer_external_id: crypto.randomUUID(),
      asker: 'Finance@SaaS.example',
    })
    const made = await ask(
      'POST',
      '',
      {
        customer: { value: crypto.randomUUID() },
        direction: 'credit',
        amount: 2_000,
        currency: 'usd',
        reason: 'goodwill',
      },
      'finance',
    )
    expect(await world.work()).toEqual(['held'])
    const answers = [
      [asked.id, 'approver_is_asker'],
      [made.data.id, 'approver_is_maker'],
    ] as const
    for (const [id, code] of answers) {
      const { version } = await ask('GET', `/${id}`).then(({ data }) => data)
      const choice = { version, customerId: 'cus_bolt' }
      expect(await post(`/${id}/customer`, choice, 'finance')).toMatchObject({
        status: 403,
        error: { type: 'permission_error', code },
      })
      expect(await post(`/${id}/customer`, choice, 'boss')).toMatchObject({ status: 200 })
    }
  })

  it('is 400 for somebody whom the billing API does not know', async () => {
    const { id, version } = await stranger()
    expect(await post(`/${id}/customer`, { version, customerId: 'cus_nobody' })).toEqual({
      status: 400,
      success: false,
      error: {
        type: 'validation_error',
        code: 'validation_error',
        message: 'customerId: the billing API knows no customer by this id',
        param: 'customerId',
        doc_url: 'https://makegood.example/docs/errors/validation_error',
      },
    })
  })

  it('is 503 while the billing API is down, and logs what it answered', async () => {
    const { id, version } = await stranger()
    await setFaults({ kind: 'server_error', status: 502, method: 'GET', path: '/customers/*' })
    expect(await post(`/${id}/customer`, { version, customerId: 'cus_bolt' })).toMatchObject({
      status: 503,
      error: { code: 'billing_unavailable' },
    })
    expect(world.lines.at(-1)).toMatchObject({
      event: 'request',
      status: 503,
      reason: 'billing_unavailable',
      answered: '502',
    })
  })

  it('is 409 customer_certain where something else is the doubt', async () => {
    const { id, version } = await held()
    expect(await post(`/${id}/customer`, { version, customerId: 'cus_bolt' })).toMatchObject({
      status: 409,
      error: { code: 'customer_certain' },
    })
  })
})

describe('what is no answer', () => {
  const bodies = {
    approve: { version: 2, amount: -30_000, currency: 'usd' },
    reject: { version: 2 },
    customer: { version: 2, customerId: 'cus_bolt' },
  }

  it.each(Object.entries(bodies))('%s of nothing is 404', async (verb, body) => {
    for (const id of ['adj_nothing', `adj_${'0'.repeat(32)}`]) {
      expect(await post(`/${id}/${verb}`, body)).toMatchObject({
        status: 404,
        error: { type: 'not_found_error', code: 'adjustment_not_found' },
      })
    }
  })

  it.each(Object.entries(bodies))('%s without the scope is 403', async (verb, body) => {
    const { id } = await held()
    expect(await post(`/${id}/${verb}`, body, 'reader')).toMatchObject({
      status: 403,
      error: { code: 'forbidden', message: expect.stringContaining('approve') },
    })
  })

  it.each([
    ['approve', { version: 2, currency: 'usd' }, 'amount'],
    ['approve', { version: 2, amount: -300.5, currency: 'usd' }, 'amount'],
    ['approve', { version: 2, amount: '-30000', currency: 'usd' }, 'amount'],
    ['approve', { version: 0, amount: -30_000, currency: 'usd' }, 'version'],
    ['approve', { version: 2, amount: -30_000, currency: 'USD' }, 'currency'],
    ['approve', { ...bodies.approve, approversNeeded: 1 }, 'approversNeeded'],
    ['reject', { note: 'no' }, 'version'],
    ['reject', { version: 2, reason: 'no' }, 'reason'],
    ['customer', { version: 2, customerId: '' }, 'customerId'],
    ['customer', { version: 2, customerId: 'x'.repeat(257) }, 'customerId'],
    ['customer', { version: 2, customerId: 'cus_bolt', remember: false }, 'remember'],
  ])('%s with %o is 400 and names %s', async (verb, body, param) => {
    const { id } = await held()
    expect(await post(`/${id}/${verb}`, body)).toMatchObject({
      status: 400,
      error: { type: 'validation_error', param },
    })
  })
})
