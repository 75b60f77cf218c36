// Whose adjustment is a reversal? Its original's, without a look-up. Only the original's invoice is looked
// at, since one that was closed meanwhile has nothing left to undo.

import type { BillingError } from '../commet/client.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { isClosed, type ResolvedCustomer } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'

export type ResolvedOriginal =
  | { readonly kind: 'customer'; readonly customer: ResolvedCustomer }
  | {
      readonly kind: 'closed'
      readonly original: AdjustmentId
      readonly invoice: string
      readonly status: string
    }

export async function resolveOriginal(
  { db }: Pick<Deps, 'db'>,
  billing: Billing,
  { reverses, mode }: Pick<Adjustment, 'reverses' | 'mode'>,
): Promise<Result<ResolvedOriginal, BillingError>> {
  const original = reverses === null ? null : await findAdjustment(db, reverses)
  assert(original !== null, 'a reversal without an original')
  const { invoiceId, invoiceCurrency } = original
  assert(invoiceId !== null, 'a reversal of what is not invoiced')
  const customerId = original.request?.customerId ?? original.customerId
  if (mode !== billing.mode) {
    // Today's key doesn't see the invoice, and holds the reversal in any case.
    const currency = invoiceCurrency?.toLowerCase() ?? null
    return ok({ kind: 'customer', customer: { customerId, currency } })
  }
  const answer = await billing.invoices.get(invoiceId)
  if (!answer.ok) return answer
  const { status, currency, customerId: billed } = answer.value.data
  if (isClosed(status)) {
    return ok({ kind: 'closed', original: original.id, invoice: invoiceId, status })
  }
  // Of an invoice that went to somebody else nobody can be charged without a person.
  const customer = {
    customerId: customerId === billed ? customerId : null,
    currency: currency.toLowerCase(),
  }
  return ok({ kind: 'customer', customer })
}
