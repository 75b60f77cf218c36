import { and, desc, eq, getTableColumns, inArray, isNull, sql } from 'drizzle-orm'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { PAGE_ROWS_MAX } from '../domain/limits.ts'
import { approversNeeded, askedRow, type Asked } from './asked.ts'
import type { Database } from './database.ts'
import { adjustments, approvals, type Adjustment } from './schema.ts'

export type ApprovalRow = typeof approvals.$inferSelect

export type WithApprovals = {
  readonly adjustment: Adjustment
  /** Those of its present hold only. */
  readonly approved: readonly ApprovalRow[]
}

/** Both of one moment: an approval raises the version, so these belong to the version that is answered. */
export async function findWithApprovals(
  db: Database,
  id: AdjustmentId,
): Promise<WithApprovals | null> {
  const [[adjustment], approved] = await db.batch([
    db.select().from(adjustments).where(eq(adjustments.id, id)),
    db
      .select(getTableColumns(approvals))
      .from(approvals)
      .innerJoin(
        adjustments,
        and(eq(adjustments.id, approvals.adjustmentId), eq(adjustments.holds, approvals.hold)),
      )
      .where(eq(approvals.adjustmentId, id)),
  ])
  return adjustment ? { adjustment, approved } : null
}

/** How many people have to approve it, by the limits that are asked. */
export async function findApproversNeeded(db: Database, asked: Asked): Promise<number> {
  const needed = sql`${approversNeeded(asked)}`.mapWith(Number)
  const [row] = await db.select({ needed }).from(sql`${askedRow(asked)} ask`)
  return row?.needed ?? 1
}

/** Of all its holds, the newest first, at most PAGE_ROWS_MAX. */
export const listApprovals = (db: Database, id: AdjustmentId): Promise<readonly ApprovalRow[]> =>
  db
    .select()
    .from(approvals)
    .where(eq(approvals.adjustmentId, id))
    .orderBy(desc(approvals.hold), desc(approvals.at))
    .limit(PAGE_ROWS_MAX)

export type OfSubject = {
  readonly account: string
  readonly subject: string
  readonly ruleIds: readonly string[]
}

/** What these rules made for a subject, oldest first, at most PAGE_ROWS_MAX. */
export const listOfSubject = (
  db: Database,
  { account, subject, ruleIds }: OfSubject,
): Promise<readonly Adjustment[]> =>
  db
    .select()
    .from(adjustments)
    .where(
      and(
        eq(adjustments.account, account),
        eq(adjustments.subject, subject),
        inArray(adjustments.ruleId, [...ruleIds]),
      ),
    )
    .orderBy(adjustments.seq)
    .limit(PAGE_ROWS_MAX)

/** All that a subject has, but what undoes it; oldest first, at most PAGE_ROWS_MAX. */
export const listAllOfSubject = (
  db: Database,
  { account, subject }: Pick<OfSubject, 'account' | 'subject'>,
): Promise<readonly Adjustment[]> =>
  db
    .select()
    .from(adjustments)
    .where(
      and(
        eq(adjustments.account, account),
        eq(adjustments.subject, subject),
        isNull(adjustments.reverses),
      ),
    )
    .orderBy(adjustments.seq)
    .limit(PAGE_ROWS_MAX)

/** Which of these adjustments the event has approved, at whichever of their holds. */
export async function findApprovedBy(
  db: Database,
  event: EventId,
  ids: readonly AdjustmentId[],
): Promise<ReadonlySet<AdjustmentId>> {
  const rows = await db
    .select({ id: approvals.adjustmentId })
    .from(approvals)
    .where(and(inArray(approvals.adjustmentId, [...ids]), eq(approvals.eventId, event)))
  return new Set(rows.map(({ id }) => id))
}
