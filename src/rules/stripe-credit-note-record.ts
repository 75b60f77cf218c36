// A Stripe credit note that was issued becomes a record. Leave this rule out where
// `stripeRefundRecord` is on: a credit note of a paid invoice usually comes with a refund, which
// would be counted twice.

import { ignore, rule, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripePayload, stripeRecord } from './stripe-object.ts'

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
      return stripeRecord(note, 'credit_note')
    },
  })
