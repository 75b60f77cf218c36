// One delivery, one batch of at most six statements, however many events it carries. Every row carries the
// delivery's id, so a redelivery writes nothing, and old events among new ones don't hide the new.

import { sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AuditAction } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { insertAdjustments, isNewEvent } from './insert-adjustments.ts'
import { keepStatement, placeholders } from './kept-statement.ts'
import type { Delivery, PackedDelivery, ReceivedEvent } from './pack-delivery.ts'
import { toldOfEvents } from './write-notices.ts'
import { auditEntries, events, payloads, undos } from './schema.ts'

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
  const { adjustmentRows, undoRows, delivery } = packed
  const values = { ...packed, ...delivery }
  const kept = statementsOf(db)
  const isTold = db.tells(delivery.source) && delivery.events.some(mayTellItself)
  const received = [
    kept.events(values),
    kept.payloads(values),
    kept.entries(values),
    ...(isTold ? [kept.told(values)] : []),
    ...further,
  ] as const
  if (adjustmentRows === NONE && undoRows === NONE) {
    await db.batch(received)
    return []
  }
  const wanted = [kept.adjustments(values), kept.undos(values)] as const
  const [made] = await db.batch([...wanted, ...received])
  return made.map((row) => row.id)
}

const NONE = '[]'

/** Before it is known what became of it: what is ignored has no one waiting for it. */
const mayTellItself = ({ fate }: ReceivedEvent): boolean =>
  fate === 'adjusted' || fate === 'undecided'

const KEPT = new WeakMap<Database, ReturnType<typeof makeStatements>>()

/** Of a connection, which lives as long as its isolate. */
function statementsOf(db: Database): ReturnType<typeof makeStatements> {
  const kept = KEPT.get(db) ?? makeStatements(db)
  KEPT.set(db, kept)
  return kept
}

/** A delivery with a placeholder for each of its values, so that each statement is said once. */
function makeStatements(db: Database) {
  const packed = placeholders<PackedDelivery>({ delivery: placeholders<Delivery>({}) })
  const { delivery } = packed
  return {
    adjustments: keepStatement(insertAdjustments(db, packed)),
    undos: keepStatement(insertUndos(db, packed)),
    events: keepStatement(insertEvents(db, packed)),
    payloads: keepStatement(insertPayloads(db, packed)),
    entries: keepStatement(insertEntries(db, packed)),
    told: keepStatement(
      toldOfEvents(db, delivery.deliveryId, packed.eventRows, delivery.receivedAt),
    ),
  }
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
const insertPayloads = (db: Database, { delivery, boundPayloads, payloadSlices }: PackedDelivery) =>
  db.insert(payloads).select(sql`
  SELECT e.seq, p.value ->> 'encoding',
    coalesce(CAST(substr(${boundPayloads}, p.value ->> 'start', p.value ->> 'length') AS TEXT), ''),
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
