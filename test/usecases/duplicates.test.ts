// The same fact again, at every age, in every form that a sender has for it, whatever became of the first:
// one credit each. Each is a signed delivery through the door; the ledger is the billing API's own.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EventId } from '../../src/domain/ids.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { HOLD_EXPIRE_SECONDS } from '../../src/domain/limits.ts'
import { SCOPES } from '../../src/domain/operator.ts'
import { commet, countRows, creditRequest, refund, sandboxControl, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>
type State = 'invoiced' | 'due' | 'held'
type Delivery = { readonly endpoint: string; readonly body: unknown; readonly id?: string }

/** `first` makes the credit, `second` comes later. */
type Way = {
  readonly way: string
  readonly first: Delivery
  readonly second: Delivery
  /** Where in the first, and in the second delivery, the event is. */
  readonly at?: readonly [number, number]
  /** `same`: it is the first one's row; `duplicate`: a row of its own, which says so. */
  readonly told: 'same' | 'duplicate'
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
const STATES: readonly State[] = ['invoiced', 'due', 'held']
const BEFORE_IT_EXPIRES = AGES.filter(([, seconds]) => seconds < HOLD_EXPIRE_SECONDS)

let made = 0
const name = () => `dup${(made += 1)}`

/** Above the limit where it is to be held. */
const cents = (state: State) => (state === 'held' ? 30_000 : 2_500)

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
  ]
}

function standardWays(state: State): Way[] {
  const way = (told: Way['told'], how: string, change: object, hasNewId: boolean): Way => {
    const body = creditRequest({ amount: cents(state) })
    const id = `msg_${name()}`
    return {
      way: `standard, ${how}`,
      first: { endpoint: 'standard', body, id },
      second: {
        endpoint: 'standard',
        body: { ...body, ...change },
        id: hasNewId ? `msg_${name()}` : id,
      },
      told,
    }
  }
  return [
    way('same', 'the same signed id', {}, false),
    way('same', 'the same signed id and other bytes', { more: 'bytes' }, false),
    way('duplicate', 'a new signed id', {}, true),
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
  const [one, other] = [body(), body()]
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
  const [one, two, three, four] = [event(), event(), event(), event()]
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
  ]
}

const waysOf = (state: State): Way[] => [
  ...stripeWays(state),
  ...standardWays(state),
  ...zendeskWays(state),
  ...arrayWays(state),
]

const receive = (world: World, { endpoint, body, id }: Delivery): Promise<EventId[]> =>
  world.receive(endpoint, body, id === undefined ? {} : { id })

/** How many invoices carry each adjustment's id, of all that there are. */
async function ledger(): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (let cursor = ''; ;) {
    const { data, nextCursor } = await commet(`/api/v1/invoices?limit=100${cursor}`)
    for (const { metadata } of data) {
      const id = metadata?.makegood_adjustment_id
      if (id) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    if (!nextCursor) return counts
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
}

const lead = { name: 'lead', identity: 'lead@saas.example', scopes: SCOPES } as const

beforeEach(async () => {
  // What an earlier test has left waiting is none of this one's.
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
})

/** Delivers the firsts, lets time pass, delivers the seconds, and checks what each of these is told. */
async function deliverTwice(world: World, state: State, seconds: number): Promise<EventId[]> {
  const ways = waysOf(state)
  const firsts: EventId[] = []
  for (const { first, at: [index] = [0, 0] } of ways) {
    firsts.push((await receive(world, first))[index]!)
  }
  if (state !== 'due') await world.work()
  world.queue.splice(0)
  for (const id of firsts) expect(await world.adjustment(id)).toMatchObject({ state })
  await world.advance(seconds)
  const before = await countRows('adjustments')
  for (const [index, { way, second, told, at: [, place] = [0, 0] }] of ways.entries()) {
    const first = firsts[index]!
    const id = (await receive(world, second))[place]!
    const seen = { way, isSame: id === first, fate: await world.fate(id) }
    const fate = told === 'same' ? 'adjusted' : 'duplicate'
    expect(seen).toEqual({ way, isSame: told === 'same', fate })
    expect((await world.adjustment(id)).id).toBe((await world.adjustment(first)).id)
  }
  const others = ways.reduce((sum, way) => sum + (way.others ?? 0), 0)
  expect(await countRows('adjustments')).toBe(before + others)
  return firsts
}

async function workAll(world: World): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await world.sweep()
    await world.work()
    await world.advance(MINUTE)
  }
}

describe.each(AGES)('%s later, fourteen ways to deliver it again', (_, seconds) => {
  it.each(STATES.filter((state) => state !== 'held'))(
    'make no second credit where the first is %s',
    async (state) => {
      const world = await createWorld()
      const firsts = await deliverTwice(world, state, seconds)
      await workAll(world)
      const counts = await ledger()
      for (const first of firsts) {
        const { id, state: now } = await world.adjustment(first)
        expect({ now, invoices: counts.get(id) }).toEqual({ now: 'invoiced', invoices: 1 })
      }
    },
    TEST_MS_MAX,
  )
})

describe.each(BEFORE_IT_EXPIRES)('%s later, fourteen ways to deliver it again', (_, seconds) => {
  it(
    'leave a first one held, and it goes out once when it is approved',
    async () => {
      const world = await createWorld()
      const firsts = await deliverTwice(world, 'held', seconds)
      const before = await ledger()
      for (const first of firsts) {
        const { id, version, amount, currency } = await world.adjustment(first)
        expect(before.get(id)).toBeUndefined()
        const approved = await approveAdjustment(world.deps, lead, id, {
          version,
          amount,
          currency,
        })
        expect(approved).toMatchObject({ ok: true })
      }
      await workAll(world)
      const counts = await ledger()
      for (const first of firsts) {
        const { id, state } = await world.adjustment(first)
        expect({ state, invoices: counts.get(id) }).toEqual({ state: 'invoiced', invoices: 1 })
      }
    },
    TEST_MS_MAX,
  )
})

describe.each(AGES.filter(([, seconds]) => seconds >= HOLD_EXPIRE_SECONDS))(
  '%s later, fourteen ways to deliver it again',
  (_, seconds) => {
    it(
      'make nothing of one that was held: it is rejected, and stays so',
      async () => {
        const world = await createWorld()
        const firsts = await deliverTwice(world, 'held', seconds)
        await workAll(world)
        const counts = await ledger()
        for (const first of firsts) {
          const { id, state } = await world.adjustment(first)
          expect({ state, invoices: counts.get(id) }).toEqual({
            state: 'rejected',
            invoices: undefined,
          })
        }
      },
      TEST_MS_MAX,
    )
  },
)
