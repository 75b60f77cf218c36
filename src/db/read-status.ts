// How much waits for a person, counted on the index that holds nothing else; and what a deployment lacks.

import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { AlarmCause } from '../domain/alarm.ts'
import { STATUS_COUNT_MAX } from '../domain/limits.ts'
import { adjustments, alarms, endpointStarts } from './schema.ts'

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
