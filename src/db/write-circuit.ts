// Every change of the circuit: conditional on the version that was read, with its entry where it opened
// or closed. What was parked keeps its version, and so its place.

import { and, eq, isNotNull, lte, ne, sql } from 'drizzle-orm'
import type { AuditAction, AuditEntry } from '../domain/audit.ts'
import { CIRCUIT_SUBJECT, COMPARISON, type Circuit, type CircuitCaller } from '../domain/circuit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { CIRCUIT_PROBE_LEASE_SECONDS, COMPARISON_TURN_SECONDS } from '../domain/limits.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { isBilling, isCircuitOpen } from './read-circuit.ts'
import { adjustments, auditEntries, circuits, type Adjustment } from './schema.ts'

/** Whether it was written; not if somebody has changed it since `before` was read. */
export async function commitCircuit(
  db: Database,
  before: Circuit,
  after: Circuit,
  entry: AuditEntry | null,
): Promise<boolean> {
  const change = db
    .insert(circuits)
    .values({ ...after, name: 'billing' })
    .onConflictDoUpdate({
      target: circuits.name,
      set: after,
      setWhere: eq(circuits.version, before.version),
    })
    .returning({ version: circuits.version })
  if (entry !== null) return (await commitChange(db, change, entry)) !== null
  return (await change).length > 0
}

/**
 * Of all who come once its time is there, one gets the probe. A limiter's time needs none. The comparison comes
 * each minute, and goes first; where its own probe was the last to fail, the next turn is an adjustment's.
 */
export async function takeProbe(db: Database, by: CircuitCaller, now: number): Promise<boolean> {
  const isItsTurn =
    by === COMPARISON
      ? sql`(failed_by ->> '$[#-1]' IS NOT ${COMPARISON}
          OR probe_at <= ${now - COMPARISON_TURN_SECONDS * 1_000})`
      : undefined
  const rows = await db
    .update(circuits)
    .set({
      probeBy: by,
      probeAt: now + CIRCUIT_PROBE_LEASE_SECONDS * 1_000,
      version: sql`version + 1`,
    })
    .where(
      and(isBilling, ne(circuits.cause, 'rate_limited'), lte(circuits.probeAt, now), isItsTurn),
    )
    .returning({ version: circuits.version })
  return rows.length > 0
}

/** Whoever had the probe is gone for certain, and has told nothing: the next one may try at once. */
export const freeProbe = (db: Database, now: number) =>
  db
    .update(circuits)
    .set({ probeBy: null, probeAt: now, version: sql`version + 1` })
    .where(and(isBilling, isNotNull(circuits.probeBy)))

/**
 * The circuit is open: it is looked at again `spreadMs` after the next probe. No attempt is used, and its
 * version stays. Null: the circuit stops it no more, or somebody else was first.
 */
export async function parkAtCircuit(
  db: Database,
  read: Adjustment,
  spreadMs: number,
  now: number,
): Promise<AdjustmentId | null> {
  const probeAt = sql`(SELECT max(probe_at, ${now}) FROM circuits WHERE ${isBilling})`
  const [row] = await db
    .update(adjustments)
    .set({ wakeAt: sql`CAST(${probeAt} + ${spreadMs} AS INTEGER)` })
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        eq(adjustments.state, read.state),
        isCircuitOpen(read.id, now),
      ),
    )
    .returning({ id: adjustments.id })
  return row?.id ?? null
}

/**
 * Statements of the batch that commits what the billing API has answered to `by`: its failures are counted
 * anew, and who probed closes the circuit. Nothing is written where nothing had failed.
 */
export const afterAnswer = (db: Database, by: AdjustmentId, now: number) => {
  const closes = sql`name = 'billing' AND cause IS NOT NULL
    AND (probe_by = ${by} OR (cause = 'rate_limited' AND probe_at <= ${now}))`
  return [
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:issuer', ${'circuit.closed' satisfies AuditAction},
        ${CIRCUIT_SUBJECT}, json_object('cause', cause, 'openedAt', opened_at, 'probes', probes,
          'adjustment', ${by})
      FROM circuits WHERE ${closes}`),
    db
      .update(circuits)
      .set({
        failures: 0,
        failedBy: [],
        cause: null,
        openedAt: null,
        probeAt: null,
        probeBy: null,
        probes: 0,
        version: sql`version + 1`,
      })
      .where(sql`(name = 'billing' AND cause IS NULL AND failures > 0) OR (${closes})`),
  ]
}
