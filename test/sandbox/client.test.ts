// The project's own client against the running sandbox: every fault of the sandbox over real HTTP.
// After each fault, what the client said is held against what was done.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BillingClient, createBillingClient } from '../../src/commet/client.ts'
import { type RunningSandbox, SANDBOX_KEY, startSandbox } from './running-sandbox.ts'

const DEADLINE_MS = 500

let sandbox: RunningSandbox
let billing: BillingClient

beforeAll(async () => {
  sandbox = await startSandbox()
  billing = createBillingClient({
    baseUrl: sandbox.origin,
    apiKey: SANDBOX_KEY,
    deadlineMs: DEADLINE_MS,
  })
})

afterAll(async () => {
  await sandbox.stop()
})

beforeEach(async () => {
  await sandbox.control('DELETE', '/faults')
})

async function faults(...wanted: object[]) {
  const { status } = await sandbox.control('PUT', '/faults', { faults: wanted })
  expect(status).toBe(200)
}

const post = (memo: string) =>
  billing.invoices.createAdjustment(
    { customerId: 'cus_acme', amount: -2500, description: memo, metadata: { memo } },
    { idempotencyKey: memo.replaceAll(' ', '-') },
  )

async function valueOf<T>(answer: Promise<{ ok: true; value: T } | { ok: false; error: unknown }>) {
  const result = await answer
  if (!result.ok) throw new Error(`the call failed: ${JSON.stringify(result.error)}`)
  return result.value
}

async function count(memo: string): Promise<number> {
  const { data } = await valueOf(billing.invoices.list({ customerId: 'cus_acme', limit: 100 }))
  return data.filter(({ metadata }) => metadata['memo'] === memo).length
}

type Expected = readonly [
  meaning: string,
  code: string,
  status: number | null,
  seconds: number | null,
]

const writeFaults: readonly (readonly [string, object, Expected, made: number])[] = [
  [
    '429 with a delay',
    { kind: 'rate_limited', retryAfterSeconds: 7 },
    ['transient', 'rate_limited', 429, 7],
    0,
  ],
  [
    '429 without one',
    { kind: 'rate_limited', retryAfterSeconds: null },
    ['permanent', 'rate_limited', 429, null],
    0,
  ],
  [
    '408 before',
    { kind: 'server_error', status: 408 },
    ['ambiguous', 'internal_error', 408, null],
    0,
  ],
  [
    '500 before',
    { kind: 'server_error', status: 500 },
    ['ambiguous', 'internal_error', 500, null],
    0,
  ],
  [
    '502 before',
    { kind: 'server_error', status: 502 },
    ['ambiguous', 'internal_error', 502, null],
    0,
  ],
  [
    '503 after',
    { kind: 'server_error', status: 503, applied: true },
    ['ambiguous', 'internal_error', 503, null],
    1,
  ],
  [
    '504 after',
    { kind: 'server_error', status: 504, applied: true },
    ['ambiguous', 'internal_error', 504, null],
    1,
  ],
  [
    'unavailable before',
    { kind: 'idempotency_unavailable' },
    ['ambiguous', 'idempotency_unavailable', 500, null],
    0,
  ],
  [
    'unavailable after',
    { kind: 'idempotency_unavailable', applied: true },
    ['ambiguous', 'idempotency_unavailable', 500, null],
    1,
  ],
  ['silence before', { kind: 'timeout', ms: 1500 }, ['ambiguous', 'timeout', null, null], 0],
  [
    'silence after',
    { kind: 'timeout', ms: 1500, applied: true },
    ['ambiguous', 'timeout', null, null],
    1,
  ],
  ['a slow server', { kind: 'latency', ms: 1000 }, ['ambiguous', 'timeout', null, null], 1],
  ['a reset body', { kind: 'reset_body' }, ['ambiguous', 'network', 201, null], 1],
  ['HTML of a gateway', { kind: 'html', status: 502 }, ['ambiguous', 'not_json', 502, null], 0],
  ['HTML of a firewall', { kind: 'html', status: 403 }, ['ambiguous', 'not_json', 403, null], 0],
  [
    'HTML as a success',
    { kind: 'html', status: 200, applied: true },
    ['ambiguous', 'not_json', 200, null],
    1,
  ],
  ['truncated JSON', { kind: 'truncated_json' }, ['ambiguous', 'not_json', 201, null], 1],
  ['a wrong shape', { kind: 'wrong_shape' }, ['ambiguous', 'unexpected_shape', 201, null], 1],
]

