// Every kind of answer, and what the client makes of it for a write and for a read.
// In doubt a write must come out ambiguous: a wrong word here is an invoice too many or one too few.

import { describe, expect, it, vi } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { failure, page } from './answers.ts'
import { conflicts, limits, refusals, serverTrouble } from './table/refusals.ts'
import type { Kind, Reply, Row, Verdict } from './table/row.ts'
import { betweenUs, nothingUsable } from './table/unusable.ts'

const rows: Row[] = [
  ...nothingUsable,
  ...betweenUs,
  ...refusals,
  ...conflicts,
  ...serverTrouble,
  ...limits,
]

const DEADLINE_MS = 60

async function askOnce(kind: Kind, reply: Reply) {
  const asked = vi.fn<typeof fetch>(async () => reply(kind))
  const client = createBillingClient({
    baseUrl: 'https://billing.test',
    apiKey: 'ck_sandbox_secret',
    fetch: asked,
    deadlineMs: DEADLINE_MS,
  })
  const result =
    kind === 'read'
      ? await client.invoices.get('inv_01')
      : await client.invoices.createAdjustment(
          { customerId: 'cus_01', amount: -2500, description: 'Credit' },
          { idempotencyKey: 'adj_1.0' },
        )
  return { result, times: asked.mock.calls.length }
}

async function expectVerdict(kind: Kind, reply: Reply, verdict: Verdict) {
  const { result, times } = await askOnce(kind, reply)
  const [meaning, code, status, retryAfterSeconds = null, param = null] = verdict
  if (result.ok) throw new Error('the client took this for a success')
  expect(result.error).toMatchObject({ meaning, code, status, retryAfterSeconds, param })
  expect(times).toBe(1)
  // Nothing of the body, the sender's sentence or the key gets into what is kept.
  expect(JSON.stringify(result.error)).not.toMatch(/ada|Sorry|secret|2500/i)
}

describe('what the client makes of each answer', () => {
  it('is told for more than sixty kinds of answer, each named once', () => {
    expect(new Set(rows.map(([answer]) => answer)).size).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(60)
  })

  it.each(rows)('%s', async (_answer, reply, write, read) => {
    await expectVerdict('write', reply, write)
    await expectVerdict('read', reply, read)
  })

  it('is never ambiguous for a read', () => {
    expect(rows.map(([, , , read]) => read[0])).not.toContain('ambiguous')
  })
})

describe('a change of what is there', () => {
  const settle = async (reply: Response) => {
    const client = createBillingClient({
      baseUrl: 'https://billing.test',
      apiKey: 'ck_sandbox_secret',
      fetch: () => Promise.resolve(reply),
    })
    const key = { idempotencyKey: 'adj_1.0.paid' }
    const result = await client.invoices.updateStatus('inv_01', 'paid', key)
    return result.ok ? 'done' : `${result.error.meaning} ${result.error.code}`
  }

  it.each([
    ['is refused for good by the state that it meets', 409, 'invoice_not_outstanding', 'permanent'],
    ['is unknown while its key is busy', 409, 'idempotency_in_progress', 'ambiguous'],
    ['is unknown where its key was used for another', 409, 'idempotency_key_mismatch', 'ambiguous'],
    ['is unknown after trouble of the server', 500, 'internal_error', 'ambiguous'],
    ['is refused for good where there is nothing', 404, 'invoice_not_found', 'permanent'],
  ])('%s', async (_what, status, code, meaning) => {
    expect(await settle(failure(status, code))).toBe(`${meaning} ${code}`)
  })

  it('is unknown after a conflict that is not in the envelope', async () => {
    expect(await settle(page(409))).toBe('ambiguous not_json')
  })
})
