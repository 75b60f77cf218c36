// Outages as the sweep, the circuit and the hourly comparison live through them together: whatever stops, goes on by
// itself once the billing API answers again.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { findCircuit } from '../../src/db/read-circuit.ts'
import { takeProbe } from '../../src/db/write-circuit.ts'
import type { Billing, Deps } from '../../src/deps.ts'
import { CIRCUIT_SUBJECT, COMPARISON } from '../../src/domain/circuit.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { COMPARISON_TURN_SECONDS } from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { err } from '../../src/domain/result.ts'
import { runCron } from '../../src/scheduled.ts'
import type { IssueResult } from '../../src/usecases/issue-adjustment.ts'
import { reconcileByClock } from '../../src/usecases/reconcile.ts'
import { startRestored } from '../../src/usecases/start-reconciliation.ts'
import { ticket } from '../harness.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'

const HOUR = 3_600
const CRON = '* * * * *'
const DOWN = { kind: 'server_error', status: 503 }

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await env.DB.exec(
    `UPDATE adjustments SET wake_at = 9e15, attempts = max(attempts, 1) WHERE wake_at IS NOT NULL`,
  )
  await setFaults()
  world = await createWorld()
})
afterEach(() => setFaults())

const circuit = () => findCircuit(world.deps.db)
const lateAlarms = () => world.lines.filter(({ event }) => event === 'alarm.reconciliation_late')

async function minutes(count: number, how: Partial<Deps> = {}): Promise<IssueResult[]> {
  const results: IssueResult[] = []
  for (let n = 0; n < count; n++) {
    await world.advance(60)
    await runCron({ ...world.deps, ...how }, CRON)
    results.push(...(await world.work(how)))
  }
  return results
}

async function hours(count: number, how: Partial<Deps> = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    await world.advance(HOUR - 60)
    await minutes(1, how)
  }
}

let cents = 100
async function deliver(fields: Record<string, unknown> = {}): Promise<EventId> {
  const amount = ((cents += 1) / 100).toFixed(2)
  const body = ticket({ tags: 'credit_requested', amount, ...fields })
  const [id] = await world.receive('zendesk', body)
  return id!
}

async function deliverMany(count: number): Promise<EventId[]> {
  const ids: EventId[] = []
  for (let n = 0; n < count; n++) ids.push(await deliver())
  return ids
}

const states = async (ids: readonly EventId[]) =>
  Promise.all(ids.map(async (id) => (await world.adjustment(id)).state))

/** Something is invoiced, and everything is compared. */
async function compared(): Promise<void> {
  while ((await reconcileByClock(world.deps)) !== null);
  await deliver()
  expect(await world.work()).toEqual(['issued'])
  await world.advance(2 * HOUR)
  while ((await reconcileByClock(world.deps)) !== null);
}

async function opened(): Promise<EventId[]> {
  await setFaults(DOWN)
  const ids = await deliverMany(5)
  await world.work()
  expect(await circuit()).toMatchObject({ cause: 'unavailable' })
  return ids
}

async function comparedUntil(): Promise<number> {
  const row = await env.DB.prepare(
    `SELECT max(to_at) AS at FROM reconciliations WHERE outcome = 'complete'`,
  ).first<{ at: number }>()
  return row!.at
}

/** The same API, but for its listing of all invoices. */
function withoutListing(): { billing: Billing } {
  const { billing } = world.deps
  if (!billing) throw new Error('no billing client')
  const { invoices } = billing
  const list: Billing['invoices']['list'] = async (query) =>
    query?.customerId === undefined ? err(NO_LISTING) : invoices.list(query)
  return { billing: { ...billing, invoices: { ...invoices, list } } }
}

const NO_LISTING = {
  meaning: 'transient',
  status: 503,
  code: 'internal_error',
  message: 'GET /invoices: 503',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
} as const

describe.each(['the key was refused', 'it was down'] as const)(
  'after a long weekend in which %s',
  (why) => {
    it('everything goes on by itself, and each is billed', async () => {
      await compared()
      const isDown = why === 'it was down'
      const { billing } = world.deps
      const refused = createBillingClient({ baseUrl: billing!.baseUrl, apiKey: 'ck_no' })
      const bad = isDown ? {} : { billing: { ...billing!, ...refused } }
      if (isDown) await setFaults(DOWN)
      const ids = await deliverMany(6)
      await world.work(bad)
      await hours(22, bad)
      expect((await circuit()).cause).toBe(isDown ? 'unavailable' : 'key_refused')
      expect(lateAlarms().length).toBeGreaterThan(0)
      expect(lateAlarms().at(-1)).toMatchObject({ hours: 22 })
      await setFaults()
      await minutes(20)
      expect(await circuit()).toMatchObject({ cause: null })
      expect(world.now() - (await comparedUntil())).toBeLessThan(HOUR * 1_000)
      // What had used up a few attempts waits for its own time.
      await world.advance(2 * HOUR)
      await minutes(3)
      expect(new Set(await states(ids))).toEqual(new Set(['invoiced']))
    }, 60_000)
  },
)

