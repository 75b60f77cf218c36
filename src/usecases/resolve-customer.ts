// Whose adjustment is it, and in which currency is he billed? Asked before the claim: of what people have
// said, then of the billing API. Only his currency is believed for an hour; an external id is asked each time.

import type { BillingClient, BillingError } from '../commet/client.ts'
import { findKnownCurrency, keepKnownCurrency } from '../db/known-customers.ts'
import { findIdentified } from '../db/read-identities.ts'
import type { Database } from '../db/database.ts'
import type { Adjustment } from '../db/schema.ts'
import type { ResolvedCustomer } from '../domain/adjustment.ts'
import { RECENT_INVOICE_ROWS } from '../domain/limits.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'

const UNRESOLVED: ResolvedCustomer = { customerId: null, currency: null }
const ERASED: ResolvedCustomer = { ...UNRESOLVED, isErased: true }

/** Who is looked for: a row, or what would become one. A reversal's customer is its original's. */
export type CustomerOf = Pick<
  Adjustment,
  'account' | 'customerKind' | 'customerReference' | 'chosenCustomerId'
>

/**
 * None, or more than one, is unresolved: a person chooses. `keeps: false` reads only, and leaves nothing
 * behind for the next one.
 */
export async function resolveCustomer(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  billing: Billing,
  of: CustomerOf,
  { keeps = true }: { readonly keeps?: boolean } = {},
): Promise<Result<ResolvedCustomer, BillingError>> {
  const lookUp = await lookUpFor(db, of)
  if (lookUp === null) return ok(UNRESOLVED)
  if (lookUp === 'erased') return ok(ERASED)
  const askedAt = now()
  const { baseUrl, mode } = billing
  const knownCurrency = (customerId: string) =>
    findKnownCurrency(db, { baseUrl, mode, customerId }, askedAt)
  const { by, value } = lookUp
  // A customer has his id for ever: whose currency is known is there.
  const kept = by === 'id' ? await knownCurrency(value) : null
  if (kept !== null) return ok({ customerId: value, currency: kept })
  const found = await findCustomerId(billing, lookUp)
  if (!found.ok) return found
  const customerId = found.value
  if (customerId === null) return ok(UNRESOLVED)
  const known = by === 'id' ? null : await knownCurrency(customerId)
  if (known !== null) return ok({ customerId, currency: known })
  const billed = await billedCurrency(billing, customerId)
  if (!billed.ok) return billed
  const currency = billed.value
  if (currency !== null && keeps) {
    await keepKnownCurrency(db, { baseUrl, mode, customerId }, currency, askedAt)
  }
  return ok({ customerId, currency })
}

type LookUp = { readonly by: 'id' | 'external_id'; readonly value: string }

/**
 * What to ask the billing API; null where nothing names him there. By what was erased it is never asked: it may
 * know somebody else by the same text.
 */
async function lookUpFor(db: Database, of: CustomerOf): Promise<LookUp | 'erased' | null> {
  const { account, chosenCustomerId, customerKind: kind, customerReference: value } = of
  if (chosenCustomerId !== null) return { by: 'id', value: chosenCustomerId }
  if (value === null) return null
  if (kind === 'billing_id') return { by: 'id', value }
  const { customerId, isErased } = await findIdentified(db, { account, kind, value })
  if (isErased) return 'erased'
  if (customerId !== null) return { by: 'id', value: customerId }
  return kind === 'email' ? null : { by: 'external_id', value }
}

function findCustomerId(
  billing: BillingClient,
  { by, value }: LookUp,
): Promise<Result<string | null, BillingError>> {
  return by === 'id' ? findCustomerById(billing, value) : findCustomerByExternalId(billing, value)
}

/** The same id, where the billing API has a customer with it, else null. */
export async function findCustomerById(
  billing: BillingClient,
  id: string,
): Promise<Result<string | null, BillingError>> {
  const got = await billing.customers.get(id)
  if (!got.ok) return isNobody(got.error) ? ok(null) : got
  return ok(got.value.data.id === id ? id : null)
}

/** What is asked for is checked: an API that ignores an unknown filter would answer anybody. */
async function findCustomerByExternalId(
  billing: BillingClient,
  wanted: string,
): Promise<Result<string | null, BillingError>> {
  const listed = await billing.customers.list({ externalId: wanted, limit: 2 })
  if (!listed.ok) return listed
  const [customer, another] = listed.value.data.filter(({ externalId }) => externalId === wanted)
  return ok(customer && !another ? customer.id : null)
}

/** Nobody has this id, or nobody can have it: then the request is not even sent. */
const isNobody = ({ status, meaning, code }: BillingError): boolean =>
  meaning === 'permanent' && (status === 404 || code === 'invalid_request')

/** Of his newest invoice, lower case; null where he has none, or none can be told to be the newest. */
async function billedCurrency(
  billing: BillingClient,
  customerId: string,
): Promise<Result<string | null, BillingError>> {
  const listed = await billing.invoices.list({ customerId, limit: RECENT_INVOICE_ROWS })
  if (!listed.ok) return listed
  const { data, hasMore } = listed.value
  const own = data.filter((invoice) => invoice.customerId === customerId)
  const times = own.map((invoice) => Date.parse(invoice.createdAt))
  // The vendor promises no order. Of a listing that goes on, only one from new to old shows the newest.
  const isNewestFirst = times.every((at, position) => at <= (times[position - 1] ?? Infinity))
  if (hasMore && !isNewestFirst) return ok(null)
  const newest = own[times.indexOf(Math.max(...times))]
  return ok(newest?.currency.toLowerCase() ?? null)
}
