// How much waits for a person, counted on the index that holds nothing else; and what a deployment lacks.

import { desc, isNotNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { AlarmCause } from '../domain/alarm.ts'
import { STATUS_COUNT_MAX } from '../domain/limits.ts'
import {
  adjustments,
  alarms,
  endpointStarts,
  notices,
  reconciliations,
  type Reconciliation,
} from './schema.ts'

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

/** When the oldest wake-up was due that nobody has answered yet; null where none is due. */
export async function findOldestDue(
  db: Database,
  now: number,
): Promise<{ readonly adjustments: number | null; readonly notices: number | null }> {
  const oldest = (table: typeof adjustments | typeof notices) =>
    db
      .select({ at: sql<number | null>`min(${table.wakeAt})` })
      .from(table)
      .where(sql`${table.wakeAt} IS NOT NULL AND ${table.wakeAt} <= ${now}`)
  const [[ofAdjustments], [ofNotices]] = await db.batch([oldest(adjustments), oldest(notices)])
  return { adjustments: ofAdjustments?.at ?? null, notices: ofNotices?.at ?? null }
}

/** The last comparison with the billing API that has ended, however; null where none has. */
export async function findLastReconciliation(db: Database): Promise<Reconciliation | null> {
  const [row] = await db
    .select()
    .from(reconciliations)
    .where(isNotNull(reconciliations.finishedAt))
    .orderBy(desc(reconciliations.seq))
    .limit(1)
  return row ?? null
}

/** When each endpoint received its first event; and what links were refused to lead to, by an alarm. */
export async function findStarts(db: Database) {
  const refused: AlarmCause = 'link_target_refused'
  const [starts, hosts] = await db.batch([
    db.select().from(endpointStarts).limit(STATUS_COUNT_MAX),
    db
      .selectDistinct({ host: alarms.key })
      .from(alarms)
      .where(sql`${alarms.cause} = ${refused}`)
      .limit(STATUS_COUNT_MAX),
  ])
  return {
    starts: new Map(starts.map(({ endpoint, at }) => [endpoint, at])),
    hosts: hosts.map(({ host }) => host),
  }
}
