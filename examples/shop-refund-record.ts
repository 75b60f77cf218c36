// Only some of Stripe's refunds: those of the web shop, which Commet does not bill.

import * as z from 'zod/mini'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'
import { stripeAmount } from '../src/rules/stripe-amount.ts'

export const shopRefundRecord = rule({
  id: 'shop-refund-record',
  source: 'stripe',
  on: ['refund.created', 'refund.updated'],
  settlement: 'already_paid', // Stripe has returned the money: the invoice is its record
  reason: 'refund',
  causedBy: 'agent',
  description: 'Refund of an order in the web shop',
  payload: z.object({
    data: z.object({
      object: z.object({
        id: z.string(),
        status: z.nullish(z.string()),
        amount: z.unknown(),
        currency: z.unknown(),
        metadata: z.record(z.string(), z.string()),
      }),
    }),
  }),
  adjust({ data: { object: refund } }) {
    const { product, commet_customer: customer = null } = refund.metadata
    if (product !== 'shop') return ignore('not_of_the_shop')
    if (refund.status !== 'succeeded') return ignore('refund_unfinished')
    // Stripe's smallest unit is not that of ISO 4217 in every currency.
    const money = stripeAmount(refund.amount, refund.currency)
    if (!money.ok) return undecided(money.error.reason, 'data.object.amount')
    return credit(money.value, { subject: `refund:${refund.id}`, customer })
  },
})
