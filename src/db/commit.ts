// The door for changes of one adjustment's state: the change and its audit entry are one batch, so one
// transaction. The change comes first, and directly after it each further insert on `changes() = 1`.
// New rows come by write-delivery.ts, and expired leases go by sweep-adjustments.ts, likewise.

import { sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AuditEntry } from '../domain/audit.ts'
import type { Database } from './database.ts'
import { alarmIf } from './write-alarms.ts'
import { insertEntry } from './insert-entry.ts'
import { toldAfterEntry } from './write-notices.ts'
import { AFTER_CHANGE } from './after-change.ts'

/** A query that was built but not run. */
type Query = BatchItem<'sqlite'>
/** An UPDATE … RETURNING of Drizzle's builder. */
type Change<Row> = Query & { readonly _: { readonly result: readonly Row[] } }

/**
 * Runs a conditional change of one row, its entry, and `further` inserts that belong to it, all or
 * nothing. Answers the changed row, or null where the condition no longer held and nothing was written.
 */
export async function commitChange<Row>(
  db: Database,
  change: Change<Row>,
  entry: AuditEntry,
  further: readonly Query[] = [],
): Promise<Row | null> {
  const [rows] = await db.batch([
    change,
    insertEntry(db, entry, AFTER_CHANGE),
    ...toldAfterEntry(db, entry),
    ...further,
    ...alarmOfEntry(db, entry),
  ])
  return rows[0] ?? null
}

/**
 * What came between may have changed nothing, so the entry itself tells if this batch committed it. The index on
 * subjects is of all but received events, and is used where the query says so.
 */
const alarmOfEntry = (db: Database, { alarm = null, subject, action, at }: AuditEntry) =>
  alarmIf(
    db,
    alarm,
    sql`EXISTS (SELECT 1 FROM audit_entries
      WHERE subject = ${subject} AND "action" <> 'event.received' AND action = ${action} AND at = ${at})`,
  )

/** An entry about something that changed no state. */
export async function commitEntry(db: Database, entry: AuditEntry): Promise<void> {
  await insertEntry(db, entry, sql`true`)
}
