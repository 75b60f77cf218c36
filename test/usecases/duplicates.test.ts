// The same fact again, at every age, in every form that a sender has for it, whatever became of the first:
// one credit each. Each is a signed delivery through the door; the ledger is the billing API's own, and whole.
// Between the first and the second all goes on that goes on in between: the cron, the queue, the comparison.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EventId } from '../../src/domain/ids.ts'
import { HOLD_EXPIRE_SECONDS } from '../../src/domain/limits.ts'
import { SCOPES } from '../../src/domain/operator.ts'
import { runCron } from '../../src/scheduled.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { pause } from '../../src/usecases/pause.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requeueMany } from '../../src/usecases/requeue-adjustment.ts'
import { resume } from '../../src/usecases/resume.ts'
import { commet, countRows, creditRequest, refund, ticket } from '../harness.ts'
import { createWorld, dyingAfterPost, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>
/** `ambiguous`: its process died when it had posted. */
type State = 'invoiced' | 'due' | 'ambiguous' | 'failed' | 'held' | 'rejected' | 'cancelled'
type Delivery = { readonly endpoint: string; readonly body: unknown; readonly id?: string }

/** `first` makes the credit, `second` comes later. */
type Way = {
  readonly way: string
  readonly first: Delivery
  readonly second: Delivery
  /** Where in the first, and in the second delivery, the event is. */
  readonly at?: readonly [number, number]
  /** `same`: it is the first one's row; else a row of its own, which says so. */
  readonly told: 'same' | 'duplicate' | 'conflict'
  /** Credits that the second delivery makes for other subjects. */
  readonly others?: number
}

const TEST_MS_MAX = 60_000

const SECOND = 1
const MINUTE = 60
const HOUR = 3_600
const DAY = 24 * HOUR
const AGES: readonly (readonly [string, number])[] = [
  ['1 s', SECOND],
  ['5 min', 5 * MINUTE],
  ['61 min', 61 * MINUTE],
  ['23 h 59 min', DAY - MINUTE],
  ['24 h 1 min', DAY + MINUTE],
  ['72 h', 3 * DAY],
  ['14 d', 14 * DAY],
  ['400 d', 400 * DAY],
]
/** In each of these something else is done about an attempt, or may no longer be. */
const TELLING = AGES.filter(([, seconds]) =>
  [5 * MINUTE, DAY - MINUTE, DAY + MINUTE, 400 * DAY].includes(seconds),
)
/** When the cron comes round in between, seconds after the first. */
const MOMENTS = [MINUTE, 2 * HOUR, 3 * DAY, HOLD_EXPIRE_SECONDS]
const CRONS_EACH = 2
const ROUNDS_MAX = 12

let made = 0
const name = () => `dup${(made += 1)}`

/** Above the limit where it is to be held. */
const cents = (state: State) => (['held', 'rejected'].includes(state) ? 30_000 : 2_500)

function stripeWays(state: State): Way[] {
  const event = () => refund({ amount: cents(state) })
  const way = (told: Way['told'], how: string, again: (first: any) => unknown): Way => {
    const first = event()
    const second = again(structuredClone(first))
    return {
      way: `stripe, ${how}`,
      first: { endpoint: 'stripe', body: first },
      second: { endpoint: 'stripe', body: second },
      told,
    }
  }
  return [
    way('same', 'the same id', (first) => first),
    way('same', 'the same id and another amount', (first) => {
      first.data.object.amount += 1
      return first
    }),
    way('same', 'the same id and another refund', (first) => {
      first.data.object.id = `re_${name()}`
      return first
    }),
    way('duplicate', 'a new id', (first) => ({ ...first, id: `evt_${name()}` })),
    way('duplicate', 'a new id and type', (first) => {
      return { ...first, id: `evt_${name()}`, type: 'refund.updated' }
    }),
    way('conflict', 'a new id and another amount', (first) => {
      first.data.object.amount += 1
      return { ...first, id: `evt_${name()}` }
    }),
  ]
}

function standardWays(state: State): Way[] {
  const way = (told: Way['told'], how: string, change: object | 1, hasNewId: boolean): Way => {
    const body = creditRequest({ amount: cents(state) })
    const other = { data: { ...body.data, amount: cents(state) + 1 } }
    const id = `msg_${name()}`
    return {
      way: `standard, ${how}`,
      first: { endpoint: 'standard', body, id },
      second: {
        endpoint: 'standard',
        body: { ...body, ...(change === 1 ? other : change) },
        id: hasNewId ? `msg_${name()}` : id,
      },
      told,
    }
  }
  return [
    way('same', 'the same signed id', {}, false),
    way('same', 'the same signed id and other bytes', { more: 'bytes' }, false),
    way('duplicate', 'a new signed id', {}, true),
    way('conflict', 'a new signed id and another amount', 1, true),
  ]
}

/** Its body has no id: its bytes are the event. */
function zendeskWays(state: State): Way[] {
  const body = () =>
    ticket({
      tags: 'credit_requested',
      amount: (cents(state) / 100).toFixed(2),
      asker: `${name()}@saas.example`,
    })
  const [one, other, third] = [body(), body(), body()]
  const changed = { ...other, updated_at: '2026-10-26T08:00:00Z' }
  return [
    {
      way: 'zendesk, the same bytes',
      first: { endpoint: 'zendesk', body: one },
      second: { endpoint: 'zendesk', body: one },
      told: 'same',
    },
    {
      way: 'zendesk, the ticket saved again',
      first: { endpoint: 'zendesk', body: other },
      second: { endpoint: 'zendesk', body: changed },
      told: 'duplicate',
    },
    {
      way: 'zendesk, the ticket saved with another amount',
      first: { endpoint: 'zendesk', body: third },
      second: { endpoint: 'zendesk', body: { ...third, amount: '7.77' } },
      told: 'conflict',
    },
  ]
}

/** One alone, then the same among others, and the other way round. */
function arrayWays(state: State): Way[] {
  const event = () => ({
    id: name(),
    type: 'credit',
    subject: `batch:${name()}`,
    amount: cents(state),
  })
  const batch = (...body: unknown[]): Delivery => ({ endpoint: 'batch', body })
  const [one, two, three, four, five] = [event(), event(), event(), event(), event()]
  return [
    {
      way: 'alone, then twice in an array',
      first: batch(one),
      second: batch(event(), one, one),
      at: [0, 1],
      told: 'same',
      others: 1,
    },
    {
      way: 'alone, then under a new id in an array',
      first: batch(two),
      second: batch({ ...two, id: name() }, event()),
      told: 'duplicate',
      others: 1,
    },
    {
      way: 'in an array, then alone',
      first: batch(three, event()),
      second: batch(three),
      told: 'same',
    },
    {
      way: 'in an array, then alone under a new id',
      first: batch(event(), four),
      second: batch({ ...four, id: name() }),
      at: [1, 0],
      told: 'duplicate',
    },
    {
      way: 'alone, then under a new id with another amount in an array',
      first: batch(five),
      second: batch({ ...five, id: name(), amount: 777 }, event()),
      told: 'conflict',
      others: 1,
    },
  ]
}

/** Only the tests' own rule undoes, at the endpoint `batch`. */
const waysOf = (state: State): Way[] => [
  ...(state === 'cancelled'
    ? []
    : [...stripeWays(state), ...standardWays(state), ...zendeskWays(state)]),
  ...arrayWays(state),
]

const receive = (world: World, { endpoint, body, id }: Delivery): Promise<EventId[]> =>
  world.receive(endpoint, body, id === undefined ? {} : { id })

/** Every invoice since `known`, which is the newest one of an earlier look, whoever made it. */
async function ledger(known: string): Promise<any[]> {
  const found: any[] = []
  for (let cursor = ''; ;) {
    const { data, nextCursor } = await commet(`/api/v1/invoices?limit=100${cursor}`)
    const end = data.findIndex(({ id }: { id: string }) => id === known)
    found.push(...(end === -1 ? data : data.slice(0, end)))
    if (end !== -1 || !nextCursor) return found
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
}

const newestInvoice = async (): Promise<string> =>
  (await commet('/api/v1/invoices?limit=1')).data[0].id

const lineOf = (customer: string, amount: number, currency: string): string =>
  `${amount} ${currency} for ${customer}`

const lead = { name: 'lead', identity: 'lead@saas.example', scopes: SCOPES } as const
const all = { kind: 'all', key: '' } as const

beforeEach(async () => {
  await setFaults()
  // What an earlier test has left waiting is none of this one's.
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
})

async function cron(world: World): Promise<void> {
  await runCron(world.deps, '* * * * *')
  await world.work()
}

/** The cron, the queue and the comparison, now and then, until so many seconds have passed. */
async function live(world: World, seconds: number): Promise<void> {
  let passed = 0
  for (const moment of [...MOMENTS.filter((each) => each < seconds), seconds]) {
    await world.advance(moment - passed)
    passed = moment
    for (let times = 0; times < CRONS_EACH; times++) await cron(world)
  }
}

/** What was delivered is brought into that state, and is as it would be left. */
async function bringInto(world: World, state: State, firsts: readonly EventId[]): Promise<void> {
  switch (state) {
    case 'invoiced':
    case 'held':
      await world.work()
      return
    case 'due':
      await pause(world.deps, lead, all)
      return
    case 'ambiguous': {
      const dying = { ...world.deps, ...dyingAfterPost(world.deps.billing) }
      for (const wakeUp of world.queue.splice(0)) {
        await expect(issueAdjustment(dying, wakeUp)).rejects.toThrow('died')
      }
      await pause(world.deps, lead, all)
      return
    }
    case 'failed':
      await setFaults({
        kind: 'rate_limited',
        retryAfterSeconds: null,
        path: '/invoices',
        method: 'POST',
      })
      await world.work()
      await setFaults()
      return
    case 'rejected':
      await world.work()
      for (const first of firsts) {
        const { id, version } = await world.adjustment(first)
        const rejected = await rejectAdjustment(world.deps, lead, id, { version, note: null })
        expect(rejected).toMatchObject({ ok: true })
      }
      return
    case 'cancelled':
      for (const first of firsts) {
        const { subject } = await world.adjustment(first)
        const undo = { id: name(), type: 'race', undo: subject, of: 'batch-credit' }
        await world.receive('batch', [undo])
      }
      await world.work()
  }
}

/** What each second delivery is told. What was withdrawn and is asked for anew is a person's to decide. */
async function deliverAgain(world: World, ways: readonly Way[], firsts: readonly EventId[]) {
  const before = await countRows('adjustments')
  for (const [index, { way, second, told, at: [, place] = [0, 0] }] of ways.entries()) {
    const first = firsts[index]!
    const { id: original, state } = await world.adjustment(first)
    const isWithdrawn = state === 'rejected' || state === 'cancelled'
    const id = (await receive(world, second))[place]!
    const seen = { way, isSame: id === first, fate: await world.fate(id) }
    const other = isWithdrawn ? 'conflict' : told
    expect(seen).toEqual({
      way,
      isSame: told === 'same',
      fate: told === 'same' ? 'adjusted' : other,
    })
    expect((await world.adjustment(id)).id).toBe(original)
  }
  const others = ways.reduce((sum, way) => sum + (way.others ?? 0), 0)
  expect(await countRows('adjustments')).toBe(before + others)
}

/** What a person does about each, so that it goes out. */
async function letThrough(world: World, state: State, firsts: readonly EventId[]): Promise<void> {
  if (state === 'due' || state === 'ambiguous') await resume(world.deps, lead, all)
  if (state === 'failed') await requeueMany(world.deps, lead, { code: null })
  if (state !== 'held') return
  for (const first of firsts) {
    const { id, version, amount, currency } = await world.adjustment(first)
    const shown = { version, amount, currency }
    expect(await approveAdjustment(world.deps, lead, id, shown)).toMatchObject({ ok: true })
  }
}

async function workAll(world: World, firsts: readonly EventId[], state: string): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await cron(world)
    // What was attempted may have to wait until the listing has settled.
    await world.advance(round < ROUNDS_MAX / 2 ? MINUTE : HOUR)
    const rows = await Promise.all(firsts.map((first) => world.adjustment(first)))
    if (round > 1 && rows.every((row) => row.state === state)) return
  }
}

