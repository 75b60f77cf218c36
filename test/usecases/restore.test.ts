// A database that is put back to an earlier time, row by row, while the billing API keeps what it has made. Then
// every sender delivers the lost time again, and the ledger is counted.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import type { Billing } from '../../src/deps.ts'
import { isAdjustmentId, type EventId } from '../../src/domain/ids.ts'
import { COMPARED_WITHIN_SECONDS, LISTING_SETTLE_SECONDS } from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { reconcileByClock } from '../../src/usecases/reconcile.ts'
import { requeueAdjustment } from '../../src/usecases/requeue-adjustment.ts'
import { startRestored } from '../../src/usecases/start-reconciliation.ts'
import { limitsOf } from '../../src/domain/money-limits.ts'
import { given, giving } from '../giving.ts'
import { commet, creditRequest, OPERATOR, refund, ticket } from '../harness.ts'
import { callsOf, createWorld, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

// Hours of deliveries, twice; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 30_000 })

const HOUR = 3_600
const DAY = 24 * HOUR

let world: World
beforeEach(async () => {
  world = await createWorld()
})

const namesOf = async (type: 'table' | 'trigger'): Promise<{ name: string; sql: string }[]> => {
  const { results } = await env.DB.prepare(
    `SELECT name, sql FROM sqlite_master WHERE type = ? AND NOT (name GLOB 'sqlite*'
      OR name GLOB '_cf*' OR name GLOB 'd1*' OR name GLOB 'kept*')`,
  )
    .bind(type)
    .all<{ name: string; sql: string }>()
  return results
}

/** What D1 would go back to. */
async function keep(): Promise<void> {
  for (const { name } of await namesOf('table')) {
    await env.DB.prepare(`DROP TABLE IF EXISTS kept_${name}`).run()
    await env.DB.prepare(`CREATE TABLE kept_${name} AS SELECT * FROM ${name}`).run()
  }
}

/** Every row as it was, past the triggers that would refuse that. */
async function putBack(): Promise<void> {
  const triggers = await namesOf('trigger')
  for (const { name } of triggers) await env.DB.prepare(`DROP TRIGGER ${name}`).run()
  const tables = await namesOf('table')
  await env.DB.batch([
    env.DB.prepare('PRAGMA defer_foreign_keys = true'),
    ...tables.map(({ name }) => env.DB.prepare(`DELETE FROM ${name}`)),
    ...tables.map(({ name }) => env.DB.prepare(`INSERT INTO ${name} SELECT * FROM kept_${name}`)),
  ])
  for (const { sql } of triggers) await env.DB.prepare(sql).run()
  world.queue.splice(0)
}

/** Adjustments' ids with the invoices that carry them. */
async function ledger(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  let cursor = ''
  for (;;) {
    const answer = await commet(`/api/v1/invoices?limit=100${cursor}`)
    for (const { id, metadata } of answer.data) {
      const ours = metadata.makegood_adjustment_id
      if (ours !== undefined) found.set(ours, [...(found.get(ours) ?? []), id])
    }
    if (!answer.hasMore) return found
    cursor = `&cursor=${encodeURIComponent(answer.nextCursor)}`
  }
}

type Sent = readonly [endpoint: string, body: unknown]

/** An hour of it, of four senders' kinds: records, promises, and a charge that waits for its approval. */
const hourOf = (): readonly Sent[] => [
  ['stripe', refund()],
  ['stripe', refund({ amount: 700 })],
  ['zendesk', ticket()],
  ['zendesk', ticket({ customer_external_id: 'cedar-19', tags: 'credit_requested credit_10' })],
  ['standard', creditRequest()],
]

async function deliverAll(all: readonly Sent[]): Promise<void> {
  for (const [endpoint, body] of all) await world.receive(endpoint, body)
  await world.work()
  for (let minutes = 0; minutes < 3; minutes++) {
    await world.advance(60)
    await world.sweep()
    await world.work()
  }
}

async function toTheEnd(): Promise<void> {
  await world.advance(2 * HOUR)
  while ((await reconcileByClock(world.deps)) !== null);
}

/** Each adjustment of ours has the one invoice that it had, and no further one was made. */
async function expectNoneTwice(before: Map<string, string[]>): Promise<void> {
  const after = await ledger()
  expect(after).toEqual(before)
  for (const [id, invoices] of after) {
    expect(invoices).toHaveLength(1)
    if (!isAdjustmentId(id)) throw new Error('not an id of ours')
    const row = await findAdjustment(world.deps.db, id)
    expect(row).toMatchObject({ state: 'invoiced', invoiceId: invoices[0] })
  }
}

async function operator(path: string): Promise<any> {
  const app = createApp(() => world.deps)
  const response = await app.request(`/api/v1${path}`, { headers: OPERATOR })
  return (await response.json<any>()).data
}

const whyOf = async (id: EventId): Promise<string[]> => (await operator(`/events/${id}`)).why

const openReasons = async (): Promise<string[]> => {
  const { results } = await env.DB.prepare(
    'SELECT reason FROM discrepancies WHERE settled_at IS NULL ORDER BY seq',
  ).all<{ reason: string }>()
  return results.map(({ reason }) => reason)
}

describe('put back to an hour ago', () => {
  it('and told nothing, it bills the same hour’s deliveries once: the keys are remembered', async () => {
    await deliverAll(hourOf())
    await keep()
    const lost = hourOf()
    await deliverAll(lost)
    const before = await ledger()
    await world.advance(HOUR)
    await putBack()
    await deliverAll(lost)
    await expectNoneTwice(before)
  })
})

describe('put back, refused since, and sent through again by a person', () => {
  it('takes the invoice that the lost time made, though its new key stands for nothing', async () => {
    await deliverAll(hourOf())
    await keep()
    const lost = refund({ amount: 4_321 })
    const [event] = await world.receive('stripe', lost)
    await world.work()
    const before = await ledger()
    await putBack()
    await world.receive('stripe', lost)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    await world.work()
    const { id, version, state } = await world.adjustment(event!)
    expect(state).toBe('failed')
    const seen = { version, looked: false }
    expect((await requeueAdjustment(world.deps, BOOTSTRAP, id, seen)).ok).toBe(true)
    await world.advance(60)
    await world.sweep()
    await world.work()
    expect((await world.adjustment(event!)).generation).toBe(1)
    await expectNoneTwice(before)
  })
})

describe('put back to thirty days ago', () => {
  it('makes none twice after --restored, whatever became of it in the lost time', async () => {
    await toTheEnd()
    await deliverAll(hourOf())
    // It waits for a person at that time, and is approved in the time that is lost.
    const big = ticket({ tags: 'credit_requested', amount: '400.00' })
    const [held] = await world.receive('zendesk', big)
    expect(await world.work()).toEqual(['held'])
    // Due at that time; issued in the time that is lost.
    const due = refund({ amount: 333 })
    const [waiting] = await world.receive('stripe', due)
    const wakeUps = world.queue.splice(0)
    await keep()
    world.queue.push(...wakeUps)
    await world.work()
    const { id, version, amount, currency } = await world.adjustment(held!)
    const seen = { version, amount, currency }
    expect((await approveAdjustment(world.deps, BOOTSTRAP, id, seen)).ok).toBe(true)
    const lost = [...hourOf(), ...hourOf()]
    await deliverAll(lost)
    await toTheEnd()
    expect(await openReasons()).toEqual([])
    expect((await world.adjustment(waiting!)).state).toBe('invoiced')
    const before = await ledger()
    await world.advance(30 * DAY - 3 * HOUR)
    await putBack()
    expect((await world.adjustment(waiting!)).state).toBe('due')
    expect((await world.adjustment(held!)).state).toBe('held')

    const started = await startRestored(world.deps, BOOTSTRAP)
    if (!started.ok) throw new Error(started.error.reason)
    expect(started.value).toMatchObject({ outcome: 'complete', isRestored: true })
    // The held one is what was asked for. Of the other one nobody had looked up the customer yet.
    expect((await world.adjustment(held!)).state).toBe('invoiced')
    const found = new Set(await openReasons())
    // Its clock stood for thirty days: the sweep takes it as soon as nothing is paused, so it is not stuck.
    expect(found).toEqual(new Set(['unknown_adjustment', 'not_recorded']))
    expect((await env.DB.prepare('SELECT * FROM switches').all()).results).toEqual([])
    await deliverAll([...lost, ['zendesk', big], ['stripe', due]])
    await expectNoneTwice(before)
    await toTheEnd()
    expect(await openReasons()).toEqual([])
  })

  it('finds what its last minutes had posted under a key that it knows no more', async () => {
    await deliverAll(hourOf())
    await toTheEnd()
    await keep()
    const lost = refund({ amount: 4_321 })
    const [event] = await world.receive('stripe', lost)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['failed'])
    const { id, version } = await world.adjustment(event!)
    const again = await requeueAdjustment(world.deps, BOOTSTRAP, id, { version, looked: false })
    expect(again.ok).toBe(true)
    await world.advance(60)
    await world.sweep()
    await world.work()
    const before = await ledger()
    expect(before.get(id)).toHaveLength(1)
    await putBack()
    expect((await startRestored(world.deps, BOOTSTRAP)).ok).toBe(true)
    expect(await openReasons()).toEqual(['unknown_adjustment'])
    await deliverAll([['stripe', lost]])
    expect((await world.adjustment(event!)).generation).toBe(0)
    await expectNoneTwice(before)
  })

  it('finds by the hour’s comparison alone what it lacks, and then makes none twice', async () => {
    await deliverAll(hourOf())
    await toTheEnd()
    await keep()
    const lost = hourOf()
    await deliverAll(lost)
    const before = await ledger()
    await world.advance(30 * DAY)
    await putBack()
    await toTheEnd()
    expect(await openReasons()).toEqual(lost.map(() => 'unknown_adjustment'))
    await deliverAll(lost)
    await expectNoneTwice(before)
    await toTheEnd()
    expect(await openReasons()).toEqual([])
  })

  it('bills nothing before it is compared, whoever delivers first, and then none twice', async () => {
    await deliverAll(hourOf())
    await toTheEnd()
    await keep()
    const lost = hourOf()
    await deliverAll(lost)
    const before = await ledger()
    await world.advance(30 * DAY)
    await putBack()
    await deliverAll(lost)
    expect(await ledger()).toEqual(before)
    await toTheEnd()
    await world.sweep()
    await world.work()
    await expectNoneTwice(before)
  })

  it('asks the billing API nothing for what waits for the comparison, and says that it waits', async () => {
    await deliverAll(hourOf())
    await toTheEnd()
    await world.advance(24 * HOUR)
    const ids: EventId[] = []
    for (let n = 0; n < 4; n++) {
      ids.push(...(await world.receive('stripe', refund({ amount: 5_000 + n }))))
    }
    const before = (await callsOf('GET', /./)).length
    expect(await world.work()).toEqual(ids.map(() => 'record_old'))
    for (let minutes = 0; minutes < 6; minutes++) {
      await world.advance(60)
      await world.sweep()
      // Every other minute: what waits is not woken each minute.
      expect(await world.work()).toEqual(minutes % 2 === 1 ? ids.map(() => 'record_old') : [])
    }
    expect((await callsOf('GET', /./)).length).toBe(before)
    expect(await world.adjustment(ids[0]!)).toMatchObject({ state: 'due', version: 1, attempts: 0 })
    expect(await whyOf(ids[0]!)).toContain(
      'It waits until our record has been compared with the billing API.',
    )
    expect((await operator('/status')).reconciliation).toMatchObject({ claimsWait: true })

    await toTheEnd()
    expect((await operator('/status')).reconciliation).toMatchObject({
      comparedUntil: new Date(world.now() - LISTING_SETTLE_SECONDS * 1_000).toISOString(),
      claimsWait: false,
    })
    expect(await whyOf(ids[0]!)).toContain('It waits for its turn to be issued.')
    await world.sweep()
    expect(await world.work()).toEqual(ids.map(() => 'issued'))
  }, 20_000)

  it('claims nothing where the record has grown too old since it was looked at', async () => {
    await deliverAll(hourOf())
    await toTheEnd()
    const comparedUntil = world.now() - LISTING_SETTLE_SECONDS * 1_000
    const untilOld = comparedUntil + COMPARED_WITHIN_SECONDS * 1_000 - world.now()
    await world.advance(untilOld / 1_000 - 1)
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'cedar-19' }))
    const { billing } = world.deps
    const list: Billing['customers']['list'] = async (query) => {
      await world.advance(2)
      return billing!.customers.list(query)
    }
    const slow = { ...billing!, customers: { ...billing!.customers, list } }
    expect(await world.work({ billing: slow })).toEqual(['record_old'])
    expect(await world.adjustment(id!)).toMatchObject({ state: 'due', attempts: 0, version: 1 })
    await toTheEnd()
  })

  it('bills at once where it was compared within the time that keys are remembered', async () => {
    await deliverAll(hourOf())
    await toTheEnd()
    await world.advance(19 * HOUR)
    const [id] = await world.receive('stripe', refund())
    await world.work()
    expect((await world.adjustment(id!)).state).toBe('invoiced')
    await world.advance(2 * HOUR)
    const [late] = await world.receive('stripe', refund({ amount: 1_234 }))
    await world.work()
    expect(await world.adjustment(late!)).toMatchObject({ state: 'due', attempts: 0 })
    await toTheEnd()
    await world.sweep()
    await world.work()
    expect((await world.adjustment(late!)).state).toBe('invoiced')
  })
})

