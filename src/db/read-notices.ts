import { and, desc, eq, lte } from 'drizzle-orm'
import type { About } from '../domain/notice.ts'
import type { Database } from './database.ts'
import { notices, type NoticeRow } from './schema.ts'

/**
 * The newest whose time has come; it says all that older ones of the same thing would say. What is
 * under a lease, or waits after trouble, has a time ahead: whoever wakes it early finds nothing.
 */
export async function findDueNotice(
  db: Database,
  about: About,
  now: number,
): Promise<NoticeRow | null> {
  const [row] = await db
    .select()
    .from(notices)
    .where(and(eq(notices.about, about), lte(notices.wakeAt, now)))
    .orderBy(desc(notices.seq))
    .limit(1)
  return row ?? null
}
