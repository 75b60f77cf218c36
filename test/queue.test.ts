// The consumers: every message is acknowledged, and what throws is counted.

import { expect, it } from 'vitest'
import { ATTEMPTS_MAX } from '../src/domain/limits.ts'
import type { WakeUp } from '../src/domain/wake-up.ts'
import { consume } from '../src/queue.ts'
import { refund, ticket } from './harness.ts'
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
