import { eq, inArray, sql } from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { adjustments, endpointStarts, switches, type Adjustment } from './schema.ts'

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

/** Whether everything, the endpoint, the rule or the customer is paused: a look before the claim's own. */
export async function findPause(
  db: Database,
  { endpoint, customerId }: Adjustment,
  ruleIds: readonly string[],
): Promise<boolean> {
  const keys = ['all:', `endpoint:${endpoint}`, ...ruleIds.map((id) => `rule:${id}`)]
  if (customerId !== null) keys.push(`customer:${customerId}`)
  const [row] = await db
    .select({ kind: switches.kind })
    .from(switches)
    .where(inArray(sql`${switches.kind} || ':' || ${switches.key}`, keys))
    .limit(1)
  return row !== undefined
}
