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
      AND subject = ${last.subject} AND "action" = ${last.action})`
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

const FACT_COLUMNS = ADJUSTMENT_FACTS.flatMap((fact) => [fact, `${fact}_sum`])

/** Columns are of this file alone: nothing that anybody sent is in a name. */
const added = (columns: readonly string[]): SQL =>
  sql.raw(columns.map((name) => `${name} = ${name} + excluded.${name}`).join(', '))

/** A list without a WHERE would have its ON CONFLICT read as a join. */
const addAdjustments = (db: Database, { adjustments }: DaySums, isAsRead: SQL) => {
  const values = ADJUSTMENT_FACTS.map(
    (fact) => `s.value ->> '$.facts.${fact}.count', s.value ->> '$.facts.${fact}.sum'`,
  ).join(', ')
  return db.run(sql`
    INSERT INTO ${dailyTotals} (mode, currency, day, source, endpoint, rule_id, settlement, direction,
      ${sql.raw(FACT_COLUMNS.join(', '))})
    SELECT s.value ->> 'mode', s.value ->> 'currency', s.value ->> 'day', s.value ->> 'source',
      s.value ->> 'endpoint', s.value ->> 'ruleId', s.value ->> 'settlement', s.value ->> 'direction',
      ${sql.raw(values)}
    FROM json_each(${JSON.stringify(adjustments)}) s WHERE ${isAsRead}
    ON CONFLICT DO UPDATE SET ${added(FACT_COLUMNS)}`)
}

const addEvents = (db: Database, { events }: DaySums, isAsRead: SQL) => {
  const values = RECEIVED_FATES.map((fate) => `s.value ->> '$.fates.${fate}'`).join(', ')
  return db.run(sql`
    INSERT INTO ${dailyEvents} (mode, day, source, endpoint, rule_id,
      ${sql.raw(RECEIVED_FATES.join(', '))})
    SELECT s.value ->> 'mode', s.value ->> 'day', s.value ->> 'source', s.value ->> 'endpoint',
      s.value ->> 'ruleId', ${sql.raw(values)}
    FROM json_each(${JSON.stringify(events)}) s WHERE ${isAsRead}
    ON CONFLICT DO UPDATE SET ${added(RECEIVED_FATES)}`)
}
