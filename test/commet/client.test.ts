// Every kind of answer, and what the client makes of it for a write and for a read.
// In doubt a write must come out ambiguous: a wrong word here is an invoice too many or one too few.

import { describe, expect, it, vi } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
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
