// What each code means, in words for a support agent, and what helps. A new code doesn't compile until
// it has its words.

import type { AdjustmentFacts } from './adjustment.ts'
import { APPROVAL_WORDS } from './approval-words.ts'
import { unreachable } from './assert.ts'
import type { CustomerKind } from './customer.ts'
import type { UnreadableReason } from './event.ts'
import { ERASED, type HoldDetail, type HoldReason } from './hold.ts'
import { moneyText } from './money.ts'
import type { UndecidedReason } from './outcome.ts'
import type { ReversalOf } from './reversal.ts'

type Words = { readonly says: string; readonly helps: string }

const SEND_AGAIN = 'and let the source send it again'

const UNDECIDED: Readonly<Record<UndecidedReason | UnreadableReason, Words>> = {
  amount_missing: { says: 'the amount is missing', helps: `Fill it in, ${SEND_AGAIN}.` },
  amount_not_a_number: {
    says: 'the amount is not a plain number',
    helps: `Write it with digits and at most one point, such as 42.50, ${SEND_AGAIN}.`,
  },
  amount_zero: { says: 'the amount is zero', helps: `Write one above zero, ${SEND_AGAIN}.` },
  amount_negative: {
    says: 'the amount is negative',
    helps: `Write it without a sign, since the rule knows if it is given or taken, ${SEND_AGAIN}.`,
  },
  amount_too_large: {
    says: 'the amount is larger than any that is billed',
    helps: `See if it is in the right unit, ${SEND_AGAIN}.`,
  },
  amount_too_precise: {
    says: 'the amount has more decimals than its currency',
    helps: `Write as many as the currency has, ${SEND_AGAIN}.`,
  },
  currency_missing: { says: 'the currency is missing', helps: `Fill it in, ${SEND_AGAIN}.` },
  currency_differs: {
    says: 'the amount says another currency than the event',
    helps: `Let both say the same one, ${SEND_AGAIN}.`,
  },
  currency_unknown: {
    says: 'the currency is not known',
    helps: `Write its three letters, such as USD, ${SEND_AGAIN}.`,
  },
  shape: {
    says: 'a field is missing, or is of another form',
    helps: 'Connect the source in the form that its page in docs/sources describes.',
  },
  not_in_event: {
    says: 'events of this form do not carry it',
    helps: 'Connect the form of the event that carries it, as its page in docs/sources describes.',
  },
  amount_ambiguous: {
    says: 'there is more than one amount',
    helps: `Leave only one of them, ${SEND_AGAIN}.`,
  },
  subject_unusable: {
    says: 'what it is for has no usable id',
    helps: 'See which id of a ticket, refund or case the event carries.',
  },
  customer_unusable: {
    says: 'the customer has no usable id',
    helps: 'See which id of the customer the event carries.',
  },
  same_part_twice: {
    says: 'the rule gave two parts one name',
    helps: 'Whoever maintains the rule has to name its parts apart.',
  },
  rule_threw: {
    says: 'the rule itself failed',
    helps: 'Whoever maintains the rule has to look at it.',
  },
  not_utf8: {
    says: 'the delivery is not text in UTF-8',
    helps: 'The source has to send UTF-8.',
  },
  not_json: { says: 'the delivery is not JSON', helps: 'The source has to send JSON.' },
  not_xml: {
    says: 'the delivery is not XML of the form that is read',
    helps: 'The source has to send an outbound message.',
  },
  not_an_object: {
    says: 'the delivery holds no object where an event should be',
    helps: 'Connect the source in the form that its page in docs/sources describes.',
  },
  no_event_type: {
    says: 'the delivery does not say which type of event it is',
    helps: 'Connect the source in the form that its page in docs/sources describes.',
  },
  no_events: { says: 'the delivery holds no event', helps: 'There may be nothing to do.' },
  reader_failed: {
    says: 'the delivery is of a form that nobody foresaw',
    helps: 'Whoever maintains the page of the source has to look at it.',
  },
  too_many_events: {
    says: 'the delivery holds more events than are taken at once',
    helps: 'Let the source send fewer at once.',
  },
  too_large_to_keep_apart: {
    says: 'the events of the delivery are too large to be kept one by one',
    helps: 'Let the source send fewer at once.',
  },
  ...APPROVAL_WORDS,
}

/** `code`: a rule of the user's own may have codes of its own. */
export const undecidedWords = (code: string): Words =>
  Object.entries(UNDECIDED).find(([known]) => known === code)?.[1] ?? {
    says: plain(code),
    helps: 'Whoever maintains the rule can say more.',
  }

