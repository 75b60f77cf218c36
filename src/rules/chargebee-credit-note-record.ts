// A credit note of Chargebee that is settled becomes a record of what was refunded by it: what lowered an
// invoice instead has moved nothing. The refund's own `payment_refunded` is the same money, and makes nothing.

import * as z from 'zod/mini'
import { occurredAtOf } from '../domain/event.ts'
import { moneyFromMinorUnits, parseCurrency } from '../domain/money.ts'
import { credit, ignore, rule, undo, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { externalCustomer } from './sender-fields.ts'
import { unreadableAmount } from './typed-amount.ts'

const payload = z.object({
  content: z.object({
    credit_note: z.object({
      id: z.string().check(z.minLength(1)),
      status: z.string(),
      amount_refunded: z.optional(z.unknown()),
      currency_code: z.optional(z.unknown()),
      customer_id: z.nullish(z.string()),
      date: z.optional(z.unknown()),
    }),
  }),
})

/** A credit note that is yet to be refunded or used has moved nothing. */
const SETTLED: ReadonlySet<string> = new Set(['refunded', 'adjusted'])

/** Caused by an agent at Chargebee, whose webhooks prove no body: each one is held in any case. */
export const chargebeeCreditNoteRecord = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'chargebee-credit-note-record',
    source: 'chargebee',
    on: ['credit_note_created', 'credit_note_updated', 'credit_note_deleted'],
    settlement: 'already_paid',
    reason: 'correction',
    causedBy: 'agent',
    description: 'Credit note that was already settled',
    ...settingsOf(options),
    payload,
    adjust({ content: { credit_note: note } }, { type }) {
      const subject = `credit_note:${note.id}`
      if (type === 'credit_note_deleted' || note.status === 'voided') return undo(subject)
      if (!SETTLED.has(note.status)) return ignore('credit_note_not_settled')
      if (note.amount_refunded === 0) return ignore('credit_note_moved_no_money')
      const field = 'content.credit_note.amount_refunded and currency_code'
      const currency = parseCurrency(note.currency_code)
      if (!currency.ok) return unreadableAmount(currency.error, field)
      const money = moneyFromMinorUnits(note.amount_refunded, currency.value)
      if (!money.ok) return unreadableAmount(money.error, field)
      return credit(money.value, {
        subject,
        // It is the user's own id of the customer.
        customer: externalCustomer(note.customer_id),
        happenedAt: typeof note.date === 'number' ? occurredAtOf(note.date) : null,
      })
    },
  })
