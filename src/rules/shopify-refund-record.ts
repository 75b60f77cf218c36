// The refunds of an order of Shopify become records, one each: the money was returned by Shopify.
// The order carries them together with the customer; the topic `refunds/create` lacks him.

import * as z from 'zod/mini'
import { occurredAtOf } from '../domain/event.ts'
import {
  moneyFromDecimal,
  moneyFromMinorUnits,
  parseCurrency,
  type AmountTrouble,
  type Money,
} from '../domain/money.ts'
import type { CustomerReference } from '../domain/customer.ts'
import { PARTS_PER_EVENT_MAX } from '../domain/limits.ts'
import type { Adjust, Undecided } from '../domain/outcome.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { credit, ignore, rule, several, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { emailCustomer } from './sender-fields.ts'
import { unreadableAmount } from './typed-amount.ts'

const ORDER_UPDATED = 'orders/updated'
const REFUND_CREATED = 'refunds/create'

const transaction = z.object({
  kind: z.string(),
  status: z.string(),
  amount: z.optional(z.unknown()),
  currency: z.optional(z.unknown()),
})
const refund = z.object({
  id: z.number(),
  admin_graphql_api_id: z.nullish(z.string()),
  created_at: z.optional(z.unknown()),
  transactions: z.array(transaction),
})
type Refund = z.output<typeof refund>

const order = z.object({
  refunds: z.array(refund),
  customer: z.nullish(z.object({ email: z.nullish(z.string()) })),
})
const payload = z.union([order, refund])

/**
 * Caused by an agent: whoever may refund orders. The customer is known by the e-mail address of his
 * account, which he can change himself; what he could reach by it is a record, not money.
 */
export const shopifyRefundRecord = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'shopify-refund-record',
    source: 'shopify',
    on: [ORDER_UPDATED, REFUND_CREATED],
    settlement: 'already_paid',
    reason: 'refund',
    causedBy: 'agent',
    description: 'Refund already returned to your payment method',
    ...settingsOf(options),
    payload,
    adjust(event) {
      if (!('refunds' in event)) {
        return undecided('not_in_event', `the customer: subscribe to ${ORDER_UPDATED}`)
      }
      if (event.refunds.length === 0) return ignore('no_refund')
      const customer = emailCustomer(event.customer?.email)
      const told = event.refunds
        .map((each) => recordOf(each, customer))
        .filter((each) => each !== null)
      const newest = told.at(-1)
      if (newest === undefined) return ignore('refund_not_successful')
      // Each was the newest once, and said then what can't be read of it: it stops no later one.
      if (newest.kind === 'undecided') return newest
      const made = told.filter((each) => each.kind === 'adjust')
      // The ones before them were in the order's earlier events.
      return several(...made.slice(-PARTS_PER_EVENT_MAX))
    },
  })

/** Null where nothing has been returned, or something is still on its way. */
function recordOf(each: Refund, customer: CustomerReference | null): Adjust | Undecided | null {
  const money = returned(each)
  if (money === null) return null
  if (!money.ok) return unreadableAmount(money.error, 'refunds.transactions: amount, currency')
  const id = refundId(each)
  if (id === null) return undecided('subject_unusable', 'refunds.id: JSON has rounded it')
  const happenedAt = occurredAtOf(each.created_at)
  return credit(money.value, { subject: `refund:${id}`, customer, happenedAt })
}

/** The sum of its transactions that have moved money, once none is pending; null where none has. */
function returned({ transactions }: Refund): Result<Money, AmountTrouble> | null {
  const refunds = transactions.filter(({ kind }) => kind === 'refund')
  if (refunds.some(({ status }) => status === 'pending')) return null
  let sum: Money | null = null
  for (const { amount, currency: code } of refunds.filter(({ status }) => status === 'success')) {
    const currency = parseCurrency(code)
    if (!currency.ok) return currency
    const part = moneyFromDecimal(withoutEmptyDecimals(amount), currency.value)
    // A restock without money is a refund of 0.00.
    if (!part.ok && part.error.reason === 'amount_zero') continue
    if (!part.ok) return part
    if (sum !== null && sum.currency !== currency.value) {
      return err({ reason: 'currency_differs', declared: sum.currency, named: currency.value })
    }
    const total = (sum?.minorUnits ?? 0) + part.value.minorUnits
    const added = moneyFromMinorUnits(total, currency.value)
    if (!added.ok) return added
    sum = added.value
  }
  return sum === null ? null : ok(sum)
}

/** Two decimals are written of each currency, also of those that have none: "500.00" yen. */
const withoutEmptyDecimals = (amount: unknown): unknown =>
  typeof amount === 'string' ? amount.replace(/\.0+$/, '') : amount

/** Numbers beyond 2^53 have lost digits; the global id repeats them as text. */
function refundId({ id, admin_graphql_api_id: globalId }: Refund): string | null {
  const [, digits] = /^gid:\/\/shopify\/Refund\/(\d{1,20})$/.exec(globalId ?? '') ?? []
  return digits ?? (Number.isSafeInteger(id) ? String(id) : null)
}
