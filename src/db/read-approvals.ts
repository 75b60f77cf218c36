import { and, desc, eq, getTableColumns, sql } from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'
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
