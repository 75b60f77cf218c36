// A Stripe credit note that was issued becomes a record of what was paid back by it. Leave this rule out
// where `stripeRefundRecord` is on, since the refund of a credit note would be counted twice.

import * as z from 'zod/mini'
import { ignore, rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripeObject, stripeRecord } from './stripe-object.ts'

const minorUnits = z.int().check(z.gte(0))
const creditNote = z.extend(stripeObject('credit_note'), {
  /** What is above the part that lowered an open invoice. */
  post_payment_amount: z.optional(minorUnits),
  refunds: z.nullish(z.array(z.object({ amount_refunded: minorUnits }))),
  /** Paid back by other means. */
  out_of_band_amount: z.nullish(minorUnits),
})

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
    payload: z.object({ data: z.object({ object: creditNote }) }),
    adjust({ data: { object: note } }) {
      if (note.status !== 'issued') return ignore('credit_note_not_issued')
      const { post_payment_amount: paid, refunds, out_of_band_amount: elsewhere } = note
      if (paid === undefined || !refunds || elsewhere === undefined) {
        const fields = 'post_payment_amount, refunds and out_of_band_amount'
        return undecided('not_in_event', `${fields}: give the endpoint a later API version`)
      }
      if (paid === 0) return ignore('credit_note_lowered_an_invoice')
      // The rest went to the customer's balance at Stripe, where it is still to be used.
      const amount = refunds.reduce((sum, each) => sum + each.amount_refunded, elsewhere ?? 0)
      if (amount === 0) return ignore('credit_note_moved_no_money')
      return stripeRecord({ ...note, amount }, 'credit_note')
    },
  })
