// Where each limit begins and ends, what counts and what doesn't, and what stops a rule as a whole.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { BillingError } from '../../src/commet/client.ts'
import { findAdjustments } from '../../src/db/read-adjustments.ts'
import type { Adjustment } from '../../src/db/schema.ts'
import type { HoldDetail } from '../../src/domain/hold.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { HOLD_FIRST_DEFAULT, LIMIT_ROWS_MAX, PAUSE_LOOK_SECONDS } from '../../src/domain/limits.ts'
import type { LimitOptions } from '../../src/domain/money-limits.ts'
import { usd } from '../../src/domain/money.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import { err } from '../../src/domain/result.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { giving, type Given } from '../giving.ts'
import { refund, ticket } from '../harness.ts'
import { amount, createMoneyWorld } from '../money-world.ts'
import { createWorld, dyingAfterPost, entriesOf, setFaults, withPost } from '../world.ts'

type World = Awaited<ReturnType<typeof createMoneyWorld>>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const BOSS: Operator = { name: 'boss', identity: 'boss@saas.example', scopes: SCOPES }

let made = 0
const credit = (minorUnits: number, fields: Partial<Given> = {}): Given => ({
  subject: `edge:${(made += 1)}`,
  amount: -minorUnits,
  ...fields,
})

/** Gives it and works it: what became of it, and with which numbers it is held. */
async function outcomeOf(
  world: World,
  part: Given,
  type = 'promise',
): Promise<string | readonly HoldDetail[]> {
  const id = await world.give(type, part)
  const [result] = await world.work()
  const { state, holdDetails } = await world.adjustment(id)
  return state === 'held' ? (holdDetails ?? []) : `${result} ${state}`
}

const OUT = 'issued invoiced'
const over = (name: string, max: number, used: number) => [
  { reason: `over_limit:${name}`, max, used },
]

async function expectSum(kind: string, like: Record<string, unknown>): Promise<void> {
  const { results } = await env.DB.prepare('SELECT * FROM limit_sums WHERE kind = ?')
    .bind(kind)
    .all()
  expect(results).toContainEqual(expect.objectContaining(like))
}

describe('holdAbove', () => {
  it('lets its own amount out, and holds one cent more with both numbers', async () => {
    const world = await createMoneyWorld({ holdAbove: usd(250) })
    expect(await outcomeOf(world, credit(25_000))).toBe(OUT)
    expect(await outcomeOf(world, credit(25_001))).toEqual(over('holdAbove', 25_000, 0))
  })

  it('is 250.00 where nobody said anything', async () => {
    const { deps } = await createWorld()
    expect(deps.config.limits.of.owed.holdAbove).toBe(25_000)
  })

  it.each([
    [250_000, 1],
    [250_001, 2],
  ])(
    'asks for a second person above twoApproversAbove: %i cents need %i',
    async (cents, people) => {
      const limits = { holdAbove: usd(250), twoApproversAbove: usd(2_500) }
      const world = await createMoneyWorld(limits)
      const id = await world.give('promise', credit(cents))
      await world.work()
      expect(await world.adjustment(id)).toMatchObject({ state: 'held', approversNeeded: people })
    },
  )
})

