// What the official SDK does when the API stumbles: its own waits, its own keys, its own error classes.
// Whatever happens on the way, the sandbox has one invoice for one key.

import { type Commet, CommetAPIError } from '@commet/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dataOf, errorOf, expectApiError, notFound } from '../sdk/answers.ts'
import { type SdkOnSandbox, startSdkOnSandbox } from './sdk-on-sandbox.ts'

let place: SdkOnSandbox
let commet: Commet
let once: Commet

beforeAll(async () => {
  place = await startSdkOnSandbox()
  commet = place.commet({ retries: 1 })
  once = place.commet({ retries: 0 })
})

afterAll(async () => {
  await place.stop()
})

beforeEach(async () => {
  await faults()
  place.forget()
})

async function faults(...wanted: object[]) {
  const { status } = await place.sandbox.control('PUT', '/faults', { faults: wanted })
  expect(status).toBe(200)
}

const post = (description: string, sdk = commet, idempotencyKey?: string) =>
  sdk.invoices.createAdjustment(
    { customerId: 'cus_acme', amount: -100, description },
    idempotencyKey === undefined ? {} : { idempotencyKey },
  )

/** How many invoices there are with this memo. */
async function count(description: string): Promise<number> {
  const rows = await dataOf(once.invoices.list({ customerId: 'cus_acme', limit: 100 }))
  return rows.filter((row) => row.memo === description).length
}

/** The SDK asked twice, with one key, and waited in between. */
function expectOneRetry(waitMs: number) {
  const posts = place.sent.filter(({ line }) => line.startsWith('POST'))
  const [first, second] = posts
  if (posts.length !== 2 || first === undefined || second === undefined) {
    throw new Error(`the SDK asked ${posts.length} times`)
  }
  expect(first.idempotencyKey).toMatch(/^commet-node-retry-/)
  expect(second.idempotencyKey).toBe(first.idempotencyKey)
  expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(waitMs - 50)
}

