// One delivery, one batch of five statements, however many events it carries. Every row carries the
// delivery's id, so a redelivery writes nothing, and old events among new ones don't hide the new.

import { sql } from 'drizzle-orm'
import type { AdjustmentFacts } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { Actor, AuditAction } from '../domain/audit.ts'
import type { Encoding, Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { BOUND_VALUE_BYTES_MAX, EVENTS_PER_DELIVERY_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { adjustments, auditEntries, events, payloads, type RecordedDecision } from './schema.ts'

export type ReceivedEvent = {
  readonly id: EventId
  readonly ownId: string | null
  readonly type: string
  readonly mode: Mode | null
  readonly occurredAt: number | null
  readonly fate: 'adjusted' | 'ignored' | 'undecided'
  readonly ruleId: string | null
  readonly reason: string | null
  readonly decision: RecordedDecision
  readonly adjustments: readonly AdjustmentFacts[]
  readonly payload: { readonly encoding: Encoding; readonly body: string }
}

export type Delivery = {
  readonly deliveryId: string
  readonly endpoint: string
  readonly account: string
  readonly source: string
  readonly unsignedId: string | null
  readonly bodySha256: string
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
  readonly payloadBytes: ArrayBuffer
  readonly payloadSlices: string
}

/** Null where one of the values is larger than D1 takes. */
export function packDelivery(delivery: Delivery): PackedDelivery | null {
  assert(delivery.events.length <= EVENTS_PER_DELIVERY_MAX, 'a delivery of too many events')
  const { payloadBytes, payloadSlices } = packPayloads(delivery.events)
  const eventRows = JSON.stringify(delivery.events.map(eventRow))
  const adjustmentRows = JSON.stringify(delivery.events.flatMap((event) => event.adjustments))
  const encoder = new TextEncoder()
  const sizes = [eventRows, adjustmentRows, payloadSlices].map(
    (text) => encoder.encode(text).length,
  )
  if (Math.max(payloadBytes.byteLength, ...sizes) > BOUND_VALUE_BYTES_MAX) return null
  return { delivery, eventRows, adjustmentRows, payloadBytes, payloadSlices }
}

/**
 * The adjustments that this delivery made, each due at version 1; none for a redelivery. Throws
 * where D1 does; then nothing of the delivery is there, and its sender must try again.
 */
export async function commitDelivery(
  db: Database,
  packed: PackedDelivery,
): Promise<readonly AdjustmentId[]> {
  const [made] = await db.batch([
    insertAdjustments(db, packed),
    insertEvents(db, packed),
    insertPayloads(db, packed),
    insertEventEntries(db, packed),
    insertAdjustmentEntries(db, packed),
  ])
  return made.map((row) => row.id)
}

/**
 * An event that is known already makes nothing, whatever today's rules say of it. Of two new events
 * for one subject in one delivery, the first makes the adjustment.
 */
const insertAdjustments = (db: Database, { delivery, adjustmentRows }: PackedDelivery) =>
  db
    .insert(adjustments)
    .select(
      sql`
  SELECT NULL, a.value ->> 'id', a.value ->> 'eventId', a.value ->> 'ruleId', ${delivery.account},
    ${delivery.endpoint}, ${delivery.source}, a.value ->> 'subject', a.value ->> 'part',
    a.value ->> 'mode', a.value ->> 'settlement', a.value ->> 'reason', a.value ->> 'causedBy',
    a.value ->> 'amount', a.value ->> 'currency', a.value ->> 'customerReference',
    a.value ->> 'asker', a.value ->> 'originalInvoice', a.value ->> 'description',
    ${delivery.receivedAt}, 'due', NULL, 1, ${delivery.wakeAt}, NULL, 0, NULL, NULL, 0, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM (
    SELECT p.key, p.value,
      row_number() OVER (PARTITION BY p.value ->> 'id' ORDER BY p.key) AS nth
    FROM json_each(${adjustmentRows}) p
    WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = p.value ->> 'eventId')
      AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.id = p.value ->> 'id')
  ) a
  WHERE a.nth = 1
  ORDER BY a.key`,
    )
    .returning({ id: adjustments.id })

/**
 * The fate of an event that wanted adjustments is known only here, after they were inserted: a
 * `conflict` if one exists with other values, `adjusted` if one is its own, else a `duplicate`.
 */
const insertEvents = (db: Database, { delivery, eventRows }: PackedDelivery) =>
  db.insert(events).select(
    sql`
  SELECT NULL, e.value ->> 'id', ${delivery.deliveryId}, ${delivery.endpoint}, ${delivery.account},
    ${delivery.source}, e.value ->> 'ownId', ${delivery.unsignedId}, e.value ->> 'type',
    e.value ->> 'mode', e.value ->> 'occurredAt', ${delivery.receivedAt}, ${delivery.bodySha256},
    CASE
      WHEN e.value ->> 'fate' <> 'adjusted' THEN e.value ->> 'fate'
      WHEN EXISTS (
        SELECT 1 FROM json_each(e.value, '$.adjustments') p
        CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
        WHERE a.event_id <> e.value ->> 'id' AND (a.amount <> p.value ->> 'amount'
          OR a.currency <> p.value ->> 'currency'
          OR a.customer_reference IS NOT p.value ->> 'customerReference'
          OR a.mode IS NOT p.value ->> 'mode')) THEN 'conflict'
      WHEN EXISTS (
        SELECT 1 FROM json_each(e.value, '$.adjustments') p
        CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
        WHERE a.event_id = e.value ->> 'id') THEN 'adjusted'
      ELSE 'duplicate'
    END,
    e.value ->> 'ruleId', e.value ->> 'reason', e.value -> 'decision'
  FROM json_each(${eventRows}) e
  WHERE NOT EXISTS (SELECT 1 FROM events x WHERE x.id = e.value ->> 'id')
  ORDER BY e.key`,
  )

/** D1 binds an empty value as NULL, and a signed delivery may be empty. */
const insertPayloads = (db: Database, { delivery, payloadBytes, payloadSlices }: PackedDelivery) =>
  db.insert(payloads).select(sql`
  SELECT e.seq, p.value ->> 'encoding',
    coalesce(CAST(substr(${payloadBytes}, p.value ->> 'start', p.value ->> 'length') AS TEXT), '')
  FROM json_each(${payloadSlices}) p CROSS JOIN events e ON e.id = p.value ->> 'eventId'
  WHERE e.delivery_id = ${delivery.deliveryId}`)

const actorOf = ({ endpoint }: Delivery): Actor => `source:${endpoint}`

/**
 * One entry a new event. Only codes go into the log that nothing is ever removed from: a type, a
 * subject or a rule's own words may hold what the sender wrote.
 */
const insertEventEntries = (db: Database, { delivery, eventRows }: PackedDelivery) =>
  db.insert(auditEntries).select(sql`
  SELECT NULL, ${delivery.receivedAt}, ${actorOf(delivery)},
    ${'event.received' satisfies AuditAction}, e.id,
    json_object('fate', e.fate, 'rule', e.rule_id, 'bodySha256', e.body_sha256, 'reason',
      iif(e.fate = 'undecided', e.reason, NULL))
  FROM json_each(${eventRows}) p CROSS JOIN events e ON e.id = p.value ->> 'id'
  WHERE e.delivery_id = ${delivery.deliveryId}`)

/** One entry a new adjustment; its id stands for the subject, which it is derived from. */
const insertAdjustmentEntries = (db: Database, { delivery, adjustmentRows }: PackedDelivery) =>
  db.insert(auditEntries).select(sql`
  SELECT NULL, ${delivery.receivedAt}, ${actorOf(delivery)},
    ${'adjustment.created' satisfies AuditAction}, a.id,
    json_object('event', a.event_id, 'rule', a.rule_id, 'amount', a.amount, 'currency', a.currency,
      'settlement', a.settlement)
  FROM json_each(${adjustmentRows}) p CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
  JOIN events e ON e.id = a.event_id
  WHERE a.event_id = p.value ->> 'eventId' AND e.delivery_id = ${delivery.deliveryId}`)

function eventRow(event: ReceivedEvent): object {
  const { adjustments, payload: _, ...row } = event
  return {
    ...row,
    adjustments: adjustments.map(({ id, amount, currency, customerReference, mode }) => ({
      id,
      amount,
      currency,
      customerReference,
      mode,
    })),
  }
}

/** All payloads as one value and the slices of it: quoting them as JSON could double their size. */
function packPayloads(
  events: readonly ReceivedEvent[],
): Pick<PackedDelivery, 'payloadBytes' | 'payloadSlices'> {
  const encoder = new TextEncoder()
  const encoded = events.map(({ id, payload: { encoding, body } }) => {
    return { eventId: id, encoding, bytes: encoder.encode(body) }
  })
  const all = new Uint8Array(encoded.reduce((sum, { bytes }) => sum + bytes.length, 0))
  let offset = 0
  const slices = encoded.map(({ eventId, encoding, bytes }) => {
    const start = offset + 1
    all.set(bytes, offset)
    offset += bytes.length
    return { eventId, encoding, start, length: bytes.length }
  })
  return { payloadBytes: all.buffer, payloadSlices: JSON.stringify(slices) }
}
