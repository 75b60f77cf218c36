// One wake-up of one adjustment: resolve the customer, hold or claim, post once, commit what came of
// it. Whatever happens between two lines of this file, D1 knows enough to go on.

import type { BillingClient } from '../commet/client.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { claim, hold } from '../db/write-adjustment.ts'
import { frozenRequest, holdReasons } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Deps } from '../deps.ts'
import { makeAttempt, type AttemptResult } from './make-attempt.ts'
import { postponeOrFail } from './postpone-or-fail.ts'
import { resolveCustomer } from './resolve-customer.ts'
import { settleAdjustment } from './settle-adjustment.ts'

/** What this wake-up did; `stale`: somebody else did it, or there is nothing to do. */
export type IssueResult = AttemptResult | 'stale' | 'held' | 'not_configured'

export async function issueAdjustment(deps: Deps, wakeUp: WakeUp): Promise<IssueResult> {
  const adjustment = await findAdjustment(deps.db, wakeUp.id)
  if (adjustment?.version !== wakeUp.version) return 'stale'
  const { billing } = deps
  if (billing === null || deps.settings.billing === null) return 'not_configured'
  if (adjustment.state === 'invoiced' && adjustment.wakeAt !== null) {
    return settleAdjustment(deps, billing, adjustment)
  }
  if (adjustment.state !== 'due') return 'stale'
  // Once a request was frozen its customer is decided: asking again could hold what was already posted.
  if (adjustment.request !== null)
    return claimAndAttempt(deps, billing, adjustment, adjustment.request)

  const resolved = await resolveCustomer(billing, adjustment.customerReference)
  if (!resolved.ok) return postponeOrFail(deps, adjustment, 'resolve', resolved.error, adjustment)
  const customer = resolved.value
  const reasons = holdReasons(adjustment, customer, {
    currency: deps.config.currency,
    mode: deps.settings.billing.mode,
  })
  if (reasons.length > 0) {
    return (await hold(deps.db, adjustment, reasons, deps.now())) ? 'held' : 'stale'
  }
  assert(customer.customerId !== null, 'no reason to hold, and yet no customer')
  const request = frozenRequest(adjustment, customer.customerId)
  return claimAndAttempt(deps, billing, adjustment, request)
}

async function claimAndAttempt(
  deps: Deps,
  billing: BillingClient,
  read: Adjustment,
  request: NonNullable<Adjustment['request']>,
): Promise<IssueResult> {
  const claimed = await claim(deps.db, read, request, deps.now())
  if (!claimed) return 'stale'
  const result = await makeAttempt(deps, billing, claimed, read.attemptedAt)
  if (result.kind !== 'issued') return result.kind
  const { adjustment } = result
  return adjustment.wakeAt === null ? 'issued' : settleAdjustment(deps, billing, adjustment)
}
