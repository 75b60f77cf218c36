// What throws outside an attempt has no lease that runs out: it is counted here, so that it is neither
// tried each minute for ever nor forgotten.

import type { BillingError } from '../commet/client.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { postpone } from '../db/write-adjustment.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import { isToSettle, isToVoid } from '../domain/reversal.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Deps } from '../deps.ts'
import { postponeOrFail } from './postpone-or-fail.ts'
import { settleAgain } from './settle-adjustment.ts'
import { voidAgain } from './void-invoice.ts'

const THREW: BillingError = {
  meaning: 'transient',
  status: null,
  code: 'threw',
  message: 'the consumer threw',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
}

/** Nothing under a lease: after it, the sweep puts that back as attempted, its outcome unknown. */
export async function postponeThrown(deps: Deps, wakeUp: WakeUp): Promise<void> {
  const adjustment = await findAdjustment(deps.db, wakeUp.id)
  if (adjustment?.version !== wakeUp.version) return
  if (adjustment.state === 'due') {
    await postponeOrFail(deps, adjustment, 'resolve', THREW, adjustment)
  }
  if (adjustment.state === 'invoiced' && adjustment.wakeAt !== null) {
    await postponeInvoiced(deps, adjustment)
  }
}

async function postponeInvoiced(deps: Deps, adjustment: Adjustment): Promise<void> {
  if (isToVoid(adjustment)) {
    await voidAgain(deps, adjustment, THREW)
  } else if (isToSettle(adjustment)) {
    await settleAgain(deps, adjustment, THREW)
  } else {
    // What is left is to reverse it, which is never given up.
    const attempts = adjustment.attempts + 1
    const now = deps.now()
    const wakeAt = now + backoffSeconds(attempts, null, deps.random()) * 1_000
    await postpone(deps.db, adjustment, { ...adjustment, wakeAt, attempts }, now)
  }
}
