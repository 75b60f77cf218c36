// A Stripe dispute whose money came back: what `stripeDisputeRecord` made of it is undone. Leave it
// out together with that rule, which doubles what is booked elsewhere.

import { rule, undo, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripePayload } from './stripe-object.ts'

/**
 * Caused by the system: the bank has decided. The reversal of a record is a charge, so it is held.
 */
export const stripeDisputeReinstated = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'stripe-dispute-reinstated',
    source: 'stripe',
    on: ['charge.dispute.funds_reinstated'],
    settlement: 'already_paid',
    reason: 'correction',
    causedBy: 'system',
    ...settingsOf(options),
    payload: stripePayload('dispute'),
    adjust: ({ data: { object: dispute } }) =>
      undo(`dispute:${dispute.id}`, { of: 'stripe-dispute-record' }),
  })
