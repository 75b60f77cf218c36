// The claim: one statement asks every limit and switch and decides, then and there, if an adjustment is
// issued, held with all its reasons, or cancelled because it was undone. Nothing can come between. Nor is
// anything claimed while the circuit is open, but for its probe.

import { and, eq, getTableColumns, not, sql, type SQL } from 'drizzle-orm'
import type { FrozenRequest } from '../domain/adjustment.ts'
import type { AuditAction } from '../domain/audit.ts'
import type { Mode } from '../domain/event.ts'
import { RUNAWAY_REASONS, type HoldReason } from '../domain/hold.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import {
  KNOWN_INVOICES_MAX,
  LEASE_SECONDS,
  PAUSE_LOOK_SECONDS,
  RECORD_LOOK_SECONDS,
} from '../domain/limits.ts'
import { approversNeeded, askedRow, foundReasons, isPaused, isUndone, type Asked } from './asked.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { isCircuitOpen } from './read-circuit.ts'
import { knownInvoicesOf, type KnownInvoice } from './read-known-invoices.ts'
import { isRecordOld } from './read-reconciliations.ts'
import { isPausedNow, type Pausable } from './read-switches.ts'
import { adjustments, auditEntries, type Adjustment } from './schema.ts'
import { heldColumns } from './write-adjustment.ts'
import { toldOfStates } from './write-notices.ts'
import { hasSeenMore, type ComparedRefunds } from './write-seen.ts'
import { pauseRule } from './write-switch.ts'

export type Claim = {
  readonly asked: Asked
  /** Hash of the rules, limits and reasons by which it is asked. */
  readonly rules: string
  /** Null where the customer isn't known: then it is held in any case. */
  readonly request: FrozenRequest | null
  /** Of a record: what it was compared with. If there is more by now, nothing is claimed. */
  readonly compared: ComparedRefunds | null
  /** Of the billing key. */
  readonly mode: Mode
}

/** `known`: invoices that a reconciliation has seen with its id: it is looked for before it is posted. */
export type Claimed = Adjustment & { readonly known: readonly KnownInvoice[] }

/**
 * The row as it is now: `issuing`, `held` or `cancelled`. Null: paused, the circuit is open, the record is
 * to be compared first, or somebody else was first.
 */
export async function claim(
  db: Database,
  read: Adjustment,
  { asked, rules, request, compared, mode }: Claim,
): Promise<Claimed | null> {
  // It counts in the very hour and day whose room was asked for.
  const { now } = asked
  // No attempt may have arrived: it takes its room now, and an undo still cancels it.
  const isAsked = asked.limits !== null
  const leaseUntil = now + LEASE_SECONDS * 1_000
  const held = heldColumns(read, now)
  const when = (issuing: unknown, isHeld: unknown, cancelled: unknown = null) =>
    sql`CASE f.answer WHEN 'issuing' THEN ${issuing} WHEN 'held' THEN ${isHeld} ELSE ${cancelled} END`
  const [rows] = await db.batch([
    db
      .update(adjustments)
      .set({
        state: sql`f.answer`,
        version: read.version + 1,
        ...(isAsked || asked.customer !== read.customerId ? { customerId: asked.customer } : {}),
        leaseUntil: when(leaseUntil, null),
        wakeAt: when(leaseUntil, held.wakeAt),
        attempts: when(read.attempts + 1, read.attempts, read.attempts),
        attemptedAt: when(now, read.attemptedAt, read.attemptedAt),
        firstAttemptedAt: when(read.firstAttemptedAt ?? now, read.firstAttemptedAt),
        request: when(JSON.stringify(request), read.request && JSON.stringify(read.request)),
        holdReasons: when(
          null,
          sql`(SELECT json_group_array(value ->> 'reason') FROM json_each(f.found))`,
        ),
        holdDetails: when(null, sql`f.found`),
        heldAt: when(read.heldAt, now, read.heldAt),
        holds: when(read.holds, held.holds, read.holds),
        holdReminders: 0,
        approversNeeded: sql`f.needed`,
        // What waits or is cancelled takes no room, unless an attempt of it may have arrived: then it
        // counts on, and isn't written again, since two indexes are of it.
        // What goes out for the first time counts now, also if it was approved on another day.
        ...(isAsked ? { countedAt: when(now, null), countedDay: when(asked.day, null) } : {}),
      })
      .from(
        // Materialized: else SQLite puts the whole question in each place where its answer is read.
        sql`(WITH a AS MATERIALIZED (SELECT ${foundReasons(asked)} AS found, ${isPaused} AS paused,
            ${isAsked ? isUndone : sql`false`} AS undone,
            ${isAsked ? approversNeeded(asked) : read.approversNeeded} AS needed FROM ${askedRow(asked)} ask)
          SELECT a.found, a.paused, a.needed, CASE WHEN a.undone THEN 'cancelled'
            WHEN a.found <> '[]' THEN 'held' ELSE 'issuing' END AS answer FROM a) f`,
      )
      .where(
        and(
          eq(adjustments.id, read.id),
          eq(adjustments.version, read.version),
          eq(adjustments.state, 'due'),
          sql`NOT f.paused AND NOT ${isCircuitOpen(read.id, now)} AND NOT ${isRecordOld(mode, now)}`,
          compared === null ? undefined : not(hasSeenMore(compared)),
        ),
      )
      .returning(claimedColumns(read.id)),
    insertOutcomeEntry(db, asked, rules),
    ...toldOfStates(db, read, { held: 'adjustment.held', cancelled: 'adjustment.cancelled' }, now),
    ...pauseIfRunaway(db, read, now),
  ])
  const [row] = rows
  return row ? { ...row, known: JSON.parse(row.known) } : null
}

