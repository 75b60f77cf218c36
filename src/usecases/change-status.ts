// The step after an invoice is there that changes its status: a record is marked paid, an invoice is
// voided. It can be repeated, so it is given up only when the invoice can't change any more.

import type { BillingError } from '../commet/client.ts'
import type { SettableStatus } from '../commet/contract.ts'
import type { Adjustment } from '../db/schema.ts'
import { postpone, type FailedChange } from '../db/write-adjustment.ts'
import { isFinal } from '../domain/adjustment.ts'
import type { AlarmCause } from '../domain/alarm.ts'
import { assert } from '../domain/assert.ts'
import { ATTEMPTS_MAX, KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import type { Trouble } from '../domain/trouble.ts'
import type { Billing, Deps } from '../deps.ts'
import { tellTrouble } from './ask-circuit.ts'
import { isKeyTrouble, retryDelaySeconds, troubleOf } from './postpone-or-fail.ts'
import { newAlarm, raiseAlarm, sayAlarm } from './raise-alarm.ts'

type Answered = { readonly status: string; readonly requestId: string | null }
/** Null where somebody else was first. */
type Commit<What> = (
  db: Deps['db'],
  read: Adjustment,
  what: What,
  now: number,
) => Promise<Adjustment | null>

export type StatusChange = {
  readonly step: Trouble['step']
  readonly wanted: SettableStatus
  /** One of its own for each attempt: the billing API would replay a stored refusal for a day. */
  readonly key: (adjustment: Adjustment) => string
  readonly finish: Commit<Answered>
  readonly giveUp: Commit<FailedChange>
  readonly alarms: { readonly refused: string; readonly givenUp: AlarmCause }
}

export type StatusChanged = 'done' | 'postponed' | 'given_up' | 'stale'

export async function changeStatus(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
  change: StatusChange,
): Promise<StatusChanged> {
  const { id, invoiceId } = adjustment
  const { wanted } = change
  assert(invoiceId !== null, 'a change of status without an invoice')
  if (adjustment.mode !== billing.mode) return waitForKey(deps, adjustment)
  const options = { idempotencyKey: change.key(adjustment) }
  const answer = await billing.invoices.updateStatus(invoiceId, wanted, options)
  if (answer.ok && answer.value.data.id === invoiceId && answer.value.data.status === wanted) {
    return finish(deps, adjustment, change, answer.value.requestId)
  }
  if (!answer.ok && (answer.error.meaning !== 'permanent' || isKeyTrouble(answer.error))) {
    return changeAgain(deps, adjustment, change, answer.error)
  }
  // Refused, or answered with something else: what the invoice is now decides.
  deps.log({ event: change.alarms.refused, adjustment: id, invoice: invoiceId })
  const current = await billing.invoices.get(invoiceId)
  if (!current.ok) return changeAgain(deps, adjustment, change, current.error)
  const { status } = current.value.data
  if (status === wanted) return finish(deps, adjustment, change, current.value.requestId)
  const error = answer.ok ? notDone(wanted, answer.value.requestId) : answer.error
  return isFinal(status)
    ? giveUp(deps, adjustment, change, error, status)
    : changeAgain(deps, adjustment, change, error)
}

/** The invoice is in the other mode than the key of today: it is waited for, and said. */
async function waitForKey(deps: Deps, adjustment: Adjustment): Promise<StatusChanged> {
  const { id, invoiceId: invoice, trouble, attempts, attemptedAt } = adjustment
  await raiseAlarm(deps, 'billing_key_of_other_mode', { adjustment: id, invoice })
  const now = deps.now()
  const wakeAt = now + KEY_TROUBLE_RETRY_SECONDS * 1_000
  const row = await postpone(deps.db, adjustment, { wakeAt, trouble, attempts, attemptedAt }, now)
  return row ? 'postponed' : 'stale'
}

const notDone = (wanted: SettableStatus, requestId: string | null): BillingError => ({
  meaning: 'transient',
  status: 200,
  code: `not_${wanted}`,
  message: `the status was accepted, and yet the invoice is not ${wanted}`,
  param: null,
  requestId,
  retryAfterSeconds: null,
})

async function finish(
  deps: Deps,
  adjustment: Adjustment,
  change: StatusChange,
  requestId: string | null,
): Promise<StatusChanged> {
  const answered = { status: change.wanted, requestId }
  return (await change.finish(deps.db, adjustment, answered, deps.now())) ? 'done' : 'stale'
}

/** Later, with attempts that are counted; when they are used up, a person looks. */
export async function changeAgain(
  deps: Deps,
  adjustment: Adjustment,
  change: StatusChange,
  error: BillingError,
): Promise<StatusChanged> {
  const { id, invoiceId: invoice } = adjustment
  await tellTrouble(deps, adjustment, change.step, error)
  if (isKeyTrouble(error)) {
    const { status, code } = error
    await raiseAlarm(deps, 'billing_key_refused', { adjustment: id, invoice, status, code })
  }
  // A key that may post but not change a status is not waited for without end.
  const attempts = adjustment.attempts + (error.status === 401 ? 0 : 1)
  const { invoiceStatus } = adjustment
  if (attempts >= ATTEMPTS_MAX) return giveUp(deps, adjustment, change, error, invoiceStatus)
  const now = deps.now()
  const postponement = {
    wakeAt: now + retryDelaySeconds(deps, error, attempts) * 1_000,
    trouble: troubleOf(change.step, error),
    attempts,
    attemptedAt: adjustment.attemptedAt,
  }
  return (await postpone(deps.db, adjustment, postponement, now)) ? 'postponed' : 'stale'
}

async function giveUp(
  deps: Deps,
  adjustment: Adjustment,
  change: StatusChange,
  error: BillingError,
  status: string | null,
): Promise<StatusChanged> {
  const { id, invoiceId } = adjustment
  const facts = { adjustment: id, invoice: invoiceId }
  const alarm = await newAlarm(deps, change.alarms.givenUp, facts)
  const failure = { trouble: troubleOf(change.step, error), status, alarm }
  if (!(await change.giveUp(deps.db, adjustment, failure, deps.now()))) return 'stale'
  await sayAlarm(deps, alarm)
  return 'given_up'
}
