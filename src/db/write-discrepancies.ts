// What doesn't fit: written down when it is found, again when it is found again, settled when it fits. Each of
// these statements belongs to a batch of the comparison that has found it, under `held`, its lease.

import { and, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { Actor, AuditAction } from '../domain/audit.ts'
import { LISTING_SETTLE_SECONDS, RECONCILE_STUCK_SECONDS } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import type { DiscrepancyReason, Found } from '../domain/reconciliation.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { isWithoutAdjustment } from './read-reconciliations.ts'
import {
  auditEntries,
  countedFindings,
  discrepancies,
  type Discrepancy,
  type Reconciliation,
} from './schema.ts'

/** The product settles what it finds right; only that may be found wrong again as it was. */
const BY_ITSELF: Actor = 'system:reconciliation'

export type SeenDiscrepancy = Pick<
  Discrepancy,
  'id' | 'reason' | 'adjustmentId' | 'invoiceId' | 'day' | 'currency' | 'settledAt'
>

type Findings = {
  readonly run: Reconciliation
  readonly findings: readonly Found[]
  readonly judged: readonly string[]
  readonly now: number
  readonly held: SQL
}

/** Of `d`, what was there, and `f`, what is found now: whether it is news. */
const IS_NEWS = sql`(d.id IS NULL OR (d.settled_at IS NOT NULL AND (d.settled_by = ${BY_ITSELF}
  OR d.expected <> f.value ->> 'expected' OR d.found <> f.value ->> 'found')))`

/** The same of a row of `discrepancies` and the `excluded` one. */
const IS_REOPENED = sql`(discrepancies.settled_at IS NOT NULL
  AND (discrepancies.settled_by = ${BY_ITSELF} OR discrepancies.expected <> excluded.expected
    OR discrepancies.found <> excluded.found))`

/** Nothing where nothing was looked at. The insert answers those of the findings that are open now. */
export function writeFindings(db: Database, { run, findings, judged, now, held }: Findings) {
  const rows = JSON.stringify(findings)
  const isOver = sql`d.settled_at IS NULL AND d.invoice_id IN (
      SELECT value FROM json_each(${JSON.stringify(judged)}))
    AND d.id NOT IN (SELECT value ->> 'id' FROM json_each(${rows}))`
  return [
    ...(judged.length === 0 ? [] : settleThose(db, isOver, { now, held })),
    ...(findings.length === 0
      ? []
      : [
          insertFoundEntries(db, rows, now, held),
          insertCounted(db, run.seq, rows, held),
          upsert(db, { run, rows, now, held }),
        ]),
  ]
}

/** As it was met first, like its invoice: what is listed again counts nothing twice. */
const insertCounted = (db: Database, run: number, rows: string, held: SQL) =>
  db
    .insert(countedFindings)
    .select(
      sql`SELECT ${run}, f.value ->> 'id', f.value ->> 'day', f.value ->> 'currency',
        f.value ->> 'expected', f.value ->> 'found'
      FROM json_each(${rows}) f WHERE ${held} AND f.value ->> 'isCounted'`,
    )
    .onConflictDoNothing()

const insertFoundEntries = (db: Database, rows: string, now: number, held: SQL) =>
  db.insert(auditEntries).select(sql`
    SELECT NULL, ${now}, ${BY_ITSELF}, ${'discrepancy.found' satisfies AuditAction}, f.value ->> 'id',
      json_object('reason', f.value ->> 'reason', 'adjustment', f.value ->> 'adjustmentId',
        'event', f.value ->> 'eventId', 'invoice', f.value ->> 'invoiceId', 'day', f.value ->> 'day',
        'currency', f.value ->> 'currency', 'expected', f.value ->> 'expected',
        'found', f.value ->> 'found', 'fields', json(f.value -> 'fields'))
    FROM json_each(${rows}) f LEFT JOIN discrepancies d ON d.id = f.value ->> 'id'
    WHERE ${held} AND ${IS_NEWS}`)

type Upsert = {
  readonly run: Reconciliation
  readonly rows: string
  readonly now: number
  readonly held: SQL
}

const upsert = (db: Database, { run, rows, now, held }: Upsert) =>
  db
    .insert(discrepancies)
    .select(
      sql`SELECT NULL, f.value ->> 'id', f.value ->> 'reason',
        ${run.mode}, f.value ->> 'adjustmentId',
        f.value ->> 'eventId', f.value ->> 'invoiceId', f.value ->> 'invoiceCreatedAt',
        f.value ->> 'day', f.value ->> 'currency', f.value ->> 'expected', f.value ->> 'found',
        f.value -> 'fields', ${now}, ${now}, NULL, NULL, NULL
      FROM json_each(${rows}) f WHERE ${held}`,
    )
    .onConflictDoUpdate({
      target: discrepancies.id,
      set: {
        day: sql`excluded.day`,
        expected: sql`excluded.expected`,
        found: sql`excluded.found`,
        fields: sql`excluded.fields`,
        lastSeenAt: sql`excluded.last_seen_at`,
        settledAt: sql`iif(${IS_REOPENED}, NULL, discrepancies.settled_at)`,
        settledBy: sql`iif(${IS_REOPENED}, NULL, discrepancies.settled_by)`,
      },
    })
    .returning({
      id: discrepancies.id,
      reason: discrepancies.reason,
      adjustmentId: discrepancies.adjustmentId,
      invoiceId: discrepancies.invoiceId,
      day: discrepancies.day,
      currency: discrepancies.currency,
      settledAt: discrepancies.settledAt,
    })

/** `which`: of `d`. The entries first, since afterwards nobody can tell which they were. */
const settleThose = (
  db: Database,
  which: SQL,
  { now, held }: { readonly now: number; readonly held: SQL },
) => [
  db.insert(auditEntries).select(sql`
    SELECT NULL, ${now}, ${BY_ITSELF}, ${'discrepancy.settled' satisfies AuditAction}, d.id,
      json_object('reason', d.reason, 'adjustment', d.adjustment_id, 'invoice', d.invoice_id)
    FROM discrepancies d WHERE ${held} AND ${which}`),
  db
    .update(discrepancies)
    .set({ settledAt: now, settledBy: BY_ITSELF })
    .where(sql`${held} AND seq IN (SELECT d.seq FROM discrepancies d WHERE ${which})`),
]

const OF_NO_RECORD: readonly DiscrepancyReason[] = [
  'not_recorded',
  'unknown_adjustment',
  'invoiced_though_held',
  'invoiced_though_failed',
  'invoiced_though_rejected',
  'invoiced_though_cancelled',
]

/** What our record lacked, and has by now. */
export const settleRecorded = (
  db: Database,
  around: { readonly now: number; readonly held: SQL },
) =>
  settleThose(
    db,
    sql`d.settled_at IS NULL
      AND d.reason IN (SELECT value FROM json_each(${JSON.stringify(OF_NO_RECORD)}))
      AND EXISTS (SELECT 1 FROM adjustments a WHERE a.id = d.adjustment_id
        AND a.invoice_id = d.invoice_id)`,
    around,
  )

/** Of a window, `YYYY-MM-DD`: the day that it begins on, and the one that it ends on. */
export type Days = { readonly first: string; readonly last: string }

/**
 * What has no invoice to look at again is over where it isn't so any more. A day's sum is compared as a whole
 * only where the window begins before it, and goes as far as the one in which it was found.
 */
export const settleUnfound = (
  db: Database,
  { mode, startedAt, toAt }: Reconciliation,
  { first, last }: Days,
  around: { readonly now: number; readonly held: SQL },
) =>
  settleThose(
    db,
    sql`d.settled_at IS NULL AND d.last_seen_at < ${startedAt} AND CASE d.reason
      WHEN 'stuck' THEN NOT EXISTS (SELECT 1 FROM adjustments a
        WHERE a.id = d.adjustment_id AND a.wake_at <= ${around.now - RECONCILE_STUCK_SECONDS * 1_000})
      WHEN 'event_without_adjustment' THEN NOT EXISTS (
        SELECT 1 FROM events e WHERE e.id = d.event_id AND ${isWithoutAdjustment})
      WHEN 'unexplained' THEN d.mode = ${mode} AND d.day > ${first} AND (d.day < ${last}
        OR d.last_seen_at <= ${toAt + LISTING_SETTLE_SECONDS * 1_000})
      ELSE false END`,
    around,
  )

/** A person has looked. Null where it was settled before, or isn't there. */
export function settleByHand(
  db: Database,
  { id, reason, adjustmentId, invoiceId }: Discrepancy,
  { name }: Operator,
  note: string,
  now: number,
): Promise<Discrepancy | null> {
  const actor: Actor = `operator:${name}`
  return commitChange(
    db,
    db
      .update(discrepancies)
      .set({ settledAt: now, settledBy: actor, note })
      .where(and(eq(discrepancies.id, id), isNull(discrepancies.settledAt)))
      .returning(),
    {
      at: now,
      actor,
      action: 'discrepancy.settled',
      subject: id,
      data: { reason, adjustment: adjustmentId, invoice: invoiceId },
    },
  )
}
