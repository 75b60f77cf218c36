// A Stripe credit note that was issued becomes a record. Leave this rule out where
// `stripeRefundRecord` is on: a credit note of a paid invoice usually comes with a refund, which
// would be counted twice.

import { credit, ignore, rule, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripeAmount } from './stripe-amount.ts'
import { createdAtOf, customerOfStripe, stripePayload } from './stripe-object.ts'
import { unreadableAmount } from './typed-amount.ts'

/** Caused by an agent: whoever may issue credit notes at Stripe. */
export const stripeCreditNoteRecord = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'stripe-credit-note-record',
    source: 'stripe',
    on: ['credit_note.created'],
    settlement: 'already_paid',
    reason: 'correction',
    causedBy: 'agent',
    description: 'Credit note that was already settled',
    ...settingsOf(options),
    payload: stripePayload('credit_note'),
    adjust({ data: { object: note } }) {
      if (note.status !== 'issued') return ignore('credit_note_not_issued')
      const money = stripeAmount(note.amount, note.currency)
      if (!money.ok) return unreadableAmount(money.error, 'data.object.amount and currency')
      return credit(money.value, {
        subject: `credit_note:${note.id}`,
        customer: customerOfStripe(note),
        happenedAt: createdAtOf(note),
      })
    },
  })
