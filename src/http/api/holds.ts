// The answers to a hold: approve, reject, choose the customer. Whoever answers names the version that
// he saw; each answer carries the adjustment as it is now.

import * as z from 'zod/mini'
import type { Adjustment } from '../../db/schema.ts'
import type { ApprovalRefusal, ChoiceRefusal, RejectionRefusal } from '../../domain/approval.ts'
import { unreachable } from '../../domain/assert.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import { BILLING_ID_CHARS_MAX, NOTE_CHARS_MAX } from '../../domain/limits.ts'
import type { Result } from '../../domain/result.ts'
import { approveAdjustment, type ApprovalTrouble } from '../../usecases/approve-adjustment.ts'
import { chooseCustomer, type ChoiceTrouble } from '../../usecases/choose-customer.ts'
import { rejectAdjustment, type RejectionTrouble } from '../../usecases/reject-adjustment.ts'
import { fail, NOT_FOUND, TRY_AGAIN, type Failure } from '../answers.ts'
import { matchVersion, moved } from '../conditions.ts'
import type { AppContext } from '../context.ts'
import type { ErrorCode } from '../reference/errors.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody } from '../validate.ts'
import { succeedWithTag } from './adjustments.ts'

const version = z.int().check(z.gte(1))

const approval = z.strictObject({
  version,
  /** Signed minor units, as the adjustment shows them: negative is a credit. */
  amount: z.int(),
  currency: z.string().check(z.regex(/^[a-z]{3}$/, 'an ISO 4217 code in small letters')),
})

const rejection = z.strictObject({
  version,
  note: z.optional(z.string().check(z.maxLength(NOTE_CHARS_MAX))),
})

/** The billing API's own id of him, `cus_…`. */
const choice = z.strictObject({
  version,
  customerId: z.string().check(z.minLength(1), z.maxLength(BILLING_ID_CHARS_MAX)),
})

const MISSING: Failure = { ...NOT_FOUND, code: 'adjustment_not_found' }

export const holds = createRoutes()
  .post('/:id/approve', requireScope('approve'), validBody(approval), matchVersion, async (c) => {
    const id = c.req.param('id')
    if (!isAdjustmentId(id)) return fail(c, MISSING)
    const { deps, operator } = c.var
    return answer(c, await approveAdjustment(deps, operator, id, c.req.valid('json')))
  })
  .post('/:id/reject', requireScope('approve'), validBody(rejection), matchVersion, async (c) => {
    const id = c.req.param('id')
    if (!isAdjustmentId(id)) return fail(c, MISSING)
    const { deps, operator } = c.var
    const { version: seen, note = null } = c.req.valid('json')
    return answer(c, await rejectAdjustment(deps, operator, id, { version: seen, note }))
  })
  .post('/:id/customer', requireScope('approve'), validBody(choice), matchVersion, async (c) => {
    const id = c.req.param('id')
    if (!isAdjustmentId(id)) return fail(c, MISSING)
    const { deps, operator } = c.var
    return answer(c, await chooseCustomer(deps, operator, id, c.req.valid('json')))
  })

type Trouble = ApprovalTrouble | RejectionTrouble | ChoiceTrouble
type Refusal = ApprovalRefusal | RejectionRefusal | ChoiceRefusal

async function answer(c: AppContext, result: Result<Adjustment, Trouble>): Promise<Response> {
  if (result.ok) {
    c.var.logFields.set('adjustment', result.value.id)
    return succeedWithTag(c, result.value)
  }
  const trouble = result.error
  logTrouble(c, trouble)
  return fail(c, moved(c, failureOf(trouble)))
}

function logTrouble({ var: { logFields } }: AppContext, trouble: Trouble): void {
  const isRefused = trouble.reason === 'refused'
  const { reason, ...numbers } = isRefused ? trouble.refusal : trouble
  logFields.set('reason', reason)
  if (isRefused) logFields.set('adjustment', trouble.adjustment.id)
  for (const [field, value] of Object.entries(numbers)) logFields.set(field, String(value))
}

function failureOf(trouble: Trouble): Failure {
  switch (trouble.reason) {
    case 'adjustment_not_found':
      return MISSING
    case 'refused':
      return { ...refusalOf(trouble.refusal), details: present(trouble.adjustment) }
    case 'unknown_customer':
      return {
        status: 400,
        type: 'validation_error',
        code: 'validation_error',
        message: 'customerId: the billing API knows no customer by this id',
        param: 'customerId',
      }
    case 'billing_not_configured':
      return { ...TRY_AGAIN, code: 'not_configured', message: 'No billing API is configured.' }
    case 'billing_unavailable':
      return {
        ...TRY_AGAIN,
        code: 'billing_unavailable',
        message: 'The billing API could not be asked for this customer. Try again.',
      }
    default:
      return unreachable(trouble)
  }
}

/** What the next answer has to name, and why it waits. */
const present = ({ state, version: at, amount, currency, holdReasons }: Adjustment) => ({
  state,
  version: at,
  amount,
  currency,
  reasons: holdReasons,
})

const conflict = (code: ErrorCode, message: string): Failure => ({
  status: 409,
  type: 'conflict_error',
  code,
  message,
})

const forbidden = (code: ErrorCode, message: string): Failure => ({
  status: 403,
  type: 'permission_error',
  code,
  message,
})

function refusalOf(refusal: Refusal): Failure {
  const code = refusal.reason
  switch (refusal.reason) {
    case 'not_held':
      return conflict(code, `It waits for nobody: it is ${refusal.state}.`)
    case 'version_moved':
      return conflict(code, 'It has changed since this version. Look at it again.')
    case 'amount_moved':
      return conflict(code, 'This is not its amount. Look at it again.')
    case 'currency_moved':
      return conflict(code, 'This is not its currency. Look at it again.')
    case 'hold_expired':
      return conflict(code, 'It waited too long, and is about to be rejected.')
    case 'not_approvable':
      return conflict(code, `No approval lets this through: ${refusal.reasons.join(', ')}.`)
    case 'approver_is_maker':
      return forbidden(code, 'You made it, so another person has to answer it.')
    case 'approver_is_asker':
      return forbidden(code, 'You asked for it, so another person has to answer it.')
    case 'already_approved':
      return conflict(code, 'You have approved it already; another person has to as well.')
    case 'outcome_unknown':
      return conflict(code, 'An invoice may be there, so it is not rejected. Look for it first.')
    case 'attempt_made':
      return conflict(code, 'An attempt was made for its customer, so he is not changed.')
    case 'customer_certain':
      return conflict(code, 'It waits for something else than its customer.')
    default:
      return unreachable(refusal)
  }
}
