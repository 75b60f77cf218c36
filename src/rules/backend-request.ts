// What the user's own backend asks for by Standard Webhooks: `data` with `id` (what it is for),
// `amount` (an integer of minor units), `currency`, `customer`, and optionally `asker` and
// `original_invoice`.

import * as z from 'zod/mini'
import { moneyFromMinorUnits, parseCurrency, type Money } from '../domain/money.ts'
import type { Adjust, Outcome, ProposalFields } from '../domain/outcome.ts'
import { emailCustomer, externalCustomer } from './sender-fields.ts'
import { unreadableAmount } from './typed-amount.ts'

export const backendRequest = z.object({
  data: z.object({
    id: z.string().check(z.minLength(1)),
    amount: z.optional(z.unknown()),
    currency: z.optional(z.unknown()),
    customer: z.nullish(
      z.object({ external_id: z.nullish(z.string()), email: z.nullish(z.string()) }),
    ),
    asker: z.nullish(z.string()),
    original_invoice: z.nullish(z.string()),
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
