// A person voids an invoice while it is outstanding. That he wants it is committed first; the invoice is
// voided in a step of its own, which any wake-up can take up again.

import type { BillingError } from '../commet/client.ts'
import { findAdjustment, findReversal } from '../db/read-adjustments.ts'
import { findApproversNeeded } from '../db/read-approvals.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitVoided, commitVoidRequest, failVoid } from '../db/write-void.ts'
import { idempotencyKey } from '../domain/adjustment.ts'
import { ownRefusal } from '../domain/approval.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { refusalToUndo, type UndoRefusal } from '../domain/reversal.ts'
import type { Billing, Deps } from '../deps.ts'
import { askedOf } from './ask-limits.ts'
import {
  changeAgain,
  changeStatus,
  type StatusChange,
  type StatusChanged,
} from './change-status.ts'
import { movedMeanwhile } from './hold-refusal.ts'
import type { UndoTrouble } from './reverse-adjustment.ts'
import { wakeCommitted } from './wake-committed.ts'

/**
 * The adjustment, about to be voided. It goes out at once, so it is for another person than who made or
 * asked for it, and not for what needs two.
 */
export async function requestVoid(
  deps: Deps,
  operator: Operator,
  id: AdjustmentId,
  { version }: { readonly version: number },
): Promise<Result<Adjustment, UndoTrouble>> {
  const adjustment = await findAdjustment(deps.db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const reversal = await findReversal(deps.db, id)
  const refusal =
    refusalToUndo(adjustment, 'void', version, reversal) ??
    ownRefusal(adjustment, operator.identity) ??
    (await refusalOfOne(deps, adjustment))
  if (refusal) return err({ reason: 'refused', refusal, adjustment })
  const actor = `operator:${operator.name}` as const
  const row = await commitVoidRequest(deps.db, adjustment, actor, deps.now())
  if (row === null) return movedMeanwhile(deps, adjustment)
  await wakeCommitted(deps, row)
  return ok(row)
}

/** By today's limits, or by those of the day on which it was let through. */
async function refusalOfOne(
  deps: Pick<Deps, 'config' | 'db' | 'now'>,
  adjustment: Adjustment,
): Promise<UndoRefusal | null> {
  const limits = deps.config.limits.of[adjustment.settlement]
  const asked = askedOf(deps, adjustment, { customer: adjustment.customerId, found: [] })
  const today = await findApproversNeeded(deps.db, { ...asked, limits })
  const needed = Math.max(adjustment.approversNeeded, today)
  return needed > 1 ? { reason: 'needs_reversal', needed } : null
}

export type VoidResult = 'voided' | 'postponed' | 'void_failed' | 'stale'

const VOIDING: StatusChange = {
  step: 'void',
  wanted: 'void',
  // Attempts begin anew with each request; the version never does.
  key: ({ id, generation, version }) => `${idempotencyKey(id, generation)}.void.${version}`,
  finish: commitVoided,
  giveUp: failVoid,
  alarms: { refused: 'alarm.void_refused', givenUp: 'void_failed' },
}

export const voidInvoice = async (
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
): Promise<VoidResult> => voidResult(await changeStatus(deps, billing, adjustment, VOIDING))

export const voidAgain = async (
  deps: Deps,
  adjustment: Adjustment,
  error: BillingError,
): Promise<VoidResult> => voidResult(await changeAgain(deps, adjustment, VOIDING, error))

function voidResult(changed: StatusChanged): VoidResult {
  switch (changed) {
    case 'done':
      return 'voided'
    case 'given_up':
      return 'void_failed'
    case 'postponed':
    case 'stale':
      return changed
  }
}
