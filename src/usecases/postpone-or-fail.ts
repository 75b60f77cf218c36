// What a failed call to the billing API means for the adjustment that it was made for.

import type { BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { fail, hold, postpone } from '../db/write-adjustment.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import { ATTEMPTS_MAX, KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import type { Trouble } from '../domain/trouble.ts'
import type { Deps } from '../deps.ts'

export const troubleOf = (step: Trouble['step'], error: BillingError): Trouble => ({
  step,
  code: error.code,
  status: error.status,
  requestId: error.requestId,
})

/** The key is refused, or may not do this: nothing is wrong with the adjustment. */
export const isKeyTrouble = ({ status }: BillingError): boolean => status === 401 || status === 403

/** What was known before this call: how many attempts, and when one may have arrived. */
export type Before = Pick<Adjustment, 'attempts' | 'attemptedAt'>

/**
 * Transient and ambiguous trouble is tried again later with the same key, until the attempts are
 * used up. A definite refusal fails, unless an earlier attempt may have arrived: then a person looks.
 */
export async function postponeOrFail(
  deps: Deps,
  adjustment: Adjustment,
  step: Trouble['step'],
  error: BillingError,
  before: Before,
): Promise<'postponed' | 'failed' | 'held' | 'stale'> {
  const now = deps.now()
  const trouble = troubleOf(step, error)
  const isAmbiguous = error.meaning === 'ambiguous'
  const attemptedAt = isAmbiguous ? adjustment.attemptedAt : before.attemptedAt
  if (isKeyTrouble(error)) {
    const wakeAt = now + KEY_TROUBLE_RETRY_SECONDS * 1_000
    const postponement = { wakeAt, trouble, attempts: before.attempts, attemptedAt }
    return (await postpone(deps.db, adjustment, postponement, now)) ? 'postponed' : 'stale'
  }
  const attempts = before.attempts + 1
  if (error.meaning === 'permanent' && attemptedAt !== null) {
    return (await hold(deps.db, adjustment, ['outcome_unknown'], now)) ? 'held' : 'stale'
  }
  if (error.meaning === 'permanent' || attempts >= ATTEMPTS_MAX) {
    return (await fail(deps.db, adjustment, { trouble, attempts, attemptedAt }, now))
      ? 'failed'
      : 'stale'
  }
  const delay = backoffSeconds(attempts, error.retryAfterSeconds, deps.random())
  const postponement = { wakeAt: now + delay * 1_000, trouble, attempts, attemptedAt }
  return (await postpone(deps.db, adjustment, postponement, now)) ? 'postponed' : 'stale'
}
