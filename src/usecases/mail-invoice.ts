// The billing system's own mail of an invoice. It goes out under a key of the invoice's own mode, so that a
// test is never mailed by a live key.

import type { BillingError } from '../commet/client.ts'
import type { Deps } from '../deps.ts'
import { NOTICE_KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import type { CustomerInvoice } from '../domain/notice.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Sent, SendTrouble } from '../notices/channel.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'

export async function mailInvoice(
  { billing }: Pick<Deps, 'billing'>,
  { id, mode }: CustomerInvoice,
  idempotencyKey: string,
): Promise<Result<Sent, SendTrouble>> {
  // A person mends both: the mail waits.
  if (billing === null) return err(waiting('billing_not_configured', null))
  if (billing.mode !== mode) return err(waiting('billing_key_of_other_mode', null))
  const answer = await billing.invoices.send(id, { idempotencyKey })
  if (!answer.ok) return err(troubleOf(answer.error))
  return answer.value.data.sent ? ok('sent') : err(NOT_SENT)
}

function troubleOf(error: BillingError): SendTrouble {
  const { meaning, code, status, retryAfterSeconds } = error
  if (isKeyTrouble(error)) return waiting(code, status)
  return {
    // What may have been sent is asked again under the same key.
    meaning: meaning === 'permanent' ? 'permanent' : 'transient',
    code,
    status,
    retryAfterSeconds,
  }
}

const waiting = (code: string, status: number | null): SendTrouble => ({
  meaning: 'refused',
  code,
  status,
  retryAfterSeconds: NOTICE_KEY_TROUBLE_RETRY_SECONDS,
})

const NOT_SENT: SendTrouble = {
  meaning: 'permanent',
  code: 'not_sent',
  status: 200,
  retryAfterSeconds: null,
}
