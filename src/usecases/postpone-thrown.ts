// What throws outside an attempt has no lease that runs out: it is counted here, so that it is neither
// tried each minute for ever nor forgotten.

import type { BillingError } from '../commet/client.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Deps } from '../deps.ts'
import { postponeOrFail } from './postpone-or-fail.ts'
import { settleAgain } from './settle-adjustment.ts'

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
    await settleAgain(deps, adjustment, THREW)
  }
}