/** Read in the claim itself, so that nothing that was known before it is missed. */
const claimedColumns = (id: AdjustmentId) => ({
  ...getTableColumns(adjustments),
  known: knownInvoicesOf(id, KNOWN_INVOICES_MAX),
})

/** A rule that has used up its hour's limit stops as a whole: what made it run away makes more. */
const pauseIfRunaway = (db: Database, read: Adjustment, now: number) =>
  pauseRule(
    db,
    { ruleId: read.ruleId, cause: 'per_hour_per_rule' },
    sql`${AFTER_CHANGE} AND ${hasRunAway(read)}`,
    now,
  )

const OVER_THE_HOUR: HoldReason = 'over_limit:perHourPerRule'

/** `isRunaway` of src/domain/hold.ts, of the row as it is now. */
const hasRunAway = ({ id }: Adjustment) => sql`
  EXISTS (SELECT 1 FROM adjustments a, json_each(a.hold_details) d
    WHERE a.id = ${id} AND a.state = 'held' AND d.value ->> 'reason' = ${OVER_THE_HOUR}
      AND d.value ->> 'used' > 0)
  AND NOT EXISTS (SELECT 1 FROM adjustments a, json_each(a.hold_reasons) r
    WHERE a.id = ${id} AND r.value NOT IN (SELECT value FROM json_each(${JSON.stringify(RUNAWAY_REASONS)})))`

/** Of the row that has the number of what was asked about. Null limits: none was asked again. */
const insertOutcomeEntry = (
  db: Database,
  { seq, now, limits, first, duplicateMs }: Asked,
  rules: string,
) =>
  db.insert(auditEntries).select(sql`
  SELECT NULL, ${now}, 'system:issuer',
    CASE a.state WHEN 'issuing' THEN ${'adjustment.claimed' satisfies AuditAction}
      WHEN 'held' THEN ${'adjustment.held' satisfies AuditAction}
      ELSE ${'adjustment.cancelled' satisfies AuditAction} END,
    a.id,
    CASE a.state
      WHEN 'issuing' THEN json_object('attempt', a.attempts, 'generation', a.generation,
        'customerId', a.customer_id, 'cleared', json(coalesce(a.cleared_reasons, '[]')),
        'rules', ${rules}, 'limits', json(${JSON.stringify(limits && { ...limits, first, duplicateMs })}))
      WHEN 'held' THEN json_object('reasons', json(a.hold_reasons), 'details', json(a.hold_details),
        'rules', ${rules})
      ELSE json_object('cause', 'undone') END
  FROM adjustments a WHERE a.seq = ${seq} AND ${AFTER_CHANGE}`)

/**
 * Nothing was claimed because something is paused: it is looked at again later, or when that is
 * resumed. It keeps its version, and so its place. Null: it is paused no more, or somebody was first.
 */
export const park = (
  db: Database,
  read: Adjustment,
  what: Pausable,
  now: number,
): Promise<AdjustmentId | null> =>
  // By his id the sweep leaves it alone while he is paused, and resuming him finds it.
  parkWhere(db, read, isPausedNow(what), {
    wakeAt: now + PAUSE_LOOK_SECONDS * 1_000,
    customerId: what.customerId,
  })

/** The same of a record that has to be compared first. `mode`: of the billing key. */
export const parkUntilCompared = (
  db: Database,
  read: Adjustment,
  mode: Mode,
  now: number,
): Promise<AdjustmentId | null> =>
  parkWhere(db, read, isRecordOld(mode, now), { wakeAt: now + RECORD_LOOK_SECONDS * 1_000 })

async function parkWhere(
  db: Database,
  read: Adjustment,
  isStopped: SQL,
  columns: { readonly wakeAt: number; readonly customerId?: string | null },
): Promise<AdjustmentId | null> {
  const [row] = await db
    .update(adjustments)
    .set(columns)
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        eq(adjustments.state, 'due'),
        isStopped,
      ),
    )
    .returning({ id: adjustments.id })
  return row?.id ?? null
}
