// Undoing what is invoiced: by a reversal, a second adjustment of the opposite amount, or by voiding the
// invoice while it is outstanding. Whoever undoes it names the version that he saw.

import * as z from 'zod/mini'
import type { Adjustment } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import { UNDO_WAYS, type UndoRefusal } from '../../domain/reversal.ts'
import { reverseByHand, type UndoTrouble } from '../../usecases/reverse-adjustment.ts'
import { requestVoid } from '../../usecases/void-invoice.ts'
import { fail, NOT_FOUND, succeed, type Failure } from '../answers.ts'
import { matchVersion, moved } from '../conditions.ts'
import type { AppContext } from '../context.ts'
import { refuseWithout, requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody } from '../validate.ts'
import { presentWithNote, succeedWithTag } from './adjustments.ts'

const undoing = z.strictObject({ version: z.int().check(z.gte(1)), how: z.enum(UNDO_WAYS) })

const MISSING: Failure = { ...NOT_FOUND, code: 'adjustment_not_found' }

/** `reversal`: 201 with the reversal. `void`: 202 with the adjustment, whose invoice is voided soon. */
export const reversals = createRoutes().post(
  '/:id/reverse',
  requireScope('write', 'approve'),
  validBody(undoing),
  matchVersion,
  async (c) => {
    const id = c.req.param('id')
    if (!isAdjustmentId(id)) return fail(c, MISSING)
    const { deps, operator, logFields } = c.var
    const { how, version } = c.req.valid('json')
    // A reversal may wait for an approver; a voiding is itself the last word.
    const refused = refuseWithout(c, how === 'void' ? 'approve' : 'write')
    if (refused) return refused
    const undo = how === 'void' ? requestVoid : reverseByHand
    const undone = await undo(deps, operator, id, { version })
    if (!undone.ok) {
      logTrouble(c, undone.error)
      return fail(c, moved(c, failureOf(undone.error)))
    }
    logFields.set('adjustment', undone.value.id)
    // A reversal is another adjustment than the one that was named.
    if (how === 'void') return succeedWithTag(c, undone.value, 202)
    return succeed(c, await presentWithNote(c, undone.value), 201)
  },
)

export function logTrouble({ var: { logFields } }: AppContext, trouble: UndoTrouble): void {
  const isRefused = trouble.reason === 'refused'
  const { reason, ...numbers } = isRefused ? trouble.refusal : trouble
  logFields.set('reason', reason)
  if (isRefused) logFields.set('adjustment', trouble.adjustment.id)
  for (const [field, value] of Object.entries(numbers)) logFields.set(field, String(value))
}

export function failureOf(trouble: UndoTrouble): Failure {
  switch (trouble.reason) {
    case 'adjustment_not_found':
      return MISSING
    case 'refused':
      return {
        ...(isOwn(trouble.refusal) ? FORBIDDEN : CONFLICT),
        code: trouble.refusal.reason,
        message: messageOf(trouble.refusal),
        details: present(trouble.adjustment),
      }
    default:
      return unreachable(trouble)
  }
}

const CONFLICT = { status: 409, type: 'conflict_error' } as const
const FORBIDDEN = { status: 403, type: 'permission_error' } as const

const isOwn = ({ reason }: UndoRefusal): boolean =>
  reason === 'approver_is_maker' || reason === 'approver_is_asker'

/** What the next request has to name, and what has undone it already. */
const present = ({ state, version, invoiceStatus, reverses, reversedBy }: Adjustment) => ({
  state,
  version,
  invoiceStatus,
  reverses,
  reversedBy,
})

const INSTEAD = 'Void its invoice while it is outstanding, or make a further adjustment by hand.'

function messageOf(refusal: UndoRefusal): string {
  switch (refusal.reason) {
    case 'not_invoiced':
      return `Only what is invoiced can be undone: it is ${refusal.state}.`
    case 'already_reversed':
      if (refusal.state === null) return 'Its invoice is voided, or about to be.'
      return refusal.state === 'invoiced'
        ? `It is undone already, by ${refusal.reversedBy}.`
        : `It is to be undone already, by ${refusal.reversedBy}, which is ${refusal.state}.`
    case 'reversal_rejected':
      return `Its reversal ${refusal.reversedBy} was rejected, and is not made again. ${INSTEAD}`
    case 'reversal_cancelled':
      return `Its reversal ${refusal.reversedBy} was cancelled, and is not made again. ${INSTEAD}`
    case 'version_moved':
      return 'It has changed since this version. Look at it again.'
    case 'is_reversal':
      return `It undoes ${refusal.reverses} itself. Make a further adjustment by hand instead.`
    case 'invoice_closed':
      return `Its invoice is ${refusal.status}: nothing is left to undo.`
    case 'invoice_not_outstanding':
      return `Only an outstanding invoice can be voided: this one is ${refusal.status}.`
    case 'approver_is_maker':
      return 'You made it, so another person has to void its invoice.'
    case 'approver_is_asker':
      return 'You asked for it, so another person has to void its invoice.'
    case 'needs_reversal':
      return `It takes ${refusal.needed} people, and one can void: reverse it, or make a further adjustment by hand.`
    default:
      return unreachable(refusal)
  }
}
