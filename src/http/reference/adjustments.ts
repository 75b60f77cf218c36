// The calls about adjustments.

import * as z from 'zod/mini'
import { adjustment, adjustmentInFull } from './adjustment-shapes.ts'
import { evidence } from './evidence-shape.ts'
import { flag, id, made, named, one, page, text, whole, type Operations } from './operation.ts'

const MISSING = ['adjustment_not_found'] as const
const params = { id: id('adj', 'Of the adjustment.') }
const billing = ['not_configured', 'billing_unavailable'] as const

const requeued = named(
  'Requeued',
  z.strictObject({
    object: z.literal('requeue'),
    requeued: whole('How many are tried again.', 2),
    adjustments: z.array(id('adj', 'One of them.')),
    hasMore: flag('Whether more have failed so.', false),
  }),
)

export const ADJUSTMENTS: Operations = {
  'GET /api/v1/adjustments': {
    does: 'What is given and taken, newest first',
    fields: {
      state: 'Where it is now.',
      endpoint: 'Where its event was delivered.',
      rule: 'The id of the rule that made it.',
      customer: 'His id at the billing API, or as the source names him.',
      amount: 'Signed minor units.',
    },
    answers: page(adjustment),
    example: { query: { limit: '1' } },
  },
  'POST /api/v1/adjustments': {
    does: 'Makes an adjustment by hand; it is billed after the answer, or held',
    more: '201 with the new one. 200 with the same one where the Idempotency-Key was used by the same request before, or the conflict was answered by it. Without a key each call makes another adjustment.',
    fields: {
      customer: 'Who gets it, as a source names him; or customerId.',
      'customer.kind': 'In which way.',
      'customer.value': 'As the source names him.',
      customerId: 'His id at the billing API, in place of customer.',
      direction: 'Credit gives, charge takes.',
      amount: 'Minor units, without a sign.',
      currency: 'ISO 4217: the one that customers are billed in here.',
      reason: 'A code of makegood.config.ts.',
      settlement: 'A promise, or a record of money that moved elsewhere.',
      originalInvoice: 'The number of the invoice that it is about.',
      conflict: 'The event in conflict, or undecided, that it answers: that is settled by it.',
      again: 'One more answer to that conflict, on purpose.',
    },
    answers: made(adjustmentInFull),
    errors: {
      404: ['event_not_found'],
      409: ['event_is_no_conflict', 'conflict_answered', 'idempotency_key_mismatch'],
      500: ['idempotency_unavailable'],
      503: ['not_configured'],
    },
    example: {
      headers: { 'idempotency-key': 'support:ticket-81' },
      body: {
        customer: { value: 'acme-42' },
        direction: 'credit',
        amount: 1500,
        currency: 'usd',
        reason: 'goodwill',
      },
    },
  },
  'GET /api/v1/adjustments/:id': {
    does: 'One, with its approvals, link, note, and what a person can do',
    params,
    hasTag: true,
    answers: one(adjustmentInFull),
    errors: { 404: MISSING },
  },
  'GET /api/v1/adjustments/:id/evidence': {
    does: 'Its story from the delivery to the log; a page to print where text/html is accepted',
    params: { id: text('Of the adjustment, or the number of its invoice.', 'INV-0042') },
    answers: {
      200: [
        { as: 'one', shape: evidence },
        { as: 'other', types: ['text/html'], says: 'The same as one page.' },
      ],
    },
    errors: { 404: MISSING, 409: ['invoice_ambiguous'] },
  },
  'POST /api/v1/adjustments/:id/approve': {
    does: 'Lets through what is held, for the reasons that were shown',
    params,
    hasTag: true,
    fields: {
      version: 'The one that you saw.',
      amount: 'The one that you saw, signed.',
      currency: 'The one that you saw.',
    },
    answers: one(adjustmentInFull),
    errors: {
      403: ['approver_is_maker', 'approver_is_asker'],
      404: MISSING,
      409: [
        'not_held',
        'version_moved',
        'amount_moved',
        'currency_moved',
        'hold_expired',
        'not_approvable',
        'already_approved',
      ],
      503: billing,
    },
    example: { body: { version: 2, amount: -30000, currency: 'usd' } },
  },
  'POST /api/v1/adjustments/:id/reject': {
    does: 'Ends what is held',
    params,
    hasTag: true,
    fields: { version: 'The one that you saw.', note: 'Why, for people; never in the audit log.' },
    answers: one(adjustmentInFull),
    errors: {
      403: ['approver_is_maker', 'approver_is_asker'],
      404: MISSING,
      409: ['not_held', 'version_moved', 'hold_expired', 'outcome_unknown'],
      503: billing,
    },
    example: { body: { version: 2, note: 'asked twice' } },
  },
  'POST /api/v1/adjustments/:id/customer': {
    does: 'Says who the customer is, also for his next event',
    params,
    hasTag: true,
    fields: { version: 'The one that you saw.', customerId: 'His id at the billing API.' },
    answers: one(adjustmentInFull),
    errors: {
      403: ['approver_is_maker', 'approver_is_asker'],
      404: MISSING,
      409: [
        'not_held',
        'version_moved',
        'hold_expired',
        'outcome_unknown',
        'attempt_made',
        'customer_certain',
      ],
      503: billing,
    },
    example: { body: { version: 2, customerId: 'cus_acme' } },
  },
  'POST /api/v1/adjustments/:id/reverse': {
    does: 'Undoes what is invoiced: by a reversal (scope write), or by voiding its invoice (scope approve)',
    params,
    hasTag: true,
    fields: {
      version: 'The one that you saw.',
      how: 'By a second adjustment, or by voiding the invoice while it is outstanding.',
    },
    answers: { ...one(adjustmentInFull, 201), ...one(adjustmentInFull, 202) },
    errors: {
      403: ['approver_is_maker', 'approver_is_asker'],
      404: MISSING,
      409: [
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
    example: { body: { version: 3, how: 'reversal' } },
  },
  'POST /api/v1/adjustments/:id/requeue': {
    does: 'Tries again what has failed, or, "looked": true, what nobody knows about',
    params,
    hasTag: true,
    fields: {
      version: 'The one that you saw.',
      looked: 'You have looked at billing: no invoice of it is there but void ones.',
    },
    answers: one(adjustmentInFull),
    errors: { 404: MISSING, 409: ['not_requeueable', 'version_moved', 'look_first'] },
    example: { body: { version: 3 } },
  },
  'POST /api/v1/adjustments/:id/adopt': {
    does: 'Takes an invoice that is there as this adjustment’s',
    params,
    hasTag: true,
    fields: { version: 'The one that you saw.', invoiceId: 'At the billing API.' },
    answers: one(adjustmentInFull),
    errors: {
      404: MISSING,
      409: [
        'not_requeueable',
        'version_moved',
        'invoice_unknown',
        'invoice_of_another',
        'invoice_differs',
      ],
      503: billing,
    },
    example: { body: { version: 3, invoiceId: 'inv_1' } },
  },
  'POST /api/v1/adjustments/requeue': {
    does: 'Tries many again that have failed: by their ids, or by the code of their trouble',
    fields: {
      ids: 'Which; or state.',
      state: 'All that have failed, in place of ids.',
      code: 'Of their last trouble: only those.',
    },
    answers: one(requeued),
    example: { body: { state: 'failed', code: 'rate_limited' } },
  },
}
