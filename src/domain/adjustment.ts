// An adjustment: its states, why it waits, and the request that is made of it.

import type { Mode } from './event.ts'
import type { AdjustmentId, EventId } from './ids.ts'
import { DESCRIPTION_CHARS_MAX } from './limits.ts'
import { moneyText } from './money.ts'
import type { Causer, ReasonCode, Settlement } from './rule.ts'
import { oneLine } from './text.ts'

export const ADJUSTMENT_STATES = [
  'due',
  'issuing',
  'invoiced',
  'held',
  'failed',
  'rejected',
  'cancelled',
] as const
export type AdjustmentState = (typeof ADJUSTMENT_STATES)[number]

export type HoldReason =
  | 'customer_unresolved'
  | 'currency_mismatch'
  | 'mode_mismatch'
  | 'charge'
  | 'customer_caused'
  | 'unsigned_body'
  | 'outcome_unknown'

/** What the door writes down; nothing of it ever changes. */
export type AdjustmentFacts = {
  readonly id: AdjustmentId
  readonly eventId: EventId
  readonly ruleId: string
  readonly account: string
  readonly endpoint: string
  readonly source: string
  readonly subject: string
  readonly part: string
  readonly mode: Mode | null
  readonly settlement: Settlement
  readonly reason: ReasonCode
  readonly causedBy: Causer
  /** Signed minor units: negative is a credit. */
  readonly amount: number
  readonly currency: string
  /** External id at the billing API, as the event had it. */
  readonly customerReference: string | null
  readonly asker: string | null
  readonly originalInvoice: string | null
  readonly description: string
}

/** What the billing API says about an adjustment's customer, read before the claim. */
export type ResolvedCustomer = {
  readonly customerId: string | null
  /** Of his newest invoice, lower case; null where he has none. */
  readonly currency: string | null
}

/** Every reason for which a person has to look first; an empty list lets the adjustment go on. */
export function holdReasons(
  adjustment: AdjustmentFacts,
  customer: ResolvedCustomer,
  billing: { readonly currency: string; readonly mode: Mode },
  endpoint: { readonly holdsAll: boolean },
): HoldReason[] {
  const reasons: HoldReason[] = []
  if (customer.customerId === null) reasons.push('customer_unresolved')
  const inBillingCurrency = adjustment.currency === billing.currency
  const inCustomersCurrency =
    customer.customerId === null || adjustment.currency === customer.currency
  if (!inBillingCurrency || !inCustomersCurrency) reasons.push('currency_mismatch')
  if (adjustment.mode !== billing.mode) reasons.push('mode_mismatch')
  if (adjustment.amount > 0) reasons.push('charge')
  if (adjustment.causedBy === 'customer') reasons.push('customer_caused')
  if (endpoint.holdsAll) reasons.push('unsigned_body')
  return reasons
}

/** A live key begins `ck_`, a sandbox one `ck_sandbox_` (Commet, "API keys"). */
export const billingMode = (apiKey: string): Mode =>
  apiKey.startsWith('ck_sandbox_') ? 'test' : 'live'

export const wordFor = (amount: number): 'Credit' | 'Charge' => (amount < 0 ? 'Credit' : 'Charge')

export const amountText = (adjustment: { amount: number; currency: string }): string =>
  moneyText({ minorUnits: Math.abs(adjustment.amount), currency: adjustment.currency })

/** The frozen request: the exact body of `POST /invoices`, stored by the first claim. */
export type FrozenRequest = {
  readonly customerId: string
  readonly amount: number
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Metadata key by which an invoice at the billing API is known as ours. */
export const ADJUSTMENT_METADATA_KEY = 'makegood_adjustment_id'

export function frozenRequest(adjustment: AdjustmentFacts, customerId: string): FrozenRequest {
  const { originalInvoice } = adjustment
  const about = originalInvoice === null ? '' : ` (invoice ${originalInvoice})`
  return {
    customerId,
    amount: adjustment.amount,
    description: oneLine(adjustment.description + about, DESCRIPTION_CHARS_MAX),
    metadata: {
      [ADJUSTMENT_METADATA_KEY]: adjustment.id,
      makegood_event_id: adjustment.eventId,
      makegood_rule: adjustment.ruleId,
      makegood_subject: adjustment.subject,
      makegood_settlement: adjustment.settlement,
      makegood_reason: adjustment.reason,
      ...(originalInvoice === null ? {} : { makegood_original_invoice: originalInvoice }),
    },
  }
}

/** Rises only when an operator requeues after definite refusals; never after anything ambiguous. */
export const idempotencyKey = (id: AdjustmentId, generation: number): string =>
  `${id}.${generation}`

export type AnsweredInvoice = {
  readonly id: string
  readonly livemode: boolean
  readonly customerId: string
  readonly invoiceNumber: string | null
  readonly status: string
  readonly currency: string
  readonly subtotal: number
  readonly taxAmount: number
  readonly total: number
}

/** Statuses from which no invoice is open or paid any more. */
export const isClosed = (status: string | null): boolean =>
  status === 'void' || status === 'uncollectible'

export type AnswerDifference = {
  readonly field: 'livemode' | 'customerId' | 'currency' | 'subtotal' | 'taxAmount' | 'total'
  readonly asked: string
  readonly answered: string
}

/** What the billing API answered, compared with what was asked. Tax was not asked for. */
export function answerDifferences(
  request: FrozenRequest,
  { currency, mode }: { readonly currency: string; readonly mode: Mode | null },
  invoice: AnsweredInvoice,
): AnswerDifference[] {
  const pairs: [AnswerDifference['field'], string | number, string | number][] = [
    ['livemode', mode ?? 'unknown', invoice.livemode ? 'live' : 'test'],
    ['customerId', request.customerId, invoice.customerId],
    ['currency', currency, invoice.currency.toLowerCase()],
    ['subtotal', request.amount, invoice.subtotal],
    ['taxAmount', 0, invoice.taxAmount],
    ['total', request.amount, invoice.total],
  ]
  return pairs
    .filter(([, asked, answered]) => asked !== answered)
    .map(([field, asked, answered]) => ({
      field,
      asked: String(asked),
      answered: String(answered),
    }))
}
