// One wake-up of one adjustment: resolve the customer, hold or claim, post once, commit what came of
// it. Whatever happens between two lines of this file, D1 knows enough to go on.

import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { claim, hold } from '../db/write-adjustment.ts'
import { frozenRequest, holdReasons, type HoldReason } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Billing, Deps } from '../deps.ts'
import { makeAttempt, type AttemptResult } from './make-attempt.ts'
import { postponeOrFail } from './postpone-or-fail.ts'
import { resolveCustomer } from './resolve-customer.ts'
import { settleAdjustment, type SettleResult } from './settle-adjustment.ts'

/** What this wake-up did; `stale`: somebody else did it, or there is nothing to do. */
export type IssueResult = AttemptResult | SettleResult | 'not_configured'

export async function issueAdjustment(deps: Deps, wakeUp: WakeUp): Promise<IssueResult> {
  const adjustment = await findAdjustment(deps.db, wakeUp.id)
  if (adjustment?.version !== wakeUp.version) return 'stale'
  const { billing } = deps
  if (billing === null) return 'not_configured'
  if (adjustment.state === 'invoiced' && adjustment.wakeAt !== null) {
    return settleAdjustment(deps, billing, adjustment)
  }
  if (adjustment.state !== 'due') return 'stale'
  return adjustment.request === null
    ? issueFirst(deps, billing, adjustment)
    : issueAgain(deps, billing, adjustment, adjustment.request)
}

async function issueFirst(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
): Promise<IssueResult> {
  const resolved = await resolveCustomer(billing, adjustment.customerReference)
  if (!resolved.ok) return postponeOrFail(deps, adjustment, 'resolve', resolved.error, adjustment)
  const customer = resolved.value
  const { currency, endpoints } = deps.config
  // An endpoint that is configured no more can't say that its bodies were proven.
  const holdsAll = endpoints.get(adjustment.endpoint)?.holdsAll ?? true
  const reasons = holdReasons(adjustment, customer, { currency, mode: billing.mode }, { holdsAll })
  if (reasons.length > 0) return holdFor(deps, adjustment, reasons)
  assert(customer.customerId !== null, 'no reason to hold, and yet no customer')
  return claimAndAttempt(deps, billing, adjustment, frozenRequest(adjustment, customer.customerId))
}

/**
 * A frozen request's customer is decided: asking again could hold what was already posted. Only the
 * billing key may have become another one since, and then nothing may be posted with it.
 */
async function issueAgain(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
  request: NonNullable<Adjustment['request']>,
): Promise<IssueResult> {
  if (adjustment.mode === billing.mode) {
    return claimAndAttempt(deps, billing, adjustment, request)
  }
  const mayHaveArrived = adjustment.attemptedAt !== null
  return holdFor(deps, adjustment, ['mode_mismatch', ...(mayHaveArrived ? OUTCOME_UNKNOWN : [])])
}

const OUTCOME_UNKNOWN: readonly HoldReason[] = ['outcome_unknown']

const holdFor = async (
  deps: Deps,
  adjustment: Adjustment,
  reasons: readonly HoldReason[],
): Promise<IssueResult> =>
  (await hold(deps.db, adjustment, { reasons }, deps.now())) ? 'held' : 'stale'

async function claimAndAttempt(
  deps: Deps,
  billing: Billing,
  read: Adjustment,
  request: NonNullable<Adjustment['request']>,
): Promise<IssueResult> {
  const claimed = await claim(deps.db, read, request, deps.now())
  if (!claimed) return 'stale'
  const result = await makeAttempt(deps, billing, claimed, read)
  if (result.kind !== 'issued') return result.kind
  const { adjustment } = result
  return adjustment.wakeAt === null ? 'issued' : settleAdjustment(deps, billing, adjustment)
}
