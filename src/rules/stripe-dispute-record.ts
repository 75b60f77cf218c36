// A Stripe dispute for which the money has left becomes a record. Leave this rule out unless
// Stripe's disputes are booked nowhere else: a dispute that follows a refund, or that Commet has
// seen as `payment.disputed`, would be counted twice.

import { rule, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripePayload, stripeRecord } from './stripe-object.ts'

/**
 * Caused by the customer, at his bank, so a person decides each one. A dispute names no customer,
 * only the charge: without `metadata.commet_customer` he has to be chosen.
 */
export const stripeDisputeRecord = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'stripe-dispute-record',
    source: 'stripe',
    on: ['charge.dispute.funds_withdrawn'],
    settlement: 'already_paid',
    reason: 'dispute',
    causedBy: 'customer',
    description: 'Payment returned after a dispute',
    ...settingsOf(options),
    payload: stripePayload('dispute'),
    adjust: ({ data: { object: dispute } }) => stripeRecord(dispute, 'dispute'),
  })
