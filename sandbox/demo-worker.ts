// What `npm run demo` runs: the product's Worker with a configuration of the demo's own, so that it
// shows the same story whatever makegood.config.ts says by now.

import { defineConfig } from '../src/config.ts'
import { usd } from '../src/domain/money.ts'
import { slack } from '../src/notices/slack.ts'
import { zendeskComment } from '../src/notices/zendesk-comment.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { stripe, zendesk } from '../src/sources/index.ts'
import { createWorker } from '../src/worker.ts'

const config = defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [
    zendeskTicketCredit({ requestTag: 'credit_requested', amounts: { credit_25: usd(25) } }),
    stripeRefundRecord(),
  ],
  notices: [zendeskComment(), slack()],
})

export default createWorker(config)
