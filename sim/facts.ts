// What happens at the sources, and what each of it must come to. A fact is one subject; its events are told
// by deliveries, each of them perhaps many times, late, changed, or under another id.

import type { Scenario } from './scenario.ts'
import type { EndpointName } from './config.ts'
import { credit, gift, refund, request, ticket } from './fact-makers.ts'
import { createRandom } from './random.ts'

export type Fact = {
  readonly number: number
  readonly endpoint: EndpointName
  /** The id of the rule that it is for. */
  readonly rule: string
  readonly subject: string
  readonly settlement: 'owed' | 'already_paid'
  /** Signed minor units that it may come to: a deployment may change a preset. */
  readonly amounts: readonly number[]
  /** As the event names him. */
  readonly customer: string | null
  readonly asker: string | null
  readonly mode: 'test' | 'live'
  readonly isUndone: boolean
  /** Of how many adjustments it is one; of several, `amounts` are theirs. */
  readonly parts: number
}

export type SourceEvent = {
  readonly fact: Fact
  readonly kind: 'asks' | 'undoes' | 'approves' | 'nothing' | 'unreadable' | 'sees'
  /** By which its source knows it; null where it has none, and the body itself is it. */
  readonly ownId: string | null
  readonly body: string
  /** The `webhook-id` of a delivery, where that is the event's id. */
  readonly deliveryId: string
  readonly at: number
}

/** One HTTP request of a source; it is sent until it is answered 2xx, and perhaps again. */
export type Delivery = {
  readonly endpoint: EndpointName
  readonly events: readonly SourceEvent[]
  readonly body: string
  readonly deliveryId: string
  readonly at: number
  readonly isForged: boolean
}

/** How many happen in the moment of the one before, so that they are claimed side by side. */
const BURSTS = 0.25
const BURST_MS = 50

/** At least `count` events, spread over the scenario's span. */
export function factsOf(scenario: Scenario, count: number): SourceEvent[] {
  const random = createRandom(scenario.seed, 'facts')
  const events: SourceEvent[] = []
  let at = scenario.startMs
  for (let number = 1; events.length < count; number += 1) {
    const isBurst = random.chance(BURSTS)
    at = isBurst ? at + random.below(BURST_MS) : scenario.startMs + random.below(scenario.spanMs)
    if (scenario.facts === 'credits') {
      events.push(...credit({ number, at, random }))
      continue
    }
    const make = random.pick([ticket, ticket, refund, refund, request, request, gift, gift])
    events.push(...make({ number, at, random }))
  }
  return events.slice(0, count)
}
