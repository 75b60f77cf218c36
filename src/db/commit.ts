// The only door for writes. A change of state and its audit entry are one batch, so one transaction:
// the change comes first, and directly after it every further insert, each on `changes() = 1`.

import { sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AuditEntry } from '../domain/audit.ts'
import type { Database } from './database.ts'

/** A query that was built but not run: an UPDATE … RETURNING of Drizzle's builder. */
type Change<Row> = BatchItem<'sqlite'> & { readonly _: { readonly result: readonly Row[] } }

/**
 * Runs a conditional change of one row, its entry, and `further` inserts that belong to it, all or
 * nothing. Answers the changed row, or null where the condition no longer held and nothing was written.
 */
export async function commitChange<Row>(
  db: Database,
  change: Change<Row>,
  entry: AuditEntry,
  further: readonly SQL[] = [],
): Promise<Row | null> {
  const [rows] = await db.batch([
    change,
    db.run(entryAfterChange(entry)),
    ...further.map((insert) => db.run(insert)),
  ])
  return (rows as readonly Row[])[0] ?? null
}

/** Condition of an insert that belongs to the statement directly before it in the batch. */
export const AFTER_CHANGE = sql`changes() = 1`

const entryAfterChange = ({ at, actor, action, subject, data }: AuditEntry): SQL => sql`
  INSERT INTO audit_entries (at, actor, action, subject, data)
  SELECT ${at}, ${actor}, ${action}, ${subject}, ${JSON.stringify(data)}
  WHERE ${AFTER_CHANGE}`

/** An entry about something that changed no state. */
export async function commitEntry(db: Database, entry: AuditEntry): Promise<void> {
  const { at, actor, action, subject, data } = entry
  await db.run(sql`
    INSERT INTO audit_entries (at, actor, action, subject, data)
    VALUES (${at}, ${actor}, ${action}, ${subject}, ${JSON.stringify(data)})`)
}
