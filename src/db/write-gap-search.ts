// The search for missed deliveries of one endpoint: taken under a lease, moved on, ended. Each write names the
// lease that it has; whoever has lost it writes nothing.

import { and, eq, sql } from 'drizzle-orm'
import { GAP_FIRST_SECONDS, GAP_LEASE_SECONDS } from '../domain/gap-limits.ts'
import type { Database } from './database.ts'
import { endpointStarts, gapSearches, type GapSearch } from './schema.ts'
import type { PackedDelivery } from './pack-delivery.ts'
import { commitDelivery } from './write-delivery.ts'
import type { AdjustmentId } from '../domain/ids.ts'

/**
 * Under a new lease; null where it isn't time yet, or somebody else searches. The first one looks back a
 * day, and not behind the endpoint's first delivery: what happened before that was never for us.
 */
export async function takeSearch(
  db: Database,
  endpoint: string,
  now: number,
): Promise<GapSearch | null> {
  const wakeAt = now + GAP_LEASE_SECONDS * 1_000
  const start = sql`(SELECT at FROM ${endpointStarts} WHERE endpoint = ${endpoint})`
  const since = sql`coalesce(max(${start}, ${now - GAP_FIRST_SECONDS * 1_000}), ${now})`
  const [row] = await db
    .insert(gapSearches)
    .select(
      sql`SELECT ${endpoint}, ${since}, ${since}, ${wakeAt}, 1, 0, 0, NULL, NULL, NULL WHERE true`,
    )
    .onConflictDoUpdate({
      target: gapSearches.endpoint,
      set: { wakeAt, version: sql`${gapSearches.version} + 1` },
      setWhere: sql`${gapSearches.wakeAt} <= ${now}`,
    })
    .returning()
  return row ?? null
}

/** The event and what it makes, as a delivery would: with it, it is counted, unless it was there already. */
export const commitMissed = (
  db: Database,
  packed: PackedDelivery,
): Promise<readonly AdjustmentId[]> => {
  const { deliveryId, endpoint, events } = packed.delivery
  const ids = JSON.stringify(events.map(({ id }) => id))
  const isNew = sql`EXISTS (SELECT 1 FROM json_each(${ids}) i CROSS JOIN events e ON e.id = i.value
    WHERE e.delivery_id = ${deliveryId})`
  const counted = db
    .update(gapSearches)
    .set({ found: sql`found + 1` })
    .where(and(eq(gapSearches.endpoint, endpoint), isNew))
  return commitDelivery(db, packed, [counted])
}

export type SearchChange = Partial<
  Pick<
    GapSearch,
    | 'searchedUntil'
    | 'position'
    | 'wakeAt'
    | 'found'
    | 'failures'
    | 'trouble'
    | 'lastAt'
    | 'lastFound'
  >
>

/** The search as it is now; null where the lease was lost. */
export async function changeSearch(
  db: Database,
  { endpoint, version }: GapSearch,
  change: SearchChange,
): Promise<GapSearch | null> {
  const [row] = await db
    .update(gapSearches)
    .set(change)
    .where(and(eq(gapSearches.endpoint, endpoint), eq(gapSearches.version, version)))
    .returning()
  return row ?? null
}
