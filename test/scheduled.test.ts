// The minute's cron: its jobs, each on its own.

import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../src/db/database.ts'
import { runCron } from '../src/scheduled.ts'
import { env } from 'cloudflare:workers'
import { refund } from './harness.ts'
import { createWorld } from './world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  world = await createWorld()
})

const minute = (parts: Partial<typeof world.deps> = {}) =>
  runCron({ ...world.deps, ...parts }, '* * * * *')

describe('the cron', () => {
  it('sweeps, and each hour compares what was issued with the billing API', async () => {
    await world.receive('stripe', refund())
    await world.work()
    await minute()
    expect(world.lines.map(({ event }) => event)).not.toContain('reconciled')
    await world.advance(7_200)
    await world.receive('stripe', refund())
    world.queue.splice(0)
    await world.advance(60)
    await minute()
    const events = world.lines.map(({ event }) => event)
    expect(events).toContain('sweep')
    expect(events.filter((event) => event === 'reconciled')).toHaveLength(1)
  })

  it('runs its other jobs when one throws, tells which, and ends as failed', async () => {
    await world.advance(7_200)
    const broken = openDatabase(env.DB)
    let batches = 0
    const batch: typeof broken.batch = (queries) => {
      // The sweep's is the first.
      if ((batches += 1) === 1) throw new Error('D1_ERROR: not now')
      return broken.batch(queries)
    }
    await expect(minute({ db: Object.assign(openDatabase(env.DB), { batch }) })).rejects.toThrow(
      'not now',
    )
    const events = world.lines.map(({ event }) => event)
    expect(events).toContain('alarm.sweep_failed')
    expect(events).toContain('reconciled')
  })

  it('has people told though the queue of adjustments takes nothing', async () => {
    await env.DB.prepare(
      `INSERT INTO notices SELECT NULL, 'adj_told', 'adjustment.invoiced', ?1, ?1, 0, '{}'`,
    )
      .bind(world.now())
      .run()
    await world.receive('stripe', refund())
    await world.advance(120)
    const told: string[] = []
    const full = {
      wake: () => Promise.reject(new Error('the queue is full')),
      wakeNotices: async (wakeUps: readonly { readonly about: string }[]) => {
        told.push(...wakeUps.map(({ about }) => about))
      },
    }
    await expect(minute(full)).rejects.toThrow('the queue is full')
    expect(told).toContain('adj_told')
  })
})
