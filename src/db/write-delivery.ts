// One delivery, one batch of at most six statements, however many events it carries. Every row carries the
// delivery's id, so a redelivery writes nothing, and old events among new ones don't hide the new.

import { sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AdjustmentFacts } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { Actor, AuditAction } from '../domain/audit.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { BOUND_VALUE_BYTES_MAX, EVENTS_PER_DELIVERY_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { insertAdjustments, isNewEvent } from './insert-adjustments.ts'
import { packPayloads, type KeptPayload } from './pack-payloads.ts'
import { toldOfEvents } from './write-notices.ts'
import { auditEntries, events, payloads, undos, type RecordedDecision } from './schema.ts'

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
  readonly payloadBytes: ArrayBuffer
  readonly payloadSlices: string
}

/** Null where one of the values is larger than D1 takes. */
export function packDelivery(delivery: Delivery): PackedDelivery | null {
  assert(delivery.events.length <= EVENTS_PER_DELIVERY_MAX, 'a delivery of too many events')
  const { payloadBytes, payloadSlices } = packPayloads(delivery.events)
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
  const encoder = new TextEncoder()
  const sizes = [eventRows, adjustmentRows, undoRows, payloadSlices].map(
    (text) => encoder.encode(text).length,
  )
  if (Math.max(payloadBytes.byteLength, ...sizes) > BOUND_VALUE_BYTES_MAX) return null
  return { delivery, eventRows, adjustmentRows, undoRows, payloadBytes, payloadSlices }
}

/**
 * The adjustments that this delivery made, each due at version 1; none for a redelivery. Throws
 * where D1 does; then nothing of the delivery is there, and its sender must try again. `further`: what
 * else is written with it.
 */
export async function commitDelivery(
  db: Database,
  packed: PackedDelivery,
  further: readonly BatchItem<'sqlite'>[] = [],
): Promise<readonly AdjustmentId[]> {
  const [made] = await db.batch([
    insertAdjustments(db, packed),
    insertUndos(db, packed),
    insertEvents(db, packed),
    insertPayloads(db, packed),
    insertEntries(db, packed),
    ...(db.tells(packed.delivery.source)
      ? [toldOfEvents(db, packed.delivery.deliveryId, packed.eventRows, packed.delivery.receivedAt)]
      : []),
    ...further,
  ])
  return made.map((row) => row.id)
}

/** Once for each subject, rule and mode; a trigger wakes what it undoes. */
export const insertUndos = (
  db: Database,
  { delivery, undoRows }: PackedDelivery,
  mayMake: SQL = isNewEvent,
) =>
  db.insert(undos).select(sql`
  SELECT ${delivery.account}, u.value ->> 'subject', u.value ->> 'ruleId', u.value ->> 'mode',
    u.value ->> 'eventId', u.value ->> 'asker', ${delivery.receivedAt}
  FROM (
    SELECT p.key, p.value, row_number() OVER (PARTITION BY p.value ->> 'subject',
      p.value ->> 'ruleId', p.value ->> 'mode' ORDER BY p.key) AS nth
    FROM json_each(${undoRows}) p WHERE ${mayMake}
  ) u
  WHERE u.nth = 1 AND NOT EXISTS (SELECT 1 FROM undos x WHERE x.account = ${delivery.account}
      AND x.subject = u.value ->> 'subject' AND x.rule_id = u.value ->> 'ruleId'
      AND x.mode = u.value ->> 'mode')`)

/** Of `a`: `isWithdrawn` of domain/adjustment.ts. */
const IS_WITHDRAWN = sql`(a.state IN ('rejected', 'cancelled') OR a.reversed_by IS NOT NULL)`

/**
 * The fate of an event that wanted adjustments, or an undo, is known only here, after they were
 * inserted: a `conflict` if one exists with other values, or that was withdrawn; `adjusted` if one is
 * its own, else a `duplicate`. One that has approved something has done so before.
 */