describe('one amount in several parts', () => {
  const limits = { holdAbove: usd(250), twoApproversAbove: usd(500) }
  const partsOf = (...amounts: readonly number[]): Given[] => {
    const { subject } = credit(1)
    return amounts.map((each, n) => ({ ...credit(each), subject, part: `part-${n}` }))
  }

  /** What became of each part: its hold, with the number of people that it takes. */
  async function partsGiven(world: World, ...parts: readonly Given[]): Promise<unknown[]> {
    await world.give('promise', ...parts)
    await world.work()
    const { results } = await env.DB.prepare(
      `SELECT state, hold_details, approvers_needed FROM adjustments WHERE subject IN
        (SELECT value FROM json_each(?)) ORDER BY seq`,
    )
      .bind(JSON.stringify(parts.map(({ subject }) => subject)))
      .all<{ state: string; hold_details: string | null; approvers_needed: number }>()
    return results.map(({ state, hold_details: details, approvers_needed: people }) =>
      details === null ? state : [...JSON.parse(details), people],
    )
  }

  it('is asked as their sum, by every one of them', async () => {
    const world = await createMoneyWorld(limits)
    const held = (used: number, people: number) => [...over('holdAbove', 25_000, used), people]
    expect(await partsGiven(world, ...partsOf(10_000, 15_000))).toEqual(['invoiced', 'invoiced'])
    expect(await partsGiven(world, ...partsOf(10_000, 15_001))).toEqual([
      held(15_001, 1),
      held(10_000, 1),
    ])
    expect(await partsGiven(world, ...partsOf(20_000, 20_000, 10_001))).toEqual([
      held(30_001, 2),
      held(30_001, 2),
      held(40_000, 2),
    ])
    expect(await partsGiven(world, ...partsOf(20_000, 20_000, 10_000))).toEqual([
      held(30_000, 1),
      held(30_000, 1),
      held(40_000, 1),
    ])
  })

  it('is as many amounts as it has subjects and directions', async () => {
    const world = await createMoneyWorld({ ...limits, charges: 'allow' })
    const apart = [credit(25_000), credit(25_000)]
    expect(await partsGiven(world, ...apart)).toEqual(['invoiced', 'invoiced'])
    const opposite = partsOf(25_000, -25_000)
    expect(await partsGiven(world, ...opposite)).toEqual(['invoiced', 'invoiced'])
  })

  it('takes two people for each of them, also where that is configured later', async () => {
    const world = await createMoneyWorld({ holdAbove: usd(1) })
    const parts = partsOf(30_000, 30_000)
    expect(await partsGiven(world, ...parts)).toEqual([
      [...over('holdAbove', 100, 30_000), 1],
      [...over('holdAbove', 100, 30_000), 1],
    ])
    const rows = await env.DB.prepare('SELECT id FROM adjustments WHERE subject = ? ORDER BY seq')
      .bind(parts[0]!.subject)
      .all<Pick<Adjustment, 'id'>>()
    const [row] = await findAdjustments(world.deps.db, [rows.results[0]!.id])
    const { id, version, amount: seen, currency } = row!
    const deps = { ...world.deps, ...world.configured(limits) }
    expect(
      await approveAdjustment(deps, BOSS, id, { version, amount: seen, currency }),
    ).toMatchObject({ ok: true, value: { state: 'held', approversNeeded: 2 } })
  })
})

