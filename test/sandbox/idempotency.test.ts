// What one Idempotency-Key stands for: its first answer, for 24 hours, also among calls that race.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SANDBOX_KEY, startSandbox } from './running-sandbox.ts'
import type { Called, Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

function post(key: string, amount: number): Promise<Called> {
  const body = { customerId: 'cus_acme', amount, description: 'Outage' }
  return sandbox.api('POST', '/invoices', body, { 'idempotency-key': key })
}

async function adjustments(): Promise<number> {
  const { json } = await sandbox.api('GET', '/invoices?customerId=cus_acme&limit=100')
  return json.data.length - 1
}

describe('an idempotency key', () => {
  it('replays its first answer, with a new request id', async () => {
    const first = await post('k1', -100)
    const second = await post('k1', -100)
    expect([second.status, second.json]).toEqual([first.status, first.json])
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(await adjustments()).toBe(1)
  })

  it('is refused for another payload and for another operation', async () => {
    await post('k1', -100)
    const payload = await post('k1', -101)
    const operation = await sandbox.api(
      'PUT',
      '/invoices/inv_acme_plan/status',
      { status: 'void' },
      { 'idempotency-key': 'k1' },
    )
    for (const refused of [payload, operation]) {
      expect([refused.status, refused.json.error.type, refused.json.error.code]).toEqual([
        409,
        'conflict_error',
        'idempotency_key_mismatch',
      ])
    }
    expect(await adjustments()).toBe(1)
  })

  it('replays a refusal too, although the same call would succeed by now', async () => {
    const refused = await post('k1', -100).then(() => postFor('cus_late', 'k2'))
    await sandbox.api('POST', '/customers', { id: 'cus_late', email: 'late@late.example' })
    expect(refused.json.error.code).toBe('customer_not_found')
    expect((await postFor('cus_late', 'k2')).json).toEqual(refused.json)
    expect((await postFor('cus_late', 'k3')).status).toBe(201)
  })

  function postFor(customerId: string, key: string): Promise<Called> {
    const body = { customerId, amount: -1, description: 'Outage' }
    return sandbox.api('POST', '/invoices', body, { 'idempotency-key': key })
  }

  it('stands for a refusal that no call of the table gave', async () => {
    const asked = (key: string, path: string, body: string) =>
      fetch(`${sandbox.origin}/api/v1${path}`, {
        method: 'POST',
        headers: { 'x-api-key': SANDBOX_KEY, 'idempotency-key': key },
        body,
      })
    expect((await asked('k1', '/nothing', '{}')).status).toBe(404)
    expect((await asked('k2', '/invoices', '{"amount":')).status).toBe(400)
    for (const key of ['k1', 'k2']) {
      expect((await post(key, -100)).json.error.code).toBe('idempotency_key_mismatch')
    }
    expect((await asked('k1', '/nothing', '{}')).status).toBe(404)
    const [{ replayed, status }] = (await sandbox.control('GET', '/requests')).json.requests
    expect([replayed, status]).toEqual([true, 404])
  })

  it('tells apart bodies that differ only in bytes that are no text', async () => {
    const broken = (byte: number) =>
      fetch(`${sandbox.origin}/api/v1/invoices`, {
        method: 'POST',
        headers: { 'x-api-key': SANDBOX_KEY, 'idempotency-key': 'k1' },
        body: Uint8Array.of(0x22, byte, 0x22),
      })
    const codes = []
    for (const byte of [0xff, 0xfe]) {
      const answer: { error: { code: string } } = JSON.parse(await (await broken(byte)).text())
      codes.push(answer.error.code)
    }
    expect(codes).toEqual(['invalid_json', 'idempotency_key_mismatch'])
  })

  it('is no replay in the log where the limiter or a fault answered', async () => {
    await post('k1', -100)
    const faults = [{ kind: 'server_error', status: 503, times: 1 }]
    await sandbox.control('PUT', '/faults', { faults })
    expect((await post('k1', -100)).status).toBe(503)
    await sandbox.control('PUT', '/switches', { rateLimitPerMinute: 1 })
    expect((await post('k1', -100)).status).toBe(429)
    await sandbox.control('PUT', '/switches', { rateLimitPerMinute: 1000 })
    expect((await post('k1', -100)).status).toBe(201)
    const { requests } = (await sandbox.control('GET', '/requests')).json
    const replayed = requests.map((request: Json) => [request['status'], request['replayed']])
    expect(replayed).toEqual([
      [201, true],
      [429, false],
      [503, false],
      [201, false],
    ])
  })

  it('keeps the newer answer where the clock went back while the call waited', async () => {
    await post('k1', -100)
    const before = (await sandbox.control('GET', '/clock')).json.now
    await sandbox.control('POST', '/clock', { advanceSeconds: 24 * 3600 + 1 })
    const slow = { kind: 'latency', ms: 400, method: 'POST', times: 1 }
    await sandbox.control('PUT', '/faults', { faults: [slow] })
    const second = post('k1', -100)
    await new Promise((resolve) => setTimeout(resolve, 150))
    await sandbox.control('POST', '/clock', { now: before })
    const answered = await second
    expect(answered.status).toBe(201)
    expect((await post('k1', -100)).json).toEqual(answered.json)
  })

  it('is forgotten after 24 hours of the clock, and not before', async () => {
    const first = await post('k1', -100)
    await sandbox.control('POST', '/clock', { advanceSeconds: 24 * 3600 - 60 })
    expect((await post('k1', -100)).json.data.id).toBe(first.json.data.id)
    await sandbox.control('POST', '/clock', { advanceSeconds: 61 })
    expect((await post('k1', -100)).json.data.id).not.toBe(first.json.data.id)
    expect(await adjustments()).toBe(2)
  })

  it('is in progress while its first call runs, and replays once that is answered', async () => {
    const slow = { kind: 'latency', ms: 400, method: 'POST', times: 1 }
    await sandbox.control('PUT', '/faults', { faults: [slow] })
    const first = post('k1', -100)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const meanwhile = await post('k1', -100)
    expect([meanwhile.status, meanwhile.json.error.code]).toEqual([409, 'idempotency_in_progress'])
    const other = await post('k1', -200)
    expect(other.json.error.code).toBe('idempotency_key_mismatch')
    const answered = await first
    expect(answered.status).toBe(201)
    expect((await post('k1', -100)).json).toEqual(answered.json)
  })

  it('makes one invoice of two hundred concurrent calls', async () => {
    const slow = { kind: 'latency', ms: 30, method: 'POST', probability: 0.5, seed: 7 }
    await sandbox.control('PUT', '/faults', { faults: [slow] })
    const calls = await Promise.all(Array.from({ length: 200 }, () => post('k1', -100)))
    const made = calls.filter(({ status }) => status === 201)
    const inProgress = calls.filter(({ json }) => json.error?.code === 'idempotency_in_progress')
    expect(made.length + inProgress.length).toBe(200)
    expect(new Set(made.map(({ json }) => json.data.id)).size).toBe(1)
    expect(await adjustments()).toBe(1)
  })

  it('stands for a call whose caller hung up: the call is finished and replayed', async () => {
    const slow = { kind: 'latency', ms: 300, method: 'POST', times: 1 }
    await sandbox.control('PUT', '/faults', { faults: [slow] })
    const left = fetch(`${sandbox.origin}/api/v1/invoices`, {
      method: 'POST',
      headers: { 'x-api-key': 'ck_sandbox_test', 'idempotency-key': 'k1' },
      body: JSON.stringify({ customerId: 'cus_acme', amount: -100, description: 'Outage' }),
      signal: AbortSignal.timeout(100),
    })
    await expect(left).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await adjustments()).toBe(1)
    expect((await post('k1', -100)).status).toBe(201)
    expect(await adjustments()).toBe(1)
  })

  it('means nothing on a read, and two keys are two invoices', async () => {
    const headers = { 'idempotency-key': 'k1' }
    await sandbox.api('GET', '/features', undefined, headers)
    const read = await sandbox.api('GET', '/customers', undefined, headers)
    expect(read.status).toBe(200)
    await post('k1', -100)
    await post('k2', -100)
    expect(await adjustments()).toBe(2)
  })

  it('has 1 to 255 characters', async () => {
    expect((await post('k'.repeat(255), -1)).status).toBe(201)
    for (const wrong of ['', 'k'.repeat(256)]) {
      const { status, json } = await post(wrong, -1)
      expect([status, json.error.param]).toEqual([422, 'Idempotency-Key'])
    }
  })
})
