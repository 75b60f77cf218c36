import { and, eq, exists, not, sql } from 'drizzle-orm'
import type { AuditEntry } from '../domain/audit.ts'
import type { Database } from './database.ts'
import { insertEntry } from './insert-entry.ts'
import { auditEntries } from './schema.ts'

/** Unless the same operator has such an entry of the same subject: the first of an hour stands for all of it. */
export async function commitRead(db: Database, entry: AuditEntry): Promise<void> {
  const same = db
    .select({ seq: auditEntries.seq })
    .from(auditEntries)
    .where(
      and(
        eq(auditEntries.subject, entry.subject),
        sql`"action" <> 'event.received'`,
        eq(auditEntries.actor, entry.actor),
        eq(auditEntries.action, entry.action),
      ),
    )
  await insertEntry(db, entry, not(exists(same)))
}
