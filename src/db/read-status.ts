// How much waits for a person, counted on the index that holds nothing else.

import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { STATUS_COUNT_MAX } from '../domain/limits.ts'
import { adjustments } from './schema.ts'

/** Of each state, at most STATUS_COUNT_MAX. */
export async function countWaiting(
  db: Database,
): Promise<{ readonly held: number; readonly failed: number }> {
  const count = (state: 'held' | 'failed') =>
    db.select({ n: sql<number>`count(*)` }).from(
      db
        .select({ state: adjustments.state })
        .from(adjustments)
        .where(sql`state IN ('held', 'failed') AND state = ${state}`)
        .limit(STATUS_COUNT_MAX)
        .as('waiting'),
    )
  const [[held], [failed]] = await db.batch([count('held'), count('failed')])
  return { held: held?.n ?? 0, failed: failed?.n ?? 0 }
}
