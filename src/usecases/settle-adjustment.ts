// The last step of a record: its money moved elsewhere, so its invoice is marked paid. The invoice is
// there and the step can be repeated, so it is given up only when the invoice can't be paid any more.

import type { BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { postpone } from '../db/write-adjustment.ts'
import { commitSettled, failSettlement } from '../db/write-invoice.ts'
import { idempotencyKey, isClosed } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { ATTEMPTS_MAX, KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import type { Billing, Deps } from '../deps.ts'
import { isKeyTrouble, retryDelaySeconds, troubleOf } from './postpone-or-fail.ts'

export type SettleResult = 'issued' | 'postponed' | 'unsettled' | 'stale'

export async function settleAdjustment(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
): Promise<SettleResult> {
  const { invoiceId } = adjustment
  assert(invoiceId !== null, 'settling without an invoice')
  if (adjustment.mode !== billing.mode) return waitForKey(deps, adjustment)
  // A key of its own for each attempt: the billing API would replay a stored refusal for a day, and
  // marking an invoice paid twice changes nothing.
  const { id, generation, attempts } = adjustment
  const key = `${idempotencyKey(id, generation)}.paid.${attempts}`
  const answer = await billing.invoices.updateStatus(invoiceId, 'paid', { idempotencyKey: key })
  if (answer.ok && answer.value.data.id === invoiceId && answer.value.data.status === 'paid') {
    return settled(deps, adjustment, answer.value.requestId)
  }
  if (!answer.ok && (answer.error.meaning !== 'permanent' || isKeyTrouble(answer.error))) {
    return settleAgain(deps, adjustment, answer.error)
  }
  // Refused, or answered with something else: what the invoice is now decides.
  deps.log({ event: 'alarm.settlement_refused', adjustment: id, invoice: invoiceId })
  const current = await billing.invoices.get(invoiceId)
  if (!current.ok) return settleAgain(deps, adjustment, current.error)
  const { status } = current.value.data
  if (status === 'paid') return settled(deps, adjustment, current.value.requestId)
  const error = answer.ok ? notPaid(answer.value.requestId) : answer.error
  return isClosed(status)
    ? giveUp(deps, adjustment, error, status)
    : settleAgain(deps, adjustment, error)
}

/** The invoice is in the other mode than the key of today: it is waited for, and said. */
async function waitForKey(deps: Deps, adjustment: Adjustment): Promise<SettleResult> {
  const { id, invoiceId: invoice, trouble, attempts, attemptedAt } = adjustment
  deps.log({ event: 'alarm.billing_key_of_other_mode', adjustment: id, invoice })
  const now = deps.now()
  const wakeAt = now + KEY_TROUBLE_RETRY_SECONDS * 1_000
  const row = await postpone(deps.db, adjustment, { wakeAt, trouble, attempts, attemptedAt }, now)
  return row ? 'postponed' : 'stale'
}

const notPaid = (requestId: string | null): BillingError => ({
  meaning: 'transient',
  status: 200,
  code: 'not_paid',
  message: 'the status was accepted, and yet the invoice is not paid',
  param: null,
  requestId,
  retryAfterSeconds: null,
})

async function settled(
  deps: Deps,
  adjustment: Adjustment,
  requestId: string | null,
): Promise<SettleResult> {
  const answered = { status: 'paid', requestId }
  return (await commitSettled(deps.db, adjustment, answered, deps.now())) ? 'issued' : 'stale'
}

/** Later, with attempts that are counted; when they are used up, a person looks. */
export async function settleAgain(
  deps: Deps,
  adjustment: Adjustment,
  error: BillingError,
): Promise<SettleResult> {
  const { id, invoiceId: invoice } = adjustment
  if (isKeyTrouble(error)) {
    const { status, code } = error
    deps.log({ event: 'alarm.billing_key_refused', adjustment: id, invoice, status, code })
  }
  // A key that may post but not mark paid is not waited for without end.
  const attempts = adjustment.attempts + (error.status === 401 ? 0 : 1)
  const { invoiceStatus } = adjustment
  if (attempts >= ATTEMPTS_MAX) return giveUp(deps, adjustment, error, invoiceStatus)
  const now = deps.now()
  const postponement = {
    wakeAt: now + retryDelaySeconds(deps, error, attempts) * 1_000,
    trouble: troubleOf('settle', error),
    attempts,
    attemptedAt: adjustment.attemptedAt,
  }
  return (await postpone(deps.db, adjustment, postponement, now)) ? 'postponed' : 'stale'
}

async function giveUp(
  deps: Deps,
  adjustment: Adjustment,
  error: BillingError,
  status: string | null,
): Promise<SettleResult> {
  const { id, invoiceId } = adjustment
  const failure = { trouble: troubleOf('settle', error), status }
  if (!(await failSettlement(deps.db, adjustment, failure, deps.now()))) return 'stale'
  deps.log({ event: 'alarm.settlement_failed', adjustment: id, invoice: invoiceId })
  return 'unsettled'
}
