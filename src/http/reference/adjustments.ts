// The calls about adjustments.

import * as z from 'zod/mini'
import { adjustment, adjustmentInFull } from './adjustment-shapes.ts'
import { event, payload } from './events.ts'
import {
  flag,
  id,
  made,
  named,
  one,
  page,
  text,
  time,
  whole,
  type Operations,
} from './operation.ts'

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

const evidence = named(
  'Evidence',
  z.strictObject({
    object: z.literal('evidence'),
    madeAt: time('When this answer was made.'),
    adjustment: adjustmentInFull,
    request: z.nullable(
      z.strictObject({
        customerId: text('At the billing API.', 'cus_1'),
        amount: whole('Signed minor units.', -2500),
        description: text('The line that the customer reads.'),
        metadata: z.record(z.string(), z.string()),
      }),
    ),
    event,
    why: z.array(text('A sentence.')),
    payload: z.nullable(payload),
    rules: z.nullable(
      z.strictObject({
        hash: text('Of the rules that decided.'),
        isAsRecorded: flag('Whether the log names just these.'),
        gitCommit: z.nullable(text('Of the deployment.')),
        rule: z.unknown().check(z.meta({ description: 'The deciding one.' })),
        limitsAndReasons: z.optional(z.unknown()),
        text: text('All of them, as the hash is made of it.', '[]'),
        firstSeenAt: time('Since when they are deployed.'),
      }),
    ),
    notices: z.array(
      z.strictObject({
        about: text('The adjustment, or its event.'),
        action: text('What was told.', 'adjustment.invoiced'),
        at: time('When that was.'),
        channels: z
          .unknown()
          .check(z.meta({ description: 'Whom it was told, and how that went.' })),
      }),
    ),
    checkpoint: z.nullable(
      z.strictObject({
        size: whole('Of how many entries it is.', 20),
        root: text('Of their tree, base64.'),
        sealedAt: time('When it was signed.'),
        note: text('The signed note itself.'),
      }),
    ),
    place: z.array(text('In an auditor’s words.')),
    isCut: flag('Whether there is more than is listed.', false),
    log: z.array(
      z.strictObject({
        seq: whole('Its number in the log.', 1),
        at: time('When.'),
        actor: text('Who.', 'source:zendesk'),
        action: text('What.', 'adjustment.created'),
        subject: text('About what.'),
        data: z.unknown(),
        place: text('Where it stands.', 'sealed'),
        proof: z.nullable(z.array(text('A hash, base64.'))),
      }),
    ),
  }),
)

export const ADJUSTMENTS: Operations = {
  'GET /api/v1/adjustments': {
    does: 'What is given and taken, newest first',
    answers: page(adjustment),
    example: { query: { limit: '1' } },
  },
  'POST /api/v1/adjustments': {
    does: 'Makes an adjustment by hand; it is billed after the answer, or held',
    more: '201 with the new one. 200 with the same one where the Idempotency-Key was used by the same request before, or the conflict was answered by it. Without a key each call makes another adjustment.',
    answers: made(adjustmentInFull),
    errors: {
      404: ['event_not_found'],
      409: ['event_is_no_conflict', 'conflict_answered', 'idempotency_key_mismatch'],
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
    answers: one(adjustmentInFull),
    errors: { 404: MISSING, 409: ['not_requeueable', 'version_moved', 'look_first'] },
    example: { body: { version: 3 } },
  },
  'POST /api/v1/adjustments/:id/adopt': {
    does: 'Takes an invoice that is there as this adjustment’s',
    params,
    hasTag: true,
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
    answers: one(requeued),
    example: { body: { state: 'failed', code: 'rate_limited' } },
  },
}
