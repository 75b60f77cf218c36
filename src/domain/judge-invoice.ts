// One invoice of the billing API beside the adjustment whose id it carries: does it fit, and what follows.

import {
  answerDifferences,
  INVOICE_STATUSES,
  isClosed,
  statusesBefore,
  type AdjustmentState,
  type AnsweredInvoice,
  type AnswerDifference,
  type FrozenRequest,
  type InvoiceStatus,
} from './adjustment.ts'
import type { Mode } from './event.ts'
import type { AdjustmentId } from './ids.ts'
import { ATTEMPTS_MAX, RECONCILE_SETTLE_SECONDS } from './limits.ts'
import type { DiscrepancyReason, Finding } from './reconciliation.ts'
import type { Settlement } from './rule.ts'

/** An adjustment as its row is. */
export type Recorded = {
  readonly id: AdjustmentId
  readonly state: AdjustmentState
  readonly mode: Mode | null
  readonly settlement: Settlement
  readonly amount: number
  readonly currency: string
  readonly customerId: string | null
  readonly request: FrozenRequest | null
  readonly invoiceId: string | null
  readonly invoiceStatus: string | null
  readonly invoicedAt: number | null
  readonly reverses: string | null
  readonly reversedBy: string | null
  readonly wakeAt: number | null
  readonly attempts: number
}

/** `createdAt`: milliseconds. `adjustmentId`: as its metadata says; null where that is none of ours. */
export type Listed = AnsweredInvoice & {
  readonly createdAt: number
  readonly adjustmentId: AdjustmentId | null
}

/** `isCounted`: whether it was made in the window that is compared. */
export type Circumstances = {
  readonly now: number
  readonly day: string
  readonly isCounted: boolean
}

export type Judgement = {
  /** What doesn't fit; with an action, what doesn't fit unless that is done. */
  readonly findings: readonly Finding[]
  /**
   * `adopt`: our record lacks it. `wake`: its next attempt looks for it. `settle`: it is to be marked paid,
   * and nothing has it planned. `status`: the billing API's word has moved on.
   */
  readonly action: 'adopt' | 'wake' | 'settle' | 'status' | null
}

const FITS: Judgement = { findings: [], action: null }

/** An invoice with our mark, and the row of its id, if there is one. */
export function judgeInvoice(
  invoice: Listed,
  recorded: Recorded | null,
  around: Circumstances,
): Judgement {
  const found = isClosed(invoice.status) ? 0 : invoice.subtotal
  const only = (reason: DiscrepancyReason): Judgement => ({
    findings: [finding(invoice, around, { reason, expected: 0, found })],
    action: null,
  })
  // Also a void one: the first attempt of an adjustment of this id has to know that it was there.
  if (recorded === null) return only('unknown_adjustment')
  if (recorded.invoiceId === invoice.id) return judgeOwn(invoice, recorded, around)
  const isGone = isClosed(invoice.status)
  if (recorded.invoiceId !== null) return isGone ? FITS : only('second_invoice')
  // What was told of it before stays known: its next attempt asks for it. What was undone is taken as well, since its
  // undo then reverses it; but of a reversal whose original is closed, only a person can say what its invoice is for.
  switch (recorded.state) {
    case 'due':
      return isAsked(recorded, invoice)
        ? { ...only('not_recorded'), action: 'adopt' }
        : { ...only('not_recorded'), action: 'wake' }
    // Whoever has its lease asks for it with the same key.
    case 'issuing':
    case 'invoiced':
      return only('not_recorded')
    case 'held':
    case 'failed':
    case 'cancelled': {
      if (isGone) return FITS
      const judged = only(`invoiced_though_${recorded.state}`)
      const isTaken = recorded.reverses === null || recorded.state !== 'cancelled'
      return isTaken && isAsked(recorded, invoice) ? { ...judged, action: 'adopt' } : judged
    }
    case 'rejected':
      return isGone ? FITS : only('invoiced_though_rejected')
  }
}

/** Whose invoice the billing API doesn't have. `day`: on which we recorded it. */
export const judgeMissing = (recorded: Recorded, around: Circumstances): Judgement => ({
  findings: [
    {
      ...finding(null, around, {
        reason: 'missing_at_billing',
        expected: openAmount(recorded),
        found: 0,
      }),
      adjustmentId: recorded.id,
      invoiceId: recorded.invoiceId,
      currency: recorded.currency,
    },
  ],
  action: null,
})

/** What a closed invoice of ours gives is nothing. */
const openAmount = ({ amount, invoiceStatus }: Recorded): number =>
  isClosed(invoiceStatus) ? 0 : amount

