// A dry run says what would happen, and then exactly that happens; until then nothing has.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Config } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { DRY_RUN_ADJUSTMENTS_MAX } from '../../src/domain/limits.ts'
import type { LimitOptions } from '../../src/domain/money-limits.ts'
import { usd } from '../../src/domain/money.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import {
  charge,
  credit,
  hold,
  ignore,
  rule,
  several,
  undo,
  type Rule,
  type RuleDefinition,
} from '../../src/domain/rule.ts'
import { dryRun, type DryInput, type DryRun, type DryTrouble } from '../../src/usecases/dry-run.ts'
import { noteRefund } from '../../src/usecases/note-refund.ts'
import { pause } from '../../src/usecases/pause.ts'
import { setIdentity } from '../../src/usecases/set-identity.ts'
import { countRows, sandboxControl, ticket } from '../harness.ts'
import { moneyConfig } from '../money-world.ts'
import { callsOf, createWorld, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

const PAYLOAD = z.object({
  subject: z.string(),
  do: z.enum(['credit', 'charge', 'hold', 'undo', 'ignore', 'throw', 'parts']).default('credit'),
  amount: z.number().default(1_000),
  customer: z.string().nullable().default('acme-42'),
  asker: z.string().nullable().default(null),
  at: z.number().nullable().default(null),
})

const giving = (facts: Partial<RuleDefinition<typeof PAYLOAD>> = {}): Rule =>
  rule({
    id: 'giving',
    source: 'batch',
    on: ['give'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    payload: PAYLOAD,
    adjust(data) {
      const { subject, customer, asker, at } = data
      const money = { minorUnits: data.amount, currency: 'usd' }
      const fields = { subject, customer, asker, happenedAt: at }
      switch (data.do) {
        case 'credit':
          return credit(money, fields)
        case 'charge':
          return charge(money, fields)
        case 'hold':
          return hold('second_this_month', credit(money, fields))
        case 'undo':
          return undo(subject)
        case 'ignore':
          return ignore('told_to')
        case 'parts':
          return several(
            credit(money, { ...fields, part: 'net' }),
            credit(money, { ...fields, part: 'tax' }),
          )
        case 'throw':
          throw new TypeError('this rule is broken')
      }
    },
    ...facts,
  })

let world: World
let subjects = 0
const subject = (): string => `order:${(subjects += 1)}`
const give = (fields: Record<string, unknown> = {}, type = 'give') => [
  { id: `own_${(subjects += 1)}`, type, subject: subject(), ...fields },
]

beforeEach(async () => {
  await sandboxControl('POST', '/reset')
  world = await worldWith()
})

const worldWith = (
  limits: LimitOptions = {},
  rules: readonly Rule[] = [giving()],
): Promise<World> => createWorld({ config: moneyConfig(limits, rules) })

/** How many rows each table has, whichever there are. */
async function allRows(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'
       AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'd1_*'`,
  ).all<{ name: string }>()
  expect(results.length).toBeGreaterThan(10)
  const counted = results.map(async ({ name }) => [name, await countRows(name)] as const)
  return Object.fromEntries(await Promise.all(counted))
}

/** The deps on a D1 that counts what is written, and that no statement of a change reaches. */
function readingOnly(deps: Deps): Deps {
  const counted = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === 'bind') return (...values: unknown[]) => counted(target.bind(...values))
        if (name === 'all' || name === 'run') {
          return async () => {
            const result = await target.all()
            expect(result.meta.rows_written).toBe(0)
            return result
          }
        }
        return value.bind(target)
      },
    })
  const d1 = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') {
        return (text: string) => {
          expect(text).toMatch(/^\s*select/i)
          return counted(target.prepare(text))
        }
      }
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements)
          for (const { meta } of results) expect(meta.rows_written).toBe(0)
          return results
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { ...deps, db: openDatabase(d1) }
}

async function tried(input: DryInput, parts: Partial<Deps> = {}): Promise<DryRun> {
  const before = await allRows()
  const posts = (await callsOf('POST', /./)).length
  const run = await dryRun(readingOnly({ ...world.deps, ...parts }), input)
  expect(await allRows()).toEqual(before)
  expect(await callsOf('POST', /./)).toHaveLength(posts)
  expect(world.queue).toEqual([])
  if (!run.ok) throw new Error(run.error.reason)
  return run.value
}

async function refused(input: DryInput, parts: Partial<Deps> = {}): Promise<DryTrouble> {
  const run = await dryRun(readingOnly({ ...world.deps, ...parts }), input)
  if (run.ok) throw new Error('it was not refused')
  return run.error
}

const payloadOf = (payload: unknown, endpoint = 'batch'): DryInput => ({
  kind: 'payload',
  endpoint,
  payload,
  type: null,
})

/** Of the only event: as it is, without what the door keeps of it. */
async function only(input: DryInput, parts: Partial<Deps> = {}): Promise<any> {
  const { events } = await tried(input, parts)
  expect(events).toHaveLength(1)
  return events[0]
}

const receive = async (body: unknown): Promise<EventId> => {
  const [id] = await world.receive('batch', body)
  return id!
}

/** Delivers, and works all of it; what was learnt of the customer is forgotten. */
async function happen(body: unknown): Promise<EventId> {
  const id = await receive(body)
  await world.work()
  await env.DB.exec('DELETE FROM known_customers')
  return id
}

describe('what it says then happens', () => {
  const DAY = 86_400_000
  it.each<[string, Record<string, unknown>, LimitOptions, string, readonly string[]]>([
    ['a credit', {}, {}, 'issue', []],
    ['a charge', { do: 'charge' }, {}, 'hold', ['charge']],
    ['a large one', { amount: 30_000 }, { holdAbove: usd(250) }, 'hold', ['over_limit:holdAbove']],
    ['nobody’s', { customer: 'nobody' }, {}, 'hold', ['customer_unresolved']],
    ['without a customer', { customer: null }, {}, 'hold', ['customer_unresolved']],
    ['one that its rule asks about', { do: 'hold' }, {}, 'hold', ['rule_asked']],
    ['the day’s last', { amount: 600 }, { perDay: usd(5) }, 'hold', ['over_limit:perDay']],
    [
      'one customer’s',
      { amount: 600 },
      { perCustomer: { amount: usd(5), days: 1 } },
      'hold',
      ['over_limit:perCustomer'],
    ],
    [
      'one asker’s',
      { amount: 600, asker: 'Agent@saas.example' },
      { perAsker: { amount: usd(5), days: 1 } },
      'hold',
      ['over_limit:perAsker'],
    ],
    [
      'one of long ago',
      { at: Date.parse('2026-10-26T12:00:00Z') - 30 * DAY },
      { olderThanEndpoint: 'hold' },
      'hold',
      ['older_than_endpoint'],
    ],
  ])('%s', async (_, fields, limits, would, reasons) => {
    world = await worldWith(limits)
    const body = give(fields)
    const said = await only(payloadOf(body))
    expect(said).toMatchObject({ fate: 'adjusted', recorded: null })
    const [prospect] = said.adjustments
    expect(prospect.would).toBe(would)
    expect(prospect.holdReasons.map((each: any) => each.reason)).toEqual(reasons)
    // Whoever asked is no approver: of two, one is not he where nobody knows him.
    const people = fields['asker'] === undefined ? 2 : 1
    expect(prospect.approversNeeded).toBe(would === 'hold' ? people : 0)

    const id = await receive(body)
    expect(id).toBe(said.id)
    const [result] = await world.work()
    expect(result).toBe(would === 'issue' ? 'issued' : 'held')
    const row = await world.adjustment(id)
    expect(row.id).toBe(prospect.made.id)
    expect(row.holdDetails ?? []).toEqual(prospect.holdReasons)
    expect(row.amount).toBe(prospect.made.amount)
    expect(row.customerId).toBe(prospect.customer.customerId)
  })

  it('the numbers of a limit are those of now', async () => {
    world = await worldWith({ perHourPerRule: usd(25) }, [giving({ id: 'hourly' })])
    const large = payloadOf(give({ amount: 100_000 }))
    const over = (used: number) => [{ reason: 'over_limit:perHourPerRule', max: 2_500, used }]
    expect((await only(large)).adjustments[0].holdReasons).toEqual(over(0))
    await happen(give({ amount: 700 }))
    expect((await only(large)).adjustments[0].holdReasons).toEqual(over(700))
  })

  it('an endpoint that has received nothing begins now', async () => {
    world = await worldWith({ olderThanEndpoint: 'hold' })
    const { config } = world.deps
    const endpoints = new Map([['unused', config.endpoints.get('batch')!]])
    const body = give({ at: Date.parse('2026-10-01T12:00:00Z') })
    const said = await only(payloadOf(body, 'unused'), { config: { ...config, endpoints } })
    expect(said.adjustments[0].holdReasons).toEqual([{ reason: 'older_than_endpoint' }])
  })

  it('above the second limit two people are wanted', async () => {
    world = await worldWith({ holdAbove: usd(10), twoApproversAbove: usd(20) })
    const said = await only(payloadOf(give({ amount: 2_100 })))
    expect(said.adjustments[0]).toMatchObject({ would: 'hold', approversNeeded: 2 })
  })
})

describe('what is there already', () => {
  it('is a duplicate, or a conflict that says what differs and with which', async () => {
    const body = give()
    const same = body[0]?.subject
    const id = await happen(body)
    const row = await world.adjustment(id)
    const lookUps = (await callsOf('GET', /./)).length
    const again = await only(payloadOf(give({ subject: same })))
    expect(again).toMatchObject({
      fate: 'duplicate',
      recorded: null,
      adjustments: [
        {
          would: 'duplicate',
          isNew: false,
          standing: { id: row.id, eventId: id },
          differences: [],
        },
      ],
    })
    const other = await only(payloadOf(give({ subject: same, amount: 7, customer: 'bolt-7' })))
    expect(other).toMatchObject({
      fate: 'conflict',
      adjustments: [{ would: 'conflict', differences: ['amount', 'customerReference'] }],
    })
    expect(await callsOf('GET', /./)).toHaveLength(lookUps)
  })

  it('also under a former id of the rule', async () => {
    world = await worldWith({}, [giving({ id: 'giving-before' })])
    const body = give()
    const same = body[0]?.subject
    const row = await world.adjustment(await happen(body))
    world = await worldWith({}, [giving({ id: 'giving-now', was: ['giving-before'] })])
    const again = await only(payloadOf(give({ subject: same })))
    expect(again).toMatchObject({ fate: 'duplicate', adjustments: [{ standing: { id: row.id } }] })
  })

  it('makes another rule’s of the same subject a possible duplicate', async () => {
    const [body] = give()
    const row = await world.adjustment(await happen([body]))
    world = await worldWith({}, [giving({ id: 'other-rule' })])
    const said = await only(payloadOf(give({ subject: body!.subject })))
    expect(said.adjustments[0]).toMatchObject({
      would: 'hold',
      holdReasons: [{ reason: 'possible_duplicate', adjustment: row.id }],
    })
  })

  it('in the payload itself: the first makes it, the second doesn’t', async () => {
    const same = subject()
    const { events } = await tried(
      payloadOf([
        ...give({ subject: same }),
        ...give({ subject: same }),
        ...give({ subject: same, amount: 5 }),
      ]),
    )
    expect(events).toMatchObject([
      { fate: 'adjusted', adjustments: [{ would: 'issue' }] },
      { fate: 'duplicate', adjustments: [{ would: 'duplicate', standing: { state: null } }] },
      { fate: 'conflict', adjustments: [{ would: 'conflict', differences: ['amount'] }] },
    ])
  })
})

describe('a recorded event', () => {
  it('says what it has made, and what the present rules would make otherwise', async () => {
    const id = await happen(give())
    const row = await world.adjustment(id)
    const same = await only({ kind: 'recorded', event: id })
    expect(same).toMatchObject({
      id,
      recorded: { id, fate: 'adjusted' },
      fate: 'adjusted',
      adjustments: [
        { would: 'exists', standing: { id: row.id, state: 'invoiced' }, differences: [] },
      ],
    })
    const dearer = giving({
      adjust: (data) =>
        credit(
          { minorUnits: 1_100, currency: 'usd' },
          { subject: data.subject, customer: 'acme-42' },
        ),
    })
    const changed: Config = { ...world.deps.config, rules: [dearer] }
    const other = await only({ kind: 'recorded', event: id }, { config: changed })
    expect(other).toMatchObject({
      recorded: { fate: 'adjusted' },
      adjustments: [{ would: 'exists', differences: ['amount'], made: { amount: -1_100 } }],
    })
  })

  it('that was ignored would be billed by today’s rules, and is told that it came already', async () => {
    const body = give({ do: 'ignore' })
    const id = await happen(body)
    const generous = giving({
      adjust: ({ subject: of }) => credit(usd(12), { subject: of, customer: 'acme-42' }),
    })
    const config = { ...world.deps.config, rules: [generous] }
    const expected = {
      recorded: { id, fate: 'ignored' },
      fate: 'adjusted',
      adjustments: [{ would: 'issue', made: { amount: -1_200 } }],
    }
    expect(await only({ kind: 'recorded', event: id }, { config })).toMatchObject(expected)
    expect(await only(payloadOf(body), { config })).toMatchObject(expected)
  })

  it('of a whole body is read again as it came', async () => {
    world = await createWorld()
    const [id] = await world.receive('zendesk', ticket())
    await world.work()
    const said = await only({ kind: 'recorded', event: id! })
    expect(said).toMatchObject({ id, adjustments: [{ would: 'exists', made: { amount: -2_500 } }] })
  })

  it.each<[string, () => Promise<DryInput>, string]>([
    ['nobody’s', async () => ({ kind: 'recorded', event: 'evt_none' }), 'event_unknown'],
    [
      'forgotten',
      async () => {
        const id = await receive(give())
        await env.DB.prepare(
          'DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = ?)',
        )
          .bind(id)
          .run()
        return { kind: 'recorded', event: id }
      },
      'payload_forgotten',
    ],
    [
      'unreadable',
      async () => ({ kind: 'recorded', event: await receive(['no object']) }),
      'not_readable',
    ],
    [
      'of an endpoint that is gone',
      async () => {
        const event = await receive(give())
        world = {
          ...world,
          deps: { ...world.deps, config: { ...world.deps.config, endpoints: new Map() } },
        }
        return { kind: 'recorded', event }
      },
      'endpoint_unknown',
    ],
  ])('%s', async (_, input, reason) => {
    expect(await refused(await input())).toMatchObject({ reason })
  })
})

describe('what stands in the way', () => {
  it('a switch, which is named; and what would come after it', async () => {
    world = await worldWith({ holdAbove: usd(5) })
    await pause(world.deps, BOOTSTRAP, { kind: 'rule', key: 'giving' })
    await pause(world.deps, BOOTSTRAP, { kind: 'customer', key: 'cus_acme' })
    const said = await only(payloadOf(give()))
    expect(said.adjustments[0]).toMatchObject({
      would: 'wait',
      pausedBy: [
        { kind: 'customer', key: 'cus_acme' },
        { kind: 'rule', key: 'giving' },
      ],
      holdReasons: [{ reason: 'over_limit:holdAbove', max: 500, used: 0 }],
    })
  })

  it('a refund that the billing system has told of itself, and by which event', async () => {
    world = await worldWith({}, [giving({ settlement: 'already_paid' })])
    const event = await receive(give({}, 'nobody reads this'))
    const refund = { what: 'refund', customer: 'acme-42', amount: 1_000, currency: 'usd' } as const
    await noteRefund(world.deps, { id: event, account: 'batch', mode: 'test' }, refund)
    const body = give()
    const [prospect] = (await only(payloadOf(body))).adjustments
    expect(prospect).toMatchObject({
      would: 'hold',
      holdReasons: [{ reason: 'possible_duplicate', event }],
    })
    const row = await world.adjustment(await happen(body))
    expect(row.holdDetails).toEqual(prospect.holdReasons)
    const [other] = (await only(payloadOf(give({ amount: 1_001 })))).adjustments
    expect(other).toMatchObject({ would: 'issue', holdReasons: [] })
  })

  it('an undo that came first', async () => {
    const [body] = give({ do: 'undo' })
    await receive([body])
    const said = await only(payloadOf(give({ subject: body!.subject })))
    expect(said.adjustments[0]).toMatchObject({ would: 'cancel' })
  })

  it('an identity decides who he is, and nothing is remembered of the look-up', async () => {
    const identity = {
      account: 'batch',
      kind: 'external_id',
      value: 'somebody',
      customerId: 'cus_bolt',
    } as const
    expect(await setIdentity(world.deps, identity, 'operator:anna')).toMatchObject({ ok: true })
    const said = await only(payloadOf(give({ customer: 'somebody' })))
    expect(said.adjustments[0].customer).toMatchObject({ customerId: 'cus_bolt' })
    expect(await countRows('known_customers')).toBe(0)
  })
})

describe('what is decided', () => {
  it('by which rule, and why every other did not', async () => {
    world = await worldWith({}, [
      giving({ id: 'other-type', on: ['take'] }),
      giving({ id: 'ignoring', adjust: () => ignore('not_mine') }),
      giving({ id: 'trying', mode: 'shadow' }),
      giving(),
      giving({ id: 'late' }),
    ])
    const said = await only(payloadOf(give()))
    expect(said.decided).toMatchObject({
      ruleId: 'giving',
      decision: {
        considered: [
          { rule: 'other-type', answer: 'other_event_type' },
          { rule: 'ignoring', answer: 'ignored: not_mine' },
          { rule: 'trying', answer: 'shadow: adjust' },
          { rule: 'giving', answer: 'adjust' },
          { rule: 'late', answer: 'not_reached' },
        ],
        shadows: [{ rule: 'trying', amount: -1_000 }],
      },
    })
  })

  it.each([
    [{ do: 'ignore' }, 'ignored', 'told_to'],
    [{ do: 'throw' }, 'undecided', 'rule_threw'],
    [{ amount: 0 }, 'undecided', 'amount_zero'],
    [{ subject: 7 }, 'undecided', 'shape'],
  ])('%o: %s', async (fields, fate, reason) => {
    const said = await only(payloadOf(give(fields)))
    expect(said).toMatchObject({ fate, decided: { reason }, adjustments: [] })
    expect(await callsOf('GET', /./)).toEqual([])
  })

  it('an undo says what it would undo, and whether that is undone already', async () => {
    const [body] = give()
    const row = await world.adjustment(await happen([body]))
    const undoing = { do: 'undo', subject: body!.subject }
    const said = await only(payloadOf(give(undoing)))
    expect(said).toMatchObject({
      fate: 'adjusted',
      undo: {
        subject: body!.subject,
        ruleIds: ['giving'],
        undoneBy: null,
        adjustments: [{ id: row.id }],
      },
    })
    const by = await receive(give(undoing))
    world.queue.length = 0
    expect(await only(payloadOf(give(undoing)))).toMatchObject({
      fate: 'duplicate',
      undo: { undoneBy: by },
    })
    expect(await only({ kind: 'recorded', event: by })).toMatchObject({ fate: 'adjusted' })
  })

  it('several parts, each with its own prospect', async () => {
    world = await worldWith({ holdAbove: usd(10), twoApproversAbove: usd(12) })
    const body = give({ do: 'parts', amount: 700 })
    const said = await only(payloadOf(body))
    // Each is small enough, but not both: the claim adds them up as well.
    const held = {
      would: 'hold',
      holdReasons: [{ reason: 'over_limit:holdAbove', max: 1_000, used: 700 }],
      approversNeeded: 2,
    }
    expect(said.adjustments).toMatchObject([
      { ...held, made: { part: 'net' } },
      { ...held, made: { part: 'tax' } },
    ])
    await world.receive('batch', body)
    expect(await world.work()).toEqual(['held', 'held'])
  })

  it('each event of a payload, the unreadable among them', async () => {
    const { events } = await tried(payloadOf([...give(), 'no object']))
    expect(events).toMatchObject([
      { kind: 'event' },
      { kind: 'unreadable', reason: 'not_an_object' },
    ])
  })

  it('an event without an id of its own has none yet', async () => {
    const body = give().map((each) => ({ ...each, id: undefined }))
    expect(await only(payloadOf(body))).toMatchObject({ id: null, recorded: null })
  })
})

describe('what is refused', () => {
  it.each<[string, () => DryInput, object]>([
    ['an unknown endpoint', () => payloadOf(give(), 'nobody'), { reason: 'endpoint_unknown' }],
    ['what people make by hand', () => payloadOf({}, 'operator'), { reason: 'endpoint_unknown' }],
    ['no event', () => payloadOf([]), { reason: 'payload_unreadable', detail: 'no_events' }],
    ['no JSON', () => payloadOf('{'), { reason: 'payload_unreadable', detail: 'not_json' }],
    [
      'too many at once',
      () => payloadOf(Array.from({ length: DRY_RUN_ADJUSTMENTS_MAX + 1 }, () => give()[0])),
      { reason: 'too_many_adjustments', found: DRY_RUN_ADJUSTMENTS_MAX + 1 },
    ],
  ])('%s', async (_, input, trouble) => {
    expect(await refused(input())).toMatchObject(trouble)
    expect(await callsOf('GET', /./)).toEqual([])
  })

  it('everything that asks for a customer, while billing is not configured or down', async () => {
    const body = give()
    expect(await refused(payloadOf(body), { billing: null })).toEqual({ reason: 'not_configured' })
    expect(await only(payloadOf(give({ do: 'ignore' })), { billing: null })).toMatchObject({
      fate: 'ignored',
    })
    await setFaults({ kind: 'server_error', status: 503 })
    expect(await refused(payloadOf(body))).toMatchObject({
      reason: 'billing_unavailable',
      status: 503,
    })
    await setFaults()
  })
})
