// A Stripe refund that succeeded becomes a record: an adjustment invoice for money that Stripe has
// already returned. It is not credited again.

import * as z from 'zod'
import { credit, ignore, rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripeAmount } from './stripe-amount.ts'

/** Stripe gives an id, or the whole object where the field is expanded. */
const idOrObject = z.union([z.string(), z.object({ id: z.string() })]).nullish()

/** Statuses of a refund that moved no money, or not yet (npm `stripe` 23.1.0, Refunds.d.ts). */
const UNFINISHED: ReadonlyMap<string, string> = new Map(
  ['pending', 'requires_action', 'failed', 'canceled'].map((each) => [each, `refund_${each}`]),
)

const payload = z.object({
  data: z.object({
    object: z.object({
      id: z.string().min(1),
      object: z.literal('refund'),
      status: z.string().nullish(),
      amount: z.unknown(),
      currency: z.unknown(),
      customer: idOrObject,
      metadata: z.record(z.string(), z.unknown()).nullish(),
    }),
  }),
})

/**
 * Needs a Stripe API version whose refunds carry the customer (2026-07-29 or later), or the billing
 * customer's external id in the refund's `metadata.commet_customer`. Without either it is held.
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
    payload,
    adjust({ data: { object: refund } }) {
      if (refund.status !== 'succeeded')
        return ignore(UNFINISHED.get(refund.status ?? '') ?? 'refund_status_unknown')
      const money = stripeAmount(refund.amount, refund.currency)
      if (!money.ok) return undecided(money.error.reason, 'data.object.amount and currency')
      return credit(money.value, {
        subject: `refund:${refund.id}`,
        customer: customerOf(refund),
      })
    },
  })

function customerOf(refund: z.output<typeof payload>['data']['object']): string | null {
  const named = refund.metadata?.['commet_customer']
  if (typeof named === 'string' && named.trim() !== '') return named.trim()
  if (typeof refund.customer === 'string') return refund.customer || null
  return refund.customer?.id || null
}
