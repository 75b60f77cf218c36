// One refund seen twice: by the payment system, whose record is an adjustment, and by the billing system, which
// has recorded it itself. Whichever came first, the second one counts for nothing without a person.

import type { BillingError } from '../commet/client.ts'
import { findIdentified } from '../db/read-identities.ts'
import type { Adjustment } from '../db/schema.ts'
import {
  findRefundsSeen,
  findSeenRefund,
  keepSeenRefund,
  type ComparedRefunds,
} from '../db/write-seen.ts'
import type { ResolvedCustomer } from '../domain/adjustment.ts'
import type { Mode } from '../domain/event.ts'
import type { HoldDetail } from '../domain/hold.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import {
  SAME_REFUND_SECONDS,
  SEEN_REFUND_KEPT_SECONDS,
  SEEN_REFUNDS_MAX,
} from '../domain/limits.ts'
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
  const refund = { eventId: id, at, mode, customer, amount, currency }
  const keptSince = at - SEEN_REFUND_KEPT_SECONDS * 1_000
  return keepSeenRefund(db, refund, { since, customerIds }, keptSince)
}

/** Under which he is known here; a delivery asks the billing API nothing. */
async function idsOf({ db }: Deps, account: string, customer: string): Promise<readonly string[]> {
  const { customerId } = await findIdentified(db, { account, kind: 'external_id', value: customer })
  return customerId === null ? [customer] : [customer, customerId]
}

/** A row, or what would become one now. */
type Recorded = Pick<
  Adjustment,
  | 'settlement'
  | 'amount'
  | 'currency'
  | 'mode'
  | 'createdAt'
  | 'account'
  | 'customerKind'
  | 'customerReference'
  | 'chosenCustomerId'
>

export type RecordedTwice = {
  /** Why it has to wait; none where it is the only one that tells of its refund. */
  readonly doubts: readonly HoldDetail[]
  /** What that was found out from; null where nothing had to be compared. */
  readonly compared: ComparedRefunds | null
}

const NOT_COMPARED: RecordedTwice = { doubts: [], compared: null }

/**
 * Whether the billing system has told of the same refund, from a day before the record on. Where too many
 * may be the same, a person looks. `keeps`: as of `resolveCustomer`.
 */
export async function recordedTwice(
  deps: Pick<Deps, 'db' | 'now'>,
  billing: Billing,
  record: Recorded,
  { customerId }: ResolvedCustomer,
  { keeps = true }: { readonly keeps?: boolean } = {},
): Promise<Result<RecordedTwice, BillingError>> {
  const { settlement, amount, currency, mode, createdAt, account } = record
  if (settlement !== 'already_paid' || amount > 0 || customerId === null) return ok(NOT_COMPARED)
  const since = createdAt - SAME_REFUND_SECONDS * 1_000
  const facts = { mode, amount: -amount, currency, since }
  const whose = { account, customerId, externalId: externalIdOf(record) }
  const seen = await findRefundsSeen(deps.db, facts, whose)
  const { his, doubtful, doubtfulCustomers, refunds } = seen
  const compared = { facts, whose, refunds }
  if (his !== null) return ok({ doubts: [duplicateOf(his)], compared })
  if (doubtfulCustomers > SEEN_REFUNDS_MAX) {
    const numbers = { max: SEEN_REFUNDS_MAX, used: doubtfulCustomers }
    return ok({ doubts: [{ reason: 'possible_duplicate', ...numbers }], compared })
  }
  for (const { customer, eventId } of doubtful) {
    const named = { account, customerKind: 'external_id', chosenCustomerId: null } as const
    const of = { ...named, customerReference: customer }
    const found = await resolveCustomer(deps, billing, of, { keeps })
    if (!found.ok) return found
    // Whose refund it was is erased: it may have been his.
    if (found.value.customerId === customerId || found.value.isErased) {
      return ok({ doubts: [duplicateOf(eventId)], compared })
    }
  }
  return ok({ doubts: [], compared })
}

const duplicateOf = (event: EventId): HoldDetail => ({ reason: 'possible_duplicate', event })

/** By which he was found at the billing API, if nobody has chosen or identified him otherwise. */
const externalIdOf = ({ customerKind, customerReference, chosenCustomerId }: Recorded) =>
  customerKind === 'external_id' && chosenCustomerId === null ? customerReference : null
