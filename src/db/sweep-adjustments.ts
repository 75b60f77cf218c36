// The sweep's statement: what is due is woken again, from D1 alone, as if every queue had forgotten.

import { and, eq, sql } from 'drizzle-orm'
import { SWEEP_ROWS_MAX, WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Database } from './database.ts'
import { adjustments, auditEntries } from './schema.ts'

/**
 * Takes at most SWEEP_ROWS_MAX rows whose time has come, oldest first, and sets their next time. An
 * expired lease goes back to `due`, as attempted with its outcome unknown, with an entry.
 */
export async function sweepAdjustments(db: Database, now: number): Promise<readonly WakeUp[]> {
  const taken = sql`
    SELECT seq FROM adjustments WHERE wake_at <= ${now} ORDER BY wake_at LIMIT ${SWEEP_ROWS_MAX}`
  const [, woken] = await db.batch([
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:sweep', 'adjustment.lease_expired', id,
        json_object('attempt', attempts)
      FROM adjustments WHERE state = 'issuing' AND seq IN (${taken})`),
    db
      .update(adjustments)
      .set({
        state: sql`CASE state WHEN 'issuing' THEN 'due' ELSE state END`,
        version: sql`version + (state = 'issuing')`,
        leaseUntil: null,
        wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
      })
      .where(sql`seq IN (${taken})`)
      .returning({ id: adjustments.id, version: adjustments.version }),
  ])
  return woken
}

/**
 * After a restart of the only process on this database: whoever held a lease is gone, and so is every
 * message of the queue. Both are due now; what waits for a reason goes on waiting.
 */
export async function wakeAfterRestart(db: Database, now: number): Promise<void> {
  await db.batch([
    db
      .update(adjustments)
      .set({ leaseUntil: now, wakeAt: now })
      .where(eq(adjustments.state, 'issuing')),
    db
      .update(adjustments)
      .set({ wakeAt: now })
      .where(and(eq(adjustments.state, 'due'), eq(adjustments.attempts, 0))),
  ])
}
