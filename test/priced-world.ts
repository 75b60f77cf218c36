// A world in which each step of an event's way is counted: by D1 itself, and by the messages that it sends. It has one
// channel, for which every notice is.

import { consume } from '../src/queue.ts'
import { ok } from '../src/domain/result.ts'
import type { NoticeWakeUp, WakeUp } from '../src/domain/wake-up.ts'
import type { Channel } from '../src/notices/channel.ts'
import config from './makegood.config.ts'
import { countedDatabase, type Counts } from './counted-database.ts'
import { depsWith } from './harness.ts'
import { createWorld } from './world.ts'

const CHANNEL: Channel = {
  name: 'told',
  title: 'Told',
  secrets: [],
  problems: [],
  source: null,
  wants: () => true,
  send: async () => ok('sent'),
}

/** `messages`: that it has sent. */
export type StepCost = Counts & { readonly messages: number }

export async function pricedWorld() {
  const { db, counts, reset } = countedDatabase(() => true)
  const toTell: NoticeWakeUp[] = []
  const { settings } = depsWith()
  const world = await createWorld({
    db,
    config: { ...config, notices: [CHANNEL] },
    settings: { ...settings, channelSecrets: new Map([[CHANNEL.name, new Map()]]) },
    wakeNotices: async (more) => {
      toTell.push(...more)
    },
  })
  const waiting = () => world.queue.length + toTell.length

  /** As each message comes in a batch of its own. */
  async function consumeAll(queue: string, bodies: readonly (WakeUp | NoticeWakeUp)[]) {
    for (const body of bodies) {
      const message = { body, ack: () => {} } as Message<WakeUp | NoticeWakeUp>
      await consume(world.deps, { queue, messages: [message] } as never)
    }
  }

  async function costOf(step: () => Promise<unknown>): Promise<StepCost> {
    reset()
    const before = waiting()
    await step()
    return { ...counts, messages: waiting() - before }
  }

  return {
    ...world,
    receiving: (source: string, body: unknown) => costOf(() => world.receive(source, body)),
    issuing: () => {
      const taken = world.queue.splice(0)
      return costOf(() => consumeAll('adjustments', taken))
    },
    telling: () => {
      const taken = toTell.splice(0)
      return costOf(() => consumeAll('notices', taken))
    },
    /** All that waits, until nothing does. */
    async settle(): Promise<void> {
      while (waiting() > 0) {
        await consumeAll('adjustments', world.queue.splice(0))
        await consumeAll('notices', toTell.splice(0))
      }
    },
  }
}
