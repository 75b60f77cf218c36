// The sums of days, over drawn histories: whatever happens, and however often the clock comes, twice at once or cut
// off, they are what a plain sum over the rows and the log says.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findDayProgress, listUncounted } from '../../src/db/read-totals.ts'
import { commitInvoiceStatusSeen } from '../../src/db/write-seen.ts'
import { commitDaySums } from '../../src/db/write-totals.ts'
import { commitVoided } from '../../src/db/write-void.ts'
import { addUp } from '../../src/domain/daily-totals.ts'
import { DAY_SUMS_ENTRIES_MAX } from '../../src/domain/limits.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import { addUpDays } from '../../src/usecases/add-up-days.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { giving } from '../giving.ts'
import { amount, createMoneyWorld } from '../money-world.ts'

const RULES = [giving('promise'), giving('record', { settlement: 'already_paid' })]
const boss: Operator = { name: 'boss', identity: 'boss@saas.example', scopes: SCOPES }
const TIME_ZONE = 'Europe/Berlin'

/** Numbers that a seed decides (mulberry32). */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

const SEEN = { event: null, status: 'void' } as const
/** By all tests: sums are never removed. */
let voided = 0

const rows = async (statement: string): Promise<any[]> =>
  (await env.DB.prepare(statement).all()).results

const day = (ms: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: TIME_ZONE, dateStyle: 'short' }).format(ms)

function tally(of: readonly (readonly [string, number])[]): Record<string, readonly number[]> {
  const sums: Record<string, [number, number]> = {}
  for (const [key, value] of of) {
    const own = (sums[key] ??= [0, 0])
    own[0] += 1
    own[1] += value
  }
  return sums
}

/** Of adjustments by the times in their own rows, and of entries where a row keeps no time. */
async function plainSums(): Promise<Record<string, readonly number[]>> {
  const about = (row: any) => [
    row.mode,
    row.currency,
    row.rule_id,
    row.settlement,
    row.amount < 0 ? 'credit' : 'charge',
  ]
  const all = await rows('SELECT * FROM adjustments')
  const logged = await rows(
    `SELECT a.*, e.at AS entry_at, e.action FROM audit_entries e JOIN adjustments a ON a.id = e.subject
     WHERE e.action IN ('adjustment.held', 'adjustment.rejected', 'adjustment.expired')`,
  )
  return tally([
    ...all.map(
      (row) => [['made', day(row.created_at), ...about(row)].join(), Math.abs(row.amount)] as const,
    ),
    ...all
      .filter((row) => row.invoiced_at !== null)
      .map(
        (row) =>
          [['invoiced', day(row.invoiced_at), ...about(row)].join(), Math.abs(row.amount)] as const,
      ),
    ...logged.map((row) => {
      const fact = row.action === 'adjustment.held' ? 'held' : 'rejected'
      return [[fact, day(row.entry_at), ...about(row)].join(), Math.abs(row.amount)] as const
    }),
  ])
}

async function keptSums(): Promise<Record<string, readonly number[]>> {
  const kept: Record<string, readonly number[]> = {}
  for (const row of await rows('SELECT * FROM daily_totals')) {
    const about = [row.mode, row.currency, row.rule_id, row.settlement, row.direction]
    for (const fact of ['made', 'held', 'invoiced', 'rejected']) {
      if (row[fact] > 0) kept[[fact, row.day, ...about].join()] = [row[fact], row[`${fact}_sum`]]
    }
  }
  return kept
}

const keptEvents = async () =>
  rows(`SELECT day, rule_id, adjusted, duplicate, conflict, ignored, undecided FROM daily_events
    ORDER BY day, rule_id`)

/** Of the log, since an event may have another fate by now. */
async function plainEvents() {
  const found = new Map<string, any>()
  for (const { at, fate, rule } of await rows(
    `SELECT at, data ->> 'fate' AS fate, data ->> 'rule' AS rule FROM audit_entries WHERE action = 'event.received'`,
  )) {
    const key = { day: day(at), rule_id: rule ?? '' }
    const own = found.get(JSON.stringify(key)) ?? {
      ...key,
      adjusted: 0,
      duplicate: 0,
      conflict: 0,
      ignored: 0,
      undecided: 0,
    }
    own[fate] += 1
    found.set(JSON.stringify(key), own)
  }
  return [...found.values()].toSorted((a, b) => (a.day + a.rule_id < b.day + b.rule_id ? -1 : 1))
}

type World = Awaited<ReturnType<typeof createMoneyWorld>>
let world: World
beforeEach(async () => {
  world = await createMoneyWorld({ holdAbove: amount(9_000) }, RULES)
})

