// Senders: each delivers until it is acknowledged, and many deliver again, at any age, in other company, or
// with other bytes under the same id.

import { createHash } from 'node:crypto'
import { signDelivery } from '../scripts/sign-delivery.ts'
import { base32 } from '../src/domain/ids.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { ENDPOINT_SECRETS } from './config.ts'
import type { Delivery, SourceEvent } from './facts.ts'
import { createRandom, type Random } from './random.ts'
import { DAY, HOUR, MINUTE, type Scenario } from './scenario.ts'
import type { Timeline } from './timeline.ts'

/** What a sender sees of one attempt: a status and body, or nothing. */
export type Seen = { readonly status: number; readonly body: string } | null

export type Acknowledged = { readonly delivery: Delivery; readonly body: string }

export type Senders = {
  /** Deliveries that were answered 2xx, each answer of them. */
  readonly acknowledged: readonly (Acknowledged & { readonly at: number })[]
  readonly acceptedForgeries: readonly Delivery[]
  /** Of those that are tried until they are acknowledged. */
  readonly unacknowledged: () => number
  /** When the last of them is sent for the first time, or again. */
  readonly lastAt: number
  /** What happens at its source only now, because of what the product did. */
  readonly tell: (event: SourceEvent) => void
  /** Whatever was acknowledged since then is sent once more, within so many milliseconds. */
  readonly sendAgain: (since: number, withinMs: number) => void
}

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly events: readonly SourceEvent[]
  readonly endpointOf: (name: string) => Endpoint
  readonly isHealed: () => boolean
  /** One HTTP request to some process. */
  readonly request: (request: Request, seen: (seen: Seen) => void) => void
  readonly onAcknowledged: (acknowledged: Acknowledged) => void
}

const AGES = [0, 1_000, 5 * MINUTE, 61 * MINUTE, 24 * HOUR - MINUTE, 24 * HOUR + MINUTE] as const
const OLD_AGES = [72 * HOUR, 14 * DAY, 400 * DAY] as const
const RETRY_MS = [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, HOUR] as const

export function startSenders(parts: Parts): Senders {
  const { scenario, timeline } = parts
  const random = createRandom(scenario.seed, 'senders')
  const acknowledged: (Acknowledged & { at: number })[] = []
  const acceptedForgeries: Delivery[] = []
  const open = new Set<Delivery>()
  let lastAt = scenario.startMs

  const attempt = (delivery: Delivery, tries: number): void => {
    const seen = (answer: Seen): void => finish(delivery, tries, answer)
    void signed(parts, delivery).then((request) => parts.request(request, seen))
  }
  const finish = (delivery: Delivery, tries: number, seen: Seen): void => {
    const isAccepted = seen !== null && seen.status >= 200 && seen.status < 300
    if (delivery.isForged) {
      if (isAccepted) acceptedForgeries.push(delivery)
      return
    }
    if (isAccepted) {
      acknowledged.push({ delivery, body: seen.body, at: timeline.now() })
      parts.onAcknowledged({ delivery, body: seen.body })
      if (open.delete(delivery) && random.chance(0.1)) resendChanged(delivery)
      return
    }
    if (!open.has(delivery)) return
    const wait = parts.isHealed() ? 1_000 : (RETRY_MS[tries] ?? HOUR)
    timeline.after(Math.ceil(wait * (0.8 + 0.4 * random.next())), () =>
      attempt(delivery, tries + 1),
    )
  }
  const send = (delivery: Delivery): void => {
    lastAt = Math.max(lastAt, delivery.at)
    timeline.at(delivery.at, () => attempt(delivery, 0))
  }
  const resendChanged = (delivery: Delivery): void => {
    // Where the database is set back, the changed one could be the first.
    if (scenario.restore !== null) return
    if (delivery.events.some(({ ownId }) => ownId === null)) return
    const body = changed(delivery.body)
    timeline.after(random.pick([500, HOUR, DAY]), () => attempt({ ...delivery, body }, 0))
  }

  for (const delivery of deliveriesOf(parts.events, random)) {
    open.add(delivery)
    send(delivery)
    for (const age of agesOf(random, scenario.oldestDuplicateMs)) {
      send({ ...delivery, at: delivery.at + age })
    }
    if (random.chance(0.04)) send({ ...delivery, isForged: true, body: forged(delivery.body) })
  }
  return {
    acknowledged,
    acceptedForgeries,
    unacknowledged: () => open.size,
    lastAt,
    sendAgain: (since, withinMs) => {
      for (const { delivery, at } of acknowledged) {
        if (at < since || delivery.body !== bodyOf(delivery.events)) continue
        open.add(delivery)
        timeline.after(random.below(withinMs), () => attempt(delivery, 0))
      }
    },
    tell: (event) => {
      const delivery = deliveryOf([event])
      open.add(delivery)
      send(delivery)
      if (random.chance(0.2)) send({ ...delivery, at: delivery.at + random.pick([1_000, HOUR]) })
    },
  }
}

