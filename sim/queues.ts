// Queues that deliver late, in any order, twice, or never, and give up on a message in the end. Their
// consumers are as in wrangler.toml.

import type { NoticeWakeUp, WakeUp } from '../src/domain/wake-up.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

export type QueueName = 'makegood-adjustments' | 'makegood-notices' | 'makegood-adjustments-dead'

export type Woken = WakeUp | NoticeWakeUp

export type Queued = { readonly id: string; readonly body: Woken; attempts: number }

/** What became of a batch: each message's fate, or the death of its consumer. */
export type Consumed =
  | { readonly kind: 'done'; readonly retried: ReadonlySet<string> }
  | { readonly kind: 'failed' }

export type Queues = {
  readonly send: (name: QueueName, bodies: readonly Woken[]) => void
  /** How many messages are on their way. */
  readonly waiting: () => number
}

type Parts = {
  readonly timeline: Timeline
  readonly random: Random
  readonly isOn: () => boolean
  readonly consume: (
    name: QueueName,
    messages: readonly Queued[],
    over: (consumed: Consumed) => void,
  ) => void
}

const BATCH_MAX = 5
const RETRIES_MAX = 3

export function createQueues({ timeline, random, isOn, consume }: Parts): Queues {
  const ready = new Map<QueueName, Queued[]>()
  let sent = 0
  let waiting = 0

  const delayMs = (): number => {
    if (!isOn() || random.chance(0.8)) return random.between(2, 60)
    return random.chance(0.8) ? random.between(100, 20_000) : random.between(60_000, 7_200_000)
  }
  const put = (name: QueueName, message: Queued): void => {
    if (isOn() && random.chance(0.04)) return
    waiting += 1
    timeline.after(delayMs(), () => {
      const messages = ready.get(name) ?? []
      ready.set(name, messages)
      messages.push(message)
      // The rest of the moment may fill the batch.
      if (messages.length === 1) timeline.after(1, () => deliver(name))
    })
  }
  const deliver = (name: QueueName): void => {
    const messages = ready.get(name)?.splice(0) ?? []
    for (let at = 0; at < messages.length; at += BATCH_MAX) {
      const batch = messages.slice(at, at + BATCH_MAX)
      waiting -= batch.length
      for (const message of batch) {
        message.attempts += 1
        if (isOn() && random.chance(0.03)) put(name, { ...message })
      }
      consume(name, batch, (consumed) => {
        for (const message of batch) {
          if (consumed.kind === 'failed' || consumed.retried.has(message.id)) again(name, message)
        }
      })
    }
  }
  const again = (name: QueueName, message: Queued): void => {
    if (message.attempts <= RETRIES_MAX) return put(name, message)
    if (name === 'makegood-adjustments')
      put('makegood-adjustments-dead', { ...message, attempts: 0 })
  }

  return {
    waiting: () => waiting,
    send: (name, bodies) => {
      for (const body of bodies) {
        sent += 1
        put(name, { id: `m${sent}`, body, attempts: 0 })
      }
    },
  }
}
