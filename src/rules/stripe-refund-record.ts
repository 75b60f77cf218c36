// A Stripe refund that succeeded becomes a record: an adjustment invoice for money that Stripe has
// already returned. It is not credited again.

import { ignore, rule, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripePayload, stripeRecord } from './stripe-object.ts'

/** Statuses of a refund that moved no money, or not yet (npm `stripe` 23.1.0, Refunds.d.ts). */
const UNFINISHED: ReadonlyMap<string, string> = new Map(
  ['pending', 'requires_action', 'failed', 'canceled'].map((each) => [each, `refund_${each}`]),
)

/**
 * Caused by an agent: whoever may refund at Stripe. Needs an API version whose refunds carry the
 * customer (2026-07-29 or later), or the billing customer's external id in the refund's
 * `metadata.commet_customer`. Without either it is held.
 */
export const stripeRefundRecord = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'stripe-refund-record',
    source: 'stripe',
    on: ['refund.created', 'refund.updated'],
    settlement: 'already_paid',
    reason: 'refund',
    causedBy: 'agent',
    description: 'Refund already returned to your payment method',
    ...settingsOf(options),
    payload: stripePayload('refund'),
    adjust({ data: { object: refund } }) {
      if (refund.status !== 'succeeded')
        return ignore(UNFINISHED.get(refund.status ?? '') ?? 'refund_status_unknown')
      return stripeRecord(refund, 'refund')
    },
  })