function agesOf(random: Random, oldestMs: number): number[] {
  if (!random.chance(0.35)) return []
  const ages = [...AGES, ...(random.chance(0.3) ? OLD_AGES : [])].filter((age) => age <= oldestMs)
  const [first = 0, ...rest] = ages
  return Array.from({ length: random.between(1, 3) }, () => random.pick([first, ...rest]))
}

/** One for each event; those of the source `batch` in lists, and some of them in two lists. */
function deliveriesOf(events: readonly SourceEvent[], random: Random): Delivery[] {
  const alone = events.filter(({ fact }) => fact.endpoint !== 'batch')
  const listed = events.filter(({ fact }) => fact.endpoint === 'batch')
  const lists: SourceEvent[][] = []
  for (const event of listed.toSorted((left, right) => left.at - right.at)) {
    const last = lists.at(-1)
    if (last === undefined || last.length >= 5 || random.chance(0.4)) lists.push([event])
    else last.push(event)
    if (random.chance(0.15)) lists.push([event])
  }
  return [...alone.map((event) => deliveryOf([event])), ...lists.map((list) => deliveryOf(list))]
}

/** As its sender means it. */
function bodyOf(events: readonly SourceEvent[]): string {
  const bodies = events.map(({ body }) => body).join(',')
  return events.some(({ fact }) => fact.endpoint === 'batch') ? `[${bodies}]` : bodies
}

function deliveryOf(events: readonly SourceEvent[]): Delivery {
  const [first] = events
  if (first === undefined) throw new Error('a delivery without events')
  const { fact, deliveryId } = first
  const at = Math.max(...events.map((event) => event.at))
  const body = bodyOf(events)
  return { endpoint: fact.endpoint, events, body, deliveryId, at, isForged: false }
}

/** The same id with another amount: what is known already, nobody looks at again. */
const changed = (body: string): string => body.replaceAll(/("amount":-?)(\d+)/g, '$1$29')

/** Other ids, so that nothing else could have written what it would leave behind. */
const forged = (body: string): string => body.replaceAll(/(\d{1,19})/g, '9$1')

async function signed({ timeline, endpointOf }: Parts, delivery: Delivery): Promise<Request> {
  const { endpoint, body, deliveryId, isForged } = delivery
  const url = `https://makegood.sim/webhooks/${endpoint}`
  const secret = isForged ? 'c29tZWJvZHktZWxzZXMtc2VjcmV0LWtleQ==' : ENDPOINT_SECRETS[endpoint]
  const signature = await signDelivery(endpointOf(endpoint), secret, body, {
    nowMs: timeline.now(),
    id: deliveryId,
    url,
  })
  const headers = { ...signature.headers, 'content-length': String(Buffer.byteLength(body)) }
  return new Request(url + signature.pathSuffix, { method: 'POST', headers, body })
}

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** The id of an event whose sender gives it none, as src/domain/ids.ts derives it of the delivered bytes. */
export const idOfBody = (account: string, body: string): string => {
  const parts = JSON.stringify(['event', account, `sha256:${sha256(body).toHex()}`])
  return `evt_${base32(sha256(parts).subarray(0, 20))}`
}
