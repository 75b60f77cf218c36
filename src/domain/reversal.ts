// Undoing what is invoiced. Nothing is edited: a second adjustment of the opposite amount undoes it, or
// its invoice is voided while it is outstanding; one of the two, once.

import { isClosed, type AdjustmentState } from './adjustment.ts'
import type { OwnRefusal, VersionMoved } from './approval.ts'
import type { Settlement } from './rule.ts'

/** The rule id of adjustments that undo others. */
export const REVERSAL_RULE_ID = 'reversal'

export const UNDO_WAYS = ['reversal', 'void'] as const
export type UndoWay = (typeof UNDO_WAYS)[number]

type Invoiced = {
  readonly settlement: Settlement
  /** The billing API's word. */
  readonly invoiceStatus: string | null
  /** A reversal's id, or `void`. */
  readonly reversedBy: string | null
}

/** A record that is not marked paid, and can be. Also if a reversal undoes it, which is a record as well. */
export const isToSettle = ({ settlement, invoiceStatus, reversedBy }: Invoiced): boolean =>
  settlement === 'already_paid' &&
  reversedBy !== 'void' &&
  invoiceStatus !== 'paid' &&
  !isClosed(invoiceStatus)

export const isToVoid = ({ invoiceStatus, reversedBy }: Invoiced): boolean =>
  reversedBy === 'void' && invoiceStatus !== 'void'

/** The adjustment as it is now. */
export type Undoable = Invoiced & {
  readonly state: AdjustmentState
  readonly version: number
  readonly reverses: string | null
}

/** What was to undo it; kept also where a void has taken its place. */
export type ReversalOf = { readonly id: string; readonly state: AdjustmentState }

export type UndoRefusal =
  | VersionMoved
  | { readonly reason: 'not_invoiced'; readonly state: AdjustmentState }
  /** `state`: of the reversal; null where the invoice is voided, or about to be. */
  | {
      readonly reason: 'already_reversed'
      readonly reversedBy: string
      readonly state: AdjustmentState | null
    }
  | { readonly reason: 'reversal_rejected' | 'reversal_cancelled'; readonly reversedBy: string }
  | { readonly reason: 'is_reversal'; readonly reverses: string }
  | { readonly reason: 'invoice_closed'; readonly status: string | null }
  | { readonly reason: 'invoice_not_outstanding'; readonly status: string | null }
  | OwnRefusal
  /** `needed`: so many people, and a voiding waits for none. */
  | { readonly reason: 'needs_reversal'; readonly needed: number }

/**
 * Why a person can't undo it this way; null where he can. `seen`: the version that he saw. A reversal
 * that came to nothing is not made again, but leaves the way to a void open.
 */
export function refusalToUndo(
  adjustment: Undoable,
  way: UndoWay,
  seen: number,
  reversal: ReversalOf | null,
): UndoRefusal | null {
  const { state, version, reverses, reversedBy, invoiceStatus: status } = adjustment
  if (state !== 'invoiced') return { reason: 'not_invoiced', state }
  if (reversedBy !== null) {
    const refusal = refusalByReversal(reversedBy, reversal)
    if (way === 'reversal' || refusal.reason === 'already_reversed') return refusal
  }
  if (seen !== version) return { reason: 'version_moved', seen, version }
  if (way === 'void') {
    return status === 'outstanding' ? null : { reason: 'invoice_not_outstanding', status }
  }
  if (reverses !== null) return { reason: 'is_reversal', reverses }
  return isClosed(status) ? { reason: 'invoice_closed', status } : null
}

function refusalByReversal(reversedBy: string, reversal: ReversalOf | null): UndoRefusal {
  const state = reversal?.id === reversedBy ? reversal.state : null
  if (state === 'rejected') return { reason: 'reversal_rejected', reversedBy }
  if (state === 'cancelled') return { reason: 'reversal_cancelled', reversedBy }
  return { reason: 'already_reversed', reversedBy, state }
}
