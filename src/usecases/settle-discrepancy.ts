import { findDiscrepancy } from '../db/read-reconciliations.ts'
import type { Discrepancy } from '../db/schema.ts'
import { settleByHand } from '../db/write-discrepancies.ts'
import type { DiscrepancyId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'

export type SettleTrouble =
  | { readonly reason: 'discrepancy_not_found' }
  | { readonly reason: 'already_settled'; readonly by: string | null }

/** A person has looked, and says what came of it. It stays settled while it is found as it was. */
export async function settleDiscrepancy(
  deps: Pick<Deps, 'db' | 'now'>,
  operator: Operator,
  id: DiscrepancyId,
  note: string,
): Promise<Result<Discrepancy, SettleTrouble>> {
  const read = await findDiscrepancy(deps.db, id)
  if (read === null) return err({ reason: 'discrepancy_not_found' })
  const settled = await settleByHand(deps.db, read, operator, note, deps.now())
  if (settled !== null) return ok(settled)
  const now = await findDiscrepancy(deps.db, id)
  return err({ reason: 'already_settled', by: now?.settledBy ?? null })
}
