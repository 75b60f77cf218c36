// What the product calls outside, and the way there: the billing API, the ticket desk and the chat.

import { createCommet, type Commet, type Customer } from './commet.ts'
import { createCommetService } from './commet-faults.ts'
import { createDesk, type Desk } from './desk.ts'
import type { Host } from './host.ts'
import type { InvoiceWatcher } from './invoice-changes.ts'
import { labelOfRequest } from './label.ts'
import { callOf, responseOf, type Service } from './network.ts'
import { createRandom } from './random.ts'
import { kindAt, type FaultKind, type Scenario } from './scenario.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export type Services = {
  readonly commet: Commet
  readonly desk: Desk
  /** In the place of the global one. */
  readonly fetch: typeof fetch
}

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly trace: Trace
  readonly host: Host
  readonly isOn: (kind: FaultKind) => () => boolean
  readonly onInvoice: InvoiceWatcher
}

/** What is wrong with one of them somebody mends in the end, so that what failed can go through. */
const customersOf = ({ startMs, spanMs }: Scenario): Customer[] => [
  { ...customerOf('refused-1', 'usd'), refusedUntil: startMs + spanMs / 2 },
  ...[1, 2, 3, 4, 5, 6].map((number) => customerOf(`acme-${number}`, 'usd')),
  customerOf('euro-1', 'eur'),
  customerOf('new-1', null),
]

function customerOf(externalId: string, currency: string | null): Customer {
  return { id: `cus_${externalId}`, externalId, currency, refusedUntil: 0 }
}

export function createServices({ scenario, timeline, trace, host, isOn, onInvoice }: Parts): Services {
  const { seed } = scenario
  const network = createRandom(seed, 'network')
  const desk = createDesk(createRandom(seed, 'desk'), isOn('commet'))
  const commet = createCommet({
    ...scenario,
    customers: customersOf(scenario),
    onInvoice,
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
  return {
    commet,
    desk,
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
            const isBroken = answered === 'broken'
            const broken = { error: new TypeError('the connection broke') }
            answer(isBroken ? broken : { value: responseOf(answered) }, afterMs)
          }),
      })
    },
  }
}
