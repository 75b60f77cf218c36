// One run's world: the product's processes, its database and queues, the services that it calls, the
// senders and the people. Everything in it is drawn from the scenario's seed.

import type { Commet } from './commet.ts'
import { createCrashes, type Crashes } from './crashes.ts'
import { createDatabasePort } from './database-port.ts'
import type { Desk } from './desk.ts'
import { factsOf, type SourceEvent } from './facts.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { takeGlobals } from './globals.ts'
import { createHandlers, type Handlers } from './handlers.ts'
import { createHost, type Host } from './host.ts'
import { watchInvoices, type InvoiceChanges } from './invoice-changes.ts'
import type { Answer } from './operators.ts'
import type { Meter } from './meter.ts'
import { createQueues, type Queues } from './queues.ts'
import { createRandom, type Random } from './random.ts'
import type { FaultKind, Scenario } from './scenario.ts'
import { startSenders, type Acknowledged, type Senders } from './senders.ts'
import { createServices } from './services.ts'
import { openRestorable, planRestore, type Restorable } from './restore.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createTrace, type Trace } from './trace.ts'

export type World = Pick<Handlers, 'request' | 'tick'> & {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly trace: Trace
  readonly host: Host
  readonly fleet: Fleet
  readonly database: Restorable
  readonly queues: Queues
  readonly commet: Commet
  readonly meter: Meter
  readonly desk: Desk
  readonly events: readonly SourceEvent[]
  readonly changedAt: InvoiceChanges['changedAt']
  readonly senders: Senders
  readonly crashes: Crashes
  /** What people were answered. */
  readonly answers: Answer[]
  /** What must never happen, seen while it ran. */
  readonly violations: string[]
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

type Weather = {
  readonly heal: () => void
  readonly isHealed: () => boolean
  /** Whether faults of this kind come, now. */
  readonly isOn: (kind: FaultKind) => () => boolean
}

function createWeather({ faults }: Scenario): Weather {
  let healed = false
  return {
    heal: () => {
      healed = true
    },
    isHealed: () => healed,
    isOn: (kind) => () => !healed && faults.has(kind),
  }
}

/** What nothing outside can cause. */
const BUG = /"error":"(TypeError|RangeError|ReferenceError)"|"message":"assertion failed/

export function createWorld(options: WorldOptions): World {
  const { scenario, eventCount, image, print } = options
  const { seed } = scenario
  const weather = createWeather(scenario)
  const { isOn, isHealed, heal } = weather
  const timeline = createTimeline(scenario.startMs)
  const trace = createTrace(timeline.now, print)
  const crashes = createCrashes(seed, isOn('crash'))
  const host = createHost({ timeline, trace, crashes, random: createRandom(seed, 'host') })
  const violations: string[] = []
  const database = openRestorable(image)
  const shared = { scenario, timeline, trace, host, isOn, isHealed, violations }
  const changes = watchInvoices({ ...shared, tell: (event) => senders.tell(event) })
  const { commet, meter, desk, fetch } = createServices({ ...shared, onInvoice: changes.onInvoice })
  const queues = createQueues({
    timeline,
    random: createRandom(seed, 'queues'),
    isOn: isOn('queue'),
    consume: (name, messages, over) => handlers.consume(name, messages, over),
  })
  const d1 = createDatabasePort({ ...shared, database, isOn: isOn('d1') })
  const sending = { host, queues, random: createRandom(seed, 'sending'), isOn: isOn('queue') }
  const fleet = createFleet({ ...shared, d1, send: sendTo(sending) })
  const handlers = createHandlers({ ...shared, fleet })
  const product = createRandom(seed, 'product')
  const giveBack = takeGlobals({
    now: () => timeline.now() + (host.current()?.isolate.skewMs ?? 0),
    random: product.next,
    bytes: product.bytes,
    timer: host.timer,
    log: (line) => {
      trace.line(`log ${line}`)
      if (BUG.test(line)) violations.push(`threw: ${line}`)
    },
    fetch,
  })
  const end = (): void => {
    giveBack()
    database.close()
  }
  const { request, tick } = handlers
  const events = factsOf(scenario, eventCount)
  const senders = startSenders({
    scenario,
    timeline,
    events,
    endpointOf: endpointIn(fleet),
    isHealed,
    request: (asked, seen) => request(asked, 'door', seen),
    onAcknowledged: (it) => options.onAcknowledged({ database, violations }, it),
  })
  const kept = { ...shared, fleet, database, senders }
  planRestore({ ...kept, commet, request: (asked, seen) => request(asked, 'operator', seen) })
  const { changedAt } = changes
  const outside = { commet, meter, desk, changedAt }
  return { ...kept, ...outside, answers: [], queues, events, crashes, request, tick, heal, end }
}

const endpointIn = (fleet: Fleet) => (name: string) => {
  const endpoint = fleet.configs[0]?.endpoints.get(name)
  if (endpoint === undefined) throw new Error(`there is no endpoint ${name}`)
  return endpoint
}

type Sending = {
  readonly host: Host
  readonly queues: Queues
  readonly random: Random
  readonly isOn: () => boolean
}

/** A queue that refuses may have taken the messages all the same. */
const sendTo =
  ({ host, queues, random, isOn }: Sending): Parameters<typeof createFleet>[0]['send'] =>
  (name, bodies) =>
    host.ask({
      label: `send ${name}`,
      travelMs: random.between(1, 10),
      arrive: (answer) => {
        const fault = isOn() && random.chance(0.03) ? random.pick(['refused', 'lost_answer']) : null
        if (fault !== 'refused') queues.send(name, bodies)
        answer(fault === null ? { value: undefined } : { error: new Error('queue') }, 0)
      },
    })
