// Who asked for something hears once that it takes longer than some minutes, whatever the cause is: a pause,
// a refused key, a billing system that doesn't answer.

import { sql, type SQL } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import { NOTICE_DUE_AFTER_SECONDS, SWEEP_ROWS_MAX } from '../domain/limits.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { notices, type Adjustment } from './schema.ts'

const ACTION: AuditAction = 'adjustment.postponed'

/** Of rows `a` of adjustments. */
const insertDelayed = (db: Database, which: SQL, now: number) =>
  db
    .insert(notices)
    .select(
      sql`SELECT NULL, a.id, ${ACTION}, ${now}, ${now}, 0, '{}' FROM adjustments a WHERE ${which}`,
    )

const IS_NOT_TOLD = sql`
  NOT EXISTS (SELECT 1 FROM notices n WHERE n.about = a.id AND n.action = ${ACTION})`

/**
 * Of what is due by `until`, the longest first, at most SWEEP_ROWS_MAX. `sources`: whose people are told.
 * `until`: now, or while the circuit is open when the last of those that it parks looks again.
 */
export async function tellDelayed(
  db: Database,
  sources: readonly string[],
  until: number,
  now: number,
): Promise<void> {
  if (sources.length === 0) return
  const before = now - NOTICE_DUE_AFTER_SECONDS * 1_000
  await insertDelayed(
    db,
    sql`a.seq IN (SELECT a.seq FROM adjustments a
      WHERE a.wake_at <= ${until} AND a.state IN ('due', 'issuing') AND a.created_at <= ${before}
        AND a.source IN (SELECT value FROM json_each(${JSON.stringify(sources)}))
        AND ${IS_NOT_TOLD}
        AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.about = a.id AND n.at > ${before})
      ORDER BY a.wake_at, a.seq LIMIT ${sql.raw(String(SWEEP_ROWS_MAX))})`,
    now,
  )
}

/** Directly after the entry of a postponement: no sweep will look at it for that long. */
export const delayedByPostponement = (
  db: Database,
  { id, source }: Adjustment,
  wakeAt: number,
  now: number,
) =>
  db.tells(source) && wakeAt - now >= NOTICE_DUE_AFTER_SECONDS * 1_000
    ? [
        insertDelayed(
          db,
          sql`a.id = ${id} AND a.state = 'due' AND ${IS_NOT_TOLD} AND ${AFTER_CHANGE}`,
          now,
        ),
      ]
    : []