describe('a write', () => {
  it.each(writeFaults)('over %s', async (memo, fault, expected, made) => {
    await faults({ ...fault, method: 'POST', times: 1 })
    const [meaning, code, status, retryAfterSeconds] = expected
    const startedAt = Date.now()
    const first = await post(memo)
    expect(Date.now() - startedAt).toBeLessThan(DEADLINE_MS + 400)
    expect(first).toMatchObject({ ok: false, error: { meaning, code, status, retryAfterSeconds } })
    // A slow server finishes what it was asked, also when nobody waits any more.
    if (code === 'timeout') await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(await count(memo)).toBe(made)
    // The same key again: one invoice in the end, whatever the first call did.
    expect(await valueOf(post(memo))).toMatchObject({ data: { total: -2500, memo } })
    expect(await count(memo)).toBe(1)
  })

  it('never says permanent or transient of an invoice that is there', () => {
    const wrong = writeFaults.filter(([, , [meaning], made]) => made > 0 && meaning !== 'ambiguous')
    expect(wrong).toEqual([])
  })

  it('is asked again shortly while the first call with its key is running', async () => {
    await faults({ kind: 'latency', ms: 150, method: 'POST' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('busy')))
    const errors = answers.flatMap((answer) => (answer.ok ? [] : [answer.error]))
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) {
      expect(error).toMatchObject({ meaning: 'ambiguous', code: 'idempotency_in_progress' })
    }
    expect(answers.length - errors.length).toBeGreaterThan(0)
    expect(await count('busy')).toBe(1)
  })

  it('that answers another invoice than was asked for is a success: its asker compares', async () => {
    await faults({ kind: 'other_answer', data: { currency: 'eur', total: -1 }, times: 1 })
    expect(await valueOf(post('other'))).toMatchObject({ data: { currency: 'eur', total: -1 } })
  })
})

describe('a read', () => {
  it.each([
    ['500', { kind: 'server_error', status: 500 }, 'internal_error', 500],
    ['silence', { kind: 'timeout', ms: 1500, applied: true }, 'timeout', null],
    ['HTML', { kind: 'html', status: 200, applied: true }, 'not_json', 200],
    ['truncated JSON', { kind: 'truncated_json' }, 'not_json', 200],
    ['a reset body', { kind: 'reset_body' }, 'network', 200],
    ['a wrong shape', { kind: 'wrong_shape' }, 'unexpected_shape', 200],
  ])('over %s may be asked again', async (_what, fault, code, status) => {
    await faults({ ...fault, method: 'GET', times: 1 })
    const result = await billing.invoices.list({ customerId: 'cus_acme' })
    expect(result).toMatchObject({ ok: false, error: { meaning: 'transient', code, status } })
  })

  it('of a listing that lags does not show the newest: only time tells', async () => {
    await post('lagging')
    await faults({ kind: 'lagging_list', ms: 60_000 })
    expect(await count('lagging')).toBe(0)
    await sandbox.control('DELETE', '/faults')
    expect(await count('lagging')).toBe(1)
  })

  it('of a listing whose cursor repeats ends with an error, not never', async () => {
    await faults({ kind: 'repeating_cursor' })
    const first = await valueOf(billing.invoices.list({ limit: 1 }))
    const cursor = first.nextCursor ?? ''
    const second = await billing.invoices.list({ limit: 1, cursor })
    expect(second).toMatchObject({ ok: false, error: { code: 'cursor_repeated' } })
  })
})
