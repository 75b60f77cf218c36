// A person says whose adjustment it is. That is remembered for the next event of him; and since it is
// another customer's money now, every limit is asked.

import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitChoice } from '../db/write-hold-answer.ts'
import { decideChoice, type ChoiceRefusal } from '../domain/approval.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { wakeCommitted } from './wake-committed.ts'

/** `customerId`: the billing API's own id. */
export type CustomerChoice = { readonly version: number; readonly customerId: string }

type UnknownCustomer = { readonly reason: 'unknown_customer' }
type BillingTrouble =
  | { readonly reason: 'billing_not_configured' }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      readonly status: number | null
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
  const decided = decideChoice(adjustment, version, deps.now())
  if (!decided.ok) return err({ reason: 'refused', refusal: decided.error, adjustment })
  if (billing === null) return err({ reason: 'billing_not_configured' })
  const trouble = await troubleWith(deps, billing, customerId)
  if (trouble) return err(trouble)
  const now = deps.now()
  const { reasons } = decided.value
  const choice = { operator, customerId, reasons, remembering: [] }
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
  const answer = await billing.customers.get(customerId)
  if (answer.ok) return answer.value.data.id === customerId ? null : { reason: 'unknown_customer' }
  const { error } = answer
  const { code, status } = error
  if (isKeyTrouble(error)) deps.log({ event: 'alarm.billing_key_refused', code, status })
  const isRefused = error.meaning === 'permanent' && !isKeyTrouble(error)
  return isRefused
    ? { reason: 'unknown_customer' }
    : { reason: 'billing_unavailable', code, answered: status }
}
