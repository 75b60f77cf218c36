import { eq, sql } from 'drizzle-orm'
import { NEVER_FAILED, type Circuit } from '../domain/circuit.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { isBilling } from './read-circuit.ts'
import { isRecordOld } from './read-reconciliations.ts'
import { adjustments, circuits, endpointStarts, type Adjustment } from './schema.ts'

export type ForIssue = {
  readonly adjustment: Adjustment
  /** When its endpoint received its first event. */
  readonly endpointStartedAt: number | null
  readonly circuit: Circuit
  /** Whether nothing is claimed before our record is compared with the billing API; the claim asks again. */
  readonly isRecordOld: boolean
}

/** `mode`: of the billing key; null where there is none. */
export async function findForIssue(
  db: Database,
  id: AdjustmentId,
  mode: Mode | null,
  now: number,
): Promise<ForIssue | null> {
  const isOld = mode === null ? sql`false` : isRecordOld(mode, now)
  const [row] = await db
    .select({
      adjustment: adjustments,
      endpointStartedAt: endpointStarts.at,
      circuit: circuits,
      isRecordOld: sql<number>`${isOld}`,
    })
    .from(adjustments)
    .leftJoin(endpointStarts, eq(endpointStarts.endpoint, adjustments.endpoint))
    .leftJoin(circuits, isBilling)
    .where(eq(adjustments.id, id))
  const isOldNow = row?.isRecordOld === 1
  return row ? { ...row, circuit: row.circuit ?? NEVER_FAILED, isRecordOld: isOldNow } : null
}