/** A code as words: `refund_pending` is "refund pending". */
export const plain = (code: string): string => code.replaceAll('_', ' ')

type Amounts = {
  readonly max: string
  readonly used: string
  readonly currency: string
  readonly detail: HoldDetail
}

/** Without its numbers, where they were not kept, a limit is named alone. */
const limit =
  (name: string, more = '') =>
  ({ max, used, detail }: Amounts): string =>
    detail.max === undefined
      ? `${name} is reached.${more}`
      : `${name} is ${max}; ${used} were used before this one.${more}`

const HOLDS: Readonly<Record<HoldReason, (amounts: Amounts) => string>> = {
  customer_unresolved: ({ detail }) =>
    detail.code === ERASED
      ? 'The customer whom this event names was erased: choose one only with a proof that it is he, since somebody else may have the same id at billing.'
      : 'The customer was not found at billing, or more than one was: choose who it is.',
  currency_mismatch: ({ currency }) =>
    `The customer is not known to be billed in ${currency}. This can not be approved.`,
  mode_mismatch: () =>
    'The event and the billing key are not both live, or not both tests. This can not be approved.',
  older_than_endpoint: () =>
    'It is about something older than the first day on which this source was connected.',
  rule_asked: ({ detail }) =>
    detail.code === undefined
      ? 'Its rule asks for a person.'
      : `Its rule asks for a person: ${plain(detail.code)}.`,
  charge: () => 'It takes money from the customer, and every charge waits for a person.',
  customer_caused: () => 'A customer could have caused it himself.',
  unsigned_body: () => 'Nothing proves that its sender wrote it.',
  new_rule: ({ detail: { max, used } }) =>
    max === undefined
      ? 'Its rule is new, and the first ones wait for a person.'
      : `The first ${max} of a rule wait for a person; ${used ?? 0} were let through before this one.`,
  possible_duplicate: ({ detail: { adjustment, event, max } }) => {
    if (event !== undefined)
      return `The billing system has told of this refund itself, in ${event}.`
    if (max !== undefined) {
      return `The billing system has told of this amount for more than ${max} other customers, too many to look each of them up: one of them may be this one.`
    }
    return `It may repeat ${adjustment ?? 'an earlier one'}: the same thing by another rule or event, or the same customer and amount a short time ago.`
  },
  'over_limit:holdAbove': ({ max, detail }) =>
    `One above ${detail.max === undefined ? 'a certain amount' : max} waits for a person.`,
  'over_limit:perCustomer': limit('The limit for this customer'),
  'over_limit:perAsker': limit('The limit for the person who asked'),
  'over_limit:perDay': limit("The day's limit"),
  'over_limit:perHourPerRule': limit(
    "The rule's limit for an hour",
    ' If others have used it up, the rule is paused as well.',
  ),
  outcome_unknown: () =>
    'It is not known if its invoice was made: look for it at billing before anything else.',
}

/** `currency`: of the adjustment, in which its limits are. */
export function holdText(detail: HoldDetail, currency: string): string {
  const amountOf = (minorUnits = 0): string => moneyText({ minorUnits, currency })
  return HOLDS[detail.reason]({
    max: amountOf(detail.max),
    used: amountOf(detail.used),
    currency: currency.toUpperCase(),
    detail,
  })
}

/** Of what was issued: what undoes it, or was to. */
export function reversalText({ id, state }: ReversalOf): string {
  switch (state) {
    case 'invoiced':
      return `${id} undoes it.`
    case 'due':
    case 'held':
      return `It is to be undone by ${id}, which waits.`
    case 'issuing':
      return `It is to be undone by ${id}, which is being issued.`
    case 'failed':
      return `It was to be undone by ${id}, which could not be issued.`
    case 'rejected':
    case 'cancelled':
      return `It was to be undone by ${id}, which was ${state}.`
    default:
      return unreachable(state)
  }
}

const CUSTOMER_WORDS: Readonly<Record<CustomerKind, string>> = {
  external_id: 'the customer',
  source_id: "the source's customer",
  email: 'the customer with the address',
  billing_id: "billing's customer",
}

export const customerText = ({
  customerReference,
  customerKind,
}: Pick<AdjustmentFacts, 'customerReference' | 'customerKind'>): string =>
  customerReference === null
    ? 'a customer whom the event does not name'
    : `${CUSTOMER_WORDS[customerKind]} ${customerReference}`
