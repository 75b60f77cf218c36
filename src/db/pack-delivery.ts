// A delivery and what became of its events, and both as the values that its batch binds.

import type { AdjustmentFacts } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { Actor } from '../domain/audit.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { BOUND_VALUE_BYTES_MAX, EVENTS_PER_DELIVERY_MAX } from '../domain/limits.ts'
import { packPayloads, type BoundPayloads, type KeptPayload } from './pack-payloads.ts'
import type { RecordedDecision } from './schema.ts'

/** `formerIds`: what its rule, under a former id, would have made of the same subject. */
export type NewAdjustment = AdjustmentFacts & { readonly formerIds: readonly AdjustmentId[] }

/** `ruleIds`: of the rule whose adjustments are undone, its former ones among them. */
export type NewUndo = {
  readonly subject: string
  readonly ruleIds: readonly string[]
  /** Who asked for it at the source, in small letters. */
  readonly asker: string | null
}

export type ReceivedEvent = {
  readonly id: EventId
  readonly ownId: string | null
  readonly type: string
  readonly mode: Mode | null
  readonly occurredAt: number | null
  /** `adjusted` is what it wants to be; the batch finds out if it is. */
  readonly fate: 'adjusted' | 'ignored' | 'shadow' | 'undecided'
  readonly ruleId: string | null
  readonly reason: string | null
  readonly decision: RecordedDecision
  readonly adjustments: readonly NewAdjustment[]
  readonly undo: NewUndo | null
  readonly payload: KeptPayload
}

export type Delivery = {
  readonly deliveryId: string
  readonly actor: Actor
  readonly endpoint: string
  readonly account: string
  readonly source: string
  readonly unsignedId: string | null
  readonly ruleSet: string
  readonly receivedAt: number
  readonly wakeAt: number
  /** Of distinct ids. */
  readonly events: readonly ReceivedEvent[]
}

/** A delivery as the values that its batch binds. */
export type PackedDelivery = {
  readonly delivery: Delivery
  readonly eventRows: string
  readonly adjustmentRows: string
  readonly undoRows: string
  readonly boundPayloads: BoundPayloads
  readonly payloadSlices: string
}

/** Null where one of the values is larger than D1 takes. */
export function packDelivery(delivery: Delivery): PackedDelivery | null {
  assert(delivery.events.length <= EVENTS_PER_DELIVERY_MAX, 'a delivery of too many events')
  const { bound: boundPayloads, payloadSlices } = packPayloads(delivery.events)
  const eventRows = JSON.stringify(delivery.events.map(eventRow))
  const adjustmentRows = JSON.stringify(delivery.events.flatMap((event) => event.adjustments))
  const undoRows = JSON.stringify(
    delivery.events.flatMap(({ id, mode, undo }) =>
      (undo?.ruleIds ?? []).map((ruleId) => ({
        eventId: id,
        ruleId,
        subject: undo?.subject,
        mode: mode ?? '',
        asker: undo?.asker,
      })),
    ),
  )
  const bound = [eventRows, adjustmentRows, undoRows, payloadSlices, boundPayloads]
  if (bound.some((value) => bytesOf(value) > BOUND_VALUE_BYTES_MAX)) return null
  return { delivery, eventRows, adjustmentRows, undoRows, boundPayloads, payloadSlices }
}

const bytesOf = (value: BoundPayloads): number =>
  typeof value === 'string' ? new TextEncoder().encode(value).length : value.byteLength

function eventRow(event: ReceivedEvent): object {
  const { adjustments, payload, ...row } = event
  return {
    ...row,
    commitment: payload.commitment,
    adjustments: adjustments.flatMap(({ amount, currency, customerReference, mode, ...each }) =>
      [each.id, ...each.formerIds].map((id) => ({
        id,
        amount,
        currency,
        customerReference,
        mode,
      })),
    ),
  }
}
