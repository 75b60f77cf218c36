// One delivery, one batch of five statements, however many events it carries. Every row carries the
// delivery's id, so a redelivery writes nothing, and old events among new ones don't hide the new.

import { sql, type SQL } from 'drizzle-orm'
import type { AdjustmentFacts } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { Mode } from '../domain/event.ts'
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
  readonly payload: { readonly encoding: 'utf8' | 'base64'; readonly body: string }
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

/** Whether D1 takes the delivery: each of its tables gets one bound value, which has a limit. */
export const fitsOneBatch = ({ events }: Delivery): boolean =>
  [JSON.stringify(events.map(eventRow)), events.map((event) => event.payload.body).join('')].every(
    (value) => new TextEncoder().encode(value).length <= BOUND_VALUE_BYTES_MAX,
  )

/**
 * The adjustments that this delivery made, each due at version 1; none for a redelivery. Throws
 * where D1 does; then nothing of the delivery is there, and its sender must try again.
 */
export async function commitDelivery(
  db: Database,
  delivery: Delivery,
): Promise<readonly AdjustmentId[]> {
  assert(delivery.events.length <= EVENTS_PER_DELIVERY_MAX, 'a delivery of too many events')
  const eventRows = JSON.stringify(delivery.events.map(eventRow))
  const adjustmentRows = JSON.stringify(delivery.events.flatMap((event) => event.adjustments))
  const { deliveryId, receivedAt, endpoint } = delivery
  const [made] = await db.batch([
    insertAdjustments(db, adjustmentRows, delivery),
    insertEvents(db, eventRows, delivery),
    insertPayloads(db, delivery),
    insertEntries(
      db,
      sql`
      SELECT NULL, ${receivedAt}, ${`source:${endpoint}`}, 'event.received', e.id,
        json_object('type', e.type, 'fate', e.fate, 'rule', e.rule_id, 'reason', e.reason,
          'bodySha256', e.body_sha256)
      FROM json_each(${eventRows}) p CROSS JOIN events e ON e.id = p.value ->> 'id'
      WHERE e.delivery_id = ${deliveryId}`,
    ),
    insertEntries(
      db,
      sql`
      SELECT NULL, ${receivedAt}, ${`source:${endpoint}`}, 'adjustment.created', a.id,
        json_object('event', a.event_id, 'rule', a.rule_id, 'subject', a.subject, 'part', a.part,
          'amount', a.amount, 'currency', a.currency, 'settlement', a.settlement)
      FROM json_each(${adjustmentRows}) p CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
      JOIN events e ON e.id = a.event_id
      WHERE a.event_id = p.value ->> 'eventId' AND e.delivery_id = ${deliveryId}`,
    ),
  ])
  return made.map((row) => row.id)
}

/** An event that is known already makes nothing, whatever today's rules say of it. */
const insertAdjustments = (db: Database, rows: string, delivery: Delivery) =>
  db
    .insert(adjustments)
    .select(
      sql`
  SELECT NULL, a.value ->> 'id', a.value ->> 'eventId', a.value ->> 'ruleId', ${delivery.account},
    ${delivery.endpoint}, ${delivery.source}, a.value ->> 'subject', a.value ->> 'part',
    a.value ->> 'mode', a.value ->> 'settlement', a.value ->> 'reason', a.value ->> 'causedBy',
    a.value ->> 'amount', a.value ->> 'currency', a.value ->> 'customerReference',
    a.value ->> 'asker', a.value ->> 'originalInvoice', a.value ->> 'description',
    ${delivery.receivedAt}, 'due', NULL, 1, ${delivery.wakeAt}, NULL, 0, NULL, 0, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM json_each(${rows}) a
  WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = a.value ->> 'eventId')
  ORDER BY a.key`,
    )
    .onConflictDoNothing()
    .returning({ id: adjustments.id })

/**
 * The fate of an event that wanted adjustments is known only here, after they were inserted: a
 * `conflict` if one exists with other values, `adjusted` if one is its own, else a `duplicate`.
 */
const insertEvents = (db: Database, rows: string, delivery: Delivery) =>
  db
    .insert(events)
    .select(
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
          OR a.customer_reference IS NOT p.value ->> 'customerReference')) THEN 'conflict'
      WHEN EXISTS (
        SELECT 1 FROM json_each(e.value, '$.adjustments') p
        CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
        WHERE a.event_id = e.value ->> 'id') THEN 'adjusted'
      ELSE 'duplicate'
    END,
    e.value ->> 'ruleId', e.value ->> 'reason', e.value -> 'decision'
  FROM json_each(${rows}) e
  WHERE true
  ORDER BY e.key`,
    )
    .onConflictDoNothing({ target: events.id })

function insertPayloads(db: Database, delivery: Delivery) {
  const { bytes, slices } = packPayloads(delivery.events)
  return db.insert(payloads).select(sql`
  SELECT e.seq, p.value ->> 'encoding',
    CAST(substr(${bytes}, p.value ->> 'start', p.value ->> 'length') AS TEXT)
  FROM json_each(${slices}) p CROSS JOIN events e ON e.id = p.value ->> 'eventId'
  WHERE e.delivery_id = ${delivery.deliveryId}`)
}

/** One entry a new event, and one a new adjustment: what a redelivery brings again has none. */
const insertEntries = (db: Database, rows: SQL) => db.insert(auditEntries).select(rows)

function eventRow(event: ReceivedEvent): object {
  const { adjustments, payload: _, ...row } = event
  return {
    ...row,
    adjustments: adjustments.map(({ id, amount, currency, customerReference }) => ({
      id,
      amount,
      currency,
      customerReference,
    })),
  }
}

/** All payloads as one value and the slices of it: quoting them as JSON could double their size. */
function packPayloads(events: readonly ReceivedEvent[]): { bytes: ArrayBuffer; slices: string } {
  const encoder = new TextEncoder()
  const encoded = events.map((event) => encoder.encode(event.payload.body))
  const bytes = new Uint8Array(encoded.reduce((sum, each) => sum + each.length, 0))
  assert(bytes.length <= BOUND_VALUE_BYTES_MAX, 'payloads larger than D1 takes')
  let offset = 0
  const slices = events.map((event, position) => {
    const part = encoded[position] ?? new Uint8Array()
    bytes.set(part, offset)
    offset += part.length
    return {
      eventId: event.id,
      encoding: event.payload.encoding,
      start: offset - part.length + 1,
      length: part.length,
    }
  })
  return { bytes: bytes.buffer, slices: JSON.stringify(slices) }
}
