// The billing API's own calls, asked of us. Its answers are handed on, so they are described as far as the billing
// API itself describes them, and may hold more.

import * as z from 'zod/mini'
import {
  createdInvoice,
  customer,
  customerBatch,
  customerId,
  feature,
  invoice,
  invoiceId,
  livemode,
  orNone,
  status,
} from './billing-shapes.ts'
import { flag, text, time, type Operations } from './operation.ts'

const handedOn = (shape: z.core.$ZodType, ...statuses: readonly number[]) => {
  const envelope = z.looseObject({ success: z.literal(true), data: shape })
  return Object.fromEntries(
    statuses.map((status) => [status, { as: 'json', shape: envelope } as const]),
  )
}

const handedOnList = (shape: z.core.$ZodType) => ({
  200: {
    as: 'json',
    shape: z.looseObject({
      success: z.literal(true),
      data: z.array(shape),
      hasMore: z.optional(flag('Whether there is more.', false)),
      nextCursor: z.optional(text('Only where there is more.')),
    }),
  } as const,
})

const UNKNOWN = { 500: ['idempotency_unavailable'] } as const
const UNREACHED = { 503: ['not_configured', 'billing_key_refused', 'billing_unavailable'] } as const
const READING = { 400: ['validation_error'], ...UNREACHED } as const
const WRITING = { ...READING, ...UNKNOWN, 409: ['idempotency_key_mismatch'] } as const

const HANDED_ON =
  'Handed on to the billing API with this Makegood’s key, and its answer as it came.'
const LOGGED = `${HANDED_ON} The audit log says who asked, and what came of it.`
const read = { more: HANDED_ON, isHandedOn: true, errors: READING } as const
const write = { more: LOGGED, isHandedOn: true, errors: WRITING } as const

const ofInvoice = { id: invoiceId }
const ofCustomer = { id: customerId }
const ofFeature = { code: text('Of the feature.', 'api_calls') }

export const INVOICES: Operations = {
  'GET /api/v1/invoices': {
    ...read,
    does: 'The billing API’s invoices',
    answers: handedOnList(invoice),
    example: { query: { customerId: 'cus_acme', limit: '2' } },
  },
  'GET /api/v1/invoices/:id': {
    ...read,
    does: 'One, with its lines',
    params: ofInvoice,
    answers: handedOn(invoice, 200),
  },
  'GET /api/v1/invoices/:id/download': {
    ...read,
    does: 'The signed address of its PDF, which ends after days',
    params: ofInvoice,
    answers: handedOn(
      z.looseObject({
        object: z.literal('invoice'),
        livemode,
        url: text('Whoever has it can open it.', 'https://files.example/inv_1.pdf'),
        expiresAt: orNone(time('Until when it opens.')),
      }),
      200,
    ),
  },
  'POST /api/v1/invoices': {
    does: 'Makes an adjustment invoice under all limits, and answers it',
    fields: {
      customerId: 'At the billing API.',
      amount: 'Signed minor units: negative is a credit.',
      description: 'The line that the customer reads.',
    },
    more: 'It is written down, passes limits and holds, is posted at once, and answered as the billing API answered it. What is held, or not known to be done, is answered by the same Idempotency-Key later: then as it is by then. Without a key each call makes another invoice.',
    isHandedOn: true,
    answers: handedOn(createdInvoice, 201, 200),
    errors: {
      ...WRITING,
      409: [
        'adjustment_held',
        'adjustment_rejected',
        'adjustment_cancelled',
        'adjustment_failed',
        'idempotency_key_mismatch',
        'idempotency_in_progress',
      ],
    },
    example: {
      headers: { 'idempotency-key': 'billing-job:order-1' },
      body: { customerId: 'cus_acme', amount: -1500, description: 'Makegood for order 1' },
    },
  },
  'POST /api/v1/invoices/:id/send': {
    ...write,
    does: 'Mails it to its customer',
    params: ofInvoice,
    answers: handedOn(
      z.looseObject({
        object: z.literal('invoice'),
        livemode,
        sent: flag('Whether it was sent.'),
        sentAt: orNone(time('When.')),
      }),
      200,
    ),
    errors: {
      ...WRITING,
      409: ['idempotency_key_mismatch', 'invoice_not_recorded', 'invoices_paused'],
    },
    example: { body: {} },
  },
  'PUT /api/v1/invoices/:id/status': {
    ...write,
    does: 'Marks an outstanding invoice paid (a credit: scope write; a charge: approve), or voids it (scope approve)',
    more: `${LOGGED} What Makegood has made is voided as by its adjustment, under the same conditions. Of others nothing above holdAbove is voided, and of all no charge above it marked paid.`,
    params: ofInvoice,
    fields: { status: 'Paid, or void.' },
    answers: handedOn(
      z.looseObject({ object: z.literal('invoice'), livemode, id: invoiceId, status }),
      200,
    ),
    errors: {
      ...WRITING,
      403: ['approver_is_maker', 'approver_is_asker'],
      404: ['adjustment_not_found'],
      409: [
        'idempotency_key_mismatch',
        'invoice_not_recorded',
        'invoices_paused',
        'invoice_above_limit',
        'not_invoiced',
        'already_reversed',
        'reversal_rejected',
        'reversal_cancelled',
        'version_moved',
        'is_reversal',
        'invoice_closed',
        'invoice_not_outstanding',
        'needs_reversal',
      ],
    },
    example: { body: { status: 'void' } },
  },
}

export const CUSTOMERS: Operations = {
  'GET /api/v1/customers': {
    ...read,
    does: 'The billing API’s customers',
    answers: handedOnList(customer),
    example: { query: { externalId: 'acme-42' } },
  },
  'GET /api/v1/customers/:id': {
    ...read,
    does: 'One',
    params: ofCustomer,
    answers: handedOn(customer, 200),
  },
  'POST /api/v1/customers': {
    ...write,
    does: 'Makes one; with an id, once',
    answers: handedOn(customer, 201, 200),
    example: { body: { email: 'jo@new.example', externalId: 'new-1', fullName: 'New Ltd' } },
  },
  'POST /api/v1/customers/batch': {
    ...write,
    does: 'Makes up to 100, each of which succeeds or fails alone',
    answers: handedOn(customerBatch, 200, 201),
    example: { body: { customers: [{ email: 'one@new.example' }, { email: 'two@new.example' }] } },
  },
  'PUT /api/v1/customers/:id': {
    ...write,
    does: 'Changes one',
    params: ofCustomer,
    answers: handedOn(customer, 200),
    example: { body: { timezone: 'Europe/Berlin' } },
  },
}

export const FEATURES: Operations = {
  'GET /api/v1/features': {
    ...read,
    does: 'The billing API’s features, all at once',
    answers: handedOnList(feature),
  },
  'GET /api/v1/features/:code': {
    ...read,
    does: 'One',
    params: ofFeature,
    answers: handedOn(feature, 200),
  },
  'POST /api/v1/features/manage': {
    ...write,
    does: 'Makes one',
    answers: handedOn(feature, 201, 200),
    example: { body: { name: 'Exports', code: 'exports', type: 'boolean' } },
  },
  'PUT /api/v1/features/:code/manage': {
    ...write,
    does: 'Changes its name, description or unitName',
    params: ofFeature,
    answers: handedOn(feature, 200),
    example: { body: { description: 'Of our own API' } },
  },
}
