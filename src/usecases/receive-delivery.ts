// One delivery: verify, read, decide, commit; then it may be answered. Nothing is parsed before its
// sender is authenticated, and nothing is answered before it is in D1.

import type { KeptPayload, Payload } from '../db/pack-payloads.ts'
import {
  packDelivery,
  type Delivery,
  type PackedDelivery,
  type ReceivedEvent,
} from '../db/pack-delivery.ts'
import { commitDelivery } from '../db/write-delivery.ts'
import {
  isUnreadable,
  UNREADABLE_TYPE,
  type SourceEvent,
  type Unreadable,
  type UnreadableReason,
} from '../domain/event.ts'
import { assert } from '../domain/assert.ts'
import { eventId, sha256, type EventId } from '../domain/ids.ts'
import { NATIVE_ID_CHARS_MAX, WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneLine } from '../domain/text.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Deps } from '../deps.ts'
import type { Opened } from '../sources/open-delivery.ts'
import type { ProvenRequest } from '../sources/proof.ts'
import type { Refusal } from '../sources/refusal.ts'
import type { Answer, Endpoint } from '../sources/source.ts'
import { decideEvent, type DecidedEvent } from './decide-event.ts'
import { keepRuleSetOnce } from './keep-rule-set.ts'
import { redactedPayload, sealedPayload } from './keep-payload.ts'
import { openIncoming, type KeysTrouble } from './open-incoming.ts'
import { takeEffect } from './take-effect.ts'

export type ReceiveTrouble =
  | { readonly reason: 'unknown_endpoint' }
  | { readonly reason: 'endpoint_off'; readonly endpoint: string }
  | KeysTrouble
  | Refusal

export type Received = {
  readonly events: readonly EventId[]
  /** What this sender takes for success; null is ours, the ids of the events. */
  readonly answer: Answer | null
  /** What became due: to be woken after the answer. The sweep finds it in any case. */
  readonly wakeUps: readonly WakeUp[]
}

export type IncomingDelivery = ProvenRequest & { readonly endpoint: string }

/** Throws where nothing could be made durable: then the sender has to try again. */
export async function receiveDelivery(
  deps: Deps,
  incoming: IncomingDelivery,
): Promise<Result<Received, ReceiveTrouble>> {
  const endpoint = deps.config.endpoints.get(incoming.endpoint)
  if (!endpoint) return err({ reason: 'unknown_endpoint' })
  const secrets = deps.settings.endpointSecrets.get(incoming.endpoint) ?? []
  if (secrets.length === 0) return err({ reason: 'endpoint_off', endpoint: incoming.endpoint })
  const now = deps.now()
  const opened = await openIncoming(deps, endpoint, secrets, incoming, now)
  if (!opened.ok) return opened
  if (opened.value.kind === 'handshake') {
    return ok({ events: [], answer: opened.value.answer, wakeUps: [] })
  }

  await keepRuleSetOnce(deps)
  const actor = `source:${incoming.endpoint}` as const
  const packed = await readDelivery(deps, { ...incoming, actor }, endpoint, opened.value, now)
  const made = await commitDelivery(deps.db, packed)
  return ok({
    events: packed.delivery.events.map((event) => event.id),
    answer: opened.value.answer,
    wakeUps: made.map((id) => ({ id, version: 1 })),
  })
}

/** `actor`: who brought it. Its events are decided, and nothing is committed but what comes before that. */
export async function readDelivery(
  deps: Deps,
  incoming: Pick<IncomingDelivery, 'endpoint' | 'body'> & Pick<Delivery, 'actor'>,
  endpoint: Endpoint,
  opened: Extract<Opened, { kind: 'events' }>,
  now: number,
): Promise<PackedDelivery> {
  const { source } = endpoint
  const bodySha256 = (await sha256(incoming.body)).toHex()
  const { unsignedId } = opened
  const raw: Payload = source.hidesBody
    ? measured(incoming.body, bodySha256)
    : { ...opened.raw, isWhole: true }
  const facts = {
    deliveryId: deps.newId(),
    actor: incoming.actor,
    endpoint: incoming.endpoint,
    account: endpoint.account ?? incoming.endpoint,
    source: source.name,
    unsignedId: unsignedId ? oneLine(unsignedId, NATIVE_ID_CHARS_MAX) : null,
    ruleSet: await deps.ruleSet(),
    receivedAt: now,
    wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
  }
  const keep = async (each: SourceEvent | Unreadable, payload: Payload) => {
    const kept = redactedPayload(deps.config, source, each, payload)
    return kept && sealedPayload(deps, kept)
  }
  const whole = async (reason: UnreadableReason): Promise<PackedDelivery> => {
    const kept =
      (await keep({ unreadable: reason }, raw)) ??
      (await sealedPayload(deps, measured(incoming.body, bodySha256)))
    const { effect: _, ...event } = await unreadableEvent(reason, facts.account, bodySha256, kept)
    const packed = packDelivery({ ...facts, events: [event] })
    assert(packed !== null, 'a body within the limit is larger than D1 takes')
    return packed
  }

  const events: ReceivedEvent[] = []
  for (const each of opened.events) {
    const payload = opened.isWhole ? raw : ownPayload(each)
    const kept = payload && (await keep(each, payload))
    if (!kept) return whole('too_large_to_keep_apart')
    // Of the delivered bytes: what stands in for an event's id knows no redaction.
    const hash = opened.isWhole ? bodySha256 : await hashOf(payload.body)
    const received = isUnreadable(each)
      ? await unreadableEvent(each.unreadable, facts.account, hash, kept)
      : await decideEvent(deps, { ...facts, mode: endpoint.mode, hash }, each, kept)
    // A sender may repeat an event within one delivery; the first is the event.
    if (events.some((event) => event.id === received.id)) continue
    events.push(await takeEffect(deps, facts, received))
  }
  return packDelivery({ ...facts, events }) ?? whole('too_large_to_keep_apart')
}

/** In the place of a body that holds a secret. */
const measured = ({ length }: Uint8Array, hash: string): Payload => ({
  encoding: 'utf8',
  body: JSON.stringify({ bytes: length, sha256: hash }),
  isWhole: false,
})

/** One event of several, written again as JSON; null where even that fails (nested too deep). */
function ownPayload(parsed: SourceEvent | Unreadable): Payload | null {
  try {
    return {
      encoding: 'utf8',
      body: JSON.stringify(isUnreadable(parsed) ? (parsed.data ?? null) : parsed.data),
      isWhole: false,
    }
  } catch {
    return null
  }
}

const hashOf = async (text: string): Promise<string> =>
  (await sha256(new TextEncoder().encode(text))).toHex()

async function unreadableEvent(
  reason: UnreadableReason,
  account: string,
  hash: string,
  payload: KeptPayload,
): Promise<DecidedEvent> {
  return {
    id: await eventId(account, `sha256:${hash}`),
    ownId: null,
    type: UNREADABLE_TYPE,
    mode: null,
    occurredAt: null,
    fate: 'undecided',
    ruleId: null,
    reason,
    decision: { considered: [] },
    adjustments: [],
    undo: null,
    payload,
    effect: null,
  }
}
