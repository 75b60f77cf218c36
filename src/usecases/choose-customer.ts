// A person says whose adjustment it is. That is remembered for the next event of him; and since it is
// another customer's money now, every limit is asked.

import type { Database } from '../db/database.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitChoice } from '../db/write-hold-answer.ts'
import { setIdentityAfterChange } from '../db/write-identities.ts'
import { decideChoice, type ChoiceRefusal } from '../domain/approval.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { findCustomerById } from './resolve-customer.ts'
import { wakeCommitted } from './wake-committed.ts'

/** `customerId`: the billing API's own id. */
export type CustomerChoice = { readonly version: number; readonly customerId: string }

type UnknownCustomer = { readonly reason: 'unknown_customer' }
type BillingTrouble =
  | { readonly reason: 'billing_not_configured' }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      /** The HTTP status that it answered; null where it didn't. */
      readonly answered: number | null
    }

export type ChoiceTrouble = NotFound | Refused<ChoiceRefusal> | UnknownCustomer | BillingTrouble

export async function chooseCustomer(
  deps: Deps,
  operator: Operator,
  id: AdjustmentId,
  { version, customerId }: CustomerChoice,
): Promise<Result<Adjustment, ChoiceTrouble>> {
  const { db, billing } = deps
  const adjustment = await findAdjustment(db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const decided = decideChoice(adjustment, version, operator.identity, deps.now())
  if (!decided.ok) return err({ reason: 'refused', refusal: decided.error, adjustment })
  if (billing === null) return err({ reason: 'billing_not_configured' })
  const trouble = await troubleWith(deps, billing, customerId)
  if (trouble) return err(trouble)
  const now = deps.now()
  const { reasons } = decided.value
  const further = remembering(db, adjustment, customerId, operator, now)
  const choice = { operator, customerId, reasons, remembering: further }
  const row = await commitChoice(db, adjustment, choice, now)
  if (row === null) return movedMeanwhile(deps, adjustment)
  await wakeCommitted(deps, row)
  return ok(row)
}

/** Null: the billing API knows him by this very id. */
async function troubleWith(
  deps: Deps,
  billing: Billing,
  customerId: string,
): Promise<UnknownCustomer | BillingTrouble | null> {
  const found = await findCustomerById(billing, customerId)
  if (found.ok) return found.value === null ? { reason: 'unknown_customer' } : null
  const { code, status } = found.error
  if (isKeyTrouble(found.error)) await raiseAlarm(deps, 'billing_key_refused', { code, status })
  return { reason: 'billing_unavailable', code, answered: status }
}

/** For the next event that names him so; where this one named nobody, there is nothing to remember. */
function remembering(
  db: Database,
  { account, customerKind: kind, customerReference: value }: Adjustment,
  customerId: string,
  { name }: Operator,
  now: number,
): ReturnType<typeof setIdentityAfterChange> {
  if (value === null) return []
  const identity = { account, kind, value, customerId }
  return setIdentityAfterChange(db, identity, `operator:${name}`, now)
}
