// The billing API's calls of invoices. What makes or changes one passes the limits and the log; the rest is
// handed on.

import * as z from 'zod/mini'
import {
  AMOUNT_MINOR_UNITS_MAX,
  BILLING_ID_CHARS_MAX,
  CUSTOMER_REFERENCE_CHARS_MAX,
  INVOICE_DESCRIPTION_CHARS_MAX,
} from '../../domain/limits.ts'
import { metadataProblem } from '../../domain/requested-invoice.ts'
import { isIdentifier } from '../../domain/text.ts'
import { createInvoice } from '../../usecases/create-invoice.ts'
import { forwardRead } from '../../usecases/forward-call.ts'
import { sendInvoice } from '../../usecases/send-invoice.ts'
import { setInvoiceStatus } from '../../usecases/set-invoice-status.ts'
import { noteBulk } from '../note-bulk.ts'
import { foreverKey } from '../idempotency-key.ts'
import { refuseWithout, requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validQuery } from '../validate.ts'
import {
  answerForwarded,
  filter,
  given,
  idOf,
  keyHandedOn,
  keyOf,
  pageFilters,
  refuseId,
  relay,
} from './billing-calls.ts'
import { refuseCreation, refuseStatus } from './invoice-refusals.ts'

const CUSTOMER_CHARS_MAX = Math.min(BILLING_ID_CHARS_MAX, CUSTOMER_REFERENCE_CHARS_MAX)

const request = z.strictObject({
  /** At the billing API. */
  customerId: z.string().check(
    z.refine((text) => isIdentifier(text, CUSTOMER_CHARS_MAX), {
      message: `one line of 1 to ${CUSTOMER_CHARS_MAX} characters is wanted, without blanks around it`,
    }),
  ),
  /** Signed minor units: a credit is below zero. */
  amount: z.int().check(
    z.gte(-AMOUNT_MINOR_UNITS_MAX),
    z.lte(AMOUNT_MINOR_UNITS_MAX),
    z.refine((amount) => amount !== 0, { message: 'an adjustment is never zero' }),
  ),
  description: z.string().check(
    z.minLength(1),
    z.maxLength(INVOICE_DESCRIPTION_CHARS_MAX),
    z.refine((text) => text.isWellFormed() && !text.includes('\0'), {
      message: 'text is wanted, without NUL',
    }),
  ),
  metadata: z._default(
    z.custom<Readonly<Record<string, unknown>> | null>().check(
      (ctx) => {
        const message = ctx.value === null ? null : metadataProblem(ctx.value)
        if (message !== null) ctx.issues.push({ code: 'custom', input: ctx.value, message })
      },
      z.meta({
        type: ['object', 'null'],
        description: 'Of your own; it comes back with the invoice.',
      }),
    ),
    null,
  ),
})

const listQuery = z.strictObject({
  ...pageFilters,
  customerId: filter('Of the customer, at the billing API.'),
  status: filter('draft, outstanding, paid, void or uncollectible.'),
  subscriptionId: filter('Of the subscription, at the billing API.'),
})

const statusChange = z.strictObject({ status: z.enum(['paid', 'void']) })

export const invoices = createRoutes()
  .get('/', requireScope('read'), validQuery(listQuery), noteBulk('invoices'), async (c) => {
    const read = { path: '/invoices', query: given(c.req.valid('query')) }
    return answerForwarded(c, await forwardRead(c.var.deps, read))
  })
  .get('/:id', requireScope('read'), async (c) => {
    const id = idOf(c, 'id')
    if (id === null) return refuseId(c, 'id')
    return answerForwarded(c, await forwardRead(c.var.deps, { path: '/invoices/{id}', id }))
  })
  .get('/:id/download', requireScope('read'), async (c) => {
    const id = idOf(c, 'id')
    if (id === null) return refuseId(c, 'id')
    const read = { path: '/invoices/{id}/download', id }
    return answerForwarded(c, await forwardRead(c.var.deps, read))
  })
  .post('/', requireScope('write'), foreverKey('invoice'), validBody(request), async (c) => {
    const { deps, operator } = c.var
    const created = await createInvoice(deps, operator, c.req.valid('json'), keyOf(c))
    return created.ok ? relay(c, created.value) : refuseCreation(c, created.error)
  })
  .post(
    '/:id/send',
    requireScope('write'),
    keyHandedOn,
    validBody(z.strictObject({})),
    async (c) => {
      const id = idOf(c, 'id')
      if (id === null) return refuseId(c, 'id')
      const { deps, operator } = c.var
      const sent = await sendInvoice(deps, operator, id, keyOf(c))
      return sent.ok ? relay(c, sent.value) : refuseStatus(c, sent.error)
    },
  )
  .put(
    '/:id/status',
    requireScope('write', 'approve'),
    keyHandedOn,
    validBody(statusChange),
    async (c) => {
      const id = idOf(c, 'id')
      if (id === null) return refuseId(c, 'id')
      const { status } = c.req.valid('json')
      // A voiding is the last word about an invoice, as it is for whoever voids it by its adjustment. What
      // `paid` needs, its amount says.
      const refused = status === 'void' ? refuseWithout(c, 'approve') : null
      if (refused) return refused
      const { deps, operator } = c.var
      const changed = await setInvoiceStatus(deps, operator, { id, status, key: keyOf(c) })
      return changed.ok ? relay(c, changed.value) : refuseStatus(c, changed.error)
    },
  )
