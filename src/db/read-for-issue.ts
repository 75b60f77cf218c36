import { eq } from 'drizzle-orm'
import { NEVER_FAILED, type Circuit } from '../domain/circuit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { isBilling } from './read-circuit.ts'
import { adjustments, circuits, endpointStarts, type Adjustment } from './schema.ts'

export type ForIssue = {
  readonly adjustment: Adjustment
  /** When its endpoint received its first event. */
  readonly endpointStartedAt: number | null
  readonly circuit: Circuit
}

export async function findForIssue(db: Database, id: AdjustmentId): Promise<ForIssue | null> {
  const [row] = await db
    .select({ adjustment: adjustments, endpointStartedAt: endpointStarts.at, circuit: circuits })
    .from(adjustments)
    .leftJoin(endpointStarts, eq(endpointStarts.endpoint, adjustments.endpoint))
    .leftJoin(circuits, isBilling)
    .where(eq(adjustments.id, id))
  return row ? { ...row, circuit: row.circuit ?? NEVER_FAILED } : null
}
