import { and, asc, desc, eq, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm'
import { assert } from '../domain/assert.ts'
import type { Mode } from '../domain/event.ts'
import type { DiscrepancyId, EventId } from '../domain/ids.ts'
import {
  COMPARED_WITHIN_SECONDS,
  RECONCILE_EVENTS_PER_STEP,
  RECONCILE_EVERY_SECONDS,
  RECONCILE_STUCK_ROWS_MAX,
  RECONCILE_STUCK_SECONDS,
} from '../domain/limits.ts'
import { KEEPING_PAUSED } from '../domain/reconciliation.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import {
  adjustments,
  auditEntries,
  discrepancies,
  listedInvoices,
  reconciliations,
  type Adjustment,
  type Discrepancy,
  type Reconciliation,
} from './schema.ts'

export type Outlook = {
  /** One that can be gone on with now: it has not ended, and nobody holds its lease. */
  readonly open: number | null
  /** Whether one that speaks for the whole record has not ended, whoever holds it. */
  readonly isUnderWay: boolean
  /** Until when everything has been compared; null where it never has. */
  readonly doneUntil: number | null
  /** The last event that it has looked at then: its `seq`. */
  readonly event: number
  /** When the first adjustment came; null where there is none. */
  readonly firstAt: number | null
}

const OF_ALL: SQL = sql`(asked_by IS NULL OR is_restored)`

/** The last that speaks for the whole record: one of the clock's, or of a restored database. */
const lastOfAll = (mode: Mode): SQL => sql`SELECT to_at, progress FROM reconciliations
  WHERE mode = ${mode} AND outcome = 'complete' AND ${OF_ALL}
  ORDER BY to_at DESC LIMIT 1`

/**
 * Until when every invoice of the billing API has been seen, as a subselect; null where none ever was. What
 * comes after the listing asks again about what is known: no money waits for it.
 */
const listedUntil = (mode: Mode): SQL => sql`(SELECT to_at FROM reconciliations
  WHERE mode = ${mode} AND listed_at IS NOT NULL AND ${OF_ALL}
  ORDER BY to_at DESC LIMIT 1)`

/**
 * Whether the billing API may know more than our record, inside the statement that depends on it: it has gone
 * uncompared for longer than a key is remembered there, as that of a database that was put back has.
 */
export const isRecordOld = (mode: Mode, now: number): SQL =>
  sql`coalesce(${listedUntil(mode)} <= ${now - COMPARED_WITHIN_SECONDS * 1_000}, false)`

/**
 * All that a minute's tick asks: each part is the first row of an index, or the three at most that have not
 * ended. What was put back goes first, then the clock's: what a person asks for delays neither.
 */
export async function findOutlook(db: Database, mode: Mode, now: number): Promise<Outlook> {
  const unfinished = sql`SELECT seq FROM reconciliations WHERE finished_at IS NULL`
  const lastDone = sql`FROM (${lastOfAll(mode)})`
  const [row] = await db.all<Omit<Outlook, 'isUnderWay'> & { readonly isUnderWay: number }>(sql`
    SELECT (${unfinished} AND coalesce(lease_until, 0) <= ${now}
        ORDER BY is_restored DESC, asked_by IS NOT NULL, seq LIMIT 1) AS open,
      EXISTS (${unfinished} AND ${OF_ALL}) AS isUnderWay,
      (SELECT to_at ${lastDone}) AS doneUntil,
      coalesce((SELECT progress ->> 'event' ${lastDone}), 0) AS event,
      (SELECT created_at FROM adjustments ORDER BY seq LIMIT 1) AS firstAt`)
  assert(row !== undefined, 'a look that answers one row')
  return { ...row, isUnderWay: row.isUnderWay === 1 }
}

/** When the newest fact was written down: of a restored database, how far it reaches at most. */
export async function findNewestEntryAt(db: Database): Promise<number | null> {
  const [row] = await db
    .select({ at: auditEntries.at })
    .from(auditEntries)
    .orderBy(desc(auditEntries.seq))
    .limit(1)
  return row?.at ?? null
}

export async function findReconciliation(
  db: Database,
  seq: number,
): Promise<Reconciliation | null> {
  const [row] = await db.select().from(reconciliations).where(eq(reconciliations.seq, seq))
  return row ?? null
}

export const listReconciliations = (
  db: Database,
  { before, limit }: Page,
): Promise<readonly Reconciliation[]> =>
  db
    .select()
    .from(reconciliations)
    .where(before === null ? undefined : lt(reconciliations.seq, before))
    .orderBy(desc(reconciliations.seq))
    .limit(limit)

export async function findDiscrepancy(
  db: Database,
  id: DiscrepancyId,
): Promise<Discrepancy | null> {
  const [row] = await db.select().from(discrepancies).where(eq(discrepancies.id, id))
  return row ?? null
}

