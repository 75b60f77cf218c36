// Broken requests through the function that guards the door. Nothing may throw, take long, answer an
// event that breaks its type's promises, or accept a body that its sender didn't sign.

import { isUnreadable } from '../src/domain/event.ts'
import { EVENTS_PER_DELIVERY_MAX } from '../src/domain/limits.ts'
import { openDelivery, type Opened } from '../src/sources/open-delivery.ts'
import { coversBody } from '../src/sources/scheme.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { ALL_SOURCES } from '../sandbox/all-sources.ts'
import { brokenBody, brokenHeaders, randomFrom, type Random } from './fuzz-requests.ts'
import type { Vector } from './run-vector.ts'
import { listSamples, readSample } from './samples.ts'
import { signDelivery } from './sign-delivery.ts'
import { VECTOR_ENDPOINTS } from './vector-endpoints.ts'

export type FuzzReport = {
  readonly requests: number
  /** How often each came: `opened`, `unreadable <reason>`, `refused <reason>`. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly slowestMs: number
  readonly slowestBodyBytes: number
}

const SHARED = { in: 'header', header: 'x-fuzz' } as const
const SHARED_SECRET = 'fuzz'

/** The same source behind a secret that is always right, so that what reads is reached. */
const unlocked = (endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  schemes: [{ kind: 'secret', place: SHARED }],
})

/** The sources that no vendor stands behind: they have samples, and no vectors. */
const OWN_SOURCES = ['basic', 'bearer', 'generic'] as const

async function ownVectors(): Promise<Vector[]> {
  const samples = OWN_SOURCES.flatMap((source) =>
    (listSamples().get(source) ?? []).map((event) => readSample(source, event)),
  )
  const nowMs = Date.now()
  return Promise.all(
    samples.map(async ({ source, event, text }) => {
      const { headers } = await signDelivery(endpointOf(source, {}), 'a:b', text, { nowMs })
      const proven = { provider: source, name: event, secret: 'a:b', headers: { ...headers } }
      return { ...proven, body: text, expect: 'valid' as const, nowMs }
    }),
  )
}

function endpointOf(provider: string, params: NonNullable<Vector['params']>): Endpoint {
  const own = OWN_SOURCES.find((source) => source === provider)
  if (own) return ALL_SOURCES.endpoints[own]
  const endpoint = VECTOR_ENDPOINTS.get(provider)?.(params)
  if (!endpoint) throw new Error(`no source for ${provider}`)
  return endpoint
}

/** Throws on the first broken promise; its message has the seed and the number of the request. */
export async function fuzz(
  vectors: readonly Vector[],
  seed: number,
  requests: number,
): Promise<FuzzReport> {
  const random = randomFrom(seed)
  const theirs = vectors.filter(
    ({ provider, expect }) => expect === 'valid' && VECTOR_ENDPOINTS.has(provider),
  )
  const bases = [...theirs, ...(await ownVectors())]
  const outcomes = new Map<string, number>()
  let [slowestMs, slowestBodyBytes] = [0, 0]
  for (let number = 1; number <= requests; number += 1) {
    try {
      const { outcome, elapsedMs, bodyBytes } = await fuzzOne(random.pick(bases), random)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (elapsedMs > slowestMs) [slowestMs, slowestBodyBytes] = [elapsedMs, bodyBytes]
    } catch (cause) {
      throw new Error(`request ${number} of seed ${seed}`, { cause })
    }
  }
  return { requests, outcomes, slowestMs, slowestBodyBytes }
}

async function fuzzOne(
  vector: Vector,
  random: Random,
): Promise<{ outcome: string; elapsedMs: number; bodyBytes: number }> {
  const configured = endpointOf(vector.provider, vector.params ?? {})
  const isUnlocked = random.below(2) === 0
  const endpoint = isUnlocked ? unlocked(configured) : configured
  const headers = brokenHeaders(vector, random)
  if (isUnlocked) headers.set(SHARED.header, SHARED_SECRET)
  const body = brokenBody(vector.body, random)
  const request = {
    method: vector.method ?? 'POST',
    url: vector.url ?? 'https://makegood.example/webhooks/fuzz',
    headers,
    body,
    pathToken: random.pick([null, '', vector.secret.slice(1)]),
  }
  const secrets = [isUnlocked ? SHARED_SECRET : vector.secret]
  const startedAt = performance.now()
  const opened = await openDelivery(endpoint, secrets, request, vector.nowMs, vector.jwks?.keys)
  const elapsedMs = performance.now() - startedAt
  const done = { elapsedMs, bodyBytes: body.length }
  if (!opened.ok) return { ...done, outcome: `refused ${opened.error.reason}` }
  const isForged = new TextDecoder().decode(body) !== vector.body
  if (isForged && endpoint.schemes.every(coversBody)) throw new Error('an unsigned body was opened')
  if (opened.value.kind === 'handshake') return { ...done, outcome: 'handshake' }
  return { ...done, outcome: outcomeOf(opened.value.events) }
}

/** Throws where an event isn't what its type promises. */
function outcomeOf(events: Extract<Opened, { kind: 'events' }>['events']): string {
  if (events.length < 1 || events.length > EVENTS_PER_DELIVERY_MAX) {
    throw new Error(`${events.length} events`)
  }
  for (const event of events) {
    if (isUnreadable(event)) continue
    const { ownId, type, occurredAt, mode } = event
    const isTime = occurredAt === null || (Number.isSafeInteger(occurredAt) && occurredAt >= 0)
    const isMode = mode === null || mode === 'live' || mode === 'test'
    const isTold = typeof type === 'string' && type !== '' && ownId !== ''
    if (!isTime || !isMode || !isTold) throw new Error('an event breaks its promises')
  }
  const [first] = events
  return first && isUnreadable(first) ? `unreadable ${first.unreadable}` : 'opened'
}
