// Sessions that a person has ended himself: each until it would have been over anyway.

import { eq, inArray, lte } from 'drizzle-orm'
import { ENDED_SESSIONS_REMOVED_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { endedSessions } from './schema.ts'

export async function isEnded(db: Database, id: string): Promise<boolean> {
  const rows = await db
    .select({ id: endedSessions.id })
    .from(endedSessions)
    .where(eq(endedSessions.id, id))
  return rows.length > 0
}

/** Those that are over by now go with it. */
export async function commitEnded(
  db: Database,
  session: { readonly id: string; readonly until: number },
  now: number,
): Promise<void> {
  const over = db
    .select({ id: endedSessions.id })
    .from(endedSessions)
    .where(lte(endedSessions.until, now))
    .limit(ENDED_SESSIONS_REMOVED_MAX)
  await db.batch([
    db.insert(endedSessions).values(session).onConflictDoNothing(),
    db.delete(endedSessions).where(inArray(endedSessions.id, over)),
  ])
}
