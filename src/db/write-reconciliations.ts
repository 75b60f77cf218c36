// A comparison's own row: begun, held by one runner at a time, gone on with step by step, ended. Each step
// is one batch that does something only while the lease of who asks for it is the one in the row.

import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import type { Actor } from '../domain/audit.ts'
import { RECONCILE_LEASE_SECONDS, RECONCILE_TIDIED_ROWS } from '../domain/limits.ts'
import type { Found, Progress, ReconciliationOutcome } from '../domain/reconciliation.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { insertEntry } from './insert-entry.ts'
import type { Database } from './database.ts'
import { countedFindings, listedInvoices, reconciliations, type Reconciliation } from './schema.ts'
import {
  settleRecorded,
  settleUnfound,
  writeFindings,
  type Days,
  type SeenDiscrepancy,
} from './write-discrepancies.ts'

export type NewReconciliation = Pick<
  Reconciliation,
  'mode' | 'fromAt' | 'toAt' | 'askedBy' | 'isRestored' | 'progress'
>

/** Null where one of its kind is under way already: the clock's, a person's window, or a restored database's. */
export async function insertReconciliation(
  db: Database,
  { mode, fromAt, toAt, askedBy, isRestored, progress }: NewReconciliation,
  now: number,
): Promise<Reconciliation | null> {
  const [row] = await db
    .insert(reconciliations)
    .select(
      sql`SELECT NULL, ${mode}, ${fromAt}, ${toAt}, ${now}, ${askedBy}, ${isRestored ? 1 : 0},
        NULL, ${JSON.stringify(progress)}, NULL, NULL, NULL, NULL, NULL
      WHERE NOT EXISTS (SELECT 1 FROM reconciliations WHERE finished_at IS NULL
        AND (asked_by IS NULL) = (${askedBy} IS NULL) AND is_restored = ${isRestored ? 1 : 0})`,
    )
    .returning()
  return row ?? null
}

/** Under a new lease; null where it has ended, or somebody else holds it. */
export async function takeReconciliation(
  db: Database,
  seq: number,
  now: number,
): Promise<Reconciliation | null> {
  const [row] = await db
    .update(reconciliations)
    .set({ leaseUntil: now + RECONCILE_LEASE_SECONDS * 1_000 })
    .where(
      and(
        eq(reconciliations.seq, seq),
        isNull(reconciliations.finishedAt),
        or(isNull(reconciliations.leaseUntil), lte(reconciliations.leaseUntil, now)),
      ),
    )
    .returning()
  return row ?? null
}

/** Held by nobody from now on; nobody goes on before `until`. */
export async function releaseReconciliation(
  db: Database,
  run: Reconciliation,
  until: number | null,
): Promise<void> {
  await db
    .update(reconciliations)
    .set({ leaseUntil: until })
    .where(and(isHeld(run.seq, run.leaseUntil), isNull(reconciliations.finishedAt)))
}

const isHeld = (seq: number, leaseUntil: number | null) =>
  and(eq(reconciliations.seq, seq), eq(reconciliations.leaseUntil, leaseUntil ?? 0))

/** `currency`: in small letters. */
export type ListedRow = Omit<typeof listedInvoices.$inferSelect, 'run'>

export type Step = {
  readonly progress: Progress
  readonly listed: readonly ListedRow[]
  readonly findings: readonly Found[]
  /** Invoices that were looked at: what is open of them, and isn't found again, is settled. */
  readonly judged: readonly string[]
  /** Of its window, once all has been looked for: what has no invoice and isn't so any more is settled. */
  readonly days?: Days
}

export type StepTaken = {
  /** Under its new lease. */
  readonly run: Reconciliation
  /** Of the findings, those that are open now. */
  readonly open: readonly SeenDiscrepancy[]
}

/** Null where the lease was lost: then nothing was written. */
export async function commitStep(
  db: Database,
  run: Reconciliation,
  { progress, listed, findings, judged, days }: Step,
  now: number,
): Promise<StepTaken | null> {
  const next = nextLease(run, now)
  const held = sql`EXISTS (SELECT 1 FROM reconciliations WHERE seq = ${run.seq}
    AND lease_until = ${next})`
  const [rows, ...others] = await db.batch([
    db
      .update(reconciliations)
      .set({
        progress,
        leaseUntil: next,
        listedAt: progress.phase === 'listing' ? null : (run.listedAt ?? now),
      })
      .where(isHeld(run.seq, run.leaseUntil))
      .returning(),
    ...writeFindings(db, { run, findings, judged, now, held }),
    ...(days === undefined ? [] : settleUnfound(db, run, days, { now, held })),
    ...(listed.length === 0 ? [] : [insertListed(db, run.seq, listed, held)]),
  ])
  const [row] = rows
  if (!row) return null
  return { run: row, open: openOf(others) }
}