describe('perCustomer', () => {
  const limits = { perCustomer: { amount: usd(100), days: 30 } }

  it('counts the last 30 × 24 hours to the millisecond', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-window'
    expect(await outcomeOf(world, credit(6_000, { customer }))).toBe(OUT)
    world.setClock(30 * DAY_MS - 1)
    expect(await outcomeOf(world, credit(4_001, { customer }))).toEqual(
      over('perCustomer', 10_000, 6_000),
    )
    expect(await outcomeOf(world, credit(4_000, { customer }))).toBe(OUT)
    world.setClock(1)
    expect(await outcomeOf(world, credit(6_001, { customer }))).toEqual(
      over('perCustomer', 10_000, 4_000),
    )
    expect(await outcomeOf(world, credit(6_000, { customer }))).toBe(OUT)
  })

  it('is each customer’s own, whatever the account, the rule or the asker', async () => {
    const world = await createMoneyWorld(limits, [giving('promise'), giving('other')])
    expect(await outcomeOf(world, credit(10_000, { customer: 'edge-full' }))).toBe(OUT)
    const more = credit(1, { customer: 'edge-full', asker: 'agent@saas.example' })
    expect(await outcomeOf(world, more, 'other')).toEqual(over('perCustomer', 10_000, 10_000))
    expect(await outcomeOf(world, credit(10_000, { customer: 'edge-empty' }))).toBe(OUT)
  })

  it('of what is held counts nothing: one absurd event blocks nobody', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-absurd'
    expect(await outcomeOf(world, credit(1_000_000_000, { customer }))).toEqual(
      over('perCustomer', 10_000, 0),
    )
    expect(await outcomeOf(world, credit(10_000, { customer }))).toBe(OUT)
  })

  /** So many adjustments of a cent that count since now, numbered from one on. */
  const fill = (customer: string, from: number, to: number, at: number, settlement: string) =>
    env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT ?2 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
        INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
          settlement, reason, caused_by, amount, currency, description, created_at, state, version,
          wake_at, attempts, generation)
        SELECT 'adj_' || ?4 || i, 'evt_full' || i, 'promise', 'batch', 'batch', 'batch', ?4 || ':' || i, '',
          'test', ?5, 'goodwill', 'system', -1, 'usd', 'Goodwill', ?1, 'due', 1, ?1, 0, 0 FROM n`,
      ).bind(at, from, to, customer, settlement),
      env.DB.prepare(
        `UPDATE adjustments SET customer_id = 'cus_' || ?2, counted_at = ?1, counted_day = 'd'
        WHERE id GLOB 'adj_' || ?2 || '*' AND counted_at IS NULL`,
      ).bind(at, customer),
    ])

  it('counts a customer with a thousand adjustments in the window as full', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-many'
    await fill(customer, 1, LIMIT_ROWS_MAX - 1, world.at(), 'owed')
    expect(await outcomeOf(world, credit(9_002, { customer }))).toEqual(
      over('perCustomer', 10_000, LIMIT_ROWS_MAX - 1),
    )
    await fill(customer, LIMIT_ROWS_MAX, LIMIT_ROWS_MAX, world.at(), 'owed')
    expect(await outcomeOf(world, credit(1, { customer }))).toEqual(
      over('perCustomer', 10_000, 10_000),
    )
  })

  it('reads no more of them where they are of another purse, and counts him as full', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-records'
    await fill(customer, 1, LIMIT_ROWS_MAX - 1, world.at(), 'already_paid')
    expect(await outcomeOf(world, credit(4_000, { customer }))).toBe(OUT)
    expect(await outcomeOf(world, credit(4_000, { customer }))).toEqual(
      over('perCustomer', 10_000, 10_000),
    )
  })
})

describe('perAsker', () => {
  const limits = { perAsker: { amount: usd(200), days: 1 } }

  it('is of one person, however his address is spelt, in the last 24 hours', async () => {
    const world = await createMoneyWorld(limits)
    expect(await outcomeOf(world, credit(15_000, { asker: 'Ann@saas.example' }))).toBe(OUT)
    expect(await outcomeOf(world, credit(5_001, { asker: 'ann@SAAS.example' }))).toEqual(
      over('perAsker', 20_000, 15_000),
    )
    expect(await outcomeOf(world, credit(20_000, { asker: 'bob@saas.example' }))).toBe(OUT)
    world.setClock(DAY_MS)
    expect(await outcomeOf(world, credit(20_000, { asker: 'ann@saas.example' }))).toBe(OUT)
  })

  it('stops nothing that nobody asked for', async () => {
    const world = await createMoneyWorld(limits)
    expect(await outcomeOf(world, credit(20_001, { asker: null }))).toBe(OUT)
    expect(await outcomeOf(world, credit(20_001, { asker: null }))).toBe(OUT)
  })
})

describe('perDay', () => {
  const limits = { perDay: usd(100) }

  // Of 60.00 and 40.01, at these times: are they of one day in Berlin?
  it.each([
    [
      'in winter, on both sides of midnight',
      '2031-01-09T22:59:59.999Z',
      '2031-01-09T23:00:00Z',
      false,
    ],
    [
      'in winter, on both sides of midnight in UTC',
      '2031-01-19T23:59:59Z',
      '2031-01-20T00:00:00Z',
      true,
    ],
    [
      'in summer, on both sides of midnight',
      '2031-07-09T21:59:59.999Z',
      '2031-07-09T22:00:00Z',
      false,
    ],
    [
      'in summer, in the last hour of a winter day',
      '2031-07-19T21:00:00Z',
      '2031-07-19T22:30:00Z',
      false,
    ],
    [
      'in the day of 23 hours, from end to end',
      '2031-03-29T23:00:00Z',
      '2031-03-30T21:59:59.999Z',
      true,
    ],
    ['after the day of 23 hours', '2031-03-30T21:59:59.999Z', '2031-03-30T22:00:00Z', false],
    [
      'in the day of 25 hours, from end to end',
      '2031-10-25T22:00:00Z',
      '2031-10-26T22:59:59.999Z',
      true,
    ],
    [
      'in both hours that are called two o’clock',
      '2031-10-26T00:30:00Z',
      '2031-10-26T01:30:00Z',
      true,
    ],
    ['after the day of 25 hours', '2031-10-26T22:59:59.999Z', '2031-10-26T23:00:00Z', false],
  ])('is of a day by the clocks of Berlin: %s', async (_, one, other, isOneDay) => {
    await env.DB.exec('DELETE FROM limit_sums')
    const world = await createMoneyWorld(limits)
    world.setClock(one)
    expect(await outcomeOf(world, credit(6_000))).toBe(OUT)
    world.setClock(other)
    expect(await outcomeOf(world, credit(4_001))).toEqual(
      isOneDay ? over('perDay', 10_000, 6_000) : OUT,
    )
  })

  it('counts an adjustment where its room was asked for, not where its invoice came', async () => {
    const world = await createMoneyWorld(limits)
    world.setClock('2032-01-09T22:59:59Z')
    const id = await world.give('promise', credit(6_000))
    const slow = withPost(world.deps.billing, async (post) => {
      world.setClock('2032-01-09T23:00:10Z')
      return post()
    })
    expect(await world.work(slow)).toEqual(['issued'])
    expect(await world.adjustment(id)).toMatchObject({
      state: 'invoiced',
      countedDay: '2032-01-09',
    })
    expect(await outcomeOf(world, credit(10_000))).toBe(OUT)
  })

  it('has four purses: credits and charges, promises and records', async () => {
    const world = await createMoneyWorld({ ...limits, charges: 'allow' })
    const charge = (minorUnits: number) => credit(-minorUnits)
    expect(await outcomeOf(world, credit(10_000))).toBe(OUT)
    expect(await outcomeOf(world, charge(10_000))).toBe(OUT)
    expect(await outcomeOf(world, credit(10_000), 'record')).toBe(OUT)
    expect(await outcomeOf(world, charge(10_000), 'record')).toBe(OUT)
    for (const [part, type] of [
      [credit(1), 'promise'],
      [charge(1), 'promise'],
      [credit(1), 'record'],
      [charge(1), 'record'],
    ] as const) {
      expect(await outcomeOf(world, part, type)).toEqual(over('perDay', 10_000, 10_000))
    }
  })

  it('gives records other amounts where alreadyPaid says so, and the same where it doesn’t', async () => {
    const alreadyPaid = { perDay: usd(200) }
    const world = await createMoneyWorld({ ...limits, holdAbove: usd(150), alreadyPaid })
    expect(await outcomeOf(world, credit(15_000), 'record')).toBe(OUT)
    expect(await outcomeOf(world, credit(15_001), 'record')).toEqual([
      ...over('holdAbove', 15_000, 0),
      ...over('perDay', 20_000, 15_000),
    ])
    expect(await outcomeOf(world, credit(15_000))).toEqual(over('perDay', 10_000, 0))
  })

  it('of test mode takes nothing of live mode’s', async () => {
    const test = await createMoneyWorld(limits)
    const live = await createMoneyWorld(limits, [giving('promise')], 'live')
    const noon = '2033-05-05T10:00:00Z'
    test.setClock(noon)
    live.setClock(noon)
    expect(await outcomeOf(test, credit(10_000))).toBe(OUT)
    expect(await outcomeOf(live, credit(10_000))).toBe(OUT)
    expect(await outcomeOf(live, credit(1))).toEqual(over('perDay', 10_000, 10_000))
    for (const mode of ['test', 'live']) {
      await expectSum('day', { mode, bucket: '2033-05-05', total: 10_000, adjustments: 1 })
    }
  })
})

describe('perHourPerRule', () => {
  const limits = { perHourPerRule: usd(100) }
  const rules = [giving('promise'), giving('other')]

  it('is of an hour of the clock, and stops the rule as a whole, with an entry and an alarm', async () => {
    const world = await createMoneyWorld(limits, rules)
    world.setClock('2034-01-01T10:59:59.999Z')
    expect(await outcomeOf(world, credit(6_000))).toBe(OUT)
    const stopped = credit(4_001)
    expect(await outcomeOf(world, stopped)).toEqual(over('perHourPerRule', 10_000, 6_000))
    const { results } = await env.DB.prepare('SELECT kind, key, actor, cause FROM switches').all()
    expect(results).toEqual([
      { kind: 'rule', key: 'promise', actor: 'system:limits', cause: 'per_hour_per_rule' },
    ])
    expect((await entriesOf('rule:promise')).at(-1)).toEqual({
      action: 'switch.paused',
      data: { cause: 'per_hour_per_rule' },
    })
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.rule_paused', rule: 'promise' }),
    )
    // What would have fitted waits too, in its place; another rule goes on.
    const id = await world.give('promise', credit(1))
    expect(await world.work()).toEqual(['paused'])
    expect(await world.adjustment(id)).toMatchObject({
      state: 'due',
      version: 1,
      wakeAt: world.at() + PAUSE_LOOK_SECONDS * 1_000,
      countedAt: null,
    })
    expect(await outcomeOf(world, credit(10_000), 'other')).toBe(OUT)

    // Resumed in the next hour, it has a new hour's room.
    await env.DB.exec('DELETE FROM switches')
    world.setClock(1)
    world.queue.push({ id: (await world.adjustment(id)).id, version: 1 })
    expect(await world.work()).toEqual(['issued'])
    expect(await outcomeOf(world, credit(9_999))).toBe(OUT)
    await expectSum('rule_hour', { key: 'promise', total: 10_000, adjustments: 2 })
  })

  it.each<[string, LimitOptions, number | null, Partial<Given>, string[]]>([
    ['is too large for the hour by itself', {}, null, {}, []],
    ['is held for its own amount as well', { holdAbove: usd(50) }, 4_000, {}, []],
    ['is of nobody who is known', {}, 4_000, { customer: null }, []],
    ['is over another sum, too', { perDay: usd(90) }, 4_000, {}, ['promise']],
  ])('of one that %s: whether its rule stops', async (_, more, before, fields, stopped) => {
    await env.DB.exec('DELETE FROM limit_sums')
    const world = await createMoneyWorld({ ...limits, ...more }, rules)
    if (before !== null) expect(await outcomeOf(world, credit(before))).toBe(OUT)
    expect(await outcomeOf(world, credit(10_001, fields))).toContainEqual({
      reason: 'over_limit:perHourPerRule',
      max: 10_000,
      used: before ?? 0,
    })
    const { results } = await env.DB.prepare('SELECT kind, key FROM switches').all()
    expect(results).toEqual(stopped.map((key) => ({ kind: 'rule', key })))
    const alarms = world.lines.filter(({ event }) => event === 'alarm.rule_paused')
    expect(alarms).toHaveLength(stopped.length)
  })

  it('counts what a rule made under its former id in the same hour', async () => {
    const before = await createMoneyWorld(limits, [giving('promise')])
    const after = await createMoneyWorld(limits, [
      giving('renamed', { was: ['promise'], on: ['promise'] }),
    ])
    const noon = '2034-02-02T10:00:00Z'
    before.setClock(noon)
    after.setClock(noon)
    expect(await outcomeOf(before, credit(6_000))).toBe(OUT)
    expect(await outcomeOf(after, credit(4_001))).toEqual(over('perHourPerRule', 10_000, 6_000))
  })
})

describe('several limits at once', () => {
  it('are all told, in one order, each with what was used of it', async () => {
    const limits: LimitOptions = {
      holdAbove: amount(100),
      perCustomer: { amount: amount(200), days: 7 },
      perAsker: { amount: amount(300), days: 7 },
      perDay: amount(400),
      perHourPerRule: amount(500),
    }
    const world = await createMoneyWorld(limits)
    const who = { customer: 'edge-several', asker: 'several@saas.example' }
    expect(await outcomeOf(world, credit(90, who))).toBe(OUT)
    expect(await outcomeOf(world, credit(411, who))).toEqual([
      { reason: 'over_limit:holdAbove', max: 100, used: 0 },
      { reason: 'over_limit:perCustomer', max: 200, used: 90 },
      { reason: 'over_limit:perAsker', max: 300, used: 90 },
      { reason: 'over_limit:perDay', max: 400, used: 90 },
      { reason: 'over_limit:perHourPerRule', max: 500, used: 90 },
    ])
  })
})

// What counts

const REFUSED: BillingError = {
  meaning: 'permanent',
  status: 422,
  code: 'validation_error',
  message: 'refused',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
}

const answering = (world: World, error: BillingError) =>
  withPost(world.deps.billing, async () => err(error))

describe('what counts against a limit', () => {
  const limits = { perDay: usd(100), perCustomer: { amount: usd(100), days: 1 } }
  const both = (used: number) => [
    ...over('perCustomer', 10_000, used),
    ...over('perDay', 10_000, used),
  ]

  it('is no longer what has failed, but again once that is claimed a second time', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-failed'
    const id = await world.give('promise', credit(10_000, { customer }))
    expect(await world.work(answering(world, REFUSED))).toEqual(['failed'])
    const failed = await world.adjustment(id)
    expect(failed).toMatchObject({ state: 'failed', countedAt: null, countedDay: null })
    expect(await outcomeOf(world, credit(6_000, { customer }))).toBe(OUT)

    // As an operator's second try would do: its room is gone by now.
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'due', version = version + 1, generation = generation + 1, wake_at = ?
        WHERE id = ?`,
    )
      .bind(world.at(), failed.id)
      .run()
    world.queue.push({ id: failed.id, version: failed.version + 1 })
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(id)).holdDetails).toEqual(both(6_000))
  })

  it('is what may have arrived, though nobody knows', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-unknown'
    const id = await world.give('promise', credit(6_000, { customer }))
    const lost = answering(world, { ...REFUSED, meaning: 'ambiguous', status: 503 })
    expect(await world.work(lost)).toEqual(['postponed'])
    expect(await world.adjustment(id)).toMatchObject({ state: 'due', countedAt: world.at() })
    expect(await outcomeOf(world, credit(4_001, { customer }))).toEqual(both(6_000))

    const { version, id: adjustmentId } = await world.adjustment(id)
    world.queue.push({ id: adjustmentId, version })
    expect(await world.work(answering(world, REFUSED))).toEqual(['held'])
    expect(await world.adjustment(id)).toMatchObject({
      holdReasons: ['outcome_unknown'],
      countedAt: world.at(),
    })
    expect(await outcomeOf(world, credit(4_001, { customer }))).toEqual(both(6_000))
  })

  it('is what a crash has left under a lease', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-crash'
    await world.give('promise', credit(6_000, { customer }))
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    expect(await outcomeOf(world, credit(4_001, { customer }))).toEqual(both(6_000))
    expect(await outcomeOf(world, credit(4_000, { customer }))).toBe(OUT)
  })

  const approve = (world: World, { id, version, amount: seen, currency }: Adjustment) =>
    approveAdjustment(world.deps, BOSS, id, { version, amount: seen, currency })

  it('is what is approved, from that moment on and once, though above the limit itself', async () => {
    const world = await createMoneyWorld(limits)
    const customer = 'edge-approved'
    const id = await world.give('promise', credit(15_000, { customer }))
    expect(await world.work()).toEqual(['held'])
    expect(await outcomeOf(world, credit(4_000, { customer }))).toBe(OUT)
    expect(await approve(world, await world.adjustment(id))).toMatchObject({ ok: true })
    const waiting = world.queue.splice(0)
    expect(await outcomeOf(world, credit(1, { customer }))).toEqual(both(19_000))

    world.queue.push(...waiting)
    expect(await world.work()).toEqual(['issued'])
    const day = (await world.adjustment(id)).countedDay
    await expectSum('day', { mode: 'test', bucket: day, total: 19_000, adjustments: 2 })
  })

  const BUCKETS = `SELECT kind, bucket, total, adjustments FROM limit_sums
    WHERE adjustments > 0 ORDER BY kind, bucket`
  const buckets = async () => (await env.DB.prepare(BUCKETS).all()).results
  const hourOf = (iso: string) => String(Math.floor(Date.parse(iso) / 3_600_000))

  it.each<[string, string, string]>([
    ['in the same hour', '2035-03-01T21:10:00Z', '2035-03-01'],
    ['an hour later', '2035-03-01T22:10:00Z', '2035-03-01'],
    ['on the next day', '2035-03-02T08:00:00Z', '2035-03-02'],
  ])('counts once, where it goes out: approved at ten, issued %s', async (_, later, day) => {
    await env.DB.exec('DELETE FROM limit_sums')
    const world = await createMoneyWorld({ holdAbove: usd(50), perDay: usd(100) })
    const approvedAt = '2035-03-01T21:00:00Z'
    world.setClock(approvedAt)
    const id = await world.give('promise', credit(6_000))
    expect(await world.work()).toEqual(['held'])
    await approve(world, await world.adjustment(id))
    const counted = { total: 6_000, adjustments: 1 }
    expect(await buckets()).toEqual([
      { kind: 'day', bucket: '2035-03-01', ...counted },
      { kind: 'rule_hour', bucket: hourOf(approvedAt), ...counted },
    ])

    world.setClock(later)
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id)).toMatchObject({ countedAt: world.at(), countedDay: day })
    expect(await buckets()).toEqual([
      { kind: 'day', bucket: day, ...counted },
      { kind: 'rule_hour', bucket: hourOf(later), ...counted },
    ])
    expect(await outcomeOf(world, credit(4_001))).toEqual(over('perDay', 10_000, 6_000))
    expect(await outcomeOf(world, credit(4_000))).toBe(OUT)
  })

  it('asks the room of the day in which it goes out, whatever the day of its approval had', async () => {
    await env.DB.exec('DELETE FROM limit_sums')
    const world = await createMoneyWorld({ holdAbove: usd(50), perDay: usd(100) })
    world.setClock('2035-04-01T21:00:00Z')
    const id = await world.give('promise', credit(6_000))
    expect(await world.work()).toEqual(['held'])
    await approve(world, await world.adjustment(id))
    const waiting = world.queue.splice(0)
    world.setClock('2035-04-02T08:00:00Z')
    expect(await outcomeOf(world, credit(4_001))).toBe(OUT)
    world.queue.push(...waiting)
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(id)).toMatchObject({
      holdDetails: over('perDay', 10_000, 4_001),
      countedAt: null,
    })
    expect(await buckets()).toEqual([
      { kind: 'day', bucket: '2035-04-02', total: 4_001, adjustments: 1 },
      { kind: 'rule_hour', bucket: hourOf('2035-04-02T08:00:00Z'), total: 4_001, adjustments: 1 },
    ])
  })

  it('is no adjustment’s own amount: what is approved stands in nobody’s way, least of all its own', async () => {
    const whole = { amount: usd(60), days: 1 }
    const world = await createMoneyWorld({
      holdAbove: usd(50),
      perCustomer: whole,
      perAsker: whole,
      perDay: usd(60),
      perHourPerRule: usd(60),
      duplicateHours: 24,
    })
    const who = { customer: 'edge-own', asker: 'own@saas.example' }
    const id = await world.give('promise', credit(6_000, who))
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(id)).holdDetails).toEqual(over('holdAbove', 5_000, 0))
    await approve(world, await world.adjustment(id))
    expect(await world.work()).toEqual(['issued'])
  })

  it('is asked again where an approval has cleared one limit and another is reached meanwhile', async () => {
    const world = await createMoneyWorld({ perCustomer: { amount: usd(50), days: 1 } })
    const customer = 'edge-meanwhile'
    const id = await world.give('promise', credit(6_000, { customer }))
    expect(await world.work()).toEqual(['held'])
    await approve(world, await world.adjustment(id))
    const [wakeUp] = world.queue.splice(0)
    const stricter = world.configured({
      perCustomer: { amount: usd(50), days: 1 },
      perDay: usd(59.99),
    })
    expect(await issueAdjustment({ ...world.deps, ...stricter }, wakeUp!)).toBe('held')
    expect(await world.adjustment(id)).toMatchObject({
      holdDetails: over('perDay', 5_999, 0),
      clearedReasons: ['over_limit:perCustomer'],
      holds: 2,
      countedAt: null,
    })
  })
})

