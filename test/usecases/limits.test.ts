// No limit can be raced: whatever runs at the same time, what goes out stays inside, and what waits says
// which limit stopped it and how much of that was used. The audit log, which is in the order of the
// commits, is replayed against a plain model of the limits.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import type { HoldDetail, LimitName } from '../../src/domain/hold.ts'
import { MS_PER_DAY } from '../../src/domain/limits.ts'
import type { AmountLimits, LimitOptions } from '../../src/domain/money-limits.ts'
import { usd, type Money } from '../../src/domain/money.ts'
import type { Settlement } from '../../src/domain/rule.ts'
import { memoryBilling } from '../memory-billing.ts'
import { given, giving } from '../giving.ts'
import { moneyConfig } from '../money-world.ts'
import { commet, countRows, deliver } from '../harness.ts'
import { createWorld } from '../world.ts'

const RULES = [giving('promise'), giving('record', { settlement: 'already_paid' })]

// The plain model

type Row = {
  readonly id: string
  readonly amount: number
  readonly settlement: Settlement
  readonly customer: string
  readonly asker: string | null
  readonly rule: string
}
type Counted = Row & { readonly at: number; readonly day: string; readonly hour: number }
type Entry = { readonly at: number; readonly action: string; readonly subject: string; data: any }

const berlin = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short' })
const HOUR_MS = 3_600_000

const limitsFor = (limits: LimitOptions, settlement: Settlement): AmountLimits =>
  settlement === 'owed' ? limits : { ...limits, ...limits.alreadyPaid }

/** How much of each limit was used before a row of this purse came, and what the limit is. */
function usedOf(limits: LimitOptions, row: Row, at: number, counted: readonly Counted[]) {
  const { perCustomer, perAsker, perDay, perHourPerRule } = limitsFor(limits, row.settlement)
  const purse = counted.filter(
    ({ settlement, amount }) =>
      settlement === row.settlement && Math.sign(amount) === Math.sign(row.amount),
  )
  const sum = (belongs: (each: Counted) => boolean) =>
    purse.filter(belongs).reduce((total, { amount }) => total + Math.abs(amount), 0)
  const within = (each: Counted, days: number) => each.at > at - days * MS_PER_DAY
  const used: [LimitName, Money | undefined, number][] = [
    [
      'perCustomer',
      perCustomer?.amount,
      sum((each) => each.customer === row.customer && within(each, perCustomer?.days ?? 0)),
    ],
    [
      'perAsker',
      row.asker === null ? undefined : perAsker?.amount,
      sum((each) => each.asker === row.asker && within(each, perAsker?.days ?? 0)),
    ],
    ['perDay', perDay, sum(({ day }) => day === berlin.format(at))],
    [
      'perHourPerRule',
      perHourPerRule,
      sum(({ rule, hour }) => rule === row.rule && hour === Math.floor(at / HOUR_MS)),
    ],
  ]
  return used.flatMap(([name, max, sofar]) =>
    max === undefined ? [] : [{ name, max: max.minorUnits, used: sofar }],
  )
}

const expectedHold = (
  limits: LimitOptions,
  row: Row,
  at: number,
  counted: readonly Counted[],
): HoldDetail[] =>
  usedOf(limits, row, at, counted)
    .filter(({ max, used }) => used + Math.abs(row.amount) > max)
    .map(({ name, max, used }) => ({ reason: `over_limit:${name}`, max, used }))

// The database

const select = async <Found>(query: string, ...bound: unknown[]): Promise<Found[]> =>
  (
    await env.DB.prepare(query)
      .bind(...bound)
      .all<Found>()
  ).results

const lastEntry = async (): Promise<number> =>
  (await select<{ seq: number }>('SELECT max(seq) AS seq FROM audit_entries'))[0]?.seq ?? 0

const entriesAfter = async (seq: number): Promise<Entry[]> =>
  (
    await select<Entry>(
      'SELECT at, action, subject, data FROM audit_entries WHERE seq > ? ORDER BY seq',
      seq,
    )
  ).map((entry) => ({ ...entry, data: JSON.parse(entry.data) }))

