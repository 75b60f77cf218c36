// What the person who asked reads about an adjustment: three lines, always in the same order: what
// became of it, where the document is, what can be said to the customer.

import {
  amountText,
  isClosed,
  wordFor,
  type AdjustmentState,
  type AnswerDifference,
} from './adjustment.ts'
import { ERASED, isApprovable, type HoldDetail, type HoldReason } from './hold.ts'
import { isExpired } from './hold-clock.ts'
import { ownNote, type NoteName, type NoteTexts, type NoteValues } from './note-texts.ts'
import type { NoticeStatus } from './notice.ts'
import type { Settlement } from './rule.ts'

export type Noted = {
  readonly state: AdjustmentState
  readonly settlement: Settlement
  readonly amount: number
  readonly currency: string
  readonly customerReference: string | null
  readonly invoiceNumber: string | null
  readonly invoiceStatus: string | null
  readonly answerDifferences: readonly AnswerDifference[] | null
  readonly holdReasons: readonly HoldReason[] | null
  readonly holdDetails?: readonly HoldDetail[] | null
  readonly approversNeeded: number
  /** Names of those who have approved the present hold, as the audit log knows them. */
  readonly approvers: readonly string[]
  readonly holdReminders: number
  readonly decisionNote: string | null
  /** Of what is due: what it waits for, where that was looked up. */
  readonly delayedBy?: 'pause' | 'billing' | null
  /** What undoes it: a reversal's id, or `void`. */
  readonly reversedBy: string | null
}

const HOLD_TEXTS: Readonly<Record<HoldReason, string>> = {
  customer_unresolved: 'the customer was not found at billing',
  currency_mismatch: 'the customer is not known to be billed in this currency',
  mode_mismatch: 'it is not known to be of the same mode, live or test, as the billing key',
  charge: 'charges wait for a person',
  customer_caused: 'a customer could have caused it',
  unsigned_body: 'nothing proves that its sender wrote it',
  older_than_endpoint: 'it is about something older than this connection',
  rule_asked: 'its rule asks for a person',
  new_rule: 'its rule is new, and the first ones wait for a person',
  possible_duplicate: 'something alike was already given',
  'over_limit:holdAbove': 'it is above the amount that goes out without a person',
  'over_limit:perCustomer': 'the limit for this customer is reached',
  'over_limit:perAsker': 'the limit for this person who asks is reached',
  'over_limit:perDay': "the day's limit is reached",
  'over_limit:perHourPerRule': "the rule's limit for an hour is reached",
  outcome_unknown: 'it is not known if the invoice was made',
}

const DELAYS = {
  none: 'is on its way',
  pause: 'is asked for, and waits: it is paused until somebody resumes it',
  billing: 'is asked for, and waits for the billing system',
} as const

/** A rejection is a person's, or the end of a hold's time. */
export function noticeStatus(noted: Noted): NoticeStatus {
  const { state, reversedBy, delayedBy, invoiceStatus } = noted
  switch (state) {
    case 'due':
      return delayedBy ? 'delayed' : 'on_its_way'
    case 'issuing':
      return 'on_its_way'
    case 'invoiced':
      return reversedBy === null && invoiceStatus !== 'void' ? 'issued' : 'undone'
    case 'held':
      return 'waiting'
    case 'failed':
      return 'failed'
    case 'rejected':
      return isExpired(noted) ? 'expired' : 'rejected'
    case 'cancelled':
      return 'undone'
  }
}

/** `source`: its title ("Stripe"). `link`: the short address, or null. `texts`: in place of the usual ones. */
export const note = (
  noted: Noted,
  source: string,
  link: string | null,
  texts: NoteTexts = {},
): readonly string[] =>
  ownNote(texts, noteName(noted), noteValues(noted, source, link)) ?? [
    outcomeLine(noted, source),
    `PDF: ${link ?? 'none yet'}`,
    customerLine(noted, link),
  ]

/** Null where only the usual text says all that has to be said. */
function noteName(noted: Noted): NoteName | null {
  const { state, settlement } = noted
  switch (state) {
    case 'due':
      return noted.delayedBy ? 'delayed' : 'on_its_way'
    case 'issuing':
      return 'on_its_way'
    case 'invoiced':
      if (!isForCustomer(noted)) return null
      return settlement === 'owed' ? 'issued' : 'recorded'
    case 'held':
      return 'waiting'
    case 'failed':
    case 'cancelled':
      return state
    case 'rejected':
      return isExpired(noted) ? 'expired' : state
  }
}

export const noteValues = (noted: Noted, source: string, link: string | null): NoteValues => ({
  word: wordFor(noted.amount),
  amount: amountText(noted),
  customer: noted.customerReference ?? 'an unknown customer',
  invoice: noted.invoiceNumber,
  link,
  source,
  whom: waitsFor(noted),
  why: whyOf(noted),
  note: noted.decisionNote,
})

