// The sweep's statement: what is due is woken again, from D1 alone, as if every queue had forgotten.

import { sql } from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'
import { SWEEP_ROWS_MAX, WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import type { Database } from './database.ts'
import type { WakeUp } from '../domain/wake-up.ts'

/**
 * Takes at most SWEEP_ROWS_MAX rows whose time has come, oldest first, and sets their next time. An
 * expired lease goes back to `due`, as attempted with its outcome unknown, with an entry.
 */
export async function sweepAdjustments(db: Database, now: number): Promise<readonly WakeUp[]> {
  const expired = sql`
    SELECT seq FROM (
      SELECT seq, state FROM adjustments WHERE wake_at <= ${now} ORDER BY wake_at LIMIT ${SWEEP_ROWS_MAX}
    ) WHERE state = 'issuing'`
  const [, woken] = await db.batch([
    db.run(sql`
      INSERT INTO audit_entries (at, actor, action, subject, data)
      SELECT ${now}, 'system:sweep', 'adjustment.lease_expired', id, json_object('attempt', attempts)
      FROM adjustments WHERE seq IN (${expired})`),
    db.all<{ id: AdjustmentId; version: number }>(sql`
      UPDATE adjustments SET
        version = version + (state = 'issuing'),
        lease_until = NULL,
        state = CASE state WHEN 'issuing' THEN 'due' ELSE state END,
        wake_at = ${now + WAKE_AFTER_SECONDS * 1_000}
      WHERE seq IN (
        SELECT seq FROM adjustments WHERE wake_at <= ${now} ORDER BY wake_at LIMIT ${SWEEP_ROWS_MAX})
      RETURNING id, version`),
  ])
  return woken.map(({ id, version }) => ({ id, version }))
}

/** After a restart of the only process on this database, whoever held a lease is gone. */
export async function endAllLeases(db: Database, now: number): Promise<void> {
  await db.run(sql`UPDATE adjustments SET lease_until = ${now}, wake_at = ${now} WHERE state = 'issuing'`)
}