/** The invoice that our record names. */
export function judgeOwn(invoice: Listed, recorded: Recorded, around: Circumstances): Judgement {
  const action = actionFor(invoice, recorded, around)
  if (isClosed(invoice.status)) return { findings: [], action }
  const fields = differingFields(invoice, recorded)
  const isMarked = invoice.adjustmentId === recorded.id
  const differs = { reason: 'differs', expected: recorded.amount, fields } as const
  const found = isMarked ? invoice.subtotal : 0
  const base = { ...invoice, adjustmentId: recorded.id }
  const pieces = !fields.includes('currency')
    ? [finding({ ...base, currency: recorded.currency }, around, { ...differs, found })]
    : [
        finding({ ...base, currency: recorded.currency }, around, { ...differs, found: 0 }),
        finding(base, around, { ...differs, expected: 0, found }),
      ]
  const open = { reason: 'not_settled', expected: recorded.amount, found: recorded.amount } as const
  return {
    findings: [
      ...(fields.length > 0 ? pieces : []),
      ...(isUnsettled(invoice, recorded, around) ? [finding(base, around, open)] : []),
    ],
    action,
  }
}

function finding(
  invoice: Listed | null,
  { day, isCounted }: Circumstances,
  what: Pick<Finding, 'reason' | 'expected' | 'found'> & { readonly fields?: readonly string[] },
): Finding {
  return {
    adjustmentId: invoice?.adjustmentId ?? null,
    eventId: null,
    invoiceId: invoice?.id ?? null,
    invoiceCreatedAt: invoice?.createdAt ?? null,
    day,
    currency: invoice?.currency.toLowerCase() ?? null,
    fields: [],
    isCounted,
    ...what,
  }
}

/** Tax was not asked for, and a total with it was told when it was made. */
const COMPARED: readonly AnswerDifference['field'][] = [
  'livemode',
  'customerId',
  'currency',
  'subtotal',
]

type Asked = Pick<Recorded, 'amount' | 'currency' | 'mode' | 'customerId' | 'request'>

/** What was asked for, or would be: the customer as he is known by now. */
function differences(asked: Asked, invoice: AnsweredInvoice): readonly string[] {
  const { amount, currency, mode } = asked
  const customerId = asked.request?.customerId ?? asked.customerId ?? ''
  const request = { customerId, amount, description: '', metadata: {} }
  return answerDifferences(request, { currency, mode }, invoice)
    .map(({ field }) => field)
    .filter((field) => COMPARED.includes(field))
}

/**
 * Whether an invoice that carries our id is what we asked for. Somebody may have copied one, or voided
 * it: adopting that would call a claim paid, or a promise kept.
 */
export const isAsked = (asked: Asked, invoice: AnsweredInvoice): boolean =>
  !isClosed(invoice.status) && differences(asked, invoice).length === 0

function differingFields(invoice: Listed, recorded: Recorded): readonly string[] {
  return [
    ...differences(recorded, invoice),
    ...(invoice.adjustmentId === recorded.id ? [] : ['metadata']),
    ...(hasGoneBack(invoice, recorded) ? ['status'] : []),
  ]
}

const knownStatus = (text: string): InvoiceStatus | null =>
  INVOICE_STATUSES.find((status) => status === text) ?? null

/** Its status was later than it is now. Of a record that is no more paid, `not_settled` says it. */
function hasGoneBack({ status }: Listed, { invoiceStatus, settlement }: Recorded): boolean {
  const [now, before] = [knownStatus(status), knownStatus(invoiceStatus ?? '')]
  if (now === null || before === null || settlement === 'already_paid') return false
  return statusesBefore(before).includes(now)
}

function isUnsettled({ status }: Listed, recorded: Recorded, { now }: Circumstances): boolean {
  const { settlement, reversedBy, invoicedAt } = recorded
  const isDue = now - (invoicedAt ?? now) >= RECONCILE_SETTLE_SECONDS * 1_000
  const isOpen = status === 'outstanding' || status === 'draft'
  return settlement === 'already_paid' && reversedBy !== 'void' && isOpen && isDue
}

function actionFor(
  invoice: Listed,
  recorded: Recorded,
  around: Circumstances,
): 'settle' | 'status' | null {
  const { invoiceStatus, wakeAt, attempts, settlement, reversedBy } = recorded
  const isUnderWay = wakeAt !== null && (settlement === 'already_paid' || reversedBy === 'void')
  const status = knownStatus(invoice.status)
  const before = statusesBefore(status ?? 'draft')
  if (!isUnderWay && before.some((each) => each === invoiceStatus)) return 'status'
  // The attempt that gives up is not counted any more.
  const areUsedUp = attempts + 1 >= ATTEMPTS_MAX
  const isToSettle = isUnsettled(invoice, recorded, around) && invoiceStatus !== 'paid'
  return isToSettle && wakeAt === null && !areUsedUp ? 'settle' : null
}
