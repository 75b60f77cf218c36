// A rule says what an event of one source is worth: which adjustment to make, or why none.

import type * as z from 'zod'
import type { SourceEvent } from './event.ts'
import type { AmountTrouble, Money } from './money.ts'

/** `owed`: a promise, the invoice stays open. `already_paid`: a record of money that moved elsewhere. */
export const SETTLEMENTS = ['owed', 'already_paid'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** Who can make this event happen at the source. What a customer can cause is always held. */
export const CAUSERS = ['customer', 'agent', 'system'] as const
export type Causer = (typeof CAUSERS)[number]

export type ReasonCode = 'goodwill' | 'refund' | 'service_credit'

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
  /** The customer's external id at the billing API; null is held as `customer_unresolved`. */
  readonly customer: string | null
  readonly asker: string | null
  readonly originalInvoice: string | null
}

export type UndecidedReason =
  | AmountTrouble['reason']
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
}

export type Outcome =
  | { readonly kind: 'adjust'; readonly proposals: readonly Proposal[] }
  | { readonly kind: 'ignore'; readonly reason: string }
  | Undecided

export type ProposalFields = {
  readonly subject: string
  readonly customer: string | null
  readonly part?: string
  readonly asker?: string | null
  readonly originalInvoice?: string | null
}

const proposal = (sign: 1 | -1, money: Money, fields: ProposalFields): Proposal => ({
  kind: 'adjustment_invoice',
  amount: sign * money.minorUnits,
  currency: money.currency,
  subject: fields.subject,
  part: fields.part ?? '',
  customer: fields.customer,
  asker: fields.asker ?? null,
  originalInvoice: fields.originalInvoice ?? null,
})

/** Gives the customer this amount. */
export const credit = (money: Money, fields: ProposalFields): Outcome => ({
  kind: 'adjust',
  proposals: [proposal(-1, money, fields)],
})

/** Takes this amount from the customer. */
export const charge = (money: Money, fields: ProposalFields): Outcome => ({
  kind: 'adjust',
  proposals: [proposal(1, money, fields)],
})

/** `reason`: a code, such as `refund_pending`; nothing of what the sender wrote. */
export const ignore = (reason: string): Outcome => ({ kind: 'ignore', reason })

export const undecided = (reason: UndecidedReason, detail: string): Outcome => ({
  kind: 'undecided',
  reason,
  detail,
})

export type Rule = {
  /** For ever: adjustments' ids are derived from it. */
  readonly id: string
  readonly source: string
  readonly on: readonly string[]
  readonly settlement: Settlement
  readonly reason: ReasonCode
  readonly causedBy: Causer
  /** The line that the customer reads on the invoice. Plain text, without anything from the event. */
  readonly description: string
  readonly decide: (event: SourceEvent) => Outcome
}

export type RuleDefinition<Payload extends z.ZodType> = Omit<Rule, 'decide'> & {
  readonly payload: Payload
  readonly adjust: (payload: z.output<Payload>, event: SourceEvent) => Outcome
}

/**
 * A rule from its parts. `payload` declares the fields of `event.data` that `adjust` reads; an
 * event that lacks them is `undecided: shape`, with the path of the first one.
 */
export function rule<Payload extends z.ZodType>(definition: RuleDefinition<Payload>): Rule {
  const { payload, adjust, ...facts } = definition
  return {
    ...facts,
    decide(event) {
      const parsed = payload.safeParse(event.data)
      if (parsed.success) return adjust(parsed.data, event)
      return undecided('shape', firstProblem(parsed.error.issues))
    },
  }
}

type Issue = z.core.$ZodIssue

/** The field and what is wrong with it. Of a union, the branch that came nearest speaks. */
function firstProblem(issues: readonly Issue[], outer: readonly PropertyKey[] = []): string {
  const [issue] = issues
  // The paths of a union's branches begin at the union.
  const path = [...outer, ...(issue?.path ?? [])]
  if (issue?.code === 'invalid_union') {
    const [nearest] = issue.errors.toSorted((one, other) => distance(one) - distance(other))
    if (nearest) return firstProblem(nearest, path)
  }
  return `${path.map(String).join('.') || 'event'}: ${issue?.message ?? 'unreadable'}`
}

/** A wrong literal (its `kind`, its `type`), or another kind of value: another branch was meant. */
const distance = (branch: readonly Issue[]): number =>
  branch.filter(({ code, path }) => code === 'invalid_value' || path.length === 0).length * 1_000 +
  branch.length
