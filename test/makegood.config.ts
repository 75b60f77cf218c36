// What the tests run with. `batch` is a source of the tests' own, whose deliveries carry many events.

import { defineConfig } from '../src/config.ts'
import { moneyFromMinorUnits, usd } from '../src/domain/money.ts'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { hubspot, standard, stripe, zendesk } from '../src/sources/index.ts'
import { isObject, textOf, type Endpoint, type Source } from '../src/sources/source.ts'
import { zendeskSource } from '../src/sources/zendesk.ts'
import * as z from 'zod'
import { giving } from './giving.ts'

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

/** A source that wants an answer of its own to everything; its secret stands in the address. */
const setup = (secret: string): Endpoint => ({
  ...zendesk({ secret, mode: 'test' }),
  acceptsUnsigned: true,
  schemes: [{ kind: 'secret', place: { in: 'path' } }],
  source: {
    ...batchSource,
    name: 'setup',
    title: 'Setup',
    probes: ['GET', 'HEAD'],
    handshake: (body) =>
      isObject(body) && typeof body['hello'] === 'string'
        ? { status: 200, content: { type: 'text/plain', text: body['hello'] } }
        : null,
    accepted: {
      status: 200,
      content: { type: 'text/xml; charset=UTF-8', text: '<Ack>true</Ack>' },
    },
  },
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
    if (data.ignores === true) return ignore('told_to')
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
    'zendesk-live': zendesk({ secret: 'ZENDESK_LIVE_WEBHOOK_SECRET', mode: 'live' }),
    'zendesk-off': zendesk({ secret: 'SECRET_THAT_NOBODY_SET', mode: 'test' }),
    batch: batch('ZENDESK_WEBHOOK_SECRET'),
    hubspot: hubspot({ secret: 'SETUP_WEBHOOK_SECRET', mode: 'test' }),
    setup: setup('SETUP_WEBHOOK_SECRET'),
    'setup-off': setup('SECRET_THAT_NOBODY_SET'),
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
    giving('race', { settlement: 'already_paid' }),
  ],
  // The tests give the same customers the same amounts, for things of any age.
  limits: {
    duplicateHours: 0,
    olderThanEndpoint: 'allow',
    // Only the rule `race` makes records that somebody asked for.
    alreadyPaid: { perAsker: { amount: usd(100), days: 1 } },
  },
})
