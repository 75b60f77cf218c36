// Sums of days go on: what is added and how far the log is in it commit together, and only on top of what was read.
// Two who add up at once, or one who dies between two steps, add nothing twice.

import { eq, sql, type SQL } from 'drizzle-orm'
import {
  ADJUSTMENT_FACTS,
  RECEIVED_FATES,
  type CountedEntry,
  type DaySums,
} from '../domain/daily-totals.ts'
import type { Database } from './database.ts'
import { dailyEvents, dailyProgress, dailyTotals } from './schema.ts'

/**
 * `before`: the entry up to which they went. `last`: the one up to which they go then. Whether it did. A database that
 * was put back meanwhile may have another entry of that number, or none: then nothing is added.
 */
export async function commitDaySums(
  db: Database,
  before: number,
  last: CountedEntry,
  sums: DaySums,
): Promise<boolean> {
  const isAsRead = sql`(SELECT seq FROM daily_progress) = ${before} AND EXISTS (
    SELECT 1 FROM audit_entries WHERE seq = ${last.seq} AND at = ${last.at}
      AND subject = ${last.subject})`
  const [, , rows] = await db.batch([
    addAdjustments(db, sums, isAsRead),
    addEvents(db, sums, isAsRead),
    // Last: the two before it ask for what this changes.
    db
      .update(dailyProgress)
      .set({ seq: last.seq, at: last.at })
      .where(sql`${eq(dailyProgress.name, 'log')} AND ${isAsRead}`)
      .returning({ seq: dailyProgress.seq }),
  ])
  return rows.length > 0
}

/** What is there already, and what comes with it. Names of columns are of this file alone. */
const grow = (columns: readonly string[]): Record<string, SQL> =>
  Object.fromEntries(
    columns.map((name) => {
      const column = name.replace('Sum', '_sum')
      return [name, sql.raw(`${column} + excluded.${column}`)]
    }),
  )

const addAdjustments = (db: Database, { adjustments }: DaySums, isAsRead: SQL) => {
  const values = ADJUSTMENT_FACTS.map(
    (fact) => `s.value ->> '$.facts.${fact}.count', s.value ->> '$.facts.${fact}.sum'`,
  )
  return db
    .insert(dailyTotals)
    .select(
      sql`SELECT s.value ->> 'mode', s.value ->> 'currency', s.value ->> 'day', s.value ->> 'source',
        s.value ->> 'endpoint', s.value ->> 'ruleId', s.value ->> 'settlement',
        s.value ->> 'direction', ${sql.raw(values.join(', '))}
      FROM json_each(${JSON.stringify(adjustments)}) s WHERE ${isAsRead}`,
    )
    .onConflictDoUpdate({
      target: [
        dailyTotals.mode,
        dailyTotals.currency,
        dailyTotals.day,
        dailyTotals.source,
        dailyTotals.endpoint,
        dailyTotals.ruleId,
        dailyTotals.settlement,
        dailyTotals.direction,
      ],
      set: grow(ADJUSTMENT_FACTS.flatMap((fact) => [fact, `${fact}Sum`])),
    })
}

const addEvents = (db: Database, { events }: DaySums, isAsRead: SQL) => {
  const values = RECEIVED_FATES.map((fate) => `s.value ->> '$.fates.${fate}'`)
  return db
    .insert(dailyEvents)
    .select(
      sql`SELECT s.value ->> 'mode', s.value ->> 'day', s.value ->> 'source',
        s.value ->> 'endpoint', s.value ->> 'ruleId', ${sql.raw(values.join(', '))}
      FROM json_each(${JSON.stringify(events)}) s WHERE ${isAsRead}`,
    )
    .onConflictDoUpdate({
      target: [
        dailyEvents.mode,
        dailyEvents.day,
        dailyEvents.source,
        dailyEvents.endpoint,
        dailyEvents.ruleId,
      ],
      set: grow(RECEIVED_FATES),
    })
}
