// Keys of requests that may be asked twice. A claim is a lease: whoever has not answered when it is over has died, and
// the same request is done again. No entry: nothing of the record changes by it.

import { and, eq, isNull, sql } from 'drizzle-orm'
import { IDEMPOTENCY_KEYS_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { idempotency } from './schema.ts'

export type AskedKey = typeof idempotency.$inferSelect

/** The row as it was found; null where it is new and the caller's, and 'full' where there are too many. */
export async function claimKey(
  db: Database,
  { id, operator, request }: Pick<AskedKey, 'id' | 'operator' | 'request'>,
  now: number,
): Promise<AskedKey | 'full' | null> {
  const [claimed, [found]] = await db.batch([
    db
      .insert(idempotency)
      .select(
        sql`SELECT ${id}, ${operator}, ${request}, ${now}, NULL, NULL, NULL
          WHERE ifnull((SELECT keys FROM idempotency_counts WHERE operator = ${operator}), 0)
            < ${IDEMPOTENCY_KEYS_MAX}`,
      )
      .onConflictDoNothing()
      .returning({ id: idempotency.id }),
    db.select().from(idempotency).where(eq(idempotency.id, id)),
  ])
  if (claimed.length > 0) return null
  return found ?? 'full'
}

/** Of one whose lease is over: false where somebody else was first, or it is answered by now. */
export async function takeKeyOver(
  db: Database,
  { id, at }: Pick<AskedKey, 'id' | 'at'>,
  now: number,
): Promise<boolean> {
  const rows = await db
    .update(idempotency)
    .set({ at: now })
    .where(isOpen(id, at))
    .returning({ id: idempotency.id })
  return rows.length > 0
}

export async function answerKey(
  db: Database,
  { id, at }: Pick<AskedKey, 'id' | 'at'>,
  answer: Pick<AskedKey, 'status' | 'answer'>,
): Promise<void> {
  await db.update(idempotency).set(answer).where(isOpen(id, at))
}

/** Nothing was done, so the key stands for nothing. */
export async function releaseKey(
  db: Database,
  { id, at }: Pick<AskedKey, 'id' | 'at'>,
): Promise<void> {
  await db.delete(idempotency).where(isOpen(id, at))
}

/** Whoever claimed it then, and has neither answered nor lost it. */
const isOpen = (id: string, at: number) =>
  and(eq(idempotency.id, id), eq(idempotency.at, at), isNull(idempotency.status))
