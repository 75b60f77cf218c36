import { eq } from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { adjustments, endpointStarts, type Adjustment } from './schema.ts'

export type ForIssue = {
  readonly adjustment: Adjustment
  /** When its endpoint received its first event. */
  readonly endpointStartedAt: number | null
}

export async function findForIssue(db: Database, id: AdjustmentId): Promise<ForIssue | null> {
  const [row] = await db
    .select({ adjustment: adjustments, endpointStartedAt: endpointStarts.at })
    .from(adjustments)
    .leftJoin(endpointStarts, eq(endpointStarts.endpoint, adjustments.endpoint))
    .where(eq(adjustments.id, id))
  return row ?? null
}
