// The circuit of the billing API, and whether it stops somebody: as a row, and as a condition.

import { eq, sql, type SQL } from 'drizzle-orm'
import { NEVER_FAILED, type Circuit } from '../domain/circuit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { circuits } from './schema.ts'

const BILLING = 'billing'

export const isBilling: SQL = eq(circuits.name, BILLING)

export async function findCircuit(db: Database): Promise<Circuit> {
  const [row] = await db.select().from(circuits).where(isBilling)
  return row ?? NEVER_FAILED
}

/** `isOpen` of src/domain/circuit.ts but for the probe itself, inside the statement that depends on it. */
export const isCircuitOpen = (id: AdjustmentId, now: number): SQL => sql`
  EXISTS (SELECT 1 FROM circuits c WHERE c.name = ${BILLING} AND c.cause IS NOT NULL
    AND c.probe_by IS NOT ${id} AND NOT (c.cause = 'rate_limited' AND c.probe_at <= ${now}))`
