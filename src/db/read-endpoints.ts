// What came to each endpoint lately, and what was not taken in. Both reads are bounded by rows, not by time.

import { desc, gte } from 'drizzle-orm'
import { LAST_EVENTS_READ_MAX, REJECTIONS_READ_MAX } from '../domain/limits.ts'
import type { Rejections } from '../domain/rejection.ts'
import type { Database } from './database.ts'
import { events, rejections } from './schema.ts'

/** When each endpoint received its last event, of those that are among the newest of all. */
export async function findLastReceived(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .select({ endpoint: events.endpoint, at: events.receivedAt })
    .from(events)
    .orderBy(desc(events.seq))
    .limit(LAST_EVENTS_READ_MAX)
  // Oldest first, so that the newest of each is what stays.
  return new Map(rows.toReversed().map(({ endpoint, at }) => [endpoint, at]))
}

/** From this hour on, counted since 1970; the newest first, at most REJECTIONS_READ_MAX. */
export const listRejections = (db: Database, fromHour: number): Promise<readonly Rejections[]> =>
  db
    .select()
    .from(rejections)
    .where(gte(rejections.hour, fromHour))
    .orderBy(desc(rejections.hour))
    .limit(REJECTIONS_READ_MAX)