describe('a rule that is new under a live key', () => {
  const cleared = async (world: World, id: EventId): Promise<void> => {
    const { id: adjustmentId, version, amount: seen, currency } = await world.adjustment(id)
    const approval = { version, amount: seen, currency }
    expect(await approveAdjustment(world.deps, BOSS, adjustmentId, approval)).toMatchObject({
      ok: true,
    })
  }
  const FIRST = { holdFirst: HOLD_FIRST_DEFAULT }
  const newRule = (used: number) => [{ reason: 'new_rule', max: HOLD_FIRST_DEFAULT, used }]

  it('has its adjustments held until ten were let through, not until ten have come', async () => {
    const world = await createMoneyWorld(FIRST, [giving('fresh')], 'live')
    const ids: EventId[] = []
    for (let n = 0; n < HOLD_FIRST_DEFAULT + 2; n++) {
      ids.push(await world.give('fresh', credit(100)))
      expect(await world.work()).toEqual(['held'])
      expect((await world.adjustment(ids[n]!)).holdDetails).toEqual(newRule(0))
    }
    for (const [n, id] of ids.slice(0, HOLD_FIRST_DEFAULT).entries()) {
      expect(await outcomeOf(world, credit(100), 'fresh')).toEqual(newRule(n))
      await cleared(world, id)
      expect(await world.work()).toEqual(['issued'])
    }
    expect(await outcomeOf(world, credit(100), 'fresh')).toBe(OUT)
    expect(world.posted).toHaveLength(HOLD_FIRST_DEFAULT + 1)
  })

  it('is not new under another name, and nothing is new in test mode', async () => {
    const rules = [giving('renamed', { was: ['fresh'], on: ['fresh'] })]
    const renamed = await createMoneyWorld(FIRST, rules, 'live')
    expect(await outcomeOf(renamed, credit(100), 'fresh')).toBe(OUT)
    const another = await createMoneyWorld(FIRST, [giving('another')], 'live')
    expect(await outcomeOf(another, credit(100), 'another')).toEqual(newRule(0))
    const test = await createMoneyWorld(FIRST, [giving('test-only')])
    expect(await outcomeOf(test, credit(100), 'test-only')).toBe(OUT)
  })

  it('is new there, however much went out in test mode', async () => {
    const test = await createMoneyWorld({}, [giving('moded')])
    for (let n = 0; n < HOLD_FIRST_DEFAULT; n++) await test.give('moded', credit(100 + n))
    expect(new Set(await test.work())).toEqual(new Set(['issued']))
    const live = await createMoneyWorld(FIRST, [giving('moded')], 'live')
    expect(await outcomeOf(live, credit(100), 'moded')).toEqual(newRule(0))
  })

  it('counts ten at once as ten: of twenty at the same time, all are held', async () => {
    const world = await createMoneyWorld(FIRST, [giving('crowd')], 'live')
    for (let n = 0; n < 20; n++) await world.give('crowd', credit(100 + n))
    expect(new Set(await world.workAtOnce())).toEqual(new Set(['held']))
  })
})

describe('an answer that differs from what was asked', () => {
  it('pauses its rule with an entry, in the batch of the invoice, and no other rule', async () => {
    const world = await createWorld()
    await world.receive('zendesk', ticket())
    const [id] = await world.receive('zendesk', ticket())
    const next = world.queue.splice(1)
    await setFaults({ kind: 'other_answer', method: 'POST', data: { total: -2_975 }, times: 1 })
    expect(await world.work()).toEqual(['issued'])
    await setFaults()
    const { results } = await env.DB.prepare('SELECT kind, key, actor, cause FROM switches').all()
    const paused = { kind: 'rule', key: 'zendesk-ticket-credit', actor: 'system:limits' }
    expect(results).toEqual([{ ...paused, cause: 'answer_differs' }])
    expect(await entriesOf('rule:zendesk-ticket-credit')).toEqual([
      { action: 'switch.paused', data: { cause: 'answer_differs' } },
    ])
    world.queue.push(...next)
    expect(await world.work()).toEqual(['paused'])
    expect((await world.adjustment(id!)).state).toBe('due')
    await world.receive('stripe', refund())
    expect(await world.work()).toEqual(['issued'])
  })
})
