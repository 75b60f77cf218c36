// One refund seen twice: by the payment system, whose record is an adjustment, and by the billing system, which
// has recorded it itself. Whichever came first, the second one counts for nothing without a person.

import type { BillingError } from '../commet/client.ts'
import { findIdentifiedCustomer } from '../db/read-identities.ts'
import type { Adjustment } from '../db/schema.ts'
import {
  findRecordOfRefund,
  findSeenRefund,
  keepSeenRefund,
  listSeenRefunds,
  type SeenRefund,
} from '../db/write-seen.ts'
import type { ResolvedCustomer } from '../domain/adjustment.ts'
import type { Mode } from '../domain/event.ts'
import type { HoldDetail } from '../domain/hold.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { SAME_REFUND_SECONDS, SEEN_REFUND_KEPT_SECONDS } from '../domain/limits.ts'
import type { SeenFact } from '../domain/outcome.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { resolveCustomer } from './resolve-customer.ts'

type RefundEvent = { readonly id: EventId; readonly account: string; readonly mode: Mode | null }

/** The record that was there before; else it is remembered, for one that may come. */
export async function noteRefund(
  deps: Deps,
  { id, account, mode }: RefundEvent,
  { customer, amount, currency }: Extract<SeenFact, { what: 'refund' }>,
): Promise<AdjustmentId | null> {
  const { db, now } = deps
  const before = await findSeenRefund(db, id)
  if (before !== null) return before.adjustmentId
  const at = now()
  const since = at - SAME_REFUND_SECONDS * 1_000
  const customerIds = await idsOf(deps, account, customer)
  const adjustmentId = await findRecordOfRefund(db, { mode, amount, currency, since }, customerIds)
  const refund = { eventId: id, at, mode, customer, amount, currency, adjustmentId }
  await keepSeenRefund(db, refund, at - SEEN_REFUND_KEPT_SECONDS * 1_000)
  return adjustmentId
}

/** Under which he is known here; a delivery asks the billing API nothing. */
async function idsOf({ db }: Deps, account: string, customer: string): Promise<readonly string[]> {
  const identified = await findIdentifiedCustomer(db, {
    account,
    kind: 'external_id',
    value: customer,
  })
  return identified === null ? [customer] : [customer, identified]
}

/** A row, or what would become one now. */
type Recorded = Pick<
  Adjustment,
  'settlement' | 'amount' | 'currency' | 'mode' | 'createdAt' | 'account'
>

/**
 * Why a record has to wait: the billing system has told of the same refund within a day before it. `keeps`:
 * as of `resolveCustomer`.
 */
export async function recordedTwice(
  deps: Pick<Deps, 'db' | 'now'>,
  billing: Billing,
  { settlement, amount, currency, mode, createdAt, account }: Recorded,
  { customerId }: ResolvedCustomer,
  { keeps = true }: { readonly keeps?: boolean } = {},
): Promise<Result<readonly HoldDetail[], BillingError>> {
  if (settlement !== 'already_paid' || amount > 0 || customerId === null) return ok([])
  const since = createdAt - SAME_REFUND_SECONDS * 1_000
  const facts = { mode, amount: -amount, currency, since }
  for (const refund of await listSeenRefunds(deps.db, facts)) {
    const isHis = await isOf(deps, billing, { ...refund, account, customerId }, keeps)
    if (!isHis.ok) return isHis
    if (isHis.value) return ok([{ reason: 'possible_duplicate', event: refund.eventId }])
  }
  return ok([])
}

/** Whether the refund's customer, as the billing system names him, is this one. */
async function isOf(
  deps: Pick<Deps, 'db' | 'now'>,
  billing: Billing,
  { customer, account, customerId }: Pick<SeenRefund, 'customer'> & Whose,
  keeps: boolean,
): Promise<Result<boolean, BillingError>> {
  if (customer === customerId) return ok(true)
  const named = { account, customerKind: 'external_id', chosenCustomerId: null } as const
  const of = { ...named, customerReference: customer }
  const found = await resolveCustomer(deps, billing, of, { keeps })
  return found.ok ? ok(found.value.customerId === customerId) : found
}

type Whose = { readonly account: string; readonly customerId: string }
