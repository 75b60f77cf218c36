// What a chaos run is counted from: what its senders meant and were answered, what the app says, and what the
// billing API has.

import * as z from 'zod'

export const toldEventSchema = z.object({
  id: z.string(),
  fate: z.string(),
  decision: z.object({ adjustments: z.array(z.string()).optional() }),
})
export const toldAdjustmentSchema = z.object({
  id: z.string(),
  state: z.string(),
  version: z.number(),
  rule: z.string(),
  subject: z.string(),
  amount: z.number(),
  currency: z.string(),
  settlement: z.string(),
  reverses: z.string().nullable(),
  holdReasons: z.array(z.string()).nullable(),
  wakeAt: z.string().nullable(),
  invoice: z.object({ id: z.string(), status: z.string() }).nullable(),
})

export type ToldEvent = z.output<typeof toldEventSchema>
export type ToldAdjustment = z.output<typeof toldAdjustmentSchema>

export const ledgerInvoiceSchema = z.object({
  id: z.string(),
  customerId: z.string(),
  currency: z.string(),
  subtotal: z.number(),
  status: z.string(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})
export type LedgerInvoice = z.output<typeof ledgerInvoiceSchema>

/** What a sender means, whatever the app makes of it. */
export type Meant = {
  /**
   * `adjustment`: exactly one, unless its undo stops it; `nothing`: what no rule can read, or wants.
   */
  readonly expects: 'adjustment' | 'nothing'
  /** `person`: whom the app has to hold it for. In a run nobody ever approves. */
  readonly needs: 'nobody' | 'person'
  readonly subject: string
  /** Signed minor units. */
  readonly amount: number
  readonly currency: string
  /** His external id. */
  readonly customer: string
  readonly settlement: 'owed' | 'already_paid'
}

/** One fact of a sender, and the ids of its events that were answered with 2xx. */
export type SentFact = Meant & {
  readonly acknowledged: readonly string[]
  /** Whether the sender took it back, and was answered with 2xx when he said so. */
  readonly undo: 'none' | 'sent' | 'acknowledged'
}

export type RunRecord = {
  readonly facts: readonly SentFact[]
  readonly events: readonly ToldEvent[]
  readonly adjustments: readonly ToldAdjustment[]
  /** Every invoice that the billing API has, ours or not. */
  readonly ledger: readonly LedgerInvoice[]
  /** Ids of the invoices that were there before the first delivery. */
  readonly before: readonly string[]
  /** The billing API's ids of the customers, by external id. */
  readonly customers: ReadonlyMap<string, string>
  /** Ids of adjustments one of whose attempts ended without an answer that says whether it was done. */
  readonly ambiguous: readonly string[]
}

/** What has to be invoiced, and nothing else will do. */
export const isPlain = ({ expects, needs, undo, acknowledged }: SentFact): boolean =>
  expects === 'adjustment' && needs === 'nobody' && undo === 'none' && acknowledged.length > 0
