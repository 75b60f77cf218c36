// Why there is no invoice to answer with, or why its status was not changed, in the billing API's envelope.

import type { Adjustment } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { INVOICE_RETRY_SECONDS } from '../../domain/limits.ts'
import type { CreateTrouble } from '../../usecases/create-invoice.ts'
import { WORDS_FORGOTTEN } from '../../usecases/find-words.ts'
import type { StatusTrouble } from '../../usecases/set-invoice-status.ts'
import { fail, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { UNKNOWN_WITHOUT_KEY } from '../idempotency-key.ts'
import { lacking } from '../require-key.ts'
import {
  INVALID,
  KEY_MISMATCH,
  keyOf,
  KEY_REFUSED,
  NOT_CONFIGURED,
  refuseForwarded,
  relay,
  UNAVAILABLE,
} from './billing-calls.ts'
import { failureOf as undoFailureOf, logTrouble } from './reversals.ts'

export function refuseCreation(c: AppContext, trouble: CreateTrouble): Response {
  c.var.logFields.set('reason', trouble.reason)
  if ('adjustment' in trouble) c.var.logFields.set('adjustment', trouble.adjustment.id)
  const failure = failureOf(trouble, c.var.deps.now())
  const isLost = keyOf(c) === null && GOES_ON.has(trouble.reason)
  return fail(c, isLost ? { ...UNKNOWN_WITHOUT_KEY, details: failure.details } : failure)
}

/** It is written down: asked again it is answered by its key, and is another one without. */
const GOES_ON: ReadonlySet<CreateTrouble['reason']> = new Set([
  'unknown',
  'in_progress',
  'key_refused',
  'invoice_unread',
] as const)

const CONFLICT = { status: 409, type: 'conflict_error' } as const

function failureOf(trouble: CreateTrouble, now: number): Failure {
  switch (trouble.reason) {
    case 'not_configured':
      return NOT_CONFIGURED
    case 'amount_unusable':
      return { ...INVALID, message: `amount: ${trouble.amount.reason}`, param: 'amount' }
    case 'key_mismatch':
      return { ...KEY_MISMATCH, details: { event: trouble.event } }
    case 'billing_unavailable':
      return isKeyTrouble(trouble.error.status) ? KEY_REFUSED : UNAVAILABLE
    case 'invoice_unread':
      return {
        ...UNAVAILABLE,
        message: 'The invoice is made, and could not be read. The same Idempotency-Key answers it.',
        details: { adjustmentId: trouble.adjustment.id, invoiceId: trouble.adjustment.invoiceId },
      }
    case 'held': {
      const { id: adjustmentId, holdReasons: reasons } = trouble.adjustment
      return {
        ...CONFLICT,
        code: 'adjustment_held',
        message:
          'A person has to look first. Once it is let through, the same Idempotency-Key answers the invoice.',
        details: { adjustmentId, reasons },
      }
    }
    case 'rejected':
    case 'cancelled':
      return {
        ...CONFLICT,
        code: `adjustment_${trouble.reason}`,
        message: `This was ${trouble.reason}, and no invoice is made of it.`,
        details: { adjustmentId: trouble.adjustment.id },
      }
    case 'refused':
      return refusedBefore(trouble.adjustment)
    case 'in_progress':
      return {
        ...CONFLICT,
        code: 'idempotency_in_progress',
        message: 'The same request is still at work. Ask again with the same Idempotency-Key.',
        details: present(trouble.adjustment),
        retryAfterSeconds: INVOICE_RETRY_SECONDS,
      }
    case 'unknown':
      return unknown(trouble.adjustment, now)
    case 'key_refused':
      return { ...KEY_REFUSED, details: present(trouble.adjustment) }
    default:
      return unreachable(trouble)
  }
}

const isKeyTrouble = (status: number | null): boolean => status === 401 || status === 403

const present = ({ id: adjustmentId, state, holdReasons }: Adjustment) => ({
  adjustmentId,
  state,
  ...(holdReasons === null ? {} : { reasons: holdReasons }),
})

/** It is written down, and goes on by itself: who asks again with the key hears how it ended. */
function unknown(adjustment: Adjustment, now: number): Failure {
  const { wakeAt, state } = adjustment
  const seconds = wakeAt === null || state === 'held' ? null : Math.ceil((wakeAt - now) / 1_000)
  return {
    status: 500,
    type: 'internal_error',
    code: 'idempotency_unavailable',
    message:
      'It is written down, and not known to be billed. The same Idempotency-Key answers it later.',
    details: present(adjustment),
    ...(seconds === null ? {} : { retryAfterSeconds: Math.max(seconds, 1) }),
  }
}

/** The billing API's words were told to the first who asked; its status and code are kept. */
function refusedBefore({ id: adjustmentId, trouble }: Adjustment): Failure {
  const { status = null, code = 'refused', requestId = null } = trouble ?? {}
  const known = status === null ? undefined : REFUSALS.get(status)
  return {
    ...(known ?? CONFLICT),
    code: known === undefined ? 'adjustment_failed' : { foreign: code },
    message:
      code === WORDS_FORGOTTEN.code
        ? 'It was not billed, and its description is forgotten by now. Ask anew, with another Idempotency-Key.'
        : 'The billing API has refused this. A person can try it again by its adjustment.',
    details: { adjustmentId, code, requestId },
  }
}

const REFUSALS = new Map<number, Pick<Failure, 'status' | 'type'>>([
  [400, { status: 400, type: 'validation_error' }],
  [404, { status: 404, type: 'not_found_error' }],
  [409, CONFLICT],
  [422, { status: 422, type: 'validation_error' }],
])

type Unchanged = Extract<
  StatusTrouble,
  { readonly reason: 'invoice_unreadable' | 'not_recorded' | 'paused' | 'above_limit' }
>

/** The billing API was not asked to do anything. */
function unchanged(trouble: Unchanged): Failure {
  switch (trouble.reason) {
    case 'invoice_unreadable':
      return { ...UNAVAILABLE, message: 'The invoice could not be read. Nothing was done.' }
    case 'not_recorded':
      return {
        ...CONFLICT,
        code: 'invoice_not_recorded',
        message:
          'It carries the id of an adjustment, and is not recorded as its invoice. Nothing was done. Ask again; a second one can only be voided.',
        details: { adjustmentId: trouble.adjustmentId },
        retryAfterSeconds: INVOICE_RETRY_SECONDS,
      }
    case 'paused':
      return {
        ...CONFLICT,
        code: 'invoices_paused',
        message: 'This is paused. Nothing was done. Ask again once it is resumed.',
        details: { pausedBy: trouble.by },
      }
    case 'above_limit':
      return {
        ...CONFLICT,
        code: 'invoice_above_limit',
        message: 'Its amount is above what goes out without a person. Nothing was done.',
        details: { holdAbove: { minorUnits: trouble.max, currency: trouble.currency } },
      }
    default:
      return unreachable(trouble)
  }
}

/** Why a change of a status, or a mail, was not handed on. */
export function refuseStatus(c: AppContext, trouble: StatusTrouble): Response {
  switch (trouble.reason) {
    case 'not_configured':
    case 'key_mismatch':
    case 'unanswered':
      return refuseForwarded(c, trouble)
    case 'not_shown':
      return relay(c, trouble.answer)
    case 'invoice_unreadable':
    case 'not_recorded':
    case 'paused':
    case 'above_limit':
      c.var.logFields.set('reason', trouble.reason)
      return fail(c, unchanged(trouble))
    case 'scope_missing':
      return lacking(c, trouble.scope)
    case 'void_unknown':
      c.var.logFields.set('reason', trouble.reason)
      return fail(c, {
        status: 500,
        type: 'internal_error',
        code: 'idempotency_unavailable',
        message: 'It is to be voided, and not known to be. That goes on by itself.',
        details: present(trouble.adjustment),
      })
    case 'adjustment_not_found':
    case 'refused':
      logTrouble(c, trouble)
      return fail(c, { ...undoFailureOf(trouble), param: 'status' })
    default:
      return unreachable(trouble)
  }
}
