// Invoices that the billing API doesn't show, or not in a form that can be read: each is told of and passed
// over, so that it stops neither the comparison nor what waits for it.

import type { BillingClient, BillingResult } from '../commet/client.ts'
import type { InvoicesQuery, ListedInvoice, UnreadableInvoice } from '../commet/contract.ts'
import type { Adjustment, Reconciliation } from '../db/schema.ts'
import { ADJUSTMENT_METADATA_KEY } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { dayOf } from '../domain/day.ts'
import { isAdjustmentId } from '../domain/ids.ts'
import type { Finding } from '../domain/reconciliation.ts'
import type { Deps } from '../deps.ts'
import { identified, NOTHING_COMPARED, together, type Compared } from './compared.ts'

/** A page: one row that isn't as the reference says makes one that can't be used of all of them. */
export async function listLoosely(
  { invoices }: BillingClient,
  query: InvoicesQuery,
): Promise<Awaited<BillingResult<ListedInvoice[]>>> {
  const answer = await invoices.list(query)
  const isUnusable = !answer.ok && answer.error.code === 'unexpected_shape'
  return isUnusable ? invoices.listLoosely(query) : answer
}

export const isUnreadable = (row: ListedInvoice): row is UnreadableInvoice => !('livemode' in row)

/** Of a page: those made in the window that carry our mark, or could, as far as can be seen. */
export async function tellUnreadable(
  deps: Deps,
  run: Reconciliation,
  rows: readonly UnreadableInvoice[],
): Promise<Compared> {
  const parts = rows.map(({ id, createdAt, metadata }) => {
    const readAt = Date.parse(createdAt ?? '')
    const at = Number.isNaN(readAt) ? run.toAt - 1 : readAt
    const mark = metadata?.[ADJUSTMENT_METADATA_KEY]
    const isNone = metadata !== null && mark === undefined
    if (isNone || at < run.fromAt || at >= run.toAt) return Promise.resolve(NOTHING_COMPARED)
    const adjustmentId = typeof mark === 'string' && isAdjustmentId(mark) ? mark : null
    return tell(deps, run, { adjustmentId, invoiceId: id, at })
  })
  return together(await Promise.all(parts))
}

/** Ours, whose invoice can't be asked for. */
export function tellUnread(
  deps: Deps,
  run: Reconciliation,
  { id, invoiceId, invoicedAt }: Adjustment,
): Promise<Compared> {
  assert(invoicedAt !== null, 'an invoice without its time')
  return tell(deps, run, { adjustmentId: id, invoiceId, at: invoicedAt })
}

type Unread = Pick<Finding, 'adjustmentId' | 'invoiceId'> & { readonly at: number }

/** It is listed, and part of no sum. A first attempt of its adjustment asks for it by its id. */
async function tell(
  deps: Deps,
  run: Reconciliation,
  { adjustmentId, invoiceId, at }: Unread,
): Promise<Compared> {
  const day = dayOf(at, deps.config.timeZone)
  const finding: Finding = {
    reason: 'not_readable',
    adjustmentId,
    eventId: null,
    invoiceId,
    invoiceCreatedAt: at,
    day,
    currency: null,
    expected: 0,
    found: 0,
    fields: [],
    isCounted: false,
  }
  const row = { day, currency: '', subtotal: 0, isCounted: false }
  return {
    ...NOTHING_COMPARED,
    findings: await identified([finding], run),
    listed: invoiceId === null ? [] : [{ invoiceId, ...row }],
  }
}
