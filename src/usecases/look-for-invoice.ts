// Look before posting: once the billing API may have forgotten the idempotency key, the only proof
// that an invoice isn't there is its absence from the customer's invoices. Those that a reconciliation has
// seen are asked for by their ids.

import type { BillingClient, BillingError } from '../commet/client.ts'
import type { Invoice, InvoicesQuery } from '../commet/contract.ts'
import { isOfThisAlone } from '../commet/trouble.ts'
import { ADJUSTMENT_METADATA_KEY, isClosed } from '../domain/adjustment.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { LOOK_BACK_SECONDS, LOOK_PAGE_ROWS, LOOK_PAGES_MAX } from '../domain/limits.ts'
import { isUnreadable, listLoosely } from './unreadable-invoices.ts'

export type Look =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly invoice: Invoice; readonly requestId: string | null }
  | { readonly kind: 'several'; readonly invoiceIds: readonly string[] }
  /** More pages than are allowed, no lease left for the next, or one that can't be read; and what was found by then. */
  | { readonly kind: 'unfinished'; readonly invoiceIds: readonly string[] }
  | { readonly kind: 'trouble'; readonly error: BillingError }

export type LookedFor = {
  readonly id: AdjustmentId
  readonly customerId: string
  readonly createdAt: number
  /** Ids of invoices that are known to carry its id: of another customer, they are in no listing of this one. */
  readonly known: readonly string[]
  /** When a person last said that none stands; null where nobody has. */
  readonly lookedAt: number | null
}

/**
 * Reads the customer's invoices back to a day before the adjustment. The vendor promises no order, so
 * it stops early only where the listing has run from new to old so far. `mayGoOn`: is there lease left? What is
 * closed is passed over where a person has looked since it was made; what is open never is.
 */
export async function lookForInvoice(
  billing: BillingClient,
  { id, customerId, createdAt, known, lookedAt }: LookedFor,
  mayGoOn: () => boolean,
): Promise<Look> {
  const since = createdAt - LOOK_BACK_SECONDS * 1_000
  const found = new Map<string, Invoice>()
  const take = (invoice: Invoice): void => {
    if (invoice.metadata[ADJUSTMENT_METADATA_KEY] !== id) return
    const isSeen = lookedAt !== null && !(Date.parse(invoice.createdAt) > lookedAt)
    if (!(isSeen && isClosed(invoice.status))) found.set(invoice.id, invoice)
  }
  const unfinished = (): Look => ({ kind: 'unfinished', invoiceIds: [...found.keys()] })
  for (const each of known) {
    if (!mayGoOn()) return unfinished()
    const answer = await billing.invoices.get(each)
    if (answer.ok) take(answer.value.data)
    else if (answer.error.status !== 404) {
      // What can never be read here, a person has seen.
      const isSeen = lookedAt !== null && isOfThisAlone(answer.error)
      if (!isSeen) return { kind: 'trouble', error: answer.error }
    }
  }
  let cursor: string | null = null
  let last = Infinity
  let isNewestFirst = true
  for (let page = 0; page < LOOK_PAGES_MAX; page++) {
    if (!mayGoOn()) return unfinished()
    const query: InvoicesQuery = {
      customerId,
      limit: LOOK_PAGE_ROWS,
      ...(cursor === null ? {} : { cursor }),
    }
    const answer = await (lookedAt === null
      ? billing.invoices.list(query)
      : listLoosely(billing, query))
    if (!answer.ok) return { kind: 'trouble', error: answer.error }
    const { data, nextCursor, requestId } = answer.value
    for (const invoice of data) {
      if (!isUnreadable(invoice)) take(invoice)
      else if (invoice.metadata?.[ADJUSTMENT_METADATA_KEY] === id) {
        return { kind: 'unfinished', invoiceIds: [...found.keys(), invoice.id ?? ''] }
      }
      const at = Date.parse(invoice.createdAt ?? '')
      isNewestFirst &&= at <= last
      last = at
    }
    if ((isNewestFirst && last < since) || nextCursor === null) {
      return conclude([...found.values()], requestId)
    }
    cursor = nextCursor
  }
  return unfinished()
}

function conclude(found: readonly Invoice[], requestId: string | null): Look {
  const [invoice] = found
  if (!invoice) return { kind: 'none' }
  if (found.length === 1) return { kind: 'one', invoice, requestId }
  return { kind: 'several', invoiceIds: found.map((each) => each.id) }
}
