// A configuration as it comes with a release: what is tested here must not depend on what a company has made of its own.

export const EXAMPLE_CONFIG = `import { defineConfig } from './src/config.ts'
import { usd } from './src/domain/money.ts'
import { slack } from './src/notices/slack.ts'
import { zendeskComment } from './src/notices/zendesk-comment.ts'
import { creditRequested } from './src/rules/credit-requested.ts'
import { stripeRefundRecord } from './src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from './src/rules/zendesk-ticket-credit.ts'
import { standard, stripe, zendesk } from './src/sources/index.ts'

export default defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
    standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [
    zendeskTicketCredit({ requestTag: 'credit_requested', amounts: { credit_25: usd(25) } }),
    stripeRefundRecord(),
    creditRequested(),
  ],
  limits: {
    holdAbove: usd(250),
    perDay: usd(5000),
  },
  links: { expireAfterDays: 400 },
  notices: [zendeskComment(), slack()],
})
`
