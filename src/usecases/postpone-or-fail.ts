// What a failed call to the billing API means for the adjustment that it was made for.

import type { BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { fail, hold, postpone } from '../db/write-adjustment.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import { ATTEMPTS_MAX, KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import type { Trouble } from '../domain/trouble.ts'
import type { Deps } from '../deps.ts'
import { tellTrouble } from './ask-circuit.ts'
import { newAlarm, raiseAlarm, sayAlarm } from './raise-alarm.ts'

export const troubleOf = (step: Trouble['step'], error: BillingError): Trouble => ({
  step,
  code: error.code,
  status: error.status,
  requestId: error.requestId,
})

/** The key is refused, or may not do this: nothing is wrong with the adjustment. */
export const isKeyTrouble = ({ status }: Pick<BillingError, 'status'>): boolean =>
  status === 401 || status === 403

/** What was known before this call: how many attempts, and when one may have arrived. */
export type Before = Pick<Adjustment, 'attempts' | 'attemptedAt'>

/**
 * Transient and ambiguous trouble is tried again later with the same key, until the attempts are
 * used up. A definite refusal fails. Where an attempt may have arrived, a person looks instead.
 */
export async function postponeOrFail(
  deps: Deps,
  adjustment: Adjustment,
  step: Trouble['step'],
  error: BillingError,
  before: Before,
): Promise<'postponed' | 'failed' | 'held' | 'stale'> {
  const { db } = deps
  await tellTrouble(deps, adjustment, step, error)
  const now = deps.now()
  const trouble = troubleOf(step, error)
  const facts = { adjustment: adjustment.id, ...trouble }
  const attemptedAt = error.meaning === 'ambiguous' ? adjustment.attemptedAt : before.attemptedAt
  const attempts = before.attempts + (isKeyTrouble(error) ? 0 : 1)
  const wakeAt = now + retryDelaySeconds(deps, error, attempts) * 1_000
  const isOver = error.meaning === 'permanent' || attempts >= ATTEMPTS_MAX
  if (isKeyTrouble(error) || !isOver) {
    if (isKeyTrouble(error)) {
      await raiseAlarm(deps, 'billing_key_refused', facts)
    }
    const { retryAfterSeconds } = error
    const wait = retryAfterSeconds === null ? {} : { retryAfterSeconds }
    const postponement = { wakeAt, trouble: { ...trouble, ...wait }, attempts, attemptedAt }
    return (await postpone(db, adjustment, postponement, now)) ? 'postponed' : 'stale'
  }
  if (attemptedAt !== null) {
    const alarm = await newAlarm(deps, 'outcome_unknown', facts)
    const unknown = { reasons: ['outcome_unknown'], trouble, alarm } as const
    if (!(await hold(db, adjustment, unknown, now))) return 'stale'
    await sayAlarm(deps, alarm)
    return 'held'
  }
  const alarm = await newAlarm(deps, 'adjustment_failed', facts)
  const failure = { trouble, attempts, attemptedAt, alarm }
  if (!(await fail(db, adjustment, failure, now))) return 'stale'
  await sayAlarm(deps, alarm)
  return 'failed'
}

/** Seconds until it is worth trying again: a refused key is waited for, whatever else it says. */
export const retryDelaySeconds = (deps: Deps, error: BillingError, attempts: number): number =>
  isKeyTrouble(error)
    ? KEY_TROUBLE_RETRY_SECONDS
    : backoffSeconds(attempts, error.retryAfterSeconds, deps.random())
