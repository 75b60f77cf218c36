// What a rule answered, checked like any other input: a rule is the user's own code.

import { INVOICE_STATUSES } from './adjustment.ts'
import { CUSTOMER_KINDS, type CustomerReference } from './customer.ts'
import { isInvoiceNumber } from './description.ts'
import {
  ASKER_CHARS_MAX,
  BILLING_ID_CHARS_MAX,
  CUSTOMER_REFERENCE_CHARS_MAX,
  PARTS_PER_EVENT_MAX,
  REASON_CHARS_MAX,
  SUBJECT_CHARS_MAX,
} from './limits.ts'
import { moneyFromMinorUnits } from './money.ts'
import type {
  Approve,
  Outcome,
  Proposal,
  Seen,
  Undecided,
  UndecidedReason,
  Undo,
} from './outcome.ts'
import type { Rule } from './rule.ts'
import { isCode, isIdentifier, oneLine } from './text.ts'

/**
 * A rule is the user's own code: what it answers is checked like any other input, also against its
 * type, and copied, so that what was checked is what is kept.
 */
export function checked(rule: Rule, outcome: Outcome): Outcome {
  switch (outcome.kind) {
    case 'adjust':
      return checkedParts(outcome.proposals)
    case 'undo':
      return checkedUndo(outcome)
    case 'approve':
      return checkedApproval(rule, outcome)
    case 'seen':
      return checkedSeen(rule, outcome)
    case 'ignore':
      return { kind: 'ignore', reason: codeOnly(outcome.reason) }
    case 'undecided': {
      const { reason, detail } = outcome
      if (typeof reason !== 'string' || !isCode(reason))
        return trouble('shape', 'the rule gave no reason code')
      const { subject } = outcome
      const isNamed = subject !== undefined && isIdentifier(subject, SUBJECT_CHARS_MAX)
      const answered = trouble(reason, oneLine(detail, REASON_CHARS_MAX))
      return isNamed ? { ...answered, subject } : answered
    }
    default:
      return trouble(
        'shape',
        'a rule answers credit(), charge(), several(), hold(), undo(), approve(), seen(), ignore() or undecided()',
      )
  }
}

function checkedUndo({ subject, of, asker }: Undo): Outcome {
  if (!isIdentifier(subject, SUBJECT_CHARS_MAX)) {
    return trouble('subject_unusable', 'subject: empty, too long, or not printable')
  }
  if (of !== null && !isIdentifier(of, SUBJECT_CHARS_MAX)) {
    return trouble('shape', 'of: the id of a rule is wanted')
  }
  if (!isAsker(asker)) return trouble('shape', UNUSABLE_ASKER)
  return { kind: 'undo', subject, of, asker }
}

/** Nobody's yes but an agent's: a customer must not let through what is held because of him. */
function checkedApproval({ causedBy }: Rule, { subject, by, of }: Approve): Outcome {
  if (causedBy !== 'agent') {
    return trouble('approver_unproven', `causedBy: an agent approves, not the ${causedBy}`)
  }
  if (!isIdentifier(subject, SUBJECT_CHARS_MAX)) {
    return trouble('subject_unusable', 'subject: empty, too long, or not printable')
  }
  if (!isIdentifier(by, ASKER_CHARS_MAX)) {
    return { ...trouble('shape', 'by: empty, too long, or not printable'), subject }
  }
  if (of !== null && !isIdentifier(of, SUBJECT_CHARS_MAX)) {
    return trouble('shape', 'of: the id of a rule is wanted')
  }
  return { kind: 'approve', subject, by: by.toLowerCase(), of }
}