/** Ours of the window that no listing has shown so far, oldest first; of the other mode none is shown. */
export const findUnlisted = (
  db: Database,
  { seq, mode, toAt }: Reconciliation,
  since: number,
  limit: number,
): Promise<readonly Adjustment[]> =>
  db
    .select()
    .from(adjustments)
    .where(
      sql`${adjustments.invoicedAt} >= ${since} AND ${adjustments.invoicedAt} < ${toAt}
        AND coalesce(${adjustments.mode}, ${mode}) = ${mode}
        AND NOT EXISTS (SELECT 1 FROM ${listedInvoices} l WHERE l.run = ${seq}
          AND l.invoice_id = ${adjustments.invoiceId})`,
    )
    .orderBy(asc(adjustments.invoicedAt), asc(adjustments.seq))
    .limit(limit)

/**
 * Open ones that this comparison hasn't met, the longest unseen first. Of an adjustment that isn't there
 * nothing new can be learnt from its invoice, nor from a key of another mode. Whose own invoice seemed to be
 * missing may have been asked for by that other key.
 */
export const findUnseen = (
  db: Database,
  { startedAt, mode }: Reconciliation,
  limit: number,
): Promise<readonly Discrepancy[]> =>
  db
    .select()
    .from(discrepancies)
    .where(
      and(
        isNull(discrepancies.settledAt),
        lt(discrepancies.lastSeenAt, startedAt),
        isNotNull(discrepancies.invoiceId),
        sql`(${discrepancies.mode} = ${mode} OR ${discrepancies.reason} = 'missing_at_billing')
          AND (${discrepancies.reason} <> 'unknown_adjustment' OR EXISTS (
            SELECT 1 FROM adjustments a WHERE a.id = ${discrepancies.adjustmentId}))`,
      ),
    )
    .orderBy(asc(discrepancies.lastSeenAt), asc(discrepancies.seq))
    .limit(limit)

/**
 * What the sweep should have taken long ago, oldest first. What came due while the circuit was open is only on its
 * way: the clock begins a comparison only while it is closed, so what was due at one of an hour ago is not.
 */
export const findStuck = (
  db: Database,
  now: number,
): Promise<readonly Pick<Adjustment, 'id' | 'currency'>[]> =>
  db
    .select({ id: adjustments.id, currency: adjustments.currency })
    .from(adjustments)
    .where(
      sql`${adjustments.wakeAt} <= ${now - RECONCILE_STUCK_SECONDS * 1_000}
        AND ${adjustments.wakeAt} <= (SELECT started_at FROM reconciliations
          WHERE asked_by IS NULL AND started_at <= ${now - RECONCILE_EVERY_SECONDS * 1_000}
          ORDER BY seq DESC LIMIT 1)`,
    )
    .orderBy(asc(adjustments.wakeAt))
    .limit(RECONCILE_STUCK_ROWS_MAX)

export type EventsLooked = {
  /** The last of the step; null where there is no further one. */
  readonly last: number | null
  readonly without: readonly EventId[]
}

/** Of an event `e`: it has made, or met, an adjustment that isn't there. */
export const isWithoutAdjustment: SQL = sql`e.fate IN ('adjusted', 'duplicate')
  AND json_array_length(e.decision, '$.adjustments') > 0
  AND NOT EXISTS (SELECT 1 FROM json_each(e.decision, '$.adjustments') p
    CROSS JOIN adjustments a ON a.id = p.value)`

/** Of the events after one, those that have the fate `adjusted` or `duplicate` of nothing that is there. */
export async function findEventsWithout(db: Database, after: number): Promise<EventsLooked> {
  const step = sql`SELECT seq, id, fate, decision FROM events WHERE seq > ${after}
    ORDER BY seq LIMIT ${RECONCILE_EVENTS_PER_STEP}`
  const [row] = await db.all<{ last: number | null; ids: string }>(sql`
    WITH step AS MATERIALIZED (${step})
    SELECT (SELECT max(seq) FROM step) AS last, (SELECT json_group_array(e.id) FROM step e
      WHERE ${isWithoutAdjustment}) AS ids`)
  return { last: row?.last ?? null, without: JSON.parse(row?.ids ?? '[]') }
}

/** Whether something is open that a restored database stays paused for. */
export async function isKeptPaused(db: Database): Promise<boolean> {
  const [row] = await db
    .select({ seq: discrepancies.seq })
    .from(discrepancies)
    .where(
      sql`${discrepancies.settledAt} IS NULL AND ${discrepancies.reason} IN (
        SELECT value FROM json_each(${JSON.stringify(KEEPING_PAUSED)}))`,
    )
    .limit(1)
  return row !== undefined
}
