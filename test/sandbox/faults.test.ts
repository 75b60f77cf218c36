// Faults on demand: what each does to the wire, whether the write happened, and whom each strikes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SANDBOX_KEY, startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

async function arm(...faults: Json[]): Promise<void> {
  const { status } = await sandbox.control('PUT', '/faults', { faults })
  expect(status).toBe(200)
}

/** The raw answer, so that what is no JSON can be looked at. */
function post(key = 'k1', signal?: AbortSignal): Promise<Response> {
  return fetch(`${sandbox.origin}/api/v1/invoices`, {
    method: 'POST',
    headers: { 'x-api-key': SANDBOX_KEY, 'idempotency-key': key },
    body: JSON.stringify({ customerId: 'cus_acme', amount: -100, description: 'Outage' }),
    ...(signal === undefined ? {} : { signal }),
  })
}

const asKey = { headers: { 'x-api-key': SANDBOX_KEY } }

async function adjustments(): Promise<number> {
  await sandbox.control('DELETE', '/faults')
  const { json } = await sandbox.api('GET', '/invoices?customerId=cus_acme&limit=100')
  return json.data.length - 1
}

describe('a fault', () => {
  it('that is a 429 carries Retry-After, or not, and nothing is written', async () => {
    await arm(
      { kind: 'rate_limited', retryAfterSeconds: 7, times: 1 },
      { kind: 'rate_limited', retryAfterSeconds: null, times: 1 },
    )
    const answers = [await post(), await post()]
    expect(answers.map(({ status }) => status)).toEqual([429, 429])
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['7', null])
    expect(await answers[0]?.json()).toMatchObject({ error: { code: 'rate_limited' } })
    expect(await adjustments()).toBe(0)
  })

  it.each([408, 500, 502, 503, 504])('that is a %i leaves the write out or in', async (status) => {
    await arm({ kind: 'server_error', status })
    const before = await post()
    expect([before.status, await before.json()]).toMatchObject([
      status,
      { success: false, error: { type: 'internal_error', code: 'internal_error' } },
    ])
    expect(await adjustments()).toBe(0)
    await arm({ kind: 'server_error', status, applied: true })
    expect((await post()).status).toBe(status)
    expect(await adjustments()).toBe(1)
    expect((await post()).status).toBe(201)
    expect(await adjustments()).toBe(1)
  })

  it('that makes idempotency unavailable is an ambiguous 500', async () => {
    await arm({ kind: 'idempotency_unavailable', applied: true })
    const answer = await post()
    expect([answer.status, await answer.json()]).toMatchObject([
      500,
      { error: { type: 'internal_error', code: 'idempotency_unavailable' } },
    ])
    expect(await adjustments()).toBe(1)
  })

  it.each([
    [false, 0],
    [true, 1],
  ])('that times out with the write applied: %s leaves %i invoices', async (applied, count) => {
    await arm({ kind: 'timeout', applied, ms: 5000 })
    await expect(post('k1', AbortSignal.timeout(200))).rejects.toThrow(/timeout/)
    expect(await adjustments()).toBe(count)
    expect((await post()).status).toBe(201)
    expect(await adjustments()).toBe(1)
  })

  it("that nobody hung up on ends as a gateway's 504", async () => {
    await arm({ kind: 'timeout', ms: 50 })
    const answer = await post()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      504,
      'text/html; charset=utf-8',
    ])
  })

  it('that resets the body breaks the connection after a 201', async () => {
    await arm({ kind: 'reset_body' })
    const answer = await post()
    expect(answer.status).toBe(201)
    await expect(answer.text()).rejects.toThrow()
    expect(await adjustments()).toBe(1)
  })

  it('that answers HTML may do so with a 200', async () => {
    await arm({ kind: 'html', status: 200, applied: true, times: 1 }, { kind: 'html' })
    const [ok, gateway] = [await post('k1'), await post('k2')]
    expect(ok.status).toBe(200)
    expect(await ok.text()).toMatch(/^<!doctype html>/)
    expect(gateway.status).toBe(502)
    expect(await adjustments()).toBe(1)
  })

  it('that truncates leaves a beginning of JSON', async () => {
    await arm({ kind: 'truncated_json' })
    const answer = await post()
    const text = await answer.text()
    expect(text.startsWith('{"success":true')).toBe(true)
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
  })

  it('that answers another shape or other values does not change what is stored', async () => {
    await arm({ kind: 'wrong_shape', times: 1 })
    expect(await (await post()).json()).toEqual({
      success: true,
      data: { object: 'unexpected', id: 42 },
    })
    await arm({ kind: 'other_answer', data: { total: -999, currency: 'eur' } })
    expect(await (await post()).json()).toMatchObject({
      data: { total: -999, currency: 'eur', subtotal: -100 },
    })
    await sandbox.control('DELETE', '/faults')
    expect(await (await post()).json()).toMatchObject({ data: { total: -100, currency: 'usd' } })
  })

  it('that lags the list hides what is young', async () => {
    await post()
    await arm({ kind: 'lagging_list', ms: 60_000 })
    const young = await sandbox.api('GET', '/invoices?customerId=cus_acme')
    expect(young.json.data).toHaveLength(1)
    await sandbox.control('POST', '/clock', { advanceSeconds: 61 })
    const settled = await sandbox.api('GET', '/invoices?customerId=cus_acme')
    expect(settled.json.data).toHaveLength(2)
  })

  it('that repeats the cursor never comes to an end', async () => {
    await arm({ kind: 'repeating_cursor' })
    const first = await sandbox.api('GET', '/invoices?limit=5')
    const cursor = first.json.nextCursor
    const path = `/invoices?limit=5&cursor=${encodeURIComponent(cursor)}`
    for (let page = 0; page < 3; page++) {
      const { json } = await sandbox.api('GET', path)
      expect([json.hasMore, json.nextCursor]).toEqual([true, cursor])
    }
  })

  it('of a list strikes lists alone, and the cursor repeats in every list that has one', async () => {
    await arm({ kind: 'lagging_list', ms: 1, times: 1 }, { kind: 'repeating_cursor', times: 4 })
    await post()
    for (const path of ['/features', '/invoices/inv_acme_plan', '/customers/cus_acme']) {
      await sandbox.api('GET', path)
    }
    const left = async () =>
      (await sandbox.control('GET', '/faults')).json.faults.map((one: Json) => one['left'])
    expect(await left()).toEqual([1, 4])
    const wanted = { url: 'https://x.example/', events: ['invoice.created'] }
    await sandbox.api('POST', '/webhooks', wanted)
    for (const path of ['/webhooks', '/customers', '/invoices']) {
      const { nextCursor } = (await sandbox.api('GET', `${path}?limit=100`)).json
      expect(nextCursor, path).toEqual(expect.any(String))
    }
    const again = await sandbox.api('GET', '/customers?limit=1&cursor=cus_acme')
    expect(again.json.nextCursor).toBe('cus_acme')
    expect(await left()).toEqual([0, 0])
  })

  it('strikes only its method and path, for its number of calls', async () => {
    await arm({ kind: 'server_error', method: 'GET', path: '/customers/*', times: 2 })
    const statuses = []
    for (const path of ['/customers', '/customers/cus_acme', '/customers/cus_bolt', '/features']) {
      statuses.push((await sandbox.api('GET', path)).status)
    }
    statuses.push((await sandbox.api('GET', '/customers/cus_acme')).status)
    expect(statuses).toEqual([200, 500, 500, 200, 200])
    const { json } = await sandbox.control('GET', '/requests')
    expect(json.requests[3].faults).toEqual(['server_error'])
  })

  it('after another waits for its turn, so that a list is a script', async () => {
    await arm(
      { kind: 'latency', ms: 1 },
      { kind: 'server_error', status: 503, times: 2 },
      { kind: 'html', status: 403, times: 1 },
    )
    const statuses = []
    for (let call = 0; call < 4; call++) {
      statuses.push((await fetch(`${sandbox.origin}/api/v1/features`, asKey)).status)
    }
    expect(statuses).toEqual([503, 503, 403, 200])
  })

  it('strikes by probability, the same calls again for the same seed', async () => {
    const run = async (seed: number) => {
      await arm({ kind: 'server_error', status: 503, probability: 0.3, seed })
      const statuses = []
      for (let call = 0; call < 60; call++) {
        statuses.push((await sandbox.api('GET', '/features')).status)
      }
      return statuses
    }
    const first = await run(11)
    const struck = first.filter((status) => status === 503).length
    expect(struck).toBeGreaterThan(8)
    expect(struck).toBeLessThan(30)
    expect(await run(11)).toEqual(first)
    expect(await run(12)).not.toEqual(first)
  })

  it('that is unknown or has an unknown setting is refused by name', async () => {
    for (const fault of [{ kind: 'gremlin' }, { kind: 'latency', ms: 1, color: 'red' }]) {
      const { status } = await sandbox.control('PUT', '/faults', { faults: [fault] })
      expect(status).toBe(422)
    }
    const many = Array.from({ length: 21 }, () => ({ kind: 'wrong_shape' }))
    expect((await sandbox.control('PUT', '/faults', { faults: many })).status).toBe(422)
    expect((await sandbox.control('GET', '/faults')).json.faults).toEqual([])
  })
})
