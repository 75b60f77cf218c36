// A second request for a subject whose first one came to nothing, or was taken back: nothing is made of
// it, and a person is told, since whoever asks again may mean it.

import { describe, expect, it } from 'vitest'
import { findEvent } from '../../src/db/read-events.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import { dryRun } from '../../src/usecases/dry-run.ts'
import { explainEvent } from '../../src/usecases/explain-event.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requestVoid } from '../../src/usecases/void-invoice.ts'
import { given, type Given } from '../giving.ts'
import { amount, createMoneyWorld } from '../money-world.ts'

type World = Awaited<ReturnType<typeof createMoneyWorld>>

const boss: Operator = { name: 'boss', identity: 'boss@saas.example', scopes: SCOPES }

let made = 0
const credit = (minorUnits: number): Given => {
  made += 1
  return { subject: `again:${made}`, amount: -minorUnits, customer: `again-${made}` }
}
const [SMALL, LARGE] = [1_000, 50_000]

const unmake = (world: World, subject: string) =>
  world.receive('batch', [{ id: `undo-${subject}`, type: 'promise', undo: subject }], {
    nowMs: world.at(),
  })

const held = async (world: World, id: EventId) => {
  await world.work()
  const adjustment = await world.adjustment(id)
  expect(adjustment.state).toBe('held')
  return adjustment
}

/** What became of the first request, by how it is brought about. */
const ENDS: readonly [string, number, (world: World, id: EventId) => Promise<unknown>, object][] = [
  [
    'was rejected',
    LARGE,
    async (world, id) => {
      const { id: adjustment, version } = await held(world, id)
      await rejectAdjustment(world.deps, boss, adjustment, { version, note: null })
    },
    { state: 'rejected' },
  ],
  [
    'has expired',
    LARGE,
    async (world, id) => {
      await held(world, id)
      for (let look = 0; look < 3; look++) {
        world.setClock(15 * 86_400_000)
        await world.sweep()
        await world.work()
      }
    },
    { state: 'rejected' },
  ],
  [
    'was cancelled',
    SMALL,
    async (world, id) => {
      await unmake(world, (await world.adjustment(id)).subject)
      expect(await world.work()).toEqual(['cancelled'])
    },
    { state: 'cancelled' },
  ],
  [
    'was reversed',
    SMALL,
    async (world, id) => {
      expect(await world.work()).toEqual(['issued'])
      await unmake(world, (await world.adjustment(id)).subject)
      await world.sweep()
      expect(await world.work()).toContain('reversed')
    },
    { state: 'invoiced', reversedBy: expect.stringMatching(/^adj_/) },
  ],
  [
    'is voided',
    SMALL,
    async (world, id) => {
      await world.work()
      const { id: adjustment, version } = await world.adjustment(id)
      expect((await requestVoid(world.deps, boss, adjustment, { version })).ok).toBe(true)
    },
    { state: 'invoiced', reversedBy: 'void' },
  ],
]

const limits = { holdAbove: amount(10_000) }

describe('a second request with the same values', () => {
  it.each(ENDS)('is a conflict where the first %s', async (_, minorUnits, end, after) => {
    const world = await createMoneyWorld(limits)
    const first = credit(minorUnits)
    const id = await world.give('promise', first)
    await end(world, id)
    const before = await world.adjustment(id)
    expect(before).toMatchObject(after)
    world.queue.length = 0

    const preview = await dryRun(world.deps, {
      kind: 'payload',
      endpoint: 'batch',
      payload: [given('preview', 'promise', first)],
      type: null,
    })
    expect(preview).toMatchObject({
      value: {
        events: [{ fate: 'conflict', adjustments: [{ would: 'conflict', differences: [] }] }],
      },
    })

    const again = await world.give('promise', first)
    expect(await world.fate(again)).toBe('conflict')
    expect(world.queue).toEqual([])
    expect(await world.adjustment(again)).toEqual(before)
    // The first event redelivered is the same event still.
    expect(await world.fate(id)).toBe('adjusted')
    const found = await findEvent(world.deps.db, again)
    const { why } = await explainEvent(world.deps, { ...found!, adjustments: [before] })
    expect(why.join(' ')).toContain('asks for the same again, and only a person')
    expect(why.join(' ')).not.toContain('so nothing was made again')
    expect(why).toContain('A person can make a further adjustment by hand, or dismiss this event.')
  })

  it('is a duplicate while the first is due, held or invoiced', async () => {
    const world = await createMoneyWorld(limits)
    const twice = async (first: Given, state: string) => {
      const id = await world.give('promise', first)
      if (state !== 'due') await world.work()
      expect((await world.adjustment(id)).state).toBe(state)
      return world.fate(await world.give('promise', first))
    }
    expect(await twice(credit(LARGE), 'held')).toBe('duplicate')
    expect(await twice(credit(SMALL), 'invoiced')).toBe('duplicate')
    expect(await twice(credit(SMALL), 'due')).toBe('duplicate')
  })
})
