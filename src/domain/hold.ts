// Why an adjustment waits for a person. An approval clears exactly the reasons that were shown.

export const LIMIT_NAMES = [
  'holdAbove',
  'perCustomer',
  'perAsker',
  'perDay',
  'perHourPerRule',
] as const
export type LimitName = (typeof LIMIT_NAMES)[number]

export type HoldReason =
  | 'customer_unresolved'
  | 'currency_mismatch'
  | 'mode_mismatch'
  | 'older_than_endpoint'
  | 'rule_asked'
  | 'charge'
  | 'customer_caused'
  | 'unsigned_body'
  | 'new_rule'
  | 'possible_duplicate'
  | `over_limit:${LimitName}`
  | 'outcome_unknown'

/** A reason with its numbers: minor units for limits, a count for `new_rule`. */
export type HoldDetail = {
  readonly reason: HoldReason
  /** The bound, and what was used of it before this adjustment. */
  readonly max?: number
  readonly used?: number
  /** The adjustment that this one may repeat. */
  readonly adjustment?: string
  /** The event of the billing system by which it has recorded the same refund itself. */
  readonly event?: string
  /** The code by which a rule asked for a person; of an unresolved customer ERASED. */
  readonly code?: string
}

/** Who the customer is was erased: another one may have the same id at billing. */
export const ERASED = 'erased'

/**
 * What no approval clears: the customer has to be chosen, the invoice looked for, and money in another
 * currency or mode is never posted.
 */
const UNAPPROVABLE: ReadonlySet<HoldReason> = new Set([
  'customer_unresolved',
  'currency_mismatch',
  'mode_mismatch',
  'outcome_unknown',
] as const)

/** What a rule that runs away comes up against. Any other reason stops the one adjustment alone. */
export const RUNAWAY_REASONS: readonly HoldReason[] = [
  'over_limit:perHourPerRule',
  'over_limit:perDay',
  'over_limit:perCustomer',
  'over_limit:perAsker',
  'new_rule',
]

/**
 * Whether its rule stops as a whole: others have used the rule's hour, and nothing is wrong with this one
 * by itself. One absurd event blocks nobody.
 */
export const isRunaway = (details: readonly HoldDetail[]): boolean =>
  details.every(({ reason }) => RUNAWAY_REASONS.includes(reason)) &&
  details.some(({ reason, used = 0 }) => reason === 'over_limit:perHourPerRule' && used > 0)

export const isApprovable = (reason: HoldReason): boolean => !UNAPPROVABLE.has(reason)
