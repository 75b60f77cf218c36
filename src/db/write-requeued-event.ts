// An event that made nothing, decided once more: what it makes now, its new fate and the entries, in one
// batch. All of it only while the event is still what was read.

import { and, eq, sql } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { insertEntry } from './insert-entry.ts'
import type { Database } from './database.ts'
import { insertAdjustments } from './insert-adjustments.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { isCode } from '../domain/text.ts'
import { auditEntries, events, notices, type Event } from './schema.ts'
import { TELLS_ITSELF } from './write-notices.ts'
import type { PackedDelivery } from './pack-delivery.ts'
import { fateAtTheDoor, insertUndos } from './write-delivery.ts'

export type RequeuedEvent = {
  readonly event: Event
  /** Each due at version 1. */
  readonly made: readonly AdjustmentId[]
}

/** Of an event from before reasons were codes it may be a rule's own words, which the log must not have. */
const codeOf = ({ reason }: Event): string | null => (isCode(reason ?? '') ? reason : null)

/** `packed`: this one event, as a delivery of its own by `packed.delivery.actor`. Null: it has moved. */
export async function commitRequeuedEvent(
  db: Database,
  read: Event,
  packed: PackedDelivery,
): Promise<RequeuedEvent | null> {
  const { delivery, eventRows, adjustmentRows } = packed
  const { actor, receivedAt: at, ruleSet, source } = delivery
  const isAsRead = sql`EXISTS (SELECT 1 FROM events e WHERE e.id = ${read.id} AND e.fate = ${read.fate})`
  const action: AuditAction = 'event.requeued'
  const created: AuditAction = 'adjustment.created'
  const [made, , rows] = await db.batch([
    insertAdjustments(db, packed, isAsRead),
    insertUndos(db, packed, isAsRead),
    db
      .update(events)
      .set({
        fate: fateAtTheDoor(packed),
        ruleId: sql`e.value ->> 'ruleId'`,
        reason: sql`e.value ->> 'reason'`,
        decision: sql`e.value -> 'decision'`,
        ruleSet,
      })
      .from(sql`json_each(${eventRows}) e`)
      .where(and(eq(events.id, read.id), eq(events.fate, read.fate)))
      .returning(),
    insertEntry(
      db,
      { at, actor, action, subject: read.id, data: { from: read.fate, reason: codeOf(read) } },
      AFTER_CHANGE,
    ),
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${at}, ${actor}, ${created}, a.id,
        json_object('event', a.event_id, 'rule', a.rule_id, 'rules', a.rule_set, 'amount', a.amount,
          'currency', a.currency, 'settlement', a.settlement)
      FROM json_each(${adjustmentRows}) p CROSS JOIN adjustments a ON a.id = p.value ->> 'id'
      WHERE a.event_id = ${read.id} AND ${AFTER_CHANGE}`),
    // A fate that is told is its last, so whoever came second finds it told.
    ...(db.tells(source)
      ? [
          db.insert(notices).select(sql`
            SELECT NULL, e.id, ${action}, ${at}, ${at}, 0, '{}' FROM events e
            WHERE e.id = ${read.id} AND e.fate <> 'undecided' AND ${TELLS_ITSELF}
              AND NOT EXISTS (SELECT 1 FROM notices WHERE about = e.id AND action = ${action})`),
        ]
      : []),
  ])
  const [event] = rows
  return event ? { event, made: made.map(({ id }) => id) } : null
}
