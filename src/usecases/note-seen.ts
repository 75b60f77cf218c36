// What the billing system's own webhooks say: an invoice's status is kept in step. Mode and id have to be those
// of an adjustment of ours; most of what is billed there is none.

import { commitInvoiceStatusSeen, findInvoiced } from '../db/write-seen.ts'
import type { Adjustment } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { SEEN_READS_MAX } from '../domain/limits.ts'
import type { SeenFact } from '../domain/outcome.ts'
import { isToSettle, isToVoid } from '../domain/reversal.ts'
import { noteRefund } from './note-refund.ts'

export type SeeingEvent = {
  readonly id: EventId
  readonly account: string
  readonly mode: Mode | null
}

/** The adjustment that it is about, or null. Throws where it could not be written: it is sent again. */
export async function noteSeen(
  deps: Deps,
  event: SeeingEvent,
  fact: SeenFact,
): Promise<AdjustmentId | null> {
  if (fact.what === 'refund') return noteRefund(deps, event, fact)
  for (let reads = 1; reads <= SEEN_READS_MAX; reads += 1) {
    const adjustment = await findInvoiced(deps.db, fact.invoice)
    if (adjustment === null || adjustment.mode !== event.mode) return null
    if (isUnderWay(adjustment) || !isProven(adjustment, fact)) return adjustment.id
    const seen = { event: event.id, status: fact.status }
    const result = await commitInvoiceStatusSeen(deps.db, adjustment, seen, deps.now())
    if (result !== 'moved') return adjustment.id
  }
  throw new Error('the adjustment of an invoice moved each time that its status was seen')
}

/** We are changing its status ourselves: that asks the billing API, and tells what came of it. */
const isUnderWay = (adjustment: Adjustment): boolean =>
  adjustment.wakeAt !== null && (isToSettle(adjustment) || isToVoid(adjustment))

type StatusFact = Extract<SeenFact, { what: 'invoice_status' }>

/** A part of its total doesn't pay an invoice, and nobody pays a credit. */
const isProven = ({ invoiceTotal, invoiceCurrency }: Adjustment, { paid }: StatusFact): boolean =>
  paid === null ||
  (invoiceTotal !== null &&
    invoiceTotal > 0 &&
    paid.amount >= invoiceTotal &&
    paid.currency === invoiceCurrency?.toLowerCase())