function checkedSeen({ causedBy }: Rule, { fact }: Seen): Outcome {
  if (causedBy !== 'system') return trouble('shape', `causedBy: no ${causedBy} speaks for billing`)
  switch (fact.what) {
    case 'invoice_status': {
      const { what, invoice, status, paid } = fact
      const isFact =
        isIdentifier(invoice, BILLING_ID_CHARS_MAX) && INVOICE_STATUSES.includes(status)
      if (!isFact) return trouble('shape', 'invoice and status: an id and a known status')
      const money = paid && moneyFromMinorUnits(paid.amount, paid.currency)
      if (money && !money.ok)
        return trouble(money.error.reason, 'the payment that the rule answered')
      const checkedPaid = money && {
        amount: money.value.minorUnits,
        currency: money.value.currency,
      }
      return { kind: 'seen', fact: { what, invoice, status, paid: checkedPaid } }
    }
    case 'refund': {
      const money = moneyFromMinorUnits(fact.amount, fact.currency)
      if (!money.ok) return trouble(money.error.reason, 'the refund that the rule answered')
      const { minorUnits: amount, currency } = money.value
      const { what, customer } = fact
      if (!isIdentifier(customer, CUSTOMER_REFERENCE_CHARS_MAX)) {
        return trouble('customer_unusable', 'customer: empty, too long, or not printable')
      }
      return { kind: 'seen', fact: { what, customer, amount, currency } }
    }
    default:
      return trouble('shape', 'seen() wants an invoice_status or a refund')
  }
}

/** Reasons stay for ever, also once a person is erased: a text may name him, a code only if it is made of his name. */
function codeOnly(reason: string): string {
  const code = oneLine(reason, REASON_CHARS_MAX)
  return isCode(code) ? code : 'reason_is_no_code'
}

function checkedParts(answered: readonly Proposal[]): Outcome {
  if (answered.length === 0 || answered.length > PARTS_PER_EVENT_MAX) {
    return trouble(
      'shape',
      `a rule answers 1 to ${PARTS_PER_EVENT_MAX} parts, not ${answered.length}`,
    )
  }
  const proposals = Array.from(answered, (proposal) => ({
    ...proposal,
    customer: proposal?.customer && { ...proposal.customer },
  }))
  for (const proposal of proposals) {
    const refusal = refusalOf(proposal)
    if (refusal) return refusal
  }
  const keys = new Set(proposals.map(({ subject, part }) => JSON.stringify([subject, part])))
  if (keys.size < proposals.length) {
    return trouble('same_part_twice', 'two parts of one subject have one name')
  }
  return { kind: 'adjust', proposals }
}

function refusalOf(proposal: Proposal): Undecided | null {
  if (proposal.kind !== 'adjustment_invoice') return trouble('shape', 'the kind of a part')
  // Math.abs alone would take the text "5" for the number 5.
  if (typeof proposal.amount !== 'number') return trouble('amount_not_a_number', 'amount')
  const money = moneyFromMinorUnits(Math.abs(proposal.amount), proposal.currency)
  if (!money.ok) return trouble(money.error.reason, 'the amount that the rule answered')
  if (!isIdentifier(proposal.subject, SUBJECT_CHARS_MAX)) {
    return trouble('subject_unusable', 'subject: empty, too long, or not printable')
  }
  if (proposal.part !== '' && !isIdentifier(proposal.part, SUBJECT_CHARS_MAX)) {
    return trouble('subject_unusable', 'part: too long, or not printable')
  }
  const { customer, asker, originalInvoice, happenedAt, hold } = proposal
  if (customer !== null && !isReference(customer)) {
    return trouble('customer_unusable', 'customer: empty, too long, or not printable')
  }
  if (!isAsker(asker)) return trouble('shape', UNUSABLE_ASKER)
  if (originalInvoice !== null && !isInvoiceNumber(originalInvoice)) {
    return trouble('shape', "originalInvoice: an invoice's number is wanted, such as INV-0042")
  }
  if (happenedAt !== null && !(Number.isSafeInteger(happenedAt) && happenedAt >= 0)) {
    return trouble('shape', 'happenedAt: milliseconds since 1970 are wanted')
  }
  if (hold !== null && !(typeof hold === 'string' && isCode(hold))) {
    return trouble('shape', 'hold() wants a reason code, such as second_this_month')
  }
  return null
}

const UNUSABLE_ASKER = 'asker: empty, too long, or not printable'
const isAsker = (asker: string | null): boolean =>
  asker === null || isIdentifier(asker, ASKER_CHARS_MAX)

/** A rule that leaves the field out answers undefined, whatever the type says. */
const isReference = (customer: CustomerReference | undefined): boolean =>
  customer !== undefined &&
  CUSTOMER_KINDS.includes(customer.kind) &&
  isIdentifier(customer.value, CUSTOMER_REFERENCE_CHARS_MAX)

export const trouble = (reason: UndecidedReason, detail: string): Undecided => ({
  kind: 'undecided',
  reason,
  detail,
})
