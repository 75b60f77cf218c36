// Whose adjustment is it, and in which currency is he billed? Asked at the billing API, before the claim.

import type { BillingClient, BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import type { ResolvedCustomer } from '../domain/adjustment.ts'
import { RECENT_INVOICE_ROWS } from '../domain/limits.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'

const UNRESOLVED: ResolvedCustomer = { customerId: null, currency: null }

/** `reference`: his external id. None, or more than one with it, is unresolved: a person chooses. */
export async function resolveCustomer(
  _deps: Deps,
  billing: BillingClient,
  { customerReference: reference }: Adjustment,
): Promise<Result<ResolvedCustomer, BillingError>> {
  if (reference === null) return ok(UNRESOLVED)
  const found = await billing.customers.list({ externalId: reference, limit: 2 })
  if (!found.ok) return found
  // What is asked for is checked: an API that ignores an unknown filter would answer anybody.
  const matching = found.value.data.filter((customer) => customer.externalId === reference)
  const [customer] = matching
  if (!customer || matching.length > 1) return ok(UNRESOLVED)
  const listed = await billing.invoices.list({
    customerId: customer.id,
    limit: RECENT_INVOICE_ROWS,
  })
  if (!listed.ok) return listed
  const { data, hasMore } = listed.value
  const own = data.filter((invoice) => invoice.customerId === customer.id)
  const times = own.map((invoice) => Date.parse(invoice.createdAt))
  // The vendor promises no order. Of a listing that goes on, only one from new to old shows the newest.
  const isNewestFirst = times.every((at, position) => at <= (times[position - 1] ?? Infinity))
  if (hasMore && !isNewestFirst) return ok({ customerId: customer.id, currency: null })
  const newest = own[times.indexOf(Math.max(...times))]
  return ok({ customerId: customer.id, currency: newest?.currency.toLowerCase() ?? null })
}