const rowsOf = (events: readonly string[]): Promise<Row[]> =>
  select(
    `SELECT id, amount, settlement, 'cus_' || customer_reference AS customer, asker, rule_id AS rule
    FROM adjustments WHERE event_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(events),
  )

const ADDED_UP = `
  SELECT 'day' AS kind, '' AS key, mode, counted_day AS bucket, settlement,
    iif(amount < 0, 'credit', 'charge') AS direction, currency, sum(abs(amount)) AS total, count(*) AS adjustments
  FROM adjustments WHERE counted_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7
  UNION ALL
  SELECT 'rule_hour', rule_id, mode, CAST(counted_at / 3600000 AS TEXT), settlement,
    iif(amount < 0, 'credit', 'charge'), currency, sum(abs(amount)), count(*)
  FROM adjustments WHERE counted_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7`

/** The counters of the triggers are what the rows add up to, and a counter of none is zero. */
async function expectSumsAddUp(): Promise<void> {
  const columns = 'kind, key, mode, bucket, settlement, direction, currency, total, adjustments'
  const kept = await select(
    `SELECT ${columns} FROM limit_sums WHERE adjustments > 0 OR total > 0 ORDER BY 1, 2, 3, 4, 5, 6, 7`,
  )
  expect(kept).toEqual(
    await select(`SELECT ${columns} FROM (${ADDED_UP}) ORDER BY 1, 2, 3, 4, 5, 6, 7`),
  )
  expect(kept.length).toBeGreaterThan(0)
}

/** A row's version is the number of its entries: one for each change of state, and none without. */
async function expectOneEntryPerChange(): Promise<void> {
  const different = await select(
    `SELECT a.id, a.state, a.version, count(*) AS entries FROM adjustments a
    JOIN audit_entries e ON e.subject = a.id GROUP BY a.id HAVING a.version <> count(*)`,
  )
  expect(different).toEqual([])
  const [without] = await select<{ n: number }>(
    'SELECT count(*) AS n FROM adjustments WHERE id NOT IN (SELECT subject FROM audit_entries)',
  )
  expect(without?.n).toBe(0)
}

// The rounds

/** Mulberry32: the same numbers for the same seed, each 0 ≤ x < 1. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const EVENTS = 50
const NAMES = ['perCustomer', 'perAsker', 'perDay', 'perHourPerRule'] as const
type Name = (typeof NAMES)[number]

/** Fifty events of one customer, with other amounts each, at about ten times each limit that is set. */
function planOf(seed: number) {
  const random = seeded(seed)
  const pick = <Of>(...choices: readonly [Of, ...Of[]]): Of =>
    choices[Math.floor(random() * choices.length)] ?? choices[0]
  const isMixed = random() < 0.25
  const settlement = pick('owed', 'already_paid')
  const sign = pick(-1, -1, -1, 1)
  const customer = pick('acme-42', `only-${seed % 16}`)
  const asker = pick('agent@saas.example', `agent-${seed}@saas.example`)
  const unit = 1 + Math.floor(random() * 400)
  const events = Array.from({ length: EVENTS }, (_, n) => {
    const type = (isMixed ? pick('owed', 'already_paid') : settlement) === 'owed'
    const amount = (isMixed ? pick(-1, 1) : sign) * (unit * (n + 1) + Math.floor(random() * unit))
    const subject = `thing:${seed}-${n}`
    const fields = { subject, amount, customer, asker: random() < 0.1 ? null : asker }
    return given(`evt-${seed}-${n}`, type ? 'promise' : 'record', fields)
  }).toSorted(() => random() - 0.5)
  const total = events.flatMap(({ parts }) => parts).reduce((sum, p) => sum + Math.abs(p.amount), 0)
  const tenth = total / (isMixed ? 40 : 10)
  const amount = (): Money => ({
    minorUnits: Math.ceil(tenth * (0.8 + random() * 0.4)),
    currency: 'usd',
  })
  const days = 1 + Math.floor(random() * 30)
  const amounts = (names: readonly Name[]): AmountLimits => ({
    ...(names.includes('perCustomer') ? { perCustomer: { amount: amount(), days } } : {}),
    ...(names.includes('perAsker') ? { perAsker: { amount: amount(), days: 1 } } : {}),
    ...(names.includes('perDay') ? { perDay: amount() } : {}),
    ...(names.includes('perHourPerRule') ? { perHourPerRule: amount() } : {}),
  })
  // Each of the fifteen ways to set one of them or more, in turn.
  const set = NAMES.filter((_, bit) => ((seed % 15) + 1) & (1 << bit))
  const limits: LimitOptions = {
    ...amounts(set),
    charges: 'allow',
    ...(random() < 0.3 ? { alreadyPaid: amounts(set) } : {}),
  }
  return { events, limits, total, secondsBefore: pick(0, 61, 1_500, 3_600, 26 * 3_600, 26 * 3_600) }
}

type Tally = Record<string, number>
const add = (tally: Tally, what: string): void => {
  tally[what] = (tally[what] ?? 0) + 1
}

/** What the log says, entry by entry, is what the model says at that moment. */
function replay(
  limits: LimitOptions,
  rows: ReadonlyMap<string, Row>,
  entries: readonly Entry[],
  counted: Counted[],
  tally: Tally,
): void {
  const paused = new Set<string>()
  for (const { at, action, subject, data } of entries) {
    const row = rows.get(subject)
    if (action === 'switch.paused') paused.add(subject)
    if (!row || (action !== 'adjustment.claimed' && action !== 'adjustment.held')) continue
    expect(paused.has(`rule:${row.rule}`), 'nothing is claimed or held while it is paused').toBe(
      false,
    )
    const expected = expectedHold(limits, row, at, counted)
    if (action === 'adjustment.claimed') {
      expect(expected, `${subject} went out`).toEqual([])
      counted.push({ ...row, at, day: berlin.format(at), hour: Math.floor(at / HOUR_MS) })
      add(tally, 'issued')
    } else {
      expect(expected.length, `${subject} was held for nothing`).toBeGreaterThan(0)
      const reasons = expected.map(({ reason }) => reason)
      expect(data).toEqual({ reasons, details: expected, rules: expect.any(String) })
      for (const { reason } of expected) add(tally, reason)
    }
  }
}

type World = Awaited<ReturnType<typeof createWorld>>
type Rounds = { readonly world: World; readonly counted: Counted[]; readonly tally: Tally }

async function playRound({ world, counted, tally }: Rounds, seed: number): Promise<void> {
  const { events, limits, total, secondsBefore } = planOf(seed)
  const { billing, posted } = memoryBilling(`r${seed}`)
  await world.advance(secondsBefore)
  await env.DB.exec('DELETE FROM switches')
  const before = await lastEntry()
  const ids = await world.receive('batch', events)
  const rows = new Map((await rowsOf(ids)).map((row) => [row.id, row]))
  expect(rows.size).toBe(EVENTS)
  const results = await world.workAtOnce({ config: moneyConfig(limits, RULES), billing })
  const entries = await entriesAfter(before)
  replay(limits, rows, entries, counted, tally)

  // Each of the fifty went one way: out, held, or waiting for the rule that is paused.
  const stopped = entries.some(({ action }) => action === 'switch.paused')
  const count = (result: string) => results.filter((each) => each === result).length
  expect(count('issued') + count('held') + count('paused')).toBe(EVENTS)
  expect(count('paused') > 0).toBe(stopped && count('paused') > 0)
  if (!stopped) expect(count('paused')).toBe(0)
  expect(posted).toHaveLength(count('issued'))
  expect(posted.reduce((sum, { amount }) => sum + Math.abs(amount), 0)).toBeLessThan(total / 2)

  // Whatever went out in this round: nothing is over, added up from the rows themselves.
  const issued = entries.filter(({ action }) => action === 'adjustment.claimed')
  const kept = await countedRows(world.now())
  for (const { subject, at } of issued) {
    const row = rows.get(subject)
    if (!row) continue
    for (const { name, max, used } of usedOf(limits, row, at, kept)) {
      expect(used, `${name} of seed ${seed}`).toBeLessThanOrEqual(max)
    }
  }
}

/** All that any of the windows reaches. */
const countedRows = (now: number): Promise<Counted[]> =>
  select(
    `SELECT id, amount, settlement, customer_id AS customer, asker, rule_id AS rule, counted_at AS at,
      counted_day AS day, counted_at / 3600000 AS hour FROM adjustments WHERE counted_at > ?`,
    now - 31 * MS_PER_DAY,
  )

describe('fifty events of one customer at once, at ten times the limit', () => {
  const counted: Counted[] = []
  const tally: Tally = {}
  let world: World
  beforeAll(async () => {
    world = await createWorld({ config: moneyConfig({}, RULES) })
  })

  it.each([0, 50, 100, 150])(
    'never pay a cent more than the limits allow: fifty rounds from seed %i',
    async (from) => {
      for (let seed = from; seed < from + 50; seed++) {
        await playRound({ world, counted, tally }, seed)
      }
      await expectSumsAddUp()
      await expectOneEntryPerChange()
    },
    120_000,
  )

  it('have met every limit, and were let through up to it', () => {
    for (const name of NAMES) expect(tally[`over_limit:${name}`], name).toBeGreaterThan(50)
    expect(tally['issued']).toBeGreaterThan(500)
  })
})

/** Fifty credits of 1.00 to 50.00 of one asker; together 1,275.00. */
const fifty = (name: string, type: string) =>
  Array.from({ length: EVENTS }, (_, n) =>
    given(`${name}-${n}`, type, {
      subject: `${name}:${n}`,
      amount: -100 * (n + 1),
      asker: `${name}@saas.example`,
    }),
  )

const stateOf = (events: readonly string[]) =>
  select<{ id: string; state: string; amount: number; customer_id: string; reasons: string }>(
    `SELECT id, state, amount, customer_id, hold_reasons AS reasons FROM adjustments
    WHERE event_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(events),
  )

