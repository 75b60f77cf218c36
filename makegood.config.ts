// The one file to edit: who may ask for money, what it is worth, where it is billed.

import { defineConfig } from './src/config.ts'
import { usd } from './src/domain/money.ts'
import { slack } from './src/notices/slack.ts'
import { zendeskComment } from './src/notices/zendesk-comment.ts'
import { creditRequested } from './src/rules/credit-requested.ts'
import { stripeRefundFailed } from './src/rules/stripe-refund-failed.ts'
import { stripeRefundRecord } from './src/rules/stripe-refund-record.ts'
import { zendeskCreditUndo } from './src/rules/zendesk-credit-undo.ts'
import { zendeskTicketCredit } from './src/rules/zendesk-ticket-credit.ts'
import { standard, stripe, zendesk } from './src/sources/index.ts'

export default defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  // `mode: 'test'` meets a sandbox billing key only. Say 'live' when the billing key is a live one.
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
    standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [
    zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_10: usd(10), credit_25: usd(25), credit_50: usd(50) },
      otherAmountField: true,
    }),
    zendeskCreditUndo(),
    stripeRefundRecord(),
    stripeRefundFailed(),
    creditRequested(),
  ],
  // Whatever is above waits for a person; what isn't said here has a safe default (docs/money.md).
  limits: {
    holdAbove: usd(250),
    twoApproversAbove: usd(2500),
    perCustomer: { amount: usd(500), days: 30 },
    perAsker: { amount: usd(200), days: 1 },
    perDay: usd(5000),
    perHourPerRule: usd(1000),
  },
  reasons: { goodwill: { account: '4010' }, service_credit: { account: '4011' } },
  links: { expireAfterDays: 400 },
  // How long what was delivered is kept, and what never is (docs/privacy.md).
  retention: { moneyPayloadDays: 400, ignoredPayloadDays: 30 },
  // Who is told what became of it. One whose secrets are not set is off (docs/notices.md).
  notices: [zendeskComment(), slack()],
})
