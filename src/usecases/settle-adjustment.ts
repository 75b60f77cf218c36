// The last step of a record: its money moved elsewhere, so its invoice is marked paid. The invoice is
// there and the step can be repeated, so it is given up only when the invoice can't be paid any more.

import type { BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { postpone } from '../db/write-adjustment.ts'
import { commitSettled, failSettlement } from '../db/write-invoice.ts'
import { idempotencyKey } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { ATTEMPTS_MAX } from '../domain/limits.ts'
import type { Billing, Deps } from '../deps.ts'
import { isKeyTrouble, retryDelaySeconds, troubleOf } from './postpone-or-fail.ts'

export type SettleResult = 'issued' | 'postponed' | 'unsettled' | 'stale'

/** Statuses from which no invoice becomes `paid` any more. */
const CLOSED = new Set(['void', 'uncollectible'])

export async function settleAdjustment(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
): Promise<SettleResult> {
  const { invoiceId } = adjustment
  assert(invoiceId !== null, 'settling without an invoice')
  const key = `${idempotencyKey(adjustment.id, adjustment.generation)}.paid`
  const answer = await billing.invoices.updateStatus(invoiceId, 'paid', { idempotencyKey: key })
  if (answer.ok && answer.value.data.id === invoiceId && answer.value.data.status === 'paid') {
    return settled(deps, adjustment, answer.value.requestId)
  }
  if (!answer.ok && (answer.error.meaning !== 'permanent' || isKeyTrouble(answer.error))) {
    return tryAgain(deps, adjustment, answer.error)
  }
  // Refused, or answered with something else: what the invoice is now decides.
  const now = await billing.invoices.get(invoiceId)
  if (!now.ok) return tryAgain(deps, adjustment, now.error)
  const { status } = now.value.data
  if (status === 'paid') return settled(deps, adjustment, now.value.requestId)
  const error = answer.ok ? notPaid(answer.value.requestId) : answer.error
  return CLOSED.has(status) ? giveUp(deps, adjustment, error) : tryAgain(deps, adjustment, error)
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

async function tryAgain(
  deps: Deps,
  adjustment: Adjustment,
  error: BillingError,
): Promise<SettleResult> {
  const attempts = adjustment.attempts + (isKeyTrouble(error) ? 0 : 1)
  if (attempts >= ATTEMPTS_MAX) return giveUp(deps, adjustment, error)
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
): Promise<SettleResult> {
  const { id, invoiceId } = adjustment
  const trouble = troubleOf('settle', error)
  if (!(await failSettlement(deps.db, adjustment, trouble, deps.now()))) return 'stale'
  deps.log({ event: 'alarm.settlement_failed', adjustment: id, invoice: invoiceId })
  return 'unsettled'
}
