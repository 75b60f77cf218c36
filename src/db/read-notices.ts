import { and, desc, eq, isNotNull } from 'drizzle-orm'
import type { About } from '../domain/notice.ts'
import type { Database } from './database.ts'
import { notices, type NoticeRow } from './schema.ts'

/** The newest that still has to be told; it says all that older ones of the same thing would say. */
export async function findDueNotice(db: Database, about: About): Promise<NoticeRow | null> {
  const [row] = await db
    .select()
    .from(notices)
    .where(and(eq(notices.about, about), isNotNull(notices.wakeAt)))
    .orderBy(desc(notices.seq))
    .limit(1)
  return row ?? null
}
