// What the user's own backend asks for by Standard Webhooks: `data` with `id` (what it is for),
// `amount` (an integer of minor units), `currency`, `customer`, and optionally `asker` and
// `original_invoice`.

import * as z from 'zod'
import { moneyFromMinorUnits, parseCurrency, type Money } from '../domain/money.ts'
import type { Adjust, Outcome, ProposalFields } from '../domain/outcome.ts'
import { emailCustomer, externalCustomer } from './sender-fields.ts'
import { unreadableAmount } from './typed-amount.ts'

export const backendRequest = z.object({
  data: z.object({
    id: z.string().min(1),
    amount: z.unknown().optional(),
    currency: z.unknown().optional(),
    customer: z
      .object({ external_id: z.string().nullish(), email: z.string().nullish() })
      .nullish(),
    asker: z.string().nullish(),
    original_invoice: z.string().nullish(),
  }),
})

/** `make`: `credit` or `charge`. `kind`: of the subject, so that both may be about one id. */
export function requestedByBackend(
  { data }: z.output<typeof backendRequest>,
  kind: string,
  make: (money: Money, fields: ProposalFields) => Adjust,
): Outcome {
  const currency = parseCurrency(data.currency)
  if (!currency.ok) return unreadableAmount(currency.error, 'data.currency')
  const money = moneyFromMinorUnits(data.amount, currency.value)
  if (!money.ok) return unreadableAmount(money.error, 'data.amount')
  return make(money.value, {
    subject: `${kind}:${data.id}`,
    customer: externalCustomer(data.customer?.external_id) ?? emailCustomer(data.customer?.email),
    asker: data.asker ?? null,
    originalInvoice: data.original_invoice ?? null,
  })
}
