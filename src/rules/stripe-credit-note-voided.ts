// A Stripe credit note that was voided: what `stripeCreditNoteRecord` made of it is undone. Leave
// it out together with that rule, which doubles the refund.

import { rule, undo, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripePayload } from './stripe-object.ts'

/** Caused by an agent at Stripe. The reversal of a record is a charge, so it is held. */
export const stripeCreditNoteVoided = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'stripe-credit-note-voided',
    source: 'stripe',
    on: ['credit_note.voided'],
    settlement: 'already_paid',
    reason: 'correction',
    causedBy: 'agent',
    ...settingsOf(options),
    payload: stripePayload('credit_note'),
    adjust: ({ data: { object: note } }) =>
      undo(`credit_note:${note.id}`, { of: 'stripe-credit-note-record' }),
  })
