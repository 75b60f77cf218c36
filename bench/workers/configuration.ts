// What is measured: the product's Worker. Its limits are out of the way, since a run gives more than a company does.

import { defineConfig } from '../../src/config.ts'
import { usd } from '../../src/domain/money.ts'
import { stripeRefundFailed } from '../../src/rules/stripe-refund-failed.ts'
import { stripeRefundRecord } from '../../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import { stripe, zendesk } from '../../src/sources/index.ts'

export const config = defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [
    zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_25: usd(25) },
      otherAmountField: true,
    }),
    stripeRefundRecord(),
    stripeRefundFailed(),
  ],
  limits: {
    holdAbove: usd(250),
    perCustomer: { amount: usd(1_000_000_000), days: 30 },
    perDay: usd(1_000_000_000),
    perHourPerRule: usd(1_000_000_000),
    duplicateHours: 0,
    olderThanEndpoint: 'allow',
  },
})