it('a database that was put back to the middle of an outage is compared, and goes on', async () => {
  await compared()
  await opened()
  // Put back to here, hours later, when all is well.
  await setFaults()
  await world.advance(5 * HOUR)
  const started = await startRestored(world.deps, BOOTSTRAP)
  if (!started.ok) throw new Error(started.error.reason)
  await minutes(5)
  const run = await env.DB.prepare('SELECT outcome FROM reconciliations WHERE seq = ?')
    .bind(started.value.seq)
    .first()
  expect(run).toEqual({ outcome: 'complete' })
  expect((await env.DB.prepare('SELECT * FROM switches').all()).results).toEqual([])
})

it('an outage of which nobody is left to probe ends by the comparison, and is told until then', async () => {
  await compared()
  await opened()
  await env.DB.exec(
    `UPDATE adjustments SET state = 'cancelled', wake_at = NULL, version = version + 1 WHERE state = 'due'`,
  )
  world.queue.length = 0
  const before = (await entriesOf(CIRCUIT_SUBJECT)).length
  await hours(7)
  expect(lateAlarms().length).toBeGreaterThan(0)
  expect(await circuit()).toMatchObject({
    cause: 'unavailable',
    failedBy: expect.arrayContaining([COMPARISON]),
  })
  await setFaults()
  await minutes(2 + COMPARISON_TURN_SECONDS / 60 + 5)
  expect(world.now() - (await comparedUntil())).toBeLessThan(HOUR * 1_000)
  expect(await circuit()).toMatchObject({ cause: null, failedBy: [] })
  expect((await entriesOf(CIRCUIT_SUBJECT)).slice(before)).toEqual([
    { action: 'circuit.closed', data: expect.objectContaining({ by: COMPARISON }) },
  ])
})

describe('the comparison and what is due, at an open circuit', () => {
  it('one asks at a time, and the comparison asks for one invoice', async () => {
    await compared()
    await opened()
    await world.advance(HOUR)
    const before = (await callsOf('GET', /./)).length
    const probed = (await callsOf('GET', /^\/invoices\?limit=1$/)).length
    expect(await takeProbe(world.deps.db, 'adj_another', world.now())).toBe(true)
    expect(await reconcileByClock(world.deps)).toBeNull()
    expect((await callsOf('GET', /./)).length).toBe(before)
    await world.advance(121)
    await reconcileByClock(world.deps)
    expect((await callsOf('GET', /./)).length).toBe(before + 1)
    expect((await callsOf('GET', /^\/invoices\?limit=1$/)).length).toBe(probed + 1)
    expect(await circuit()).toMatchObject({ cause: 'unavailable', probeBy: null, probes: 1 })
  })

  it('after the comparison has failed the next turn is of what is due, also where it comes each minute', async () => {
    await compared()
    const ids = await opened()
    await setFaults()
    await world.advance(HOUR)
    // The listing alone is broken: were the probe always the comparison's, nothing would be billed any more.
    await minutes(15, withoutListing())
    expect(await circuit()).toMatchObject({ cause: null })
    expect(new Set(await states(ids))).toEqual(new Set(['invoiced']))
  })

  it('where nobody else comes, it is the comparison’s turn again', async () => {
    await compared()
    await opened()
    await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE state = 'due'`)
    world.queue.length = 0
    await world.advance(HOUR)
    await reconcileByClock(world.deps)
    const { probeAt } = await circuit()
    await setFaults()
    await world.advance((probeAt! - world.now()) / 1_000 + COMPARISON_TURN_SECONDS - 1)
    expect(await reconcileByClock(world.deps)).toBeNull()
    await world.advance(1)
    expect(await reconcileByClock(world.deps)).not.toBeNull()
    expect(await circuit()).toMatchObject({ cause: null })
  })

  it('a listing that fails counts as one caller’s trouble, however often', async () => {
    await compared()
    await world.advance(HOUR)
    await setFaults(DOWN)
    await minutes(10)
    expect(await circuit()).toMatchObject({ cause: null, failures: 1, failedBy: [COMPARISON] })
  })

  it('a limiter that the comparison meets holds everybody back', async () => {
    await compared()
    await world.advance(HOUR)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 600, method: 'GET', times: 1 })
    await reconcileByClock(world.deps)
    await deliver()
    expect(await world.work()).toEqual(['circuit_open'])
  })
})
