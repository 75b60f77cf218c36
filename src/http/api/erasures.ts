// `POST /erasures` { customer: { id?, externalId?, email?, also? }, reason? }: 202, and the clock takes out
// what names him; `GET /erasures/{id}` says how far that is. What he is known by is never shown again.

import * as z from 'zod/mini'
import { findErasure, listErasures, openAdjustmentsOf } from '../../db/read-erasures.ts'
import type { Erasure } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { ERASURE_REASONS, isSearchable, notSearched } from '../../domain/erasure.ts'
import { isErasureId } from '../../domain/ids.ts'
import { isCustomerId } from '../../domain/identity.ts'
import {
  CUSTOMER_REFERENCE_CHARS_MAX,
  EMAIL_CHARS_MAX,
  ERASURE_DIGITS_MIN,
  ERASURE_TEXT_CHARS_MIN,
} from '../../domain/limits.ts'
import { isIdentifier } from '../../domain/text.ts'
import { requestErasure, type ErasureRequest } from '../../usecases/request-erasure.ts'
import { fail, NOT_FOUND, succeed, succeedPage } from '../answers.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validPage } from '../validate.ts'

const OTHER_TEXTS_MAX = 10

const line = (charsMax: number) =>
  z.string().check(
    z.refine((text) => isIdentifier(text, charsMax), {
      message: `one line of 1 to ${charsMax} characters is wanted, without blanks around it`,
    }),
  )

const body = z.pipe(
  z.strictObject({
    customer: z.strictObject({
      id: z.optional(
        z.string().check(z.refine(isCustomerId, 'an id of the billing API is wanted: cus_…')),
      ),
      externalId: z.optional(line(CUSTOMER_REFERENCE_CHARS_MAX)),
      email: z.optional(
        line(EMAIL_CHARS_MAX).check(z.regex(/^[^\s@]+@[^\s@]+$/, 'an e-mail is wanted')),
      ),
      /** Names, further e-mails, numbers: whatever payloads may call him. */
      also: z._default(
        z
          .array(
            line(CUSTOMER_REFERENCE_CHARS_MAX).check(
              z.refine(
                isSearchable,
                `at least ${ERASURE_TEXT_CHARS_MIN} characters are wanted, of a number ${ERASURE_DIGITS_MIN} digits: shorter ones are found everywhere`,
              ),
            ),
          )
          .check(z.maxLength(OTHER_TEXTS_MAX)),
        [],
      ),
    }),
    reason: z._default(z.enum(ERASURE_REASONS), 'customer_request'),
  }),
  z.transform(({ customer, reason }, ctx): ErasureRequest => {
    const { id, externalId, email, also } = customer
    if (id === undefined && externalId === undefined && email === undefined) {
      const message = 'at least one of id, externalId and email is wanted'
      ctx.issues.push({ code: 'custom', path: ['customer'], message, input: customer })
      return z.NEVER
    }
    const texts = email === undefined ? also : [email, ...also]
    return { customer: { id: id ?? null, externalId: externalId ?? null, texts }, reason }
  }),
)

export const erasures = createRoutes()
  .get('/', requireScope('read'), validPage, async (c) => {
    const { limit, cursor = null } = c.req.valid('query')
    const rows = await listErasures(c.var.deps.db, { before: cursor, limit: limit + 1 })
    return succeedPage(c, rows, limit, presentErasure)
  })
  .get('/:id', requireScope('read'), async (c) => {
    const { db } = c.var.deps
    const id = c.req.param('id')
    const erasure = isErasureId(id) ? await findErasure(db, id) : null
    if (erasure === null) return fail(c, { ...NOT_FOUND, code: 'erasure_not_found' })
    const { customer } = erasure
    const open = customer === null ? [] : await openAdjustmentsOf(db, customer)
    const waitsFor = [...open, ...(customer?.undecided ?? [])]
    return succeed(c, { ...presentErasure(erasure), waitsFor })
  })
  .post('/', requireScope('admin'), validBody(body), async (c) => {
    const { deps, logFields, operator } = c.var
    const requested = await requestErasure(deps, operator, c.req.valid('json'))
    if (requested.ok) return succeed(c, presentErasure(requested.value), 202)
    const { error } = requested
    logFields.set('reason', error.reason)
    const code = error.reason
    switch (error.reason) {
      case 'too_many_erasures':
        return fail(c, {
          status: 409,
          type: 'conflict_error',
          code,
          message: `${error.max} erasures have not ended yet; ask again when one has.`,
        })
      case 'several_customers':
        return fail(c, {
          status: 409,
          type: 'conflict_error',
          code,
          message:
            'More than one customer is called so: name the one who is meant by his id, which erases the whole customer. docs/privacy.md says how to erase one person of several.',
          details: { customers: error.customers },
        })
      default:
        return unreachable(error)
    }
  })

/** Counts only: by what he was found is nobody's any more. */
export function presentErasure(erasure: Erasure) {
  const { id, reason, askedBy, requestedAt, finishedAt, waiting, counts, customer } = erasure
  return {
    object: 'erasure',
    id,
    status: finishedAt !== null ? 'finished' : waiting > 0 ? 'waiting' : 'running',
    reason,
    askedBy,
    requestedAt: new Date(requestedAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    /** Payloads and adjustments that wait until an adjustment has ended, or a person has decided about an event. */
    waiting,
    /** Of his texts, those too short, or too many, to be looked for in payloads. */
    notSearched: counts.notSearched + (customer === null ? 0 : notSearched(customer)),
    erased: counts,
  }
}