function whyOf({ holdReasons, holdDetails }: Noted): string {
  const isErased = holdDetails?.some(
    ({ reason, code }) => reason === 'customer_unresolved' && code === ERASED,
  )
  return [...new Set(holdReasons)]
    .map((reason) =>
      reason === 'customer_unresolved' && isErased
        ? 'the customer of this reference was erased, to be chosen only with a proof of who it is'
        : HOLD_TEXTS[reason],
    )
    .join('; ')
}

function outcomeLine(noted: Noted, source: string): string {
  const word = wordFor(noted.amount)
  const what = `${word} of ${amountText(noted)} for ${noted.customerReference ?? 'an unknown customer'}`
  switch (noted.state) {
    case 'due':
      return `${what} ${DELAYS[noted.delayedBy ?? 'none']}.`
    case 'issuing':
      return `${what} ${DELAYS.none}.`
    case 'invoiced':
      return invoicedLine(noted, what, source)
    case 'held':
      return `${what} waits for ${waitsFor(noted)}: ${whyOf(noted)}.`
    case 'failed':
      return `${what} could not be issued; someone with access to Makegood has to look.`
    case 'rejected':
      if (isExpired(noted)) return `${what} has expired: nobody answered in time.`
      return `${what} was rejected${noted.decisionNote === null ? '' : `: ${noted.decisionNote}`}.`
    case 'cancelled':
      return `${what} was cancelled before it was issued.`
  }
}

/** Whom it waits for: an approval clears it, or somebody has to do more than that. */
function waitsFor({ holdReasons, approversNeeded, approvers }: Noted): string {
  if (!(holdReasons ?? []).every(isApprovable)) return 'a person'
  const left = approversNeeded - approvers.length
  if (approvers.length === 0) return left > 1 ? `${left} people who may approve it` : 'an approval'
  return `${left > 1 ? `${left} more people` : 'one more person'} to approve it, after ${approvers.join(' and ')}`
}

function invoicedLine(noted: Noted, what: string, source: string): string {
  const number = noted.invoiceNumber
  if (isAnsweredOtherwise(noted)) {
    const fields = (noted.answerDifferences ?? []).map(({ field }) => field).join(', ')
    return `${what} was answered with invoice ${number}, which differs in ${fields}; a person has to look.`
  }
  if (noted.reversedBy !== null && noted.reversedBy !== 'void') {
    return `${what}, invoice ${number}, is to be undone: a reversal of it was made.`
  }
  if (noted.reversedBy === 'void' && !isClosed(noted.invoiceStatus)) {
    return `${what} is to be undone: its invoice ${number} is to be voided.`
  }
  if (isClosed(noted.invoiceStatus)) {
    return `${what} was issued as invoice ${number}, which is ${noted.invoiceStatus} now.`
  }
  if (noted.settlement === 'owed') return `${what} is issued as invoice ${number}.`
  if (isPaid(noted)) {
    return `${what}, invoice ${number}, is a record: ${source} ${alreadyMoved(noted)}.`
  }
  return `${what}, invoice ${number}, is a record that is not marked paid yet: ${source} ${alreadyMoved(noted)}.`
}

const isPaid = ({ invoiceStatus }: Noted): boolean => invoiceStatus === 'paid'

const isAnsweredOtherwise = ({ answerDifferences }: Noted): boolean =>
  answerDifferences !== null && answerDifferences.length > 0

const alreadyMoved = ({ amount }: Noted): string =>
  amount < 0
    ? 'has already returned this money, it is not credited again'
    : 'has already taken this money, it is not charged again'

/** Whether its invoice stands as it was asked for, so that its customer may have it. */
export const isForCustomer = (noted: Noted): boolean =>
  noted.state === 'invoiced' &&
  !isAnsweredOtherwise(noted) &&
  !isClosed(noted.invoiceStatus) &&
  noted.reversedBy === null &&
  (noted.settlement === 'owed' || isPaid(noted))

function customerLine(noted: Noted, link: string | null): string {
  if (!isForCustomer(noted)) return 'To the customer: nothing yet.'
  const isRecord = noted.settlement === 'already_paid'
  const amount = amountText(noted)
  const where = link === null ? '' : ` The document is here: ${link}`
  if (isRecord) {
    const moved = noted.amount < 0 ? 'refund' : 'payment'
    return `To the customer: Your ${moved} of ${amount} is documented.${where}`
  }
  return `To the customer: We have issued a ${wordFor(noted.amount).toLowerCase()} of ${amount}.${where}`
}
