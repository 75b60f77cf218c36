// The client with workerd's own fetch, where it runs in production: the deadline, a body that breaks off
// and the limits of that fetch are real here. The sandbox answers whatever leaves the Worker.

import { beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'

const ORIGIN = 'http://sandbox.localhost'
const DEADLINE_MS = 300

const { invoices } = createBillingClient({
  baseUrl: ORIGIN,
  apiKey: 'ck_sandbox_wire',
  deadlineMs: DEADLINE_MS,
})

const post = (key: string) =>
  invoices.createAdjustment(
    { customerId: 'cus_acme', amount: -2500, description: 'Credit' },
    { idempotencyKey: key },
  )

async function faults(...wanted: object[]) {
  const body = JSON.stringify({ faults: wanted })
  const answer = await fetch(`${ORIGIN}/sandbox/faults`, { method: 'PUT', body })
  expect(answer.status).toBe(200)
}

beforeEach(() => faults())

describe('the client in workerd', () => {
  it('posts an invoice and reads it', async () => {
    const made = await post('wire')
    if (!made.ok) throw new Error(made.error.message)
    expect(await invoices.get(made.value.data.id)).toMatchObject({
      ok: true,
      value: { data: { total: -2500 }, requestId: expect.stringMatching(/^req_/) },
    })
  })

  it.each([
    ['silence', { kind: 'timeout', ms: 2000 }, 'timeout', null],
    ['a body that breaks off', { kind: 'reset_body' }, 'network', 201],
    ['truncated JSON', { kind: 'truncated_json' }, 'not_json', 201],
  ])('says ambiguous over %s', async (what, fault, code, status) => {
    await faults({ ...fault, times: 1 })
    const startedAt = Date.now()
    expect(await post(what.replaceAll(' ', '-'))).toMatchObject({
      ok: false,
      error: { meaning: 'ambiguous', code, status },
    })
    expect(Date.now() - startedAt).toBeLessThan(DEADLINE_MS + 500)
  })
})
