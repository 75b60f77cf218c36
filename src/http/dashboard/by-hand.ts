// What the form of an adjustment by hand says, as the API wants it.

import { unreachable } from '../../domain/assert.ts'
import type { CustomerKind } from '../../domain/customer.ts'
import { moneyFromDecimal, type AmountTrouble } from '../../domain/money.ts'
import { err, ok, type Result } from '../../domain/result.ts'
import type { presentAdjustment } from '../api/adjustments.ts'
import type { AppContext } from '../context.ts'
import { callApi, type ApiAnswer } from './call-api.ts'
import { KIND_WORDS } from './identity-table.tsx'

export const BY_HAND_KINDS: readonly (readonly [CustomerKind, string])[] = [
  ['billing_id', 'his id at billing, cus_…'],
  ...(Object.entries(KIND_WORDS) as [CustomerKind, string][]),
]

const FIELDS = [
  'direction',
  'amount',
  'kind',
  'customer',
  'reason',
  'settlement',
  'originalInvoice',
] as const

export type TypedByHand = Readonly<Record<(typeof FIELDS)[number], string>>

export const typedByHand = (fields: Readonly<Record<string, string>>): TypedByHand =>
  Object.fromEntries(FIELDS.map((name) => [name, fields[name]?.trim() ?? ''])) as TypedByHand

type Made = ApiAnswer<ReturnType<typeof presentAdjustment>>

/** The event is what makes it once: no key of the page is needed, and none would be stronger. */
export async function makeByHand(
  c: AppContext,
  event: string,
  typed: TypedByHand,
): Promise<Result<Made, string>> {
  const { currency } = c.var.deps.config
  const { direction, kind, customer, reason, settlement, originalInvoice } = typed
  const money = moneyFromDecimal(typed.amount, currency)
  if (!money.ok) return err(`This was not done. Amount: ${amountWords(money.error)}.`)
  const body = {
    direction,
    amount: money.value.minorUnits,
    currency,
    reason,
    settlement,
    ...(kind === 'billing_id' ? { customerId: customer } : { customer: { kind, value: customer } }),
    ...(originalInvoice === '' ? {} : { originalInvoice }),
    conflict: event,
  }
  return ok(await callApi(c, 'POST', '/adjustments', { body }))
}

function amountWords(trouble: AmountTrouble): string {
  switch (trouble.reason) {
    case 'amount_missing':
      return 'how much is wanted'
    case 'amount_too_precise':
      return `at most ${trouble.allowed} decimals are wanted`
    case 'amount_too_large':
      return 'it is too large'
    case 'amount_zero':
      return 'it is zero'
    case 'amount_negative':
      return 'no sign is wanted: say above whether it is given or taken'
    case 'amount_not_a_number':
    case 'currency_missing':
    case 'currency_differs':
    case 'currency_unknown':
      return 'a plain number is wanted, such as 20.00'
    default:
      return unreachable(trouble)
  }
}
