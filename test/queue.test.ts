// The consumers: every message is acknowledged, and what throws is counted.

import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { EventId } from '../src/domain/ids.ts'
import { ATTEMPTS_MAX } from '../src/domain/limits.ts'
import type { WakeUp } from '../src/domain/wake-up.ts'
import { consume } from '../src/queue.ts'
import { createDeps } from '../src/deps.ts'
import { invoicesOf, refund, ticket } from './harness.ts'
import config from './makegood.config.ts'
import { actionsOf, createWorld, setFaults } from './world.ts'

const batchOf = (queue: string, bodies: readonly unknown[]) => {
  const acknowledged: unknown[] = []
  const messages = bodies.map((body) => ({
    id: 'm',
    timestamp: new Date(0),
    attempts: 1,
    body: body as WakeUp,
    ack: () => void acknowledged.push(body),
    retry: () => undefined,
  }))
  const metadata = {
    metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: new Date(0) },
  }
  return {
    acknowledged,
    batch: { queue, messages, metadata, ackAll: () => undefined, retryAll: () => undefined },
  }
}

it('a message that is none of ours stops nobody else’s', async () => {
  const world = await createWorld()
  const [id] = await world.receive('zendesk', ticket())
  const { acknowledged, batch } = batchOf('makegood-adjustments', [null, world.queue[0], 'text'])
  await consume(world.deps, batch)
  expect(acknowledged).toHaveLength(3)
  expect((await world.adjustment(id!)).state).toBe('invoiced')
})

it('what throws before the claim is counted, and fails when its attempts are used up', async () => {
  const world = await createWorld()
  const [id] = await world.receive('zendesk', ticket())
  const billing = world.deps.billing!
  const customers = { ...billing.customers, list: () => Promise.reject(new TypeError('broken')) }
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const { batch } = batchOf('makegood-adjustments', world.queue.splice(0))
    await consume({ ...world.deps, billing: { ...billing, customers } }, batch)
    expect(await world.adjustment(id!)).toMatchObject({
      attempts: attempt,
      trouble: { code: 'threw' },
    })
    await world.advance(4_000)
    await world.sweep()
  }
  expect((await world.adjustment(id!)).state).toBe('failed')
})

it('what throws while it is marked paid is counted too', async () => {
  const world = await createWorld()
  const [id] = await world.receive('stripe', refund())
  await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
  await world.work()
  await setFaults()
  await world.advance(60)
  await world.sweep()
  const billing = world.deps.billing!
  const invoices = {
    ...billing.invoices,
    updateStatus: () => Promise.reject(new TypeError('broken')),
  }
  const { batch } = batchOf('makegood-adjustments', world.queue.splice(0))
  await consume({ ...world.deps, billing: { ...billing, invoices } }, batch)
  expect(await world.adjustment(id!)).toMatchObject({
    state: 'invoiced',
    attempts: 2,
    trouble: { code: 'threw' },
  })
})

it('a dead letter is written down on its adjustment', async () => {
  const world = await createWorld()
  const [id] = await world.receive('zendesk', ticket())
  const { acknowledged, batch } = batchOf('makegood-adjustments-dead', [world.queue[0], null])
  await consume(world.deps, batch)
  expect(acknowledged).toHaveLength(2)
  const { id: adjustmentId } = await world.adjustment(id!)
  expect((await actionsOf(adjustmentId)).at(-1)).toBe('adjustment.wake_up_lost')
})

it('a message of any form or size is acknowledged, and its neighbours are issued', async () => {
  const world = await createWorld()
  const [first] = await world.receive('zendesk', ticket())
  const [last] = await world.receive('zendesk', ticket())
  const [one, other] = world.queue.splice(0)
  const bodies = [
    one,
    'x'.repeat(200_000),
    { id: 'adj_' + 'x'.repeat(200_000), version: 1 },
    { id: { deep: ['adj_1'] }, version: 'one' },
    { about: { deep: true } },
    { about: 'adj_none' },
    [],
    7,
    undefined,
    other,
  ]
  const { acknowledged, batch } = batchOf('makegood-adjustments', bodies)
  await consume(world.deps, batch)
  expect(acknowledged).toHaveLength(bodies.length)
  for (const id of [first, last]) {
    expect((await world.adjustment(id!)).state).toBe('invoiced')
  }
})

it('a batch that comes again after a crash in the middle makes one invoice each', async () => {
  const world = await createWorld()
  const ids: EventId[] = []
  for (let n = 0; n < 5; n++) ids.push((await world.receive('zendesk', ticket()))[0]!)
  const messages = world.queue.splice(0)
  // It died when two were done, and before it had acknowledged any.
  await consume(world.deps, batchOf('makegood-adjustments', messages.slice(0, 2)).batch)
  for (let delivery = 0; delivery < 2; delivery++) {
    const { acknowledged, batch } = batchOf('makegood-adjustments', messages)
    await consume(world.deps, batch)
    expect(acknowledged).toHaveLength(5)
  }
  for (const id of ids) {
    const adjustment = await world.adjustment(id)
    expect(adjustment).toMatchObject({ state: 'invoiced', attempts: 1 })
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
  }
})

it('a database that doesn’t answer loses no message: the sweep brings each back', async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  const world = await createWorld()
  const [id] = await world.receive('zendesk', ticket())
  const { acknowledged, batch } = batchOf('makegood-adjustments', world.queue.splice(0))
  const select = () => {
    throw new Error('D1_ERROR: database is locked: SQLITE_BUSY')
  }
  await consume(
    { ...world.deps, db: Object.assign(Object.create(world.deps.db), { select }) },
    batch,
  )
  expect(acknowledged).toHaveLength(1)
  expect(await world.adjustment(id!)).toMatchObject({ state: 'due', attempts: 0, version: 1 })
  expect(world.lines.filter(({ event }) => event === 'alarm.message_threw')).toHaveLength(2)
  await world.advance(61)
  expect(await world.sweep()).toBe(1)
  expect(await world.work()).toEqual(['issued'])
})

it('wake-ups go out a hundred at a time, each far smaller than a message may be', async () => {
  const sent: { body: WakeUp }[][] = []
  const ADJUSTMENTS = {
    ...env.ADJUSTMENTS,
    sendBatch: (messages: Iterable<{ body: WakeUp }>) => {
      sent.push([...messages])
      return Promise.resolve({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } })
    },
  }
  const deps = createDeps({ ...env, ADJUSTMENTS } as typeof env, config)
  const id = `adj_${'0'.repeat(32)}` as const
  await deps.wake(Array.from({ length: 250 }, (_, version) => ({ id, version })))
  await deps.wake([])
  expect(sent.map((batch) => batch.length)).toEqual([100, 100, 50])
  for (const { body } of sent.flat()) expect(JSON.stringify(body).length).toBeLessThan(1_000)
})
