// An adjustment that was woken, perhaps because its source has undone it: cancelled if nothing of it has
// gone out, else reversed once it is invoiced.

import { findUndo } from '../db/read-undo.ts'
import type { Adjustment } from '../db/schema.ts'
import { cancel } from '../db/write-reversal.ts'
import type { Deps } from '../deps.ts'
import { ruleFacts } from './ask-limits.ts'
import { reverseAdjustment } from './reverse-adjustment.ts'

export type UndoResult = 'cancelled' | 'reversed' | 'stale'

/**
 * Null where no undo asks anything of it now, and it goes on as ever. What is due is left to the claim,
 * which asks in its own statement; where an attempt may have arrived, a person looks first.
 */
export async function applyUndo(deps: Deps, adjustment: Adjustment): Promise<UndoResult | null> {
  const answer = answerTo(adjustment)
  if (answer === null) return null
  const { ruleIds } = ruleFacts(deps.config, adjustment.ruleId)
  const undone = await findUndo(deps.db, adjustment, ruleIds)
  if (undone === null) return null
  if (answer === 'cancel') {
    // A test cancels nothing that is real. Once it is invoiced, a person decides about its reversal.
    if (undone.mode !== adjustment.mode) return null
    const cancellation = { cause: 'undone', event: undone.eventId } as const
    return (await cancel(deps.db, adjustment, cancellation, deps.now())) ? 'cancelled' : 'stale'
  }
  // Also before a record is marked paid: it needs no call, and the record keeps its own clock for that.
  const reversal = await reverseAdjustment(deps, adjustment, { kind: 'undone', undone })
  return reversal ? 'reversed' : 'stale'
}

function answerTo(adjustment: Adjustment): 'cancel' | 'reverse' | null {
  const { state, attemptedAt, reverses, reversedBy } = adjustment
  switch (state) {
    case 'held':
      return attemptedAt === null ? 'cancel' : null
    case 'failed':
      // It failed because every attempt was refused: none may have arrived.
      return 'cancel'
    case 'invoiced':
      return reverses === null && reversedBy === null ? 'reverse' : null
    case 'due':
    case 'issuing':
    case 'rejected':
    case 'cancelled':
      return null
  }
}
