// An adjustment: its states, why it waits, and the request that is made of it.

import type { CustomerKind } from './customer.ts'
import { dayOf } from './day.ts'
import type { Mode } from './event.ts'
import { ERASED, type HoldDetail, type HoldReason } from './hold.ts'
import type { AdjustmentId, EventId } from './ids.ts'
import { moneyText } from './money.ts'
import type { Limits } from './money-limits.ts'
import type { ReasonCode } from './reason.ts'
import type { Causer, Settlement } from './rule.ts'

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
  /** How the event names the customer; null where it doesn't. */
  readonly customerReference: string | null
  readonly customerKind: CustomerKind
  readonly asker: string | null
  readonly originalInvoice: string | null
  readonly description: string
  /** When what it is for came to be at the source, milliseconds; null where it doesn't say. */
  readonly happenedAt: number | null
  /** The code by which its rule asked for a person. */
  readonly ruleHold: string | null
  readonly ruleSet: string | null
  /** Who made it by hand, as an operator's identity; null where a source did. */
  readonly maker: string | null
  /** The adjustment that it undoes. */
  readonly reverses: AdjustmentId | null
}

/** What the billing API says about an adjustment's customer, read before the claim. */
export type ResolvedCustomer = {
  readonly customerId: string | null
  /** Of his newest invoice, lower case; null where he has none. */
  readonly currency: string | null
  /** Who he is was erased. */
  readonly isErased?: true
}

export type Surroundings = {
  /** The billing key's mode. */
  readonly mode: Mode
  readonly currency: string
  readonly timeZone: string
  readonly limits: Limits
  readonly endpoint: {
    readonly holdsAll: boolean
    /** When it received its first event, milliseconds; null where that is not known. */
    readonly startedAt: number | null
  }
}

/**
 * Every reason for which a person has to look first that needs no other adjustment to be seen; the
 * claim adds those of the limits.
 */
export function holdReasons(
  adjustment: AdjustmentFacts,
  customer: ResolvedCustomer,
  around: Surroundings,
): HoldDetail[] {
  const inBillingCurrency = adjustment.currency === around.currency
  const inCustomersCurrency =
    customer.customerId === null || adjustment.currency === customer.currency
  const reasons: readonly (readonly [boolean, HoldReason])[] = [
    [customer.customerId === null, 'customer_unresolved'],
    [!inBillingCurrency || !inCustomersCurrency, 'currency_mismatch'],
    [adjustment.mode !== around.mode, 'mode_mismatch'],
    [adjustment.amount > 0 && around.limits.charges === 'hold', 'charge'],
    [adjustment.causedBy === 'customer', 'customer_caused'],
    [around.endpoint.holdsAll, 'unsigned_body'],
    [isOlderThanEndpoint(adjustment, around), 'older_than_endpoint'],
  ]
  const found = reasons
    .filter(([isThere]) => isThere)
    .map(([, reason]): HoldDetail =>
      reason === 'customer_unresolved' && customer.isErased ? { reason, code: ERASED } : { reason },
    )
  const { ruleHold } = adjustment
  return ruleHold === null ? found : [...found, { reason: 'rule_asked', code: ruleHold }]
}

/** A sender that is asked to send its past again must not have it paid again. */
function isOlderThanEndpoint({ happenedAt }: AdjustmentFacts, around: Surroundings): boolean {
  const { startedAt } = around.endpoint
  if (around.limits.olderThanEndpoint === 'allow' || happenedAt === null || startedAt === null) {
    return false
  }
  return dayOf(happenedAt, around.timeZone) < dayOf(startedAt, around.timeZone)
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
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What a caller of the billing API's own call wrote himself: it goes onto the invoice as it is. */
export type InvoiceWords = Pick<FrozenRequest, 'description'> & {
  readonly metadata: FrozenRequest['metadata'] | null
}

/** Metadata key by which an invoice at the billing API is known as ours. */
export const ADJUSTMENT_METADATA_KEY = 'makegood_adjustment_id'

/** What names are kept for: a caller's own metadata has none of them. */
export const OWN_METADATA_PREFIX = 'makegood_'

export function frozenRequest(
  adjustment: AdjustmentFacts,
  customerId: string,
  words: InvoiceWords | null = null,
): FrozenRequest {
  const { originalInvoice } = adjustment
  return {
    customerId,
    amount: adjustment.amount,
    description: words?.description ?? adjustment.description,
    metadata: {
      ...words?.metadata,
      [ADJUSTMENT_METADATA_KEY]: adjustment.id,
      makegood_event_id: adjustment.eventId,
      makegood_rule: adjustment.ruleId,
      makegood_subject: adjustment.subject,
      makegood_settlement: adjustment.settlement,
      makegood_reason: adjustment.reason,
      ...(adjustment.reverses === null ? {} : { makegood_reverses: adjustment.reverses }),
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

/**
 * The billing API's words for an invoice, each only ever followed by a later one: what is void is never
 * anything else again.
 */
export const INVOICE_STATUSES = ['draft', 'outstanding', 'uncollectible', 'paid', 'void'] as const
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number]

/** The statuses that this one may follow. */
export const statusesBefore = (status: InvoiceStatus): readonly InvoiceStatus[] =>
  INVOICE_STATUSES.slice(0, INVOICE_STATUSES.indexOf(status))

/** Statuses from which no invoice is open or paid any more. */
export const isClosed = (status: string | null): boolean =>
  status === 'void' || status === 'uncollectible'

/** Statuses that nothing changes any more. */
export const isFinal = (status: string | null): boolean => status === 'paid' || isClosed(status)

/** It gives nothing, or nothing any more: who asks for the same again may well mean it. */
export const isWithdrawn = ({
  state,
  reversedBy,
}: {
  readonly state: AdjustmentState | null
  readonly reversedBy: string | null
}): boolean => state === 'rejected' || state === 'cancelled' || reversedBy !== null

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
