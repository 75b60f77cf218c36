import { sql, type SQL } from 'drizzle-orm'
import type { AuditEntry } from '../domain/audit.ts'
import type { Database } from './database.ts'
import { auditEntries } from './schema.ts'

/** For a batch whose change is not one UPDATE. */
export const insertEntry = (db: Database, entry: AuditEntry, condition: SQL) => {
  const { at, actor, action, subject, data } = entry
  return db
    .insert(auditEntries)
    .select(
      sql`SELECT NULL, ${at}, ${actor}, ${action}, ${subject}, ${JSON.stringify(data)} WHERE ${condition}`,
    )
}
