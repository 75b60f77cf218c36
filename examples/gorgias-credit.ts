// A desk without a ready-made rule, and an amount that people type: its format is declared, not guessed.

import * as z from 'zod/mini'
import { moneyFromText } from '../src/domain/money-text.ts'
import { parseCurrency } from '../src/domain/money.ts'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'

export const gorgiasCredit = rule({
  id: 'gorgias-credit',
  source: 'gorgias',
  on: ['makegood.ticket'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'agent',
  payload: z.object({
    ticket_id: z.string(),
    tags: z.string(),
    amount: z.optional(z.string()),
    currency: z.string(),
    customer_external_id: z.string(),
    asker: z.nullish(z.string()),
  }),
  adjust(ticket) {
    const subject = `ticket:${ticket.ticket_id}`
    if (!ticket.tags.split(/, ?/).includes('credit-approved')) return ignore('not_approved')
    const currency = parseCurrency(ticket.currency)
    if (!currency.ok) return undecided(currency.error.reason, 'currency', subject)
    const money = moneyFromText(ticket.amount, currency.value, '1,234.50')
    if (!money.ok) return undecided(money.error.reason, 'amount', subject)
    return credit(money.value, {
      subject,
      customer: ticket.customer_external_id || null,
      asker: ticket.asker || null,
    })
  },
})