type Billed = { readonly way: string; readonly state: string; readonly invoices: readonly string[] }

/** Each first one's state and invoices. Nothing is in the ledger besides what one row each was invoiced by. */
async function billedFor(
  world: World,
  ways: readonly Way[],
  firsts: readonly EventId[],
  known: string,
): Promise<Billed[]> {
  const found = await ledger(known)
  const ids = found.map(({ metadata }) => String(metadata?.makegood_adjustment_id))
  const { results } = await env.DB.prepare(
    `SELECT id FROM adjustments WHERE state = 'invoiced' AND id IN (SELECT value FROM json_each(?))`,
  )
    .bind(JSON.stringify(ids))
    .all<{ id: string }>()
  expect(results.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
  const billed: Billed[] = []
  for (const [index, { way }] of ways.entries()) {
    const { id, state } = await world.adjustment(firsts[index]!)
    const own = found.filter(({ metadata }) => metadata?.makegood_adjustment_id === id)
    const invoices = own.map(({ customerId, subtotal, currency }) => {
      return lineOf(customerId, subtotal, currency)
    })
    billed.push({ way, state, invoices })
  }
  return billed
}

/** Delivers the firsts, lets time pass, delivers the seconds, and looks at what is billed in the end. */
async function tryAgainLater(
  state: State,
  seconds: number,
): Promise<{ readonly billed: readonly Billed[]; readonly wanted: readonly Billed[] }> {
  const world = await createWorld()
  // The record is compared with the billing API, as it is each hour: else it would claim nothing.
  await runCron(world.deps, '* * * * *')
  const known = await newestInvoice()
  const ways = waysOf(state)
  const firsts: EventId[] = []
  for (const { first, at: [index] = [0, 0] } of ways) {
    firsts.push((await receive(world, first))[index]!)
  }
  await bringInto(world, state, firsts)
  const isExpired = state === 'held' && seconds >= HOLD_EXPIRE_SECONDS
  await live(world, seconds)
  // The comparison may have found what the process had posted before it died.
  const wantedState = state === 'ambiguous' ? /^(issuing|due|invoiced)$/ : new RegExp(`^${state}$`)
  for (const first of firsts) {
    const row = await world.adjustment(first)
    expect(row.state).toMatch(isExpired ? /^rejected$/ : wantedState)
    if (state === 'ambiguous') expect(row.attempts).toBeLessThanOrEqual(1)
  }
  await deliverAgain(world, ways, firsts)
  const isOver = isExpired || state === 'rejected' || state === 'cancelled'
  if (!isOver) await letThrough(world, state, firsts)
  const withdrawn = state === 'cancelled' ? 'cancelled' : 'rejected'
  const end = isOver ? withdrawn : 'invoiced'
  await workAll(world, firsts, end)
  const wanted = ways.map(({ way, first: { endpoint } }) => {
    const line = lineOf(endpoint === 'stripe' ? 'cus_sample' : 'cus_acme', -cents(state), 'usd')
    return { way, state: end, invoices: isOver ? [] : [line] }
  })
  return { billed: await billedFor(world, ways, firsts, known), wanted }
}

describe.each(AGES)('%s later, eighteen ways to deliver it again', (_, seconds) => {
  it.each<State>(['invoiced', 'due'])(
    'make no second credit where the first is %s',
    async (state) => {
      const { billed, wanted } = await tryAgainLater(state, seconds)
      expect(billed).toEqual(wanted)
    },
    TEST_MS_MAX,
  )

  it(
    'make no second credit of one that was held: once it is approved it goes out once, and never when it has expired',
    async () => {
      const { billed, wanted } = await tryAgainLater('held', seconds)
      expect(billed).toEqual(wanted)
    },
    TEST_MS_MAX,
  )
})

describe.each(TELLING)('%s later, each way to deliver it again', (_, seconds) => {
  it.each<[string, State]>([
    ['makes no second credit where the first was posted by a process that died', 'ambiguous'],
    ['makes no second credit where the first has failed, and is sent again by a person', 'failed'],
    ['makes nothing of what a person has rejected', 'rejected'],
    ['makes nothing of what was undone before it was posted', 'cancelled'],
  ])(
    '%s',
    async (_title, state) => {
      const { billed, wanted } = await tryAgainLater(state, seconds)
      expect(billed).toEqual(wanted)
    },
    TEST_MS_MAX,
  )
})