export const fateAtTheDoor = ({ delivery }: PackedDelivery): SQL => sql`
    CASE
      WHEN e.value ->> 'fate' <> 'adjusted' THEN e.value ->> 'fate'
      WHEN json_array_length(e.value, '$.decision.approves.adjustments') > 0 THEN 'adjusted'
      WHEN EXISTS (
        SELECT 1 FROM json_each(e.value, '$.adjustments') p
        CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
        WHERE a.event_id <> e.value ->> 'id' AND (a.amount <> p.value ->> 'amount'
          OR a.currency <> p.value ->> 'currency'
          OR a.customer_reference IS NOT p.value ->> 'customerReference'
          OR a.mode IS NOT p.value ->> 'mode'
          OR ${IS_WITHDRAWN})) THEN 'conflict'
      WHEN EXISTS (
        SELECT 1 FROM json_each(e.value, '$.adjustments') p
        CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
        WHERE a.event_id = e.value ->> 'id') THEN 'adjusted'
      WHEN EXISTS (
        SELECT 1 FROM json_each(e.value, '$.undo.ruleIds') r
        CROSS JOIN undos u ON u.account = ${delivery.account}
          AND u.subject = e.value -> 'undo' ->> 'subject' AND u.rule_id = r.value
        WHERE u.event_id = e.value ->> 'id') THEN 'adjusted'
      ELSE 'duplicate'
    END`

function insertEvents(db: Database, packed: PackedDelivery) {
  const { delivery, eventRows } = packed
  return db.insert(events).select(
    sql`
  SELECT NULL, e.value ->> 'id', ${delivery.deliveryId}, ${delivery.endpoint}, ${delivery.account},
    ${delivery.source}, e.value ->> 'ownId', ${delivery.unsignedId}, e.value ->> 'type',
    e.value ->> 'mode', e.value ->> 'occurredAt', ${delivery.receivedAt}, e.value ->> 'commitment',
    ${delivery.ruleSet}, ${fateAtTheDoor(packed)},
    e.value ->> 'ruleId', e.value ->> 'reason', e.value -> 'decision'
  FROM json_each(${eventRows}) e
  WHERE NOT EXISTS (SELECT 1 FROM events x WHERE x.id = e.value ->> 'id')
  ORDER BY e.key`,
  )
}

/** D1 binds an empty value as NULL, and a signed delivery may be empty. */
const insertPayloads = (db: Database, { delivery, payloadBytes, payloadSlices }: PackedDelivery) =>
  db.insert(payloads).select(sql`
  SELECT e.seq, p.value ->> 'encoding',
    coalesce(CAST(substr(${payloadBytes}, p.value ->> 'start', p.value ->> 'length') AS TEXT), ''),
    p.value ->> 'isWhole', p.value ->> 'salt'
  FROM json_each(${payloadSlices}) p CROSS JOIN events e ON e.id = p.value ->> 'eventId'
  WHERE e.delivery_id = ${delivery.deliveryId}`)

/**
 * One entry a new event, and one a new adjustment, whose id stands for the subject that it is derived
 * from. Only codes go into the log that nothing is ever removed from: a type, a subject or a rule's
 * own words may hold what the sender wrote.
 */
const insertEntries = (db: Database, { delivery, eventRows, adjustmentRows }: PackedDelivery) =>
  db.insert(auditEntries).select(sql`
  SELECT NULL, ${delivery.receivedAt}, ${delivery.actor},
    ${'event.received' satisfies AuditAction}, e.id,
    json_object('fate', e.fate, 'rule', e.rule_id, 'commitment', e.commitment, 'reason',
      iif(e.fate = 'undecided', e.reason, NULL))
  FROM json_each(${eventRows}) p CROSS JOIN events e ON e.id = p.value ->> 'id'
  WHERE e.delivery_id = ${delivery.deliveryId}
  UNION ALL
  SELECT NULL, ${delivery.receivedAt}, ${delivery.actor},
    ${'adjustment.created' satisfies AuditAction}, a.id,
    json_object('event', a.event_id, 'rule', a.rule_id, 'rules', a.rule_set, 'amount', a.amount,
      'currency', a.currency, 'settlement', a.settlement)
  FROM json_each(${adjustmentRows}) p CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
  JOIN events e ON e.id = a.event_id
  WHERE a.event_id = p.value ->> 'eventId' AND e.delivery_id = ${delivery.deliveryId}`)

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