describe('put back to thirty days ago, with every rule renamed since', () => {
  it('holds what the billing API has under the former id, and bills what is new', async () => {
    await toTheEnd()
    await keep()
    const lost = [refund({ amount: 6_001 }), refund({ amount: 6_002 })]
    await deliverAll(lost.map((each) => ['stripe', each]))
    await world.advance(30 * DAY)
    await putBack()
    const { config } = world.deps
    const renamed = config.rules.map((rule) => ({
      ...rule,
      id: `${rule.id}-renamed`,
      was: [rule.id, ...rule.was],
    }))
    world = await createWorld({ config: { ...config, rules: renamed } })
    await toTheEnd()
    const before = await ledger()
    const ids = (await Promise.all(lost.map((each) => world.receive('stripe', each)))).flat()
    await world.receive('stripe', refund({ amount: 6_003 }))
    expect(await world.work()).toEqual(['held', 'held', 'issued'])
    expect((await ledger()).size).toBe(before.size + 1)
    const { holdDetails } = await world.adjustment(ids[0]!)
    const [known] = holdDetails ?? []
    expect(known?.reason).toBe('possible_duplicate')
    expect(before.has(known?.adjustment ?? '')).toBe(true)
  })
})

describe('put back, and undone before it is known again', () => {
  beforeEach(async () => {
    // What has never been compared has no window that reaches back.
    await deliverAll(hourOf())
    // Charges go out as credits do, so that a reversal waits for nobody.
    const limits = limitsOf({ charges: 'allow', duplicateHours: 0, olderThanEndpoint: 'allow' })
    const { config } = world.deps
    world = await createWorld({ config: { ...config, rules: [giving('restored')], limits } })
    await toTheEnd()
    await keep()
  })

  const openReasonsOf = async (amount: number): Promise<string[]> => {
    const { results } = await env.DB.prepare(
      'SELECT reason FROM discrepancies WHERE settled_at IS NULL AND abs(found) = ? ORDER BY seq',
    )
      .bind(amount)
      .all<{ reason: string }>()
    return results.map(({ reason }) => reason)
  }

  const rowsOf = async (amount: number) => {
    const { results } = await env.DB.prepare(
      `SELECT state, amount, reversed_by IS NOT NULL AS undone FROM adjustments
        WHERE abs(amount) = ? ORDER BY seq`,
    )
      .bind(amount)
      .all()
    return results
  }

  it.each([
    ['the hour’s comparison', 7_001, false, false],
    ['--restored', 7_002, true, false],
    ['the hour’s comparison, where its reversal was lost as well', 7_003, false, true],
    ['--restored, where its reversal was lost as well', 7_004, true, true],
  ])('is taken and reversed by %s', async (_, amount, isSaid, wasReversed) => {
    const subject = `thing:restored-${amount}`
    const made = given(`made-${amount}`, 'restored', { subject, amount: -amount })
    const undone = { id: `undone-${amount}`, type: 'restored', undo: subject }
    await deliverAll([['batch', [made]]])
    if (wasReversed) await deliverAll([['batch', [undone]]])
    const before = await ledger()
    await world.advance(HOUR)
    await putBack()
    if (isSaid) {
      await startRestored(world.deps, BOOTSTRAP)
      await toTheEnd()
      const lost = wasReversed ? 2 : 1
      const unknown = Array.from({ length: lost }, () => 'unknown_adjustment')
      expect(await openReasonsOf(amount)).toEqual(unknown)
    }
    await deliverAll([['batch', [undone]]])
    await deliverAll([['batch', [made]]])
    expect(await rowsOf(amount)).toEqual([{ state: 'cancelled', amount: -amount, undone: 0 }])
    await toTheEnd()
    await deliverAll([])
    expect(await rowsOf(amount)).toEqual([
      { state: 'invoiced', amount: -amount, undone: 1 },
      { state: 'invoiced', amount, undone: 0 },
    ])
    // Of what both times have made, nothing was made twice.
    const after = await ledger()
    expect([...after.values()].every((invoices) => invoices.length === 1)).toBe(true)
    expect(after.size).toBe(before.size + (wasReversed ? 0 : 1))
    await toTheEnd()
    expect(await openReasonsOf(amount)).toEqual([])
  })
})
