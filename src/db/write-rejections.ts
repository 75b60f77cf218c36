// Counts of rejected deliveries: no fact of the record, so they have no entry, and go after a week.

import { inArray, lt, sql } from 'drizzle-orm'
import { REJECTIONS_TIDIED_MAX } from '../domain/limits.ts'
import type { Rejections } from '../domain/rejection.ts'
import type { Database } from './database.ts'
import { rejections } from './schema.ts'

/** However many, two statements. `keptSince`: hours from before it are taken out, a few at a time. */
export async function addRejections(
  db: Database,
  counts: readonly Rejections[],
  keptSince: number,
): Promise<void> {
  const old = db
    .selectDistinct({ hour: rejections.hour })
    .from(rejections)
    .where(lt(rejections.hour, keptSince))
    .orderBy(rejections.hour)
    .limit(REJECTIONS_TIDIED_MAX)
  await db.batch([
    db
      .insert(rejections)
      .select(
        sql`SELECT value ->> 'hour', value ->> 'endpoint', value ->> 'reason', value ->> 'count', value ->> 'lastAt'
          FROM json_each(${JSON.stringify(counts)}) WHERE true`,
      )
      .onConflictDoUpdate({
        target: [rejections.hour, rejections.endpoint, rejections.reason],
        set: {
          count: sql`${rejections.count} + excluded.count`,
          lastAt: sql`max(${rejections.lastAt}, excluded.last_at)`,
        },
      }),
    db.delete(rejections).where(inArray(rejections.hour, old)),
  ])
}
