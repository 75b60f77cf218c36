// The door for changes of one adjustment's state: the change and its audit entry are one batch, so one
// transaction. The change comes first, and directly after it each further insert on `changes() = 1`.
// New rows come by write-delivery.ts, and expired leases go by sweep-adjustments.ts, likewise.

import { sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AuditEntry } from '../domain/audit.ts'
import type { Database } from './database.ts'
import { toldAfterEntry } from './write-notices.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { auditEntries } from './schema.ts'

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
  ])
  return rows[0] ?? null
}

/** An entry about something that changed no state. */
export async function commitEntry(db: Database, entry: AuditEntry): Promise<void> {
  await insertEntry(db, entry, sql`true`)
}

/** For a batch whose change is not one UPDATE. */
export const insertEntry = (db: Database, entry: AuditEntry, condition: SQL) => {
  const { at, actor, action, subject, data } = entry
  return db
    .insert(auditEntries)
    .select(
      sql`SELECT NULL, ${at}, ${actor}, ${action}, ${subject}, ${JSON.stringify(data)} WHERE ${condition}`,
    )
}
