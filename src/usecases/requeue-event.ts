// "Try again" of an event that made nothing: the rules of now decide about what was kept of its delivery.
// Ids are derived, so that nothing which is there is made a second time.

import type { Event } from '../db/schema.ts'
import { NO_PAYLOAD } from '../db/pack-payloads.ts'
import { packDelivery } from '../db/pack-delivery.ts'
import { commitRequeuedEvent } from '../db/write-requeued-event.ts'
import { assert } from '../domain/assert.ts'
import type { Fate } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { decideEvent, type DecidedEvent } from './decide-event.ts'
import { readRecorded, type RecordedTrouble } from './read-recorded.ts'
import { wakeMade, wakeToTell } from './wake-committed.ts'

export type RequeueEventTrouble =
  | RecordedTrouble
  /** It made something, or a person has answered it. */
  | { readonly reason: 'not_requeueable'; readonly fate: Fate }
  /** The rules of now make no adjustment of it, but take it for an approval or a fact, which are of their time. */
  | { readonly reason: 'not_decided_twice' }

export type RequeuedEvent = { readonly event: Event; readonly made: readonly AdjustmentId[] }

const REQUEUEABLE: ReadonlySet<Fate> = new Set(['undecided', 'ignored', 'shadow'] as const)

/** The event with its new fate, which may be the old one. */
export async function requeueEvent(
  deps: Deps,
  { name }: Operator,
  id: EventId,
): Promise<Result<RequeuedEvent, RequeueEventTrouble>> {
  const read = await readRecorded(deps, id)
  if (!read.ok) return read
  const { recorded, delivered, event } = read.value
  const { fate } = recorded
  if (!REQUEUEABLE.has(fate)) return err({ reason: 'not_requeueable', fate })
  const decided = await decideEvent(deps, delivered, event, NO_PAYLOAD)
  if (decided.effect !== null) return err({ reason: 'not_decided_twice' })
  const now = deps.now()
  const packed = packDelivery({
    ...delivered,
    deliveryId: recorded.deliveryId,
    actor: `operator:${name}`,
    unsignedId: recorded.unsignedId,
    receivedAt: now,
    wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
    events: [asRecorded(decided, recorded)],
  })
  assert(packed !== null, 'an event that was kept is larger than D1 takes')
  const requeued = await commitRequeuedEvent(deps.db, recorded, packed)
  // Only a requeue or a dismissal changes the fate of such an event.
  if (requeued === null) return requeueMoved(deps, id)
  await (requeued.made.length === 0 ? wakeToTell(deps, id) : wakeMade(deps, requeued.made))
  return ok(requeued)
}

/** An id that was made of the delivery's bytes can't be made again of a part of them. */
function asRecorded(decided: DecidedEvent, { id }: Event) {
  const { effect: _, ...event } = decided
  return { ...event, id, adjustments: event.adjustments.map((each) => ({ ...each, eventId: id })) }
}

async function requeueMoved(
  deps: Deps,
  id: EventId,
): Promise<Result<RequeuedEvent, RequeueEventTrouble>> {
  const read = await readRecorded(deps, id)
  return read.ok ? err({ reason: 'not_requeueable', fate: read.value.recorded.fate }) : read
}
