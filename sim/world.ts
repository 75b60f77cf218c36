// One run's world: the product's processes, its database and queues, the services that it calls, the
// senders and the people. Everything in it is drawn from the scenario's seed.

import { runCron } from '../src/scheduled.ts'
import { consume } from '../src/queue.ts'
import { createCommet, type Commet, type Customer } from './commet.ts'
import { createCommetService } from './commet-faults.ts'
import { createCrashes, type Crashes } from './crashes.ts'
import { createDatabasePort } from './database-port.ts'
import { createDesk, type Desk } from './desk.ts'
import { factsOf, type SourceEvent } from './facts.ts'
import { createFleet, taskOf, type Fleet } from './fleet.ts'
import { takeGlobals } from './globals.ts'
import { createHost, type Host, type Settled } from './host.ts'
import { labelOfRequest } from './label.ts'
import { callOf, responseOf, type Service } from './network.ts'
import { createQueues, type Consumed, type Queued, type QueueName, type Queues } from './queues.ts'
import { createRandom } from './random.ts'
import { kindAt, type Scenario } from './scenario.ts'
import { startSenders, type Acknowledged, type Seen, type Senders } from './senders.ts'
import { openSqlite, type Sqlite } from './sqlite.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createTrace, type Trace } from './trace.ts'

export type World = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly trace: Trace
  readonly host: Host
  readonly fleet: Fleet
  readonly database: Sqlite
  readonly queues: Queues
  readonly commet: Commet
  readonly desk: Desk
  readonly events: readonly SourceEvent[]
  readonly senders: Senders
  readonly crashes: Crashes
  /** What must never happen, seen while it ran. */
  readonly violations: string[]
  readonly request: (request: Request, kind: string, seen: (seen: Seen) => void) => void
  /** The tick of the cron, in some process. */
  readonly tick: () => void
  readonly heal: () => void
  readonly isHealed: () => boolean
  /** Puts the real clock back. */
  readonly end: () => void
}

export type WorldOptions = {
  readonly scenario: Scenario
  readonly eventCount: number
  readonly image: Uint8Array
  readonly print: ((line: string) => void) | null
  readonly onAcknowledged: (world: Pick<World, 'database' | 'violations'>, it: Acknowledged) => void
}

const CUSTOMERS: readonly Customer[] = [
  ...[1, 2, 3, 4, 5, 6].map((number) => customerOf(`acme-${number}`, 'usd')),
  customerOf('euro-1', 'eur'),
  customerOf('new-1', null),
  { ...customerOf('refused-1', 'usd'), isRefused: true },
]

function customerOf(externalId: string, currency: string | null): Customer {
  return { id: `cus_${externalId}`, externalId, currency, isRefused: false }
}

