// What the pages of customers show: whom nobody knows yet, and what one customer was given or charged.

import { and, desc, eq, isNotNull, sql } from 'drizzle-orm'
import type { HoldReason } from '../domain/hold.ts'
import { CUSTOMER_HISTORY_ROWS, UNRESOLVED_WINDOW_ROWS } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { adjustments, type Adjustment } from './schema.ts'

const UNRESOLVED: HoldReason = 'customer_unresolved'

/** Of the newest UNRESOLVED_WINDOW_ROWS that are held, those whose customer was not found, newest first. */
export async function listUnresolved(db: Database): Promise<readonly Adjustment[]> {
  const held = await db.all<{ seq: number }>(sql`SELECT seq FROM adjustments
    WHERE state IN ('held', 'failed') AND state = 'held'
    ORDER BY seq DESC LIMIT ${UNRESOLVED_WINDOW_ROWS}`)
  if (held.length === 0) return []
  const seqs = JSON.stringify(held.map(({ seq }) => seq))
  return db
    .select()
    .from(adjustments)
    .where(
      and(
        sql`${adjustments.seq} IN (SELECT value FROM json_each(${seqs}))`,
        sql`EXISTS (SELECT 1 FROM json_each(${adjustments.holdReasons}) WHERE value = ${UNRESOLVED})`,
      ),
    )
    .orderBy(desc(adjustments.seq))
}

/** What counts against a customer's limits, by the index of that, newest first; one more than a page has. */
export const listOfCustomer = (db: Database, customerId: string): Promise<readonly Adjustment[]> =>
  db
    .select()
    .from(adjustments)
    .where(and(isNotNull(adjustments.countedAt), eq(adjustments.customerId, customerId)))
    .orderBy(desc(adjustments.countedAt))
    .limit(CUSTOMER_HISTORY_ROWS + 1)
