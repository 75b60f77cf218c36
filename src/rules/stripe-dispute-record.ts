// A Stripe dispute for which the money has left becomes a record. Leave this rule out unless
// Stripe's disputes are booked nowhere else: a dispute that follows a refund, or that Commet has
// seen as `payment.disputed`, would be counted twice.

import { credit, rule, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripeAmount } from './stripe-amount.ts'
import { createdAtOf, customerOfStripe, stripePayload } from './stripe-object.ts'
import { unreadableAmount } from './typed-amount.ts'

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
    adjust({ data: { object: dispute } }) {
      const money = stripeAmount(dispute.amount, dispute.currency)
      if (!money.ok) return unreadableAmount(money.error, 'data.object.amount and currency')
      return credit(money.value, {
        subject: `dispute:${dispute.id}`,
        customer: customerOfStripe(dispute),
        happenedAt: createdAtOf(dispute),
      })
    },
  })