describe('the SDK asks again', () => {
  it.each([
    ['500 before the write', { kind: 'server_error', status: 500 }],
    ['503 before the write', { kind: 'server_error', status: 503 }],
    ['504 after the write', { kind: 'server_error', status: 504, applied: true }],
    ['idempotency_unavailable before the write', { kind: 'idempotency_unavailable' }],
    ['idempotency_unavailable after it', { kind: 'idempotency_unavailable', applied: true }],
  ])('after %s, with the same key: one invoice', async (what, fault) => {
    await faults({ ...fault, times: 1, method: 'POST' })
    expect(await dataOf(post(what))).toMatchObject({ total: -100, memo: what })
    expectOneRetry(1000)
    expect(await count(what)).toBe(1)
  })

  it('after a 429, when Retry-After has passed', async () => {
    await faults({ kind: 'rate_limited', retryAfterSeconds: 2, times: 1 })
    await dataOf(post('limited'))
    expectOneRetry(2000)
    expect(await count('limited')).toBe(1)
  })

  it('three times where nobody told it otherwise, and waits longer each time', async () => {
    await faults({ kind: 'server_error', status: 502, times: 3, method: 'POST' })
    await dataOf(post('patient', place.commet()))
    const posts = place.sent.filter(({ line }) => line.startsWith('POST'))
    expect(new Set(posts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
    const waits = posts.slice(1).map(({ atMs }, index) => atMs - (posts[index]?.atMs ?? 0))
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([1, 2, 4])
    expect(await count('patient')).toBe(1)
  })

  it('and throws the last answer when its retries are used up', async () => {
    await faults({ kind: 'server_error', status: 500, times: 2, method: 'POST' })
    const last = { statusCode: 500, type: 'internal_error', code: 'internal_error' }
    await expectApiError(post('impatient'), last)
    expect(place.sent).toHaveLength(2)
    expect(await count('impatient')).toBe(0)
  })

  it('after a time-out that came when the write was done: the answer is the replay', async () => {
    await faults({ kind: 'timeout', applied: true, ms: 3000, times: 1, method: 'POST' })
    const impatient = place.commet({ retries: 1, timeout: 400 })
    await dataOf(post('slow', impatient))
    expectOneRetry(1000)
    expect(await count('slow')).toBe(1)
  })
})

describe('the SDK gives up at once', () => {
  it('on a 429 without Retry-After', async () => {
    await faults({ kind: 'rate_limited', retryAfterSeconds: null, times: 1 })
    const limited = { statusCode: 429, type: 'rate_limit_error', code: 'rate_limited' }
    await expectApiError(post('not limited'), limited)
    expect(place.sent).toHaveLength(1)
    expect(await count('not limited')).toBe(0)
  })

  it.each([
    ['HTML of a gateway', { kind: 'html', status: 502 }, 502, 0],
    ['HTML that claims success', { kind: 'html', status: 200, applied: true }, 200, 1],
    ['truncated JSON', { kind: 'truncated_json' }, 201, 1],
    ['a body cut off on its way', { kind: 'reset_body' }, 201, 1],
  ])('on %s', async (what, fault, statusCode, invoices) => {
    await faults({ ...fault, times: 1, method: 'POST' })
    await expectApiError(post(what), { statusCode, code: 'INVALID_JSON' })
    expect(place.sent).toHaveLength(1)
    expect(await count(what)).toBe(invoices)
  })

  it('never on a wrong shape: it hands it on as it is', async () => {
    await faults({ kind: 'wrong_shape', times: 1 })
    expect(await dataOf(post('odd'))).toEqual({ object: 'unexpected', id: 42 })
  })
})

describe('an Idempotency-Key', () => {
  it('replays the first answer, also a refusal, for 24 hours and no longer', async () => {
    const first = await dataOf(post('kept', once, 'key-kept'))
    const late = { id: 'cus_late', email: 'late@example.com' }
    const refused = () =>
      once.invoices.createAdjustment(
        { customerId: late.id, amount: -1, description: 'x' },
        { idempotencyKey: 'key-refused' },
      )
    await expectApiError(refused(), notFound('customer_not_found'))
    await once.customers.create(late)

    await place.sandbox.control('POST', '/clock', { advanceSeconds: 24 * 3600 - 60 })
    expect(await dataOf(post('kept', once, 'key-kept'))).toEqual(first)
    await expectApiError(refused(), notFound('customer_not_found'))

    await place.sandbox.control('POST', '/clock', { advanceSeconds: 120 })
    const second = await dataOf(post('kept', once, 'key-kept'))
    expect(second.id).not.toBe(first.id)
    expect(await dataOf(refused())).toMatchObject({ customerId: late.id })
  })

  it('of another payload or another operation is refused', async () => {
    const { id } = await dataOf(post('mine', once, 'key-mine'))
    const mismatch = {
      statusCode: 409,
      type: 'conflict_error',
      code: 'idempotency_key_mismatch',
    }
    await expectApiError(post('yours', once, 'key-mine'), mismatch)
    const send = once.invoices.send({ id }, { idempotencyKey: 'key-mine' })
    await expectApiError(send, mismatch)
  })

  it.each([
    ['at once', 0],
    ['while the first is still running', 300],
  ])('in two hundred calls %s makes one invoice', async (what, ms) => {
    await faults({ kind: 'latency', ms, method: 'POST' })
    const calls = Array.from({ length: 200 }, () => post(what, once, `key-${ms}`))
    const outcomes = await Promise.all(calls.map((call) => call.catch((error: unknown) => error)))
    const refused = outcomes.filter((outcome) => outcome instanceof CommetAPIError)
    expect(new Set(refused.map(({ code }) => code)).size).toBeLessThanOrEqual(1)
    expect(refused.every(({ code }) => code === 'idempotency_in_progress')).toBe(true)
    const answers = outcomes.filter((outcome) => !(outcome instanceof CommetAPIError))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers.length + refused.length).toBe(200)
    if (ms > 0) expect(refused.length).toBeGreaterThan(0)
    await faults()
    expect(await count(what)).toBe(1)
    expect(await dataOf(post(what, once, `key-${ms}`))).toMatchObject({ memo: what })
  })
})

describe('without any API', () => {
  it('the SDK throws what fetch threw, after its retries', async () => {
    const realFetch = globalThis.fetch
    globalThis.fetch = () => Promise.reject(new TypeError('fetch failed'))
    const error = await errorOf(post('nobody', once)).finally(() => {
      globalThis.fetch = realFetch
    })
    expect(error).toBeInstanceOf(TypeError)
  })
})