export function createWorld(options: WorldOptions): World {
  const { scenario, eventCount, image, print } = options
  const { seed, faults } = scenario
  let healed = false
  const isHealed = (): boolean => healed
  const isOn = (kind: Parameters<typeof faults.has>[0]) => (): boolean =>
    !healed && faults.has(kind)
  const timeline = createTimeline(scenario.startMs)
  const trace = createTrace(timeline.now, print)
  const crashes = createCrashes(seed, isOn('crash'))
  const host = createHost({ timeline, trace, crashes, random: createRandom(seed, 'host') })
  const violations: string[] = []
  const database = openSqlite(image)
  const network = createRandom(seed, 'network')
  const desk = createDesk(createRandom(seed, 'desk'), isOn('commet'))
  const commet = createCommet({
    ...scenario,
    customers: CUSTOMERS,
    listingLagMs: () => (isOn('commet')() && network.chance(0.3) ? network.below(600_000) : 0),
  })
  const services: Readonly<Record<string, Service>> = {
    'zendesk.sim': desk.zendesk,
    'chat.sim': desk.chat,
    'commet.sim': createCommetService({
      commet,
      timeline,
      random: createRandom(seed, 'commet'),
      climate: () => kindAt(scenario.climates, timeline.now(), 'calm'),
      isOn: isOn('commet'),
    }),
  }
  const guards = { violations, trace }
  const d1 = createDatabasePort({ scenario, timeline, host, database, isOn: isOn('d1'), ...guards })
  const queues = createQueues({
    timeline,
    random: createRandom(seed, 'queues'),
    isOn: isOn('queue'),
    consume: (name, messages, over) => consumeBatch(name, messages, over),
  })
  const fleet = createFleet({
    scenario,
    timeline,
    host,
    d1,
    send: (name, bodies) =>
      host.ask({
        label: `send ${name}`,
        travelMs: network.between(1, 10),
        arrive: (answer) => {
          const isRefused = isOn('queue')() && network.chance(0.03)
          if (!isRefused) queues.send(name, bodies)
          const isTold = !isRefused || network.chance(0.3)
          answer(isTold && !isRefused ? { value: undefined } : { error: new Error('queue') }, 0)
        },
      }),
  })

  const threw = (kind: string) => (error: unknown) => {
    violations.push(`handler_threw: ${kind}: ${String(error)}`)
  }
  const request: World['request'] = (asked, kind, seen) => {
    const { isolate, fetch } = fleet.pick()
    // A sender whose connection broke, or whose answer was lost, has seen nothing.
    const lost = (): void => void timeline.after(network.between(1, 30_000), () => seen(null))
    const run = async (): Promise<Seen> => {
      const response = await fetch(asked, threw(kind))
      return { status: response.status, body: await response.text() }
    }
    trace.line(`${isolate.name} ${kind} begins`)
    host.spawn(taskOf(isolate, kind, lost), run, (settled) => {
      if ('error' in settled) return threw(kind)(settled.error)
      trace.line(`${isolate.name} ${kind} answers ${settled.value?.status}`)
      if (isOn('network')() && network.chance(0.03)) return lost()
      seen(settled.value)
    })
  }

  function consumeBatch(
    name: QueueName,
    messages: readonly Queued[],
    over: (consumed: Consumed) => void,
  ): void {
    const { isolate, deps } = fleet.pick()
    const kind = `queue ${name.replace('makegood-', '')}`
    const retried = new Set<string>()
    const batch: Parameters<typeof consume>[1] = {
      queue: name,
      metadata: {
        metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: new Date(0) },
      },
      ackAll: () => undefined,
      retryAll: () => undefined,
      messages: messages.map(({ id, body, attempts }) => ({
        id,
        body,
        attempts,
        timestamp: new Date(timeline.now()),
        metadata: {},
        ack: () => undefined,
        retry: () => void retried.add(id),
      })),
    }
    const died = (): void => over({ kind: 'failed' })
    host.spawn(
      taskOf(isolate, kind, died),
      () => consume(deps, batch),
      (settled) => {
        if ('error' in settled) threw(kind)(settled.error)
        over('error' in settled ? { kind: 'failed' } : { kind: 'done', retried })
      },
    )
  }

  const tick = (): void => {
    const { isolate, deps } = fleet.pick()
    const over = (settled: Settled<void>): void => {
      // It is meant to reject where the database does, so that the platform counts it as failed.
      if ('error' in settled && healed) threw('cron')(settled.error)
    }
    host.spawn(
      taskOf(isolate, 'cron', () => undefined),
      () => runCron(deps, '* * * * *'),
      over,
    )
  }

  const product = createRandom(seed, 'product')
  const end = takeGlobals({
    now: () => timeline.now() + (host.current()?.isolate.skewMs ?? 0),
    random: product.next,
    bytes: product.bytes,
    timer: host.timer,
    log: (line) => trace.line(`log ${line}`),
    fetch: (input, init) => {
      const call = callOf(input, init)
      const service = services[call.url.host]
      if (service === undefined) throw new Error(`the product asks ${call.url.host}`)
      return host.ask<Response>({
        label: labelOfRequest(call.method, call.url),
        travelMs: network.between(5, 60),
        arrive: (answer) =>
          service.arrive(call, (answered, afterMs) => {
            trace.line(`  ${answered === 'broken' ? answered : answered.status}`)
            answer(
              answered === 'broken'
                ? { error: new TypeError('the connection broke') }
                : { value: responseOf(answered) },
              afterMs,
            )
          }),
      })
    },
  })

  const events = factsOf(scenario, eventCount)
  const senders = startSenders({
    scenario,
    timeline,
    events,
    endpointOf: (name) => {
      const endpoint = fleet.configs[0]?.endpoints.get(name)
      if (endpoint === undefined) throw new Error(`there is no endpoint ${name}`)
      return endpoint
    },
    isHealed,
    request: (asked, seen) => request(asked, 'door', seen),
    onAcknowledged: (it) => options.onAcknowledged({ database, violations }, it),
  })
  return {
    scenario,
    timeline,
    trace,
    host,
    fleet,
    database,
    queues,
    commet,
    desk,
    events,
    senders,
    crashes,
    violations,
    request,
    tick,
    heal: () => {
      healed = true
    },
    isHealed,
    end: () => {
      end()
      database.close()
    },
  }
}
