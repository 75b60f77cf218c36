// The billing API's own mail of an invoice, asked of us. Each asking is a mail: whose key comes again gets none.

import type { Forwarded } from '../commet/forward.ts'
import { findInvoiced } from '../db/write-seen.ts'
import { callSubject } from '../domain/call-subject.ts'
import type { Operator } from '../domain/operator.ts'
import type { Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { forwardWrite, type ForwardTrouble } from './forward-call.ts'

export async function sendInvoice(
  deps: Deps,
  operator: Operator,
  id: string,
  key: string | null,
): Promise<Result<Forwarded, ForwardTrouble>> {
  const ours = await findInvoiced(deps.db, id)
  return forwardWrite(deps, operator, {
    method: 'POST',
    path: '/invoices/{id}/send',
    id,
    body: {},
    subject: ours?.id ?? callSubject('invoice', id),
    key,
  })
}
