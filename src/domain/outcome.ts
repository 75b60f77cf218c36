// What a rule answers about an event: `credit()`, `charge()`, several of them, the undoing or the
// approval of an earlier one, or why none. Only `credit()` and `charge()` give an amount its sign.

import type { InvoiceStatus } from './adjustment.ts'
import type { CustomerReference } from './customer.ts'
import type { AmountTrouble, Money } from './money.ts'

/** The complete amount to give or take, as a rule answers it. Made by `credit()` and `charge()` only. */
export type Proposal = {
  readonly kind: 'adjustment_invoice'
  /** Signed minor units: negative gives (credit), positive takes (charge). Never zero. */
  readonly amount: number
  readonly currency: string
  /** What it is for, as `kind:id` of the source's own id: `refund:re_1`, `ticket:42`. */
  readonly subject: string
  /** Which of several adjustments for one subject; empty where there is one. */
  readonly part: string
  /** Null is held as `customer_unresolved`. */
  readonly customer: CustomerReference | null
  readonly asker: string | null
  readonly originalInvoice: string | null
  /** When the thing that it is for came to be at the source, milliseconds since 1970. */
  readonly happenedAt: number | null
  /** A code: the rule asks for a person. */
  readonly hold: string | null
}

/** Why an approval that came as an event let nothing through. */
export const APPROVAL_FAILURES = [
  'approver_unknown',
  'approver_unproven',
  'approver_is_asker',
  'approver_is_maker',
  'already_approved',
  'nothing_held',
  'held_since',
  'approval_undated',
  'hold_expired',
  'not_approvable',
  'approval_moved',
] as const
export type ApprovalFailure = (typeof APPROVAL_FAILURES)[number]

export type UndecidedReason =
  | AmountTrouble['reason']
  | ApprovalFailure
  | 'shape'
  | 'not_in_event'
  | 'amount_ambiguous'
  | 'subject_unusable'
  | 'customer_unusable'
  | 'same_part_twice'
  | 'rule_threw'

export type Undecided = {
  readonly kind: 'undecided'
  readonly reason: UndecidedReason
  /** The field, and what would help; for the operator, never for the public. */
  readonly detail: string
  /** What it is about, where the rule could tell: who asked there is told. */
  readonly subject?: string
}

export type Adjust = { readonly kind: 'adjust'; readonly proposals: readonly Proposal[] }

export type Undo = {
  readonly kind: 'undo'
  readonly subject: string
  /** The rule whose adjustments of the subject are undone; null is the answering rule itself. */
  readonly of: string | null
  /** Who asked for it at the source: he can't approve what comes of it. */
  readonly asker: string | null
}

export type Approve = {
  readonly kind: 'approve'
  readonly subject: string
  /** The approver's e-mail, as the source has authenticated it. */
  readonly by: string
  /** The rule whose held adjustments of the subject are approved; null is the answering rule itself. */
  readonly of: string | null
}

/** A fact that the billing system tells; it makes no adjustment. */
export type SeenFact =
  | {
      readonly what: 'invoice_status'
      readonly invoice: string
      readonly status: InvoiceStatus
      /** Minor units: with less than the invoice's total it proves nothing. Null: the status is told as such. */
      readonly paid: { readonly amount: number; readonly currency: string } | null
    }
  | {
      readonly what: 'refund'
      /** His external id there, else the billing system's own. */
      readonly customer: string
      /** Minor units, without a sign. */
      readonly amount: number
      readonly currency: string
    }

export type Seen = { readonly kind: 'seen'; readonly fact: SeenFact }

export type Outcome =
  | Seen
  | Adjust
  | Undo
  | Approve
  | { readonly kind: 'ignore'; readonly reason: string }
  | Undecided

export type ProposalFields = {
  readonly subject: string
  /** His external id at the billing API, or another way to name him; null where nobody knows. */
  readonly customer: string | CustomerReference | null
  readonly part?: string
  readonly asker?: string | null
  readonly originalInvoice?: string | null
  /** Milliseconds since 1970; left out, it is the event's own time. */
  readonly happenedAt?: number | null
}

const proposal = (sign: 1 | -1, money: Money, fields: ProposalFields): Proposal => ({
  kind: 'adjustment_invoice',
  amount: sign * money.minorUnits,
  currency: money.currency,
  subject: fields.subject,
  part: fields.part ?? '',
  customer:
    typeof fields.customer === 'string'
      ? { kind: 'external_id', value: fields.customer }
      : fields.customer,
  asker: fields.asker ?? null,
  originalInvoice: fields.originalInvoice ?? null,
  happenedAt: fields.happenedAt ?? null,
  hold: null,
})

/** Gives the customer this amount. */
export const credit = (money: Money, fields: ProposalFields): Adjust => ({
  kind: 'adjust',
  proposals: [proposal(-1, money, fields)],
})

/** Takes this amount from the customer. */
export const charge = (money: Money, fields: ProposalFields): Adjust => ({
  kind: 'adjust',
  proposals: [proposal(1, money, fields)],
})

/** Several adjustments of one event; those of one subject differ in `part`. */
export const several = (...answers: readonly Adjust[]): Adjust => ({
  kind: 'adjust',
  proposals: answers.flatMap(({ proposals }) => proposals),
})

/** The same adjustments, each waiting for a person. `reason`: a code, such as `second_this_month`. */
export const hold = (reason: string, { proposals }: Adjust): Adjust => ({
  kind: 'adjust',
  proposals: proposals.map((each) => ({ ...each, hold: reason })),
})

/**
 * Undoes what a rule made, or will make, for a subject: it is cancelled if no attempt was made for
 * it, else reversed once it is invoiced. `of`: that rule's id, where it is another one. `asker`: the
 * person at the source who asked for it, who can't approve the reversal then.
 */
export const undo = (
  subject: string,
  { of = null, asker = null }: { readonly of?: string | null; readonly asker?: string | null } = {},
): Undo => ({
  kind: 'undo',
  subject,
  of,
  asker,
})

/**
 * Approves what a rule made for a subject and what is held now. `by`: the e-mail of the person who acted at the
 * source, from authenticated bytes; a live key with it has to have the scope `approve`. `of`: that rule's
 * id, where it is another one. Only a rule whose events an agent causes may answer it.
 */
export const approve = (
  subject: string,
  { by, of = null }: { readonly by: string; readonly of?: string | null },
): Approve => ({ kind: 'approve', subject, by, of })

/**
 * What the billing system says of an invoice of ours, or of a refund that it has recorded itself. Only a rule
 * whose events the system causes may answer it.
 */
export const seen = (fact: SeenFact): Seen => ({ kind: 'seen', fact })

/**
 * `reason`: a code, such as `refund_pending`; it is kept for ever, so anything else becomes `reason_is_no_code`. Write it
 * out: of a name in small letters that the rule has read nobody can tell that it is none.
 */
export const ignore = (reason: string): Outcome => ({ kind: 'ignore', reason })

/** `subject`: what it is about, so that who asked there is told. */
export const undecided = (
  reason: UndecidedReason,
  detail: string,
  subject?: string,
): Undecided => ({
  kind: 'undecided',
  reason,
  detail,
  ...(subject === undefined ? {} : { subject }),
})
