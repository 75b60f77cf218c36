// From an event and the rules to a decision. Pure, on the delivered bytes only, and it never throws:
// a rule that does is an `undecided` event, not a lost one.

import { CUSTOMER_KINDS, type CustomerReference } from './customer.ts'
import { isInvoiceNumber } from './description.ts'
import type { SourceEvent } from './event.ts'
import {
  ASKER_CHARS_MAX,
  CUSTOMER_REFERENCE_CHARS_MAX,
  PARTS_PER_EVENT_MAX,
  REASON_CHARS_MAX,
  SUBJECT_CHARS_MAX,
} from './limits.ts'
import { moneyFromMinorUnits } from './money.ts'
import type { Approve, Outcome, Proposal, Undecided, UndecidedReason, Undo } from './outcome.ts'
import type { Rule } from './rule.ts'
import { isIdentifier, oneLine } from './text.ts'

/** Why each rule of the source did or didn't decide, in the order of the configuration. */
export type Consideration = { readonly rule: string; readonly answer: string }

/** What a rule in shadow mode would have made. */
export type Shadow = { readonly rule: Rule; readonly proposals: readonly Proposal[] }

export type Decision = {
  readonly considered: readonly Consideration[]
  readonly shadows: readonly Shadow[]
} & (
  | { readonly kind: 'adjust'; readonly rule: Rule; readonly proposals: readonly Proposal[] }
  | {
      readonly kind: 'undo'
      readonly rule: Rule
      readonly subject: string
      readonly of: string
      readonly asker: string | null
    }
  | {
      readonly kind: 'approve'
      readonly rule: Rule
      readonly subject: string
      readonly of: string
      readonly by: string
    }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'shadow'; readonly rule: Rule }
  | {
      readonly kind: 'undecided'
      readonly rule: Rule
      readonly reason: UndecidedReason
      readonly detail: string
      readonly subject: string | null
    }
)

/**
 * The first rule that doesn't ignore the event decides; the later ones are listed as not reached. A
 * rule in shadow mode is asked and listed, and never decides.
 */
export function decide(rules: readonly Rule[], source: string, event: SourceEvent): Decision {
  const considered: Consideration[] = []
  const shadows: Shadow[] = []
  const candidates = rules.filter((rule) => rule.source === source)
  let ignored: string | null = null
  for (const [position, rule] of candidates.entries()) {
    if (!rule.on.includes(event.type)) {
      considered.push({ rule: rule.id, answer: 'other_event_type' })
      continue
    }
    const outcome = answerOf(rule, event)
    if (rule.mode === 'shadow') {
      considered.push({ rule: rule.id, answer: `shadow: ${answerText(outcome)}` })
      if (outcome.kind === 'adjust') shadows.push({ rule, proposals: outcome.proposals })
      continue
    }
    considered.push({ rule: rule.id, answer: answerText(outcome) })
    if (outcome.kind === 'ignore') {
      ignored ??= outcome.reason
      continue
    }
    for (const later of candidates.slice(position + 1)) {
      considered.push({ rule: later.id, answer: 'not_reached' })
    }
    return { ...decided(rule, outcome), considered, shadows }
  }
  const [shadow] = shadows
  if (shadow) return { kind: 'shadow', rule: shadow.rule, considered, shadows }
  const isAsked = considered.some(({ answer }) => answer !== 'other_event_type')
  const unanswered = isAsked ? 'shadow_only' : 'no_rule_for_this_event_type'
  return { kind: 'ignored', reason: ignored ?? unanswered, considered, shadows }
}

function decided(rule: Rule, outcome: Exclude<Outcome, { kind: 'ignore' }>) {
  switch (outcome.kind) {
    case 'adjust':
      return { kind: 'adjust', rule, proposals: outcome.proposals } as const
    case 'undo': {
      const { subject, of, asker } = outcome
      return { kind: 'undo', rule, subject, of: of ?? rule.id, asker } as const
    }
    case 'approve':
      return { ...outcome, rule, of: outcome.of ?? rule.id } as const
    case 'undecided':
      return {
        kind: 'undecided',
        rule,
        reason: outcome.reason,
        detail: outcome.detail,
        subject: outcome.subject ?? null,
      } as const
  }
}

function answerText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'adjust':
    case 'undo':
    case 'approve':
      return outcome.kind
    case 'ignore':
      return `ignored: ${outcome.reason}`
    case 'undecided':
      return `undecided: ${outcome.reason}`
  }
}

function answerOf(rule: Rule, event: SourceEvent): Outcome {
  try {
    return checked(rule, rule.decide(event))
  } catch (error) {
    const name: unknown = error instanceof Error ? error.name : 'not an Error'
    const shown = typeof name === 'string' ? oneLine(name, REASON_CHARS_MAX) : 'an unnamed Error'
    return trouble('rule_threw', `the rule threw: ${shown}`)
  }
}

/**
 * A rule is the user's own code: what it answers is checked like any other input, also against its
 * type, and copied, so that what was checked is what is kept.
 */
function checked(rule: Rule, outcome: Outcome): Outcome {
  switch (outcome.kind) {
    case 'adjust':
      return checkedParts(outcome.proposals)
    case 'undo':
      return checkedUndo(outcome)
    case 'approve':
      return checkedApproval(rule, outcome)
    case 'ignore':
      return { kind: 'ignore', reason: oneLine(outcome.reason, REASON_CHARS_MAX) }
    case 'undecided': {
      const { reason, detail } = outcome
      const isCode = typeof reason === 'string' && REASON_CODE.test(reason)
      if (!isCode) return trouble('shape', 'the rule gave no reason code')
      const { subject } = outcome
      const isNamed = subject !== undefined && isIdentifier(subject, SUBJECT_CHARS_MAX)
      const answered = trouble(reason, oneLine(detail, REASON_CHARS_MAX))
      return isNamed ? { ...answered, subject } : answered
    }
    default:
      return trouble(
        'shape',
        'a rule answers credit(), charge(), several(), hold(), undo(), approve(), ignore() or undecided()',
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

const REASON_CODE = /^[a-z][a-z_]{0,63}$/

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
  if (hold !== null && !(typeof hold === 'string' && REASON_CODE.test(hold))) {
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

const trouble = (reason: UndecidedReason, detail: string): Undecided => ({
  kind: 'undecided',
  reason,
  detail,
})
