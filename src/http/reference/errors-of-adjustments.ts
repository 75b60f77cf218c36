// What refuses an answer to an adjustment, in the words of /docs/errors.

import type { Told } from './errors.ts'

const LOOK_AGAIN = 'Read the adjustment again; details has what is true now.'
const OTHER_PERSON = 'Ask another person with the scope approve.'

export const ADJUSTMENT_ERRORS = {
  adjustment_not_found: {
    means: 'There is no adjustment with this id.',
    todo: 'List the adjustments.',
  },
  invoice_ambiguous: {
    means: 'Several adjustments have an invoice of this number.',
    todo: 'Name one of the adjustments in details.',
  },
  version_moved: {
    means: 'The adjustment has changed since the version that was named.',
    todo: LOOK_AGAIN,
  },
  not_held: { means: 'The adjustment waits for nobody.', todo: LOOK_AGAIN },
  amount_moved: { means: 'The amount that was named is not its amount.', todo: LOOK_AGAIN },
  currency_moved: { means: 'The currency that was named is not its currency.', todo: LOOK_AGAIN },
  hold_expired: {
    means: 'It waited too long, and is about to be rejected.',
    todo: 'Make a further adjustment by hand where it is still wanted.',
  },
  not_approvable: {
    means: 'It waits for a reason that no approval clears.',
    todo: 'Choose its customer, look for its invoice, or reject it, as its reasons say.',
  },
  approver_is_maker: { means: 'Who made it may not let it through.', todo: OTHER_PERSON },
  approver_is_asker: { means: 'Who asked for it may not let it through.', todo: OTHER_PERSON },
  already_approved: {
    means: 'You have approved it already, and it needs two people.',
    todo: OTHER_PERSON,
  },
  outcome_unknown: {
    means: 'An invoice of it may be there, so it is not rejected.',
    todo: 'Look for the invoice: adopt it, or try again with "looked": true.',
  },
  attempt_made: {
    means: 'An attempt was made for its customer, so he is not changed.',
    todo: 'Reject it, and make a further adjustment by hand.',
  },
  customer_certain: {
    means: 'It waits for something else than its customer.',
    todo: LOOK_AGAIN,
  },
  not_requeueable: {
    means: 'Only what has failed, or made nothing, is tried again.',
    todo: 'Read it again: its state or fate says what became of it.',
  },
  look_first: {
    means: 'An invoice may be there, so it is not posted again unseen.',
    todo: 'Look at billing for it: adopt it, or say "looked": true if there is none but void ones.',
  },
  invoice_unknown: {
    means: 'The billing API has no invoice with this id.',
    todo: 'Look for its id at billing.',
  },
  invoice_of_another: {
    means: 'This invoice belongs to another adjustment.',
    todo: 'Look for the invoice that carries the id of this adjustment.',
  },
  invoice_differs: {
    means: 'This is not the invoice that was asked for; details says where it differs.',
    todo: 'Look for another, or void this one and try again.',
  },
  not_invoiced: { means: 'Only what is invoiced can be undone.', todo: LOOK_AGAIN },
  already_reversed: {
    means: 'It is undone already, or about to be.',
    todo: 'Nothing is left to do; details names what undoes it.',
  },
  reversal_rejected: {
    means: 'Its reversal was rejected, and is not made again.',
    todo: 'Void its invoice while it is outstanding, or make a further adjustment by hand.',
  },
  reversal_cancelled: {
    means: 'Its reversal was cancelled, and is not made again.',
    todo: 'Void its invoice while it is outstanding, or make a further adjustment by hand.',
  },
  is_reversal: {
    means: 'It undoes another adjustment itself.',
    todo: 'Make a further adjustment by hand.',
  },
  invoice_closed: {
    means: 'Its invoice is void or uncollectible.',
    todo: 'Nothing is left to undo.',
  },
  invoice_not_outstanding: {
    means: 'Only an outstanding invoice can be voided.',
    todo: 'Reverse it in place of voiding.',
  },
  needs_reversal: {
    means: 'It takes more people than the one who can void.',
    todo: 'Reverse it, or make a further adjustment by hand.',
  },
  event_is_no_conflict: {
    means:
      'The event that was named is neither in conflict nor undecided, or is settled, so there is nothing to answer.',
    todo: 'Leave conflict out.',
  },
  conflict_answered: {
    means: 'The conflict is answered already, by the adjustment in details.',
    todo: 'With "again": true one more is made.',
  },
} as const satisfies Readonly<Record<string, Told>>
