import { and, desc, eq, getTableColumns, lte, sql } from 'drizzle-orm'
import type { About } from '../domain/notice.ts'
import type { Database } from './database.ts'
import { notices, type NoticeRow } from './schema.ts'

/** `nth`: how often the same kind of fact about the same thing was there before; 0 for the first. */
export type DueNotice = NoticeRow & { readonly nth: number }

const NTH = sql<number>`(
  SELECT count(*) FROM notices earlier
  WHERE earlier.about = notices.about AND earlier.action = notices.action
    AND earlier.seq < notices.seq)`

/**
 * The newest whose time has come; it says all that older ones of the same thing would say. What is
 * under a lease, or waits after trouble, has a time ahead: whoever wakes it early finds nothing.
 */
export async function findDueNotice(
  db: Database,
  about: About,
  now: number,
): Promise<DueNotice | null> {
  const [row] = await db
    .select({ ...getTableColumns(notices), nth: NTH })
    .from(notices)
    .where(and(eq(notices.about, about), lte(notices.wakeAt, now)))
    .orderBy(desc(notices.seq))
    .limit(1)
  return row ?? null
}