const sumOf = (rows: readonly { amount: number }[]): number =>
  rows.reduce((sum, { amount }) => sum - amount, 0)

/** What the billing API itself has of these adjustments, in minor units given. */
async function givenAtBilling(ids: readonly string[]): Promise<{ count: number; sum: number }> {
  const { data } = await commet('/api/v1/invoices?customerId=cus_acme&limit=100')
  const own = data.filter((each: any) => ids.includes(each.metadata.makegood_adjustment_id))
  return { count: own.length, sum: own.reduce((sum: number, each: any) => sum - each.total, 0) }
}

describe('at the billing API itself', () => {
  it('no more than the limit arrives when fifty are worked at once', async () => {
    const limits = { perCustomer: { amount: usd(127.5), days: 1 } }
    const world = await createWorld({ config: moneyConfig(limits, RULES) })
    const ids = await world.receive('batch', fifty('sandbox', 'promise'))
    const results = await world.workAtOnce()
    const rows = await stateOf(ids)
    const invoiced = rows.filter(({ state }) => state === 'invoiced')
    const arrived = await givenAtBilling(rows.map(({ id }) => id))
    expect(arrived).toEqual({ count: invoiced.length, sum: sumOf(invoiced) })
    expect(arrived.sum).toBeLessThanOrEqual(12_750)
    expect(invoiced.length).toBeGreaterThan(0)
    expect(results.filter((each) => each === 'held')).toHaveLength(EVENTS - invoiced.length)
  })

  it('no more than the limit arrives through the queue of the Worker', async () => {
    const ids = await deliver('batch', fifty('queued', 'race'))
    const rows = await vi.waitFor(
      async () => {
        const found = await stateOf(ids)
        expect(found.filter(({ state }) => state === 'due' || state === 'issuing')).toEqual([])
        return found
      },
      { timeout: 20_000, interval: 50 },
    )
    const invoiced = rows.filter(({ state }) => state === 'invoiced')
    const held = rows.filter(({ state }) => state === 'held')
    expect(invoiced.length + held.length).toBe(EVENTS)
    const arrived = await givenAtBilling(rows.map(({ id }) => id))
    expect(arrived).toEqual({ count: invoiced.length, sum: sumOf(invoiced) })
    expect(arrived.sum).toBeLessThanOrEqual(10_000)
    expect(invoiced.length).toBeGreaterThan(0)
    for (const { reasons } of held) expect(JSON.parse(reasons)).toEqual(['over_limit:perAsker'])
    await expectSumsAddUp()
    await expectOneEntryPerChange()
  }, 30_000)
})

