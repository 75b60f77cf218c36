// The sweep's statement: what is due is woken again, from D1 alone, as if every queue had forgotten.

import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { HoldDetail, HoldReason } from '../domain/hold.ts'
import {
  ATTEMPTS_MAX,
  CIRCUIT_CANDIDATES_MAX,
  HOLD_REMIND_SECONDS,
  SWEEP_ROWS_MAX,
  WAKE_AFTER_SECONDS,
} from '../domain/limits.ts'
import { isOpen, type Circuit } from '../domain/circuit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Database } from './database.ts'
import { adjustments, auditEntries } from './schema.ts'
import { freeProbe } from './write-circuit.ts'
import { toldOfHolds } from './write-notices.ts'

export type Swept = {
  readonly wakeUps: readonly WakeUp[]
  /** Those whose every attempt ended in a crash: only a person can tell. */
  readonly held: readonly AdjustmentId[]
}

/** Those whose time has come, the oldest first. */
const comeDue = (now: number): SQL => sql`
  SELECT seq FROM adjustments WHERE wake_at <= ${now} ORDER BY wake_at, seq LIMIT ${SWEEP_ROWS_MAX}`

/**
 * While the circuit is open: what waits for people or is to be cancelled, and one to probe. All others keep
 * their time, so that nothing is written about them and the oldest goes first again. Of those that wait
 * longest or least, the one with the fewest attempts probes: not one of many whose own calls always fail.
 */
const comeDueAtCircuit = (now: number, mayProbe: boolean): SQL => sql`
  SELECT seq FROM (SELECT seq FROM adjustments
    WHERE state IN ('held', 'failed') AND wake_at <= ${now}
    ORDER BY wake_at, seq LIMIT ${SWEEP_ROWS_MAX})
  UNION ALL
  SELECT seq FROM (SELECT d.seq FROM (${candidates(now, sql`wake_at, seq`)} UNION ALL
      ${candidates(now, sql`wake_at DESC, seq DESC`)}) d
    WHERE d.state IN ('due', 'invoiced') AND ${mayProbe}
    ORDER BY d.attempts, d.wake_at, d.seq LIMIT 1)
  UNION ALL
  SELECT seq FROM (SELECT l.seq FROM (SELECT seq, state, wake_at FROM adjustments
      WHERE wake_at <= ${now} ORDER BY wake_at, seq LIMIT ${CIRCUIT_CANDIDATES_MAX}) l
    WHERE l.state = 'issuing' LIMIT ${SWEEP_ROWS_MAX})`

const candidates = (now: number, order: SQL): SQL => sql`
  SELECT * FROM (SELECT seq, state, attempts, wake_at FROM adjustments
    WHERE wake_at <= ${now} ORDER BY ${order} LIMIT ${CIRCUIT_CANDIDATES_MAX})`

/**
 * Takes at most SWEEP_ROWS_MAX rows whose time has come, oldest first, and sets their next time. An
 * expired lease goes back to `due`, as attempted with its outcome unknown; once its attempts are used
 * up, it is held, and people at `toldSources` are told. `circuit`: as it was a moment ago; who is woken
 * asks it for certain.
 */
export async function sweepAdjustments(
  db: Database,
  circuit: Circuit,
  toldSources: readonly string[],
  now: number,
): Promise<Swept> {
  const mayProbe = circuit.probeAt !== null && circuit.probeAt <= now
  const taken = isOpen(circuit, now) ? comeDueAtCircuit(now, mayProbe) : comeDue(now)
  const usedUp = sql`state = 'issuing' AND attempts >= ${ATTEMPTS_MAX}`
  const expired: AuditAction = 'adjustment.lease_expired'
  const held: AuditAction = 'adjustment.held'
  const reasons: readonly HoldReason[] = ['outcome_unknown']
  const details: readonly HoldDetail[] = [{ reason: 'outcome_unknown' }]
  const ifUsedUp = (value: unknown, column: string) =>
    sql`CASE WHEN ${usedUp} THEN ${value} ELSE ${sql.raw(column)} END`
  const [, , rows] = await db.batch([
    toldOfHolds(db, sql`${usedUp} AND seq IN (${taken})`, toldSources, now),
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:sweep', CASE WHEN ${usedUp} THEN ${held} ELSE ${expired} END, id,
        CASE WHEN ${usedUp}
          THEN json_object('attempts', attempts, 'reasons', json(${JSON.stringify(reasons)}))
          ELSE json_object('attempts', attempts) END
      FROM adjustments WHERE state = 'issuing' AND seq IN (${taken})`),
    db
      .update(adjustments)
      .set({
        state: sql`CASE WHEN ${usedUp} THEN 'held' WHEN state = 'issuing' THEN 'due' ELSE state END`,
        holdReasons: ifUsedUp(JSON.stringify(reasons), 'hold_reasons'),
        holdDetails: ifUsedUp(JSON.stringify(details), 'hold_details'),
        heldAt: ifUsedUp(now, 'held_at'),
        holds: sql`holds + (${usedUp})`,
        holdReminders: ifUsedUp(0, 'hold_reminders'),
        version: sql`version + (state = 'issuing')`,
        leaseUntil: null,
        wakeAt: sql`CASE WHEN ${usedUp} THEN ${now + HOLD_REMIND_SECONDS * 1_000}
          ELSE ${now + WAKE_AFTER_SECONDS * 1_000} END`,
      })
      .where(sql`seq IN (${taken})`)
      .returning({
        id: adjustments.id,
        version: adjustments.version,
        isUsedUp: sql<number>`state = 'held' AND held_at = ${now} AND attempts >= ${ATTEMPTS_MAX}`,
      }),
  ])
  return {
    wakeUps: rows.flatMap(({ id, version, isUsedUp }) => (isUsedUp ? [] : [{ id, version }])),
    held: rows.flatMap(({ id, isUsedUp }) => (isUsedUp ? [id] : [])),
  }
}

/**
 * After a restart of the only process on this database: whoever held a lease or the circuit's probe is gone,
 * and so is every message of the queue. All are due now; what was attempted waits for its time.
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
    freeProbe(db, now),
  ])
}
