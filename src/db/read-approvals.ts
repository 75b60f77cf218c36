import { and, desc, eq, getTableColumns } from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'
import { PAGE_ROWS_MAX } from '../domain/limits.ts'
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

/** Of all its holds, the newest first, at most PAGE_ROWS_MAX. */
export const listApprovals = (db: Database, id: AdjustmentId): Promise<readonly ApprovalRow[]> =>
  db
    .select()
    .from(approvals)
    .where(eq(approvals.adjustmentId, id))
    .orderBy(desc(approvals.hold), desc(approvals.at))
    .limit(PAGE_ROWS_MAX)
