// The user's own backend asks for a credit by Standard Webhooks. `data`: `id` (what it is for),
// `amount` (an integer of minor units), `currency`, `customer.external_id`, and optionally `asker`
// and `original_invoice`.

import * as z from 'zod'
import { moneyFromMinorUnits, parseCurrency } from '../domain/money.ts'
import { credit, rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'

const payload = z.object({
  data: z.object({
    id: z.string().min(1),
    amount: z.unknown(),
    currency: z.unknown(),
    customer: z.object({ external_id: z.string().nullish() }).nullish(),
    asker: z.string().nullish(),
    original_invoice: z.string().nullish(),
  }),
})

export const creditRequested = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'credit-requested',
    source: 'standard',
    on: ['credit.requested'],
    settlement: 'owed',
    reason: 'service_credit',
    causedBy: 'system',
    description: 'Service credit',
    ...settingsOf(options),
    payload,
    adjust({ data }) {
      const currency = parseCurrency(data.currency)
      if (!currency.ok) return undecided(currency.error.reason, 'data.currency')
      const money = moneyFromMinorUnits(data.amount, currency.value)
      if (!money.ok) return undecided(money.error.reason, 'data.amount')
      return credit(money.value, {
        subject: `credit:${data.id}`,
        customer: data.customer?.external_id?.trim() || null,
        asker: data.asker ?? null,
        originalInvoice: data.original_invoice ?? null,
      })
    },
  })
