// How far an undo reaches: into its own mode at once and into the other only through a person; over the
// names that a rule has had; and to no other rule's adjustment of the subject.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Config } from '../../src/config.ts'
import type { Adjustment } from '../../src/db/schema.ts'
import type { Mode } from '../../src/domain/event.ts'
import type { EventId } from '../../src/domain/ids.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { dryRun } from '../../src/usecases/dry-run.ts'
import { receiveDelivery } from '../../src/usecases/receive-delivery.ts'
import { given, giving, type Given } from '../giving.ts'
import { signedRequest } from '../harness.ts'
import { amount, createMoneyWorld, moneyConfig } from '../money-world.ts'
import { actionsOf } from '../world.ts'

type World = Awaited<ReturnType<typeof createMoneyWorld>>

const LIMITS = { holdAbove: amount(10_000), charges: 'allow' } as const
const [SMALL, LARGE] = [-1_000, -50_000]

beforeEach(() => env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL'))

let made = 0
const credit = (minorUnits = SMALL): Given => {
  made += 1
  return { subject: `reach:${made}`, amount: minorUnits, customer: `reach-${made}` }
}

/** An event as another deployment receives it: of another mode, or with rules of other names. */
async function receivedBy(world: World, config: Config, event: object): Promise<EventId> {
  made += 1
  const body = [{ id: `reach-event-${made}`, ...event }]
  const request = await signedRequest('batch', body, { nowMs: world.at() })
  const received = await receiveDelivery(
    { ...world.deps, config },
    {
      endpoint: 'batch',
      method: request.method,
      url: request.url,
      pathToken: null,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    },
  )
  if (!received.ok) throw new Error(received.error.reason)
  return received.value.events[0]!
}

const undoBy = (world: World, rules: readonly Rule[], undo: string, mode: Mode = 'test') =>
  receivedBy(world, moneyConfig(LIMITS, rules, mode), { type: rules[0]!.on[0], undo })

const wakeAtOf = async ({ id }: Adjustment): Promise<number | null> =>
  (await env.DB.prepare('SELECT wake_at AS at FROM adjustments WHERE id = ?')
    .bind(id)
    .first<number | null>('at')) ?? null

const reversalsOf = async ({ id }: Adjustment): Promise<unknown[]> =>
  (
    await env.DB.prepare(
      'SELECT rule_hold AS hold FROM adjustments WHERE reverses = ? ORDER BY seq',
    )
      .bind(id)
      .all()
  ).results

async function swept(world: World): Promise<string[]> {
  world.setClock(1_000)
  await world.sweep()
  return world.work()
}

describe('an undo of the other mode', () => {
  const RULES = [giving('promise')]

  it('cancels nothing that is due, and waits for a person once it is invoiced', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const first = credit()
    const id = await world.give('promise', first)
    await undoBy(world, RULES, first.subject, 'live')
    expect(await world.work()).toEqual(['reversed'])
    expect(world.posted).toHaveLength(1)
    const reversals = await reversalsOf(await world.adjustment(id))
    expect(reversals).toEqual([{ hold: 'undone_in_other_mode' }])
  })

  it('cancels nothing that waits for a person, whose clock goes on', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const first = credit(LARGE)
    const id = await world.give('promise', first)
    expect(await world.work()).toEqual(['held'])
    const { wakeAt } = await world.adjustment(id)
    await undoBy(world, RULES, first.subject, 'live')
    expect(await swept(world)).toEqual(['held'])
    expect(await world.adjustment(id)).toMatchObject({ state: 'held', wakeAt })
  })

  it('cancels nothing that has failed, which rests again', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const first = credit()
    const id = await world.give('promise', first)
    world.queue.length = 0
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'failed', version = version + 1, wake_at = NULL
       WHERE event_id = ?`,
    )
      .bind(id)
      .run()
    await undoBy(world, RULES, first.subject, 'live')
    expect(await swept(world)).toEqual(['stale'])
    const failed = await world.adjustment(id)
    expect(failed).toMatchObject({ state: 'failed', wakeAt: null })
    await undoBy(world, RULES, first.subject, 'test')
    expect(await swept(world)).toEqual(['cancelled'])
  })

  it('takes no place: an undo of its own mode that comes later cancels it', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const first = credit()
    const id = await world.give('promise', first)
    const other = await undoBy(world, RULES, first.subject, 'live')
    const own = await undoBy(world, RULES, first.subject)
    const again = await undoBy(world, RULES, first.subject)
    const fates = await Promise.all([other, own, again].map((each) => world.fate(each)))
    expect(fates).toEqual(['adjusted', 'adjusted', 'duplicate'])
    expect(await world.work()).toEqual(['cancelled'])
    expect(await world.adjustment(id)).toMatchObject({ state: 'cancelled' })
  })

  it('is told apart by a dry run', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const first = credit()
    await undoBy(world, RULES, first.subject, 'live')
    const dry = (payload: object) =>
      dryRun(world.deps, { kind: 'payload', endpoint: 'batch', payload: [payload], type: null })
    expect(await dry(given('dry', 'promise', first))).toMatchObject({
      value: { events: [{ adjustments: [{ would: 'issue' }] }] },
    })
    expect(await dry({ id: 'dry-undo', type: 'promise', undo: first.subject })).toMatchObject({
      value: { events: [{ fate: 'adjusted', undo: { undoneBy: null } }] },
    })
  })
})

describe('an undo that a deployment before a renaming received', () => {
  const OLD = [giving('old', { on: ['reach'] })]
  const NEW = [giving('new', { on: ['reach'], was: ['old'] })]

  it('cancels what the renamed rule has made, and waits for a person', async () => {
    const world = await createMoneyWorld(LIMITS, NEW)
    const first = credit(LARGE)
    const id = await world.give('reach', first)
    expect(await world.work()).toEqual(['held'])
    await undoBy(world, OLD, first.subject)
    expect(await swept(world)).toEqual(['cancelled'])
    expect((await world.adjustment(id)).state).toBe('cancelled')
  })

  it('reverses what the renamed rule has made, once', async () => {
    const world = await createMoneyWorld(LIMITS, NEW)
    const first = credit()
    const id = await world.give('reach', first)
    expect(await world.work()).toEqual(['issued'])
    await undoBy(world, OLD, first.subject)
    expect(await swept(world)).toContain('reversed')
    expect(await reversalsOf(await world.adjustment(id))).toHaveLength(1)
    await undoBy(world, NEW, first.subject)
    await swept(world)
    expect(await reversalsOf(await world.adjustment(id))).toHaveLength(1)
  })
})

describe('an undo of one rule', () => {
  const RULES = [giving('mine'), giving('theirs', { alongside: ['mine'] })]

  it('leaves what another rule made for the subject as it is, without an entry', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const [small, large] = [credit(), credit(LARGE)]
    const ids = [await world.give('theirs', small), await world.give('theirs', large)]
    expect(await world.work()).toEqual(['issued', 'held'])
    const before = await Promise.all(ids.map((each) => world.adjustment(each)))
    const entries = await Promise.all(before.map((each) => actionsOf(each.id)))
    for (const { subject } of [small, large]) {
      await receivedBy(world, world.deps.config, { type: 'mine', undo: subject })
    }
    expect((await swept(world)).toSorted()).toEqual(['held', 'stale'])
    expect(await Promise.all(ids.map((each) => world.adjustment(each)))).toEqual(before)
    expect(await Promise.all(before.map((each) => actionsOf(each.id)))).toEqual(entries)
    expect(await wakeAtOf(before[0]!)).toBeNull()
  })

  it('does not hurry what is due of another rule', async () => {
    const world = await createMoneyWorld(LIMITS, RULES)
    const first = credit()
    const id = await world.give('theirs', first)
    const { wakeAt } = await world.adjustment(id)
    await receivedBy(world, world.deps.config, { type: 'mine', undo: first.subject })
    expect((await world.adjustment(id)).wakeAt).toBe(wakeAt)
    expect(await world.work()).toEqual(['issued'])
  })
})
