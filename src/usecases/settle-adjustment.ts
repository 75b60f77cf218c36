// The last step of a record: its money moved elsewhere, so its invoice is marked paid.

import type { BillingClient } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { postpone } from '../db/write-adjustment.ts'
import { commitSettled, failSettlement } from '../db/write-invoice.ts'
import { idempotencyKey } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import { ATTEMPTS_MAX, KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import type { Deps } from '../deps.ts'
import { isKeyTrouble, troubleOf } from './postpone-or-fail.ts'

export async function settleAdjustment(
  deps: Deps,
  billing: BillingClient,
  adjustment: Adjustment,
): Promise<'issued' | 'postponed' | 'failed' | 'stale'> {
  const { invoiceId } = adjustment
  assert(invoiceId !== null, 'settling without an invoice')
  const key = `${idempotencyKey(adjustment.id, adjustment.generation)}.paid`
  const answer = await billing.invoices.updateStatus(invoiceId, 'paid', { idempotencyKey: key })
  const now = deps.now()
  if (answer.ok) {
    const { data, requestId } = answer.value
    const answered = { status: data.status, requestId }
    return (await commitSettled(deps.db, adjustment, answered, now)) ? 'issued' : 'stale'
  }
  const { error } = answer
  const trouble = troubleOf('settle', error)
  const attempts = adjustment.attempts + (isKeyTrouble(error) ? 0 : 1)
  if (error.meaning !== 'permanent' || isKeyTrouble(error)) {
    if (attempts < ATTEMPTS_MAX) {
      const delay = isKeyTrouble(error)
        ? KEY_TROUBLE_RETRY_SECONDS
        : backoffSeconds(attempts, error.retryAfterSeconds, deps.random())
      const { attemptedAt } = adjustment
      const postponement = { wakeAt: now + delay * 1_000, trouble, attempts, attemptedAt }
      return (await postpone(deps.db, adjustment, postponement, now)) ? 'postponed' : 'stale'
    }
  }
  return giveUpOrConfirm(deps, billing, adjustment, trouble)
}

/** "Only an outstanding invoice may change" is also the answer when it is paid by now: then all is well. */
async function giveUpOrConfirm(
  deps: Deps,
  billing: BillingClient,
  adjustment: Adjustment,
  trouble: ReturnType<typeof troubleOf>,
): Promise<'issued' | 'failed' | 'stale'> {
  const { invoiceId } = adjustment
  assert(invoiceId !== null, 'settling without an invoice')
  const answer = await billing.invoices.get(invoiceId)
  const now = deps.now()
  if (answer.ok && answer.value.data.status === 'paid') {
    const answered = { status: 'paid', requestId: answer.value.requestId }
    return (await commitSettled(deps.db, adjustment, answered, now)) ? 'issued' : 'stale'
  }
  const row = await failSettlement(deps.db, adjustment, trouble, now)
  if (!row) return 'stale'
  deps.log({ event: 'alarm.settlement_failed', adjustment: adjustment.id, invoice: invoiceId })
  return 'failed'
}
