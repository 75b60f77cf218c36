// Why money is given or taken, as a credit note says it. Each adjustment has one; each has a label that
// the customer may read, and a ledger account once the configuration names it.

export type Reason = {
  readonly label: string
  /** Of the ledger; null until the configuration names one. */
  readonly account: string | null
}

export const REASONS = {
  billing_error: 'Billing error',
  cancellation: 'Cancellation',
  correction: 'Correction',
  discount: 'Discount',
  dispute: 'Payment dispute',
  duplicate_charge: 'Duplicate charge',
  fraud: 'Fraudulent payment',
  goodwill: 'Goodwill',
  late_fee: 'Late fee',
  not_as_described: 'Not as described',
  plan_change: 'Change of plan',
  refund: 'Refund',
  return: 'Return',
  service_credit: 'Service credit',
  usage: 'Usage',
} as const

/** One of the list above, or one that the configuration adds. */
export type ReasonCode = keyof typeof REASONS | (string & {})

export type ReasonOptions = Readonly<
  Record<string, { readonly label?: string; readonly account?: string }>
>

/** The closed list with what the configuration says of it. */
export function reasonsOf(options: ReasonOptions): ReadonlyMap<string, Reason> {
  const builtIn = Object.entries(REASONS).map(([code, label]): [string, Reason] => [
    code,
    { label, account: null },
  ])
  const reasons = new Map(builtIn)
  for (const [code, { label, account }] of Object.entries(options)) {
    const known = reasons.get(code)
    reasons.set(code, { label: label ?? known?.label ?? code, account: account ?? null })
  }
  return reasons
}
