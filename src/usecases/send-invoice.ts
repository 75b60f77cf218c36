// The billing API's own mail of an invoice, asked of us. Each asking is a mail; a key that comes
// again within the 24 hours of the billing API is none.

import type { Forwarded } from '../commet/forward.ts'
import { callSubject } from '../domain/call-subject.ts'
import type { Operator } from '../domain/operator.ts'
import { err, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { forwardWrite } from './forward-call.ts'
import { lookAtInvoice, type LookTrouble } from './look-at-invoice.ts'

export async function sendInvoice(
  deps: Deps,
  operator: Operator,
  id: string,
  key: string | null,
): Promise<Result<Forwarded, LookTrouble>> {
  if (deps.billing === null) return err({ reason: 'not_configured' })
  const looked = await lookAtInvoice(deps, deps.billing, id, 'send')
  if (!looked.ok) return looked
  const { ours } = looked.value
  return forwardWrite(deps, operator, {
    method: 'POST',
    path: '/invoices/{id}/send',
    id,
    body: {},
    subject: ours?.id ?? callSubject('invoice', id),
    key,
    wanted: {},
  })
}
