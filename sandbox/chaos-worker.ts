// What `npm run chaos` runs: the product's Worker with a configuration of the trial's own, by a clock that
// the trial holds. It begins at CLOCK_SHOWN_MS when the real one says CLOCK_REAL_MS, and runs
// CLOCK_SPEED times as fast; what waits for hours is then seen in minutes.

import { env } from 'cloudflare:workers'
import { defineConfig } from '../src/config.ts'
import { usd } from '../src/domain/money.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { hubspotPropertyCredit } from '../src/rules/hubspot-property-credit.ts'
import { stripeRefundFailed } from '../src/rules/stripe-refund-failed.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { createWorker } from '../src/worker.ts'
import { CHAOS_ENDPOINTS } from './chaos-endpoints.ts'

const numberOf = (name: string): number => Number(Reflect.get(env, name))

const [realMs, shownMs, speed] = ['CLOCK_REAL_MS', 'CLOCK_SHOWN_MS', 'CLOCK_SPEED'].map(numberOf)

const config = defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: CHAOS_ENDPOINTS,
  rules: [
    zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_25: usd(25) },
      otherAmountField: true,
    }),
    stripeRefundRecord(),
    stripeRefundFailed(),
    creditRequested(),
    hubspotPropertyCredit(),
  ],
  // The same few customers are given the same amounts all the time, for things of one day.
  limits: { holdAbove: usd(250), duplicateHours: 0, olderThanEndpoint: 'allow' },
})

export default createWorker(config, {
  now: () => Math.floor((shownMs ?? 0) + (Date.now() - (realMs ?? 0)) * (speed ?? 1)),
})
