// Comparisons over HTTP: asked for, paged, and what a person settles.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { adjustmentId } from '../../src/domain/ids.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { commet, OPERATOR } from '../harness.ts'
import { createWorld, entriesOf, setFaults } from '../world.ts'

const HOUR_SECONDS = 3_600

let world: Awaited<ReturnType<typeof createWorld>>
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => setFaults())

async function call(method: string, path: string, body?: object, headers: object = OPERATOR) {
  const response = await createApp(() => world.deps).request(`/api/v1${path}`, {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, answer: await response.json<any>() }
}

/** An invoice that carries the id of an adjustment that isn't there, two hours ago. */
async function orphan(name: string): Promise<string> {
  const id = await adjustmentId('stripe-refund-record', 'stripe', `refund:${name}`, '')
  const metadata = { makegood_adjustment_id: id }
  const body = { customerId: 'cus_sample', amount: -900, description: 'Made elsewhere', metadata }
  await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
  await world.advance(2 * HOUR_SECONDS)
  return id
}

const since = (): string => new Date(world.now() - 3 * HOUR_SECONDS * 1_000).toISOString()

describe('POST /reconciliations', () => {
  it('compares a window at once, and answers what came of it', async () => {
    await orphan('http-1')
    const { status, answer } = await call('POST', '/reconciliations', { since: since() })
    expect(status).toBe(201)
    expect(answer.data).toMatchObject({
      object: 'reconciliation',
      mode: 'test',
      askedBy: 'operator:bootstrap',
      restored: false,
      phase: null,
      outcome: 'complete',
      counts: { invoices: 1 },
      sums: [{ currency: 'usd', recorded: 0, invoiced: -900 }],
    })
    // What is younger may not be listed yet.
    expect(Date.parse(answer.data.until)).toBe(world.now() - 15 * 60 * 1_000)
    const { id } = answer.data
    expect((await call('GET', `/reconciliations/${id}`)).answer.data).toEqual(answer.data)
    expect((await call('GET', '/reconciliations?limit=1')).answer.data).toEqual([answer.data])
  })

  it.each<[string, object, string]>([
    ['no window', {}, 'since'],
    ['a time that is none', { since: 'yesterday' }, 'since'],
    ['another field', { since: '2026-10-01T00:00:00Z', all: true }, 'all'],
    ['a window that is over before it begins', { since: '2099-01-01T00:00:00Z' }, 'since'],
    ['more than 92 days', { since: '2026-01-01T00:00:00Z' }, 'since'],
    ['a restore of no days', { restored: true, days: 0 }, 'days'],
  ])('refuses %s', async (_, body) => {
    const { status, answer } = await call('POST', '/reconciliations', body)
    expect(status).toBe(400)
    expect(answer.error).toMatchObject({ type: 'validation_error', code: 'validation_error' })
  })

  it('begins no second one before the first has ended', async () => {
    await setFaults({ kind: 'server_error', path: '/invoices', times: 1 })
    const first = await call('POST', '/reconciliations', { since: since() })
    expect(first.answer.data).toMatchObject({ finishedAt: null, phase: 'listing' })
    const second = await call('POST', '/reconciliations', { since: since() })
    expect(second).toMatchObject({
      status: 409,
      answer: { error: { code: 'reconciliation_running' } },
    })
  })

  it('asks for both scopes where a database was restored, since it pauses and resumes', async () => {
    const wanted = { name: 'writer', email: null, scopes: ['write'] as const, expiresAt: null }
    const made = await makeKey(world.deps, wanted, BOOTSTRAP)
    if (!made.ok) throw new Error(made.error.reason)
    const key = { 'x-api-key': made.value.secret }
    const refused = await call('POST', '/reconciliations', { restored: true }, key)
    expect(refused).toMatchObject({ status: 403 })
    expect((await env.DB.prepare('SELECT * FROM switches').all()).results).toEqual([])
  })

  it('is 404 for what is none, and 503 where no billing API is configured', async () => {
    for (const id of ['rec_99999', 'rec_0', 'rec_x', '1']) {
      expect(await call('GET', `/reconciliations/${id}`)).toMatchObject({
        status: 404,
        answer: { error: { code: 'reconciliation_not_found' } },
      })
    }
    const app = createApp(() => ({ ...world.deps, billing: null }))
    const response = await app.request('/api/v1/reconciliations', {
      method: 'POST',
      headers: OPERATOR,
      body: JSON.stringify({ since: since() }),
    })
    expect(response.status).toBe(503)
  })
})

describe('/discrepancies', () => {
  it('lists what is open by cursor, with what to do, and settles it once, with a note', async () => {
    const { answer } = await call('GET', '/discrepancies?state=open&limit=1')
    const [found] = answer.data
    expect(found).toMatchObject({
      object: 'discrepancy',
      reason: 'unknown_adjustment',
      meaning: expect.stringMatching(/\.$/),
      todo: expect.stringMatching(/\.$/),
      currency: 'usd',
      expected: 0,
      found: -900,
      state: 'open',
      note: null,
    })
    const path = `/discrepancies/${found.id}/settle`
    const note = 'Made by the migration of 2026.'
    const settled = await call('POST', path, { note })
    expect(settled.answer.data).toMatchObject({
      state: 'settled',
      settledBy: 'operator:bootstrap',
      note,
    })
    expect(await call('POST', path, { note })).toMatchObject({
      status: 409,
      answer: { error: { code: 'already_settled' } },
    })
    const [entry] = (await entriesOf(found.id)).slice(-1)
    expect(entry).toMatchObject({ action: 'discrepancy.settled' })
    expect(JSON.stringify(entry)).not.toContain('migration')
    expect((await call('GET', '/discrepancies?state=open')).answer.data).toEqual([])
    expect((await call('GET', '/discrepancies?state=settled')).answer.data).toHaveLength(1)
  })

  it('refuses an id that is none, a settlement without a note, and another state', async () => {
    for (const id of ['dsc_x', `dsc_${'0'.repeat(32)}`]) {
      expect(await call('POST', `/discrepancies/${id}/settle`, { note: 'x' })).toMatchObject({
        status: 404,
        answer: { error: { code: 'discrepancy_not_found' } },
      })
    }
    expect((await call('POST', '/discrepancies/dsc_x/settle', {})).status).toBe(400)
    expect((await call('GET', '/discrepancies?state=shut')).status).toBe(400)
  })
})
