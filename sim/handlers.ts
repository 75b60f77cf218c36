// The three ways into the product: a request, a batch of a queue, a tick of the cron. Each is a task of some
// process; if that dies, whoever waits for it is told, or learns it from its silence.

import { consume } from '../src/queue.ts'
import { runCron } from '../src/scheduled.ts'
import type { Fleet } from './fleet.ts'
import type { Host, Settled } from './host.ts'
import type { Consumed, Queued, QueueName } from './queues.ts'
import { createRandom } from './random.ts'
import type { FaultKind, Scenario } from './scenario.ts'
import type { Seen } from './senders.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export type Handlers = {
  readonly request: (request: Request, kind: string, seen: (seen: Seen) => void) => void
  readonly consume: (
    name: QueueName,
    messages: readonly Queued[],
    over: (consumed: Consumed) => void,
  ) => void
  readonly tick: () => void
}

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly trace: Trace
  readonly host: Host
  readonly fleet: Fleet
  readonly isOn: (kind: FaultKind) => () => boolean
  readonly isHealed: () => boolean
  readonly violations: string[]
}

export function createHandlers(parts: Parts): Handlers {
  const { scenario, timeline, trace, host, fleet, isOn, isHealed, violations } = parts
  const random = createRandom(scenario.seed, 'handlers')
  const threw = (kind: string) => (error: unknown) => {
    violations.push(`handler_threw: ${kind}: ${String(error)}`)
  }
  return {
    request: (asked, kind, seen) => {
      const { isolate, fetch } = fleet.pick()
      // Whose connection broke, or whose answer was lost, has seen nothing.
      const lost = (): void => {
        timeline.after(random.between(1, 30_000), () => seen(null))
      }
      const run = async (): Promise<Seen> => {
        const response = await fetch(asked, threw(kind))
        return { status: response.status, body: await response.text() }
      }
      trace.line(`${isolate.name} ${kind} begins`)
      host.spawn({ isolate, kind, died: lost }, run, (settled) => {
        if ('error' in settled) return threw(kind)(settled.error)
        trace.line(`${isolate.name} ${kind} answers ${settled.value?.status}`)
        if (isOn('network')() && random.chance(0.03)) return lost()
        seen(settled.value)
      })
    },
    consume: (name, messages, over) => {
      const { isolate, deps } = fleet.pick()
      const kind = `queue ${name.replace('makegood-', '')}`
      const retried = new Set<string>()
      const batch = batchOf(name, messages, timeline.now(), (id) => void retried.add(id))
      const died = (): void => over({ kind: 'failed' })
      host.spawn(
        { isolate, kind, died },
        () => consume(deps, batch),
        (settled) => {
          if ('error' in settled) threw(kind)(settled.error)
          over('error' in settled ? { kind: 'failed' } : { kind: 'done', retried })
        },
      )
    },
    tick: () => {
      const { isolate, deps } = fleet.pick()
      const isHealthy = isHealed()
      const over = (settled: Settled<void>): void => {
        // It is meant to reject where the database or a queue does, so that the platform counts it as failed.
        if ('error' in settled && isHealthy) threw('cron')(settled.error)
      }
      const task = { isolate, kind: 'cron', died: () => undefined }
      host.spawn(task, () => runCron(deps, '* * * * *'), over)
    },
  }
}

function batchOf(
  queue: QueueName,
  messages: readonly Queued[],
  now: number,
  retry: (id: string) => void,
): Parameters<typeof consume>[1] {
  const oldestMessageTimestamp = new Date(0)
  return {
    queue,
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp } },
    ackAll: () => undefined,
    retryAll: () => undefined,
    messages: messages.map(({ id, body, attempts }) => ({
      id,
      body,
      attempts,
      timestamp: new Date(now),
      metadata: {},
      ack: () => undefined,
      retry: () => retry(id),
    })),
  }
}