/** A call of the clock that dies somewhere, before or after what it asked for was done. */
async function dies(world: World, isAfter: boolean): Promise<void> {
  const db = openDatabase(env.DB)
  const batch: typeof db.batch = async (queries) => {
    if (isAfter) await openDatabase(env.DB).batch(queries)
    throw new Error('the process died here')
  }
  const dying = { ...world.deps, db: Object.assign(openDatabase(env.DB), { batch }) }
  await addUpDays(dying).catch((error: Error) => expect(error.message).toContain('died'))
}

async function oneStep(world: World, draw: (below: number) => number): Promise<void> {
  const what = draw(10)
  if (what < 5) {
    const subject = `s-${draw(25)}`
    const cents = [-500, -500, -12_000, 700, -1][draw(5)]!
    await world.give(['promise', 'record', 'nobody-asks'][draw(3)]!, { subject, amount: cents })
  } else if (what === 5) {
    await world.work()
  } else if (what === 6) {
    world.setClock(draw(30) * 3_600_000)
  } else if (what === 7) {
    const [held] = await rows(
      `SELECT id, version, amount, currency FROM adjustments WHERE state = 'held' LIMIT 1`,
    )
    if (held === undefined) return
    await (draw(2) === 0
      ? rejectAdjustment(world.deps, boss, held.id, { ...held, note: 'no' })
      : approveAdjustment(world.deps, boss, held.id, held))
  } else if (what === 8) {
    await Promise.all([addUpDays(world.deps), addUpDays(world.deps)])
  } else {
    await dies(world, draw(2) === 0)
  }
}

describe('the sums of days', () => {
  it.each([1, 2, 3, 4])('are what a plain sum says, of the drawn history %i', async (seed) => {
    const draw = drawing(seed)
    for (let step = 0; step < 60; step++) await oneStep(world, draw)
    await world.work()
    await addUpDays(world.deps)
    const [kept, plain] = [await keptSums(), await plainSums()]
    expect(kept).toEqual(plain)
    expect(Object.keys(plain).length).toBeGreaterThan(8)
    expect(await keptEvents()).toEqual(await plainEvents())
    const { seq } = await findDayProgress(world.deps.db)
    expect(await rows('SELECT max(seq) AS seq FROM audit_entries')).toEqual([{ seq }])
  })

  it('are left alone when nothing is new', async () => {
    await world.give('promise', { subject: 'once', amount: -500 })
    expect(await addUpDays(world.deps)).toBeGreaterThan(0)
    const before = await keptSums()
    expect(await addUpDays(world.deps)).toBe(0)
    expect(await keptSums()).toEqual(before)
  })

  it.each([
    ['here and seen after it', ['voided', 'seen']],
    ['at the billing API, before ours came to it', ['seen', 'voided']],
    ['at the billing API alone', ['seen']],
  ])('count an invoice once that was voided %s', async (name, steps) => {
    const { db, now } = world.deps
    const event = await world.give('promise', { subject: `void-${name}`, amount: -4_321 })
    await world.work()
    for (const step of steps) {
      const row = await world.adjustment(event)
      if (step === 'voided') await commitVoided(db, row, { status: 'void', requestId: null }, now())
      // As if its status here were behind: the log has the second word too.
      else await commitInvoiceStatusSeen(db, { ...row, invoiceStatus: null }, SEEN, now())
      await addUpDays(world.deps)
    }
    const found = await rows(
      `SELECT action FROM audit_entries WHERE subject = '${(await world.adjustment(event)).id}'
       AND action IN ('adjustment.voided', 'adjustment.invoice_status_seen')`,
    )
    expect(found).toHaveLength(steps.length)
    const after = await rows('SELECT sum(voided) AS n, sum(voided_sum) AS sum FROM daily_totals')
    voided += 1
    expect(after).toEqual([{ n: voided, sum: voided * 4_321 }])
  })

  it('get nothing from entries that a restored database does not have', async () => {
    const { db } = world.deps
    await world.give('promise', { subject: 'kept', amount: -500 })
    await addUpDays(world.deps)
    const { seq } = await findDayProgress(db)
    await world.give('promise', { subject: 'lost', amount: -500 })
    const entries = await listUncounted(db, seq, DAY_SUMS_ENTRIES_MAX)
    const last = entries.at(-1)!
    // The entry of that number is another one there, as after a restore.
    const other = { ...last, subject: 'adj_another' }
    const before = await keptSums()
    expect(await commitDaySums(db, seq, other, addUp(entries, day))).toBe(false)
    expect(await keptSums()).toEqual(before)
    expect(await commitDaySums(db, seq, last, addUp(entries, day))).toBe(true)
  })

  it('can not be set back, at the database itself', async () => {
    await world.give('promise', { subject: 'guard', amount: -500 })
    await addUpDays(world.deps)
    const run = (statement: string) => env.DB.prepare(statement).run()
    await expect(run('UPDATE daily_progress SET seq = 0')).rejects.toThrow('never back')
    await expect(run('DELETE FROM daily_progress')).rejects.toThrow('never removed')
    await expect(run('DELETE FROM daily_totals')).rejects.toThrow('never removed')
  })
})
