// A person has found the invoice of an adjustment whose outcome is unknown. It is read at the billing API,
// and taken only if it is what was asked for.

import type { BillingError } from '../commet/client.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { findInvoiced } from '../db/write-seen.ts'
import { commitAdopted } from '../db/write-invoice.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import {
  adoptionDifferences,
  carriesOurId,
  refusalToAdopt,
  type AdoptionDifference,
  type NotRequeueable,
} from '../domain/requeue.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { issuedBy } from './issued-by.ts'
import { sayAlarm } from './raise-alarm.ts'
import { wakeCommitted, wakeToTell } from './wake-committed.ts'

export type AdoptionRefusal =
  | NotRequeueable
  | { readonly reason: 'invoice_unknown' }
  | { readonly reason: 'invoice_of_another'; readonly other: AdjustmentId }
  | { readonly reason: 'invoice_differs'; readonly differences: readonly AdoptionDifference[] }

export type AdoptionTrouble =
  | NotFound
  | Refused<AdoptionRefusal>
  | { readonly reason: 'billing_not_configured' }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      /** The HTTP status that it answered; null where it didn't. */
      readonly answered: number | null
    }

/** `invoiceId`: the billing API's own id. */
export type Adoption = { readonly version: number; readonly invoiceId: string }

/** The adjustment, invoiced. One that lacks our metadata may be taken: the entry says so. */
export async function adoptInvoice(
  deps: Deps,
  { name }: Operator,
  id: AdjustmentId,
  { version, invoiceId }: Adoption,
): Promise<Result<Adjustment, AdoptionTrouble>> {
  const { db, billing } = deps
  const adjustment = await findAdjustment(db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const { request } = adjustment
  const refuse = (refusal: AdoptionRefusal) =>
    err({ reason: 'refused', refusal, adjustment } as const)
  const refusal = refusalToAdopt(adjustment, version)
  if (refusal) return refuse(refusal)
  // Nothing was posted without one, so nothing could be found.
  if (request === null) return refuse({ reason: 'not_requeueable', state: adjustment.state })
  if (billing === null) return err({ reason: 'billing_not_configured' })
  const other = await findInvoiced(db, invoiceId)
  if (other !== null) return refuse({ reason: 'invoice_of_another', other: other.id })
  const found = await billing.invoices.get(invoiceId)
  if (!found.ok) {
    return isUnknown(found.error) ? refuse({ reason: 'invoice_unknown' }) : unavailable(found.error)
  }
  const { data: invoice, requestId } = found.value
  const wanted = { ...adjustment, request }
  const differences = adoptionDifferences(wanted, invoice)
  if (invoice.id !== invoiceId) return refuse({ reason: 'invoice_unknown' })
  if (differences.length > 0) return refuse({ reason: 'invoice_differs', differences })
  const how = { adopted: true, requestId } as const
  const { issued, now } = await issuedBy(deps, adjustment, invoice, how)
  const by = { actor: `operator:${name}`, carriesOurId: carriesOurId(invoice, wanted) } as const
  let row: Adjustment | null
  try {
    row = await commitAdopted(db, adjustment, issued, by, now)
  } catch (error) {
    // An invoice belongs to one adjustment: somebody may have taken it for another a moment ago.
    const taken = await findInvoiced(db, invoiceId)
    if (taken === null) throw error
    return refuse({ reason: 'invoice_of_another', other: taken.id })
  }
  if (row === null) return movedMeanwhile(deps, adjustment)
  if (issued.alarm !== null) await sayAlarm(deps, issued.alarm)
  // A record is told once it is marked paid.
  await (row.wakeAt === null ? wakeToTell(deps, row.id) : wakeCommitted(deps, row))
  return ok(row)
}

/** Nobody has this id, or nobody can have it: then the request is not even sent. */
const isUnknown = ({ status, meaning, code }: BillingError): boolean =>
  meaning === 'permanent' && (status === 404 || code === 'invalid_request')

const unavailable = ({ code, status: answered }: BillingError) =>
  err({ reason: 'billing_unavailable', code, answered } as const)
