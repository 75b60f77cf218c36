// What the tests run with. `batch` is a source of the tests' own, whose deliveries carry many events.

import { defineConfig } from '../src/config.ts'
import { moneyFromMinorUnits, usd } from '../src/domain/money.ts'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { standard, stripe, zendesk } from '../src/sources/index.ts'
import { isObject, textOf, type Endpoint, type Source } from '../src/sources/source.ts'
import { zendeskSource } from '../src/sources/zendesk.ts'
import * as z from 'zod'

export const batchSource: Source = {
  ...zendeskSource,
  name: 'batch',
  title: 'Batch',
  read: (body) =>
    (Array.isArray(body) ? body : []).map((each: unknown) =>
      isObject(each)
        ? {
            ownId: textOf(each['id']),
            type: textOf(each['type']) ?? 'none',
            occurredAt: null,
            mode: null,
            data: each,
          }
        : { unreadable: 'not_an_object' as const, data: each },
    ),
}

const batch = (secret: string): Endpoint => ({
  ...zendesk({ secret, mode: 'test' }),
  source: batchSource,
})

/** Reads a credit from each event; throws when it is told to, as a user's own rule might. */
const batchCredit = rule({
  id: 'batch-credit',
  source: 'batch',
  on: ['credit'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'system',
  description: 'Batch credit',
  payload: z.object({
    subject: z.string(),
    amount: z.unknown(),
    customer: z.string().nullable().default('acme-42'),
    throws: z.boolean().optional(),
    ignores: z.boolean().optional(),
  }),
  adjust(data) {
    if (data.throws === true) throw new TypeError('this rule is broken')
    if (data.ignores === true) return ignore('told to')
    const money = moneyFromMinorUnits(data.amount, 'usd')
    if (!money.ok) return undecided(money.error.reason, 'amount')
    return credit(money.value, { subject: data.subject, customer: data.customer })
  },
})

export default defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
    standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
    'zendesk-live': zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'live' }),
    'zendesk-off': zendesk({ secret: 'SECRET_THAT_NOBODY_SET', mode: 'test' }),
    batch: batch('ZENDESK_WEBHOOK_SECRET'),
  },
  rules: [
    zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_10: usd(10), credit_25: usd(25) },
      otherAmountField: true,
    }),
    stripeRefundRecord(),
    creditRequested(),
    batchCredit,
  ],
})
