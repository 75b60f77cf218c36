// What is known here of what a source may have delivered, and how far each source was asked.

import { sql } from 'drizzle-orm'
import type { EventId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { gapSearches, type GapSearch } from './schema.ts'

/** Of these endpoints; one that was never searched has none. */
export const findSearches = (
  db: Database,
  endpoints: readonly string[],
): Promise<readonly GapSearch[]> =>
  db
    .select()
    .from(gapSearches)
    .where(sql`endpoint IN (SELECT value FROM json_each(${JSON.stringify(endpoints)}))`)

/** Those of the ids that are there. */
export async function knownEvents(
  db: Database,
  ids: readonly EventId[],
): Promise<ReadonlySet<EventId>> {
  const rows = await db.all<{ id: EventId }>(sql`
    SELECT e.id FROM json_each(${JSON.stringify(ids)}) i CROSS JOIN events e ON e.id = i.value`)
  return new Set(rows.map(({ id }) => id))
}

/**
 * When an account's events about something came last, by what it was asked for. `keys`: subjects, and ids of the
 * adjustments that are made for them. On the index `events_zendesk_subject`: other sources have none.
 */
export async function heardAbout(
  db: Database,
  account: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.all<{ key: string; at: number }>(sql`
    SELECT k.value AS key, (
      SELECT max(e.received_at) FROM events e WHERE e.source = 'zendesk' AND e.account = ${account}
        AND coalesce(
          json_extract(decision, '$.subject'), json_extract(decision, '$.undoes.subject'),
          json_extract(decision, '$.approves.subject'), json_extract(decision, '$.adjustments[0]'),
          json_extract(decision, '$.shadows[0].subject')
        ) = k.value
    ) AS at FROM json_each(${JSON.stringify(keys)}) k WHERE at IS NOT NULL`)
  return new Map(rows.map(({ key, at }) => [key, at]))
}