/** Never the one before, which somebody who is late may still name. */
const nextLease = ({ leaseUntil }: Reconciliation, now: number): number =>
  Math.max(now + RECONCILE_LEASE_SECONDS * 1_000, (leaseUntil ?? 0) + 1)

/** Only the insert of findings answers rows. */
const openOf = (results: readonly unknown[]): readonly SeenDiscrepancy[] =>
  results
    .flatMap((result): SeenDiscrepancy[] => (Array.isArray(result) ? result : []))
    .filter(({ settledAt }) => settledAt === null)

const insertListed = (
  db: Database,
  run: number,
  listed: readonly ListedRow[],
  held: ReturnType<typeof sql>,
) =>
  db
    .insert(listedInvoices)
    .select(
      sql`SELECT ${run}, l.value ->> 'invoiceId', l.value ->> 'day', l.value ->> 'currency',
        l.value ->> 'subtotal', l.value ->> 'isCounted'
      FROM json_each(${JSON.stringify(listed)}) l WHERE ${held}`,
    )
    .onConflictDoNothing()

type Amount = { readonly day: string; readonly currency: string; readonly amount: number }
export type Sums = {
  readonly recorded: readonly Amount[]
  readonly invoiced: readonly Amount[]
  /** What the findings expect less what they found. */
  readonly explained: readonly Amount[]
}

/** All at one moment, after what has been recorded meanwhile is settled. */
export async function findSums(db: Database, run: Reconciliation, now: number): Promise<Sums> {
  const { seq } = run
  const held = sql`EXISTS (SELECT 1 FROM reconciliations WHERE seq = ${seq}
    AND lease_until = ${run.leaseUntil})`
  const grouped = (amount: string, from: ReturnType<typeof sql>) =>
    db
      .select({
        day: sql<string>`s.day`,
        currency: sql<string>`s.currency`,
        amount: sql<number>`sum(s.amount)`,
      })
      .from(sql`(SELECT day, currency, ${sql.raw(amount)} AS amount FROM (${from})) s`)
      .groupBy(sql`s.day, s.currency`)
  const results = await db.batch([
    grouped(
      'amount',
      sql`SELECT l.day, a.currency, a.amount FROM listed_invoices l
        CROSS JOIN adjustments a ON a.invoice_id = l.invoice_id WHERE l.run = ${seq} AND l.is_counted`,
    ),
    grouped(
      'subtotal',
      sql`SELECT day, currency, subtotal FROM listed_invoices WHERE run = ${seq} AND is_counted`,
    ),
    grouped(
      'expected - found',
      sql`SELECT c.day, c.currency, c.expected, c.found FROM counted_findings c
        CROSS JOIN discrepancies d ON d.id = c.discrepancy WHERE c.run = ${seq}
        AND NOT EXISTS (SELECT 1 FROM adjustments a WHERE a.id = d.adjustment_id
          AND a.invoice_id = d.invoice_id AND c.expected = 0 AND d.reason <> 'differs')`,
    ),
    ...settleRecorded(db, { now, held }),
  ])
  const [recorded, invoiced, explained] = results
  return { recorded, invoiced, explained }
}

/**
 * Removes what it has seen, and what an earlier one that was given up has left, a part at a time; false where
 * there was nothing left.
 */
export async function tidyListed(db: Database, { seq }: Reconciliation): Promise<boolean> {
  const isOver = sql`l.run <= ${seq} AND NOT EXISTS (SELECT 1 FROM reconciliations r
    WHERE r.seq = l.run AND r.seq <> ${seq} AND r.finished_at IS NULL) LIMIT ${RECONCILE_TIDIED_ROWS}`
  const removed = await db.batch([
    db
      .delete(listedInvoices)
      .where(
        sql`(run, invoice_id) IN (SELECT l.run, l.invoice_id FROM listed_invoices l WHERE ${isOver})`,
      ),
    db
      .delete(countedFindings)
      .where(
        sql`(run, discrepancy) IN (SELECT l.run, l.discrepancy FROM counted_findings l WHERE ${isOver})`,
      ),
  ])
  return removed.some(({ meta }) => meta.changes > 0)
}

/** Its end and the entry of it; null where the lease was lost. */
export async function finishReconciliation(
  db: Database,
  run: Reconciliation,
  outcome: ReconciliationOutcome,
  now: number,
): Promise<Reconciliation | null> {
  const { counts, sums } = run.progress
  const actor: Actor = 'system:reconciliation'
  const [rows] = await db.batch([
    db
      .update(reconciliations)
      .set({ finishedAt: now, leaseUntil: null, outcome, counts, sums })
      .where(isHeld(run.seq, run.leaseUntil))
      .returning(),
    insertEntry(
      db,
      {
        at: now,
        actor,
        action: 'reconciliation.finished',
        subject: `reconciliation:${run.seq}`,
        data: { outcome, from: run.fromAt, to: run.toAt, mode: run.mode, counts, sums },
      },
      AFTER_CHANGE,
    ),
  ])
  return rows[0] ?? null
}