// What a claim costs

type Statement = { readonly query: string; readonly bound: readonly unknown[] }
type Batch = { readonly statements: readonly Statement[]; readonly rowsRead: number }

/** A D1 that writes down each of its batches and the rows that it read. */
function meteredDatabase() {
  const batches: Batch[] = []
  const known = new WeakMap<object, Statement>()
  const methodOf = (target: object, name: string | symbol) => {
    const value: unknown = Reflect.get(target, name)
    return typeof value === 'function' ? value.bind(target) : value
  }
  const prepare = (query: string) =>
    new Proxy(env.DB.prepare(query), {
      get(statement, name) {
        if (name !== 'bind') return methodOf(statement, name)
        return (...bound: unknown[]) => {
          const made = statement.bind(...bound)
          known.set(made, { query, bound })
          return made
        }
      },
    })
  const batch = async (statements: D1PreparedStatement[]) => {
    const results = await env.DB.batch(statements)
    batches.push({
      statements: statements.flatMap((each) => known.get(each) ?? []),
      rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
    })
    return results
  }
  const d1 = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') return prepare
      return name === 'batch' ? batch : methodOf(target, name)
    },
  })
  return { batches, db: openDatabase(d1) }
}

describe('with 20,000 adjustments that count today', () => {
  const ROWS = 20_000
  const meter = meteredDatabase()
  const limits: LimitOptions = {
    perCustomer: { amount: usd(1_000), days: 30 },
    perAsker: { amount: usd(1_000), days: 1 },
    perDay: usd(10_000_000),
    perHourPerRule: usd(10_000_000),
    holdFirst: 10,
    duplicateHours: 24,
  }
  const { billing } = memoryBilling('many', 'live')
  let world: World

  beforeAll(async () => {
    world = await createWorld({
      config: moneyConfig(limits, RULES, 'live'),
      billing,
      db: meter.db,
    })
    await world.advance(400 * 24 * 3_600)
    const now = world.now()
    // Two of each customer and of each asker, all within the last second.
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
      INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
        settlement, reason, caused_by, amount, currency, customer_reference, asker, description,
        created_at, state, version, wake_at, attempts, generation)
      SELECT 'adj_many' || i, 'evt_many' || i, 'promise', 'batch', 'batch', 'batch', 'many:' || i, '',
        'live', 'owed', 'goodwill', 'system', -100 - i, 'usd', 'many' || (i % 10000),
        'agent' || (i % 10000) || '@saas.example', 'Goodwill', ?2, 'due', 1, ?2, 0, 0 FROM n`,
    )
      .bind(ROWS, now)
      .run()
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'invoiced', version = 2, wake_at = NULL,
        customer_id = 'cus_' || customer_reference, invoice_id = 'inv_filled_' || seq,
        counted_at = ?1 - seq % 1000, counted_day = ?2 WHERE id GLOB 'adj_many*'`,
    )
      .bind(now, berlin.format(now))
      .run()
  })

  async function claimOf(name: string, amount: number, who: number): Promise<Batch> {
    meter.batches.length = 0
    const fields = { customer: `many${who}`, asker: `agent${who}@saas.example`, amount }
    await world.receive('batch', [given(name, 'promise', { subject: `claim:${name}`, ...fields })])
    await world.work()
    const claim = meter.batches.find(({ statements: [first] }) =>
      first?.query.includes('MATERIALIZED'),
    )
    if (!claim) throw new Error('nothing was claimed')
    return claim
  }

  it('counts them by triggers alone', async () => {
    expect(await countRows('adjustments')).toBeGreaterThanOrEqual(ROWS)
    const [day] = await select<{ adjustments: number }>(
      `SELECT adjustments FROM limit_sums WHERE kind = 'day' AND mode = 'live' AND adjustments >= ?`,
      ROWS,
    )
    expect(day).toEqual({ adjustments: ROWS })
    await expectSumsAddUp()
  })

  it.each([
    ['that goes out', 'small', -1, 7, 'invoiced'],
    ['that is held for a customer and his asker', 'large', -100_001, 8, 'held'],
  ])('a claim %s reads fewer than fifty rows', async (_, name, amount, who, state) => {
    const { rowsRead } = await claimOf(name, amount, who)
    expect(rowsRead).toBeLessThan(50)
    expect(rowsRead).toBeGreaterThan(10)
    const [row] = await select(`SELECT state FROM adjustments WHERE subject = 'claim:${name}'`)
    expect(row).toEqual({ state })
  })

  it('scans no table: every adjustment that it adds up is found by an index', async () => {
    const { statements } = await claimOf('planned', -2, 9)
    for (const { query, bound } of statements) {
      const plan = await select<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...bound)
      const details = plan.map(({ detail }) => detail)
      expect(details.length).toBeGreaterThan(0)
      // `x` is the table of adjustments wherever a limit reads it.
      expect(
        details.filter((each) => /^SCAN (adjustments|x|switches|undos|audit)/.test(each)),
      ).toEqual([])
    }
    const [claim] = statements
    const plan = await select<{ detail: string }>(
      `EXPLAIN QUERY PLAN ${claim?.query}`,
      ...(claim?.bound ?? []),
    )
    const searches = plan.map(({ detail }) => detail).filter((each) => each.startsWith('SEARCH x '))
    expect(searches).toEqual([
      'SEARCH x USING INDEX adjustments_subject (account=? AND subject=?)',
      'SEARCH x USING COVERING INDEX adjustments_counted_customer (customer_id=? AND counted_at>?)',
      'SEARCH x USING COVERING INDEX adjustments_counted_asker (asker=? AND mode=? AND counted_at>?)',
      'SEARCH x USING INDEX adjustments_subject (account=? AND subject=?)',
      'SEARCH x USING COVERING INDEX adjustments_counted_customer (customer_id=? AND counted_at>?)',
    ])
  })
})
