// A person's no to a held adjustment. It is final: who wants it after all makes another by hand.

import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitRejection } from '../db/write-hold-answer.ts'
import { decideRejection, type RejectionRefusal } from '../domain/approval.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { NOTE_CHARS_MAX } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneLine } from '../domain/text.ts'
import type { Deps } from '../deps.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { wakeToTell } from './wake-committed.ts'

export type RejectionTrouble = NotFound | Refused<RejectionRefusal>

/** `note`: why, in his own words; kept with the adjustment, on one line. */
export type Rejection = { readonly version: number; readonly note: string | null }

export async function rejectAdjustment(
  deps: Deps,
  operator: Operator,
  id: AdjustmentId,
  { version, note }: Rejection,
): Promise<Result<Adjustment, RejectionTrouble>> {
  const { db } = deps
  const adjustment = await findAdjustment(db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const decided = decideRejection(adjustment, version)
  if (!decided.ok) return err({ reason: 'refused', refusal: decided.error, adjustment })
  const { reasons } = decided.value
  const kept = note === null ? null : oneLine(note, NOTE_CHARS_MAX) || null
  const row = await commitRejection(db, adjustment, { operator, reasons, note: kept }, deps.now())
  if (row === null) return movedMeanwhile(deps, adjustment)
  await wakeToTell(deps, id)
  return ok(row)
}
