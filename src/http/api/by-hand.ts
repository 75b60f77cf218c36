// `POST /adjustments`: a person makes an adjustment. 201 with the new one; 200 with the same one where the
// Idempotency-Key was used, or the conflict answered, by the same request before. It is billed after the
// answer, or held.

import * as z from 'zod/mini'
import { unreachable } from '../../domain/assert.ts'
import { DIRECTIONS, type ByHandRequest } from '../../domain/by-hand.ts'
import { CUSTOMER_KINDS } from '../../domain/customer.ts'
import { isInvoiceNumber } from '../../domain/description.ts'
import { isEventId } from '../../domain/ids.ts'
import {
  AMOUNT_MINOR_UNITS_MAX,
  BILLING_ID_CHARS_MAX,
  CUSTOMER_REFERENCE_CHARS_MAX,
  WORD_CHARS_MAX,
} from '../../domain/limits.ts'
import { SETTLEMENTS } from '../../domain/rule.ts'
import { isIdentifier } from '../../domain/text.ts'
import { makeAdjustment, type MakeTrouble } from '../../usecases/make-adjustment.ts'
import { fail, NOT_FOUND, succeed, TRY_AGAIN, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { foreverKey } from '../idempotency-key.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody } from '../validate.ts'
import { presentWithNote } from './adjustments.ts'

const identifier = (charsMax: number) =>
  z.string().check(
    z.refine((text) => isIdentifier(text, charsMax), {
      message: `one line of 1 to ${charsMax} characters is wanted, without blanks around it`,
    }),
  )

const request = z.pipe(
  z.strictObject({
    customer: z.optional(
      z.strictObject({
        kind: z._default(z.enum(CUSTOMER_KINDS), 'external_id'),
        value: identifier(CUSTOMER_REFERENCE_CHARS_MAX),
      }),
    ),
    /** His id at the billing API. */
    customerId: z.optional(
      identifier(Math.min(BILLING_ID_CHARS_MAX, CUSTOMER_REFERENCE_CHARS_MAX)),
    ),
    direction: z.enum(DIRECTIONS),
    /** Minor units, without a sign. */
    amount: z.int().check(z.gte(1), z.lte(AMOUNT_MINOR_UNITS_MAX)),
    currency: z.string().check(z.regex(/^[A-Za-z]{3}$/, 'an ISO 4217 code is wanted, such as usd')),
    reason: z.string().check(z.maxLength(WORD_CHARS_MAX)),
    settlement: z._default(z.enum(SETTLEMENTS), 'owed'),
    originalInvoice: z._default(
      z.nullable(
        z
          .string()
          .check(z.refine(isInvoiceNumber, "an invoice's number is wanted, such as INV-0042")),
      ),
      null,
    ),
    conflict: z._default(
      z.nullable(
        z
          .custom<`evt_${string}`>((id) => typeof id === 'string' && isEventId(id), {
            message: 'the id of an event is wanted',
          })
          .check(z.meta({ type: 'string', pattern: '^evt_[0-9a-z]{32}$' })),
      ),
      null,
    ),
    again: z._default(z.boolean(), false),
  }),
  z.transform(({ customer, customerId, currency, ...rest }, ctx): ByHandRequest => {
    if ((customer === undefined) === (customerId === undefined)) {
      const message = 'one of customer and customerId is wanted'
      ctx.issues.push({ code: 'custom', path: ['customer'], message, input: customer })
      return z.NEVER
    }
    if (rest.again && rest.conflict === null) {
      const message = 'only a conflict is answered again'
      ctx.issues.push({ code: 'custom', path: ['again'], message, input: rest.again })
      return z.NEVER
    }
    return {
      ...rest,
      customer: customer ?? { kind: 'billing_id', value: customerId ?? '' },
      currency: currency.toLowerCase(),
    }
  }),
)

const INVALID = { status: 400, type: 'validation_error', code: 'validation_error' } as const

export const byHand = createRoutes().post(
  '/',
  requireScope('write'),
  // A subject and an id are made of it.
  foreverKey('adjustment'),
  validBody(request),
  async (c) => {
    const { deps, operator } = c.var
    const key = c.req.header('idempotency-key') ?? null
    const made = await makeAdjustment(deps, operator, c.req.valid('json'), key)
    if (!made.ok) return refuse(c, made.error)
    const { adjustment, isNew } = made.value
    c.var.logFields.set('adjustment', adjustment.id)
    return succeed(c, await presentWithNote(c, adjustment), isNew ? 201 : 200)
  },
)

function refuse(c: AppContext, trouble: MakeTrouble): Response {
  c.var.logFields.set('reason', trouble.reason)
  if (trouble.reason === 'amount_unusable') c.var.logFields.set('amount', trouble.amount.reason)
  if (trouble.reason === 'conflict_answered') c.var.logFields.set('made', trouble.by)
  if (trouble.reason === 'key_mismatch') c.var.logFields.set('made', trouble.event)
  return fail(c, answerFor(trouble))
}

function answerFor(trouble: MakeTrouble): Failure {
  switch (trouble.reason) {
    case 'not_configured':
      return { ...TRY_AGAIN, code: 'not_configured', message: 'No billing API is configured.' }
    case 'reason_unknown':
      return {
        ...INVALID,
        message: `reason: there is no such reason; known are ${trouble.known.join(', ')}`,
        param: 'reason',
      }
    case 'currency_not_billed':
      return {
        ...INVALID,
        message: `currency: customers are billed in ${trouble.billed} here`,
        param: 'currency',
      }
    case 'amount_unusable':
      return { ...INVALID, message: `amount: ${trouble.amount.reason}`, param: 'amount' }
    case 'conflict_unknown':
      return {
        ...NOT_FOUND,
        code: 'event_not_found',
        message: 'conflict: there is no event with this id',
        param: 'conflict',
      }
    case 'no_conflict':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'event_is_no_conflict',
        message: `conflict: this event's fate is ${trouble.fate}, so there is nothing to answer`,
        param: 'conflict',
      }
    case 'conflict_answered':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'conflict_answered',
        message: `conflict: it is answered already, by ${trouble.by}. With "again": true one more is made`,
        param: 'conflict',
        details: { adjustment: trouble.by },
      }
    case 'key_mismatch':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'idempotency_key_mismatch',
        message: 'This Idempotency-Key was used for another request before. Nothing was made.',
        details: { event: trouble.event },
      }
    default:
      return unreachable(trouble)
  }
}
