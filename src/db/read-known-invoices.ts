import { sql } from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'

/** An invoice that is known to carry an adjustment's id. `createdAt`: by the billing API, milliseconds. */
export type KnownInvoice = { readonly id: string; readonly createdAt: number }

/**
 * As JSON: what any reconciliation has found under this id, whatever became of that since. A database that
 * was put back to an earlier time knows by it what it issued in the time that it has lost.
 */
export const knownInvoicesOf = (id: AdjustmentId, max: number) => sql<string>`(
  SELECT json_group_array(json_object('id', k.invoice_id, 'createdAt', k.at)) FROM (
    SELECT d.invoice_id, min(d.invoice_created_at) AS at FROM discrepancies d
    WHERE d.adjustment_id = ${id} AND d.invoice_created_at IS NOT NULL
    GROUP BY d.invoice_id LIMIT ${max}) k)`
