// The invoice of an adjustment, as the call that makes one answers it: at once, or whenever its key comes again.

import { createdInvoice } from '../commet/contract.ts'
import type { Forwarded } from '../commet/forward.ts'
import type { Adjustment } from '../db/schema.ts'
import { assert } from '../domain/assert.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing } from '../deps.ts'

type UnreadInvoice = {
  readonly reason: 'invoice_unread'
  readonly adjustment: Adjustment
  readonly code: string
}

/** `answer`: what the post was answered, where it was made just now. */
export async function createdInvoiceOf(
  billing: Billing,
  adjustment: Adjustment,
  answer: Forwarded | null,
): Promise<Result<Forwarded, UnreadInvoice>> {
  const { invoiceId } = adjustment
  assert(invoiceId !== null, 'invoiced without an invoice')
  if (answer !== null && isOf(answer, invoiceId)) return ok(answer)
  const found = await readInvoice(billing, invoiceId, CREATED_FIELDS)
  return found.ok
    ? ok({ ...found.value, status: CREATED })
    : err({ reason: 'invoice_unread', adjustment, code: found.error })
}

/** These of its fields, as it is now; or the code of the trouble. */
export async function readInvoice(
  billing: Billing,
  id: string,
  fields: readonly string[],
): Promise<Result<Forwarded, string>> {
  const found = await billing.forward({ method: 'GET', path: '/invoices/{id}', id })
  if (!found.ok) return err(found.error.code)
  if (!isOf(found.value, id)) return err(found.value.code ?? 'unexpected_shape')
  const all = dataOf(found.value)
  const data = fields.flatMap((field) => (field in all ? [[field, all[field]]] : []))
  return ok({ ...found.value, body: { success: true, data: Object.fromEntries(data) } })
}

const CREATED = 201

/** What the call answers of it; whoever gets it later is told no more. */
const CREATED_FIELDS: readonly string[] = Object.keys(createdInvoice.shape)

const isOf = (answer: Forwarded, id: string): boolean =>
  answer.status < 300 && dataOf(answer)['id'] === id

function dataOf({ body }: Forwarded): Readonly<Record<string, unknown>> {
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null
  return isObject(body) && isObject(body['data']) ? body['data'] : {}
}
