// An adjustment of Paddle that was approved becomes a record: Paddle has returned the money already.
// One that Paddle turns round comes twice, as `reversed` and as an adjustment of its own: the first is read.

import * as z from 'zod/mini'
import { occurredAtOf } from '../domain/event.ts'
import {
  moneyFromMinorUnits,
  parseCurrency,
  type AmountTrouble,
  type Money,
} from '../domain/money.ts'
import { err, type Result } from '../domain/result.ts'
import { credit, hold, ignore, rule, undo, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { sourceCustomer } from './sender-fields.ts'
import { isBlank, unreadableAmount } from './typed-amount.ts'

const payload = z.object({
  data: z.object({
    id: z.string().check(z.minLength(1)),
    action: z.string(),
    status: z.string(),
    customer_id: z.nullish(z.string()),
    currency_code: z.optional(z.unknown()),
    totals: z.object({ total: z.optional(z.unknown()) }),
    created_at: z.optional(z.unknown()),
  }),
})
type Adjustment = z.output<typeof payload>['data']

const ACTIONS = ['refund', 'chargeback', 'credit'] as const
type Action = (typeof ACTIONS)[number]
const REVERSE = '_reverse'

export type PaddleAdjustmentRecordOptions = RuleSettings & {
  /** Which are recorded, and undone once they are reversed; default refund and chargeback. */
  readonly actions?: readonly Action[]
}

/**
 * Caused by an agent at Paddle; a chargeback by the customer, at his bank, so a person decides each
 * one. The reversal of a record is a charge, so it is held.
 */
export function paddleAdjustmentRecord(options: PaddleAdjustmentRecordOptions = {}): Rule {
  const settings = settingsOf(options, ['actions'])
  const { actions = ['refund', 'chargeback'] } = options
  const isKnown = actions.length > 0 && actions.every((action) => ACTIONS.includes(action))
  const recorded: ReadonlySet<string> = new Set(actions)
  return rule({
    id: 'paddle-adjustment-record',
    source: 'paddle',
    on: ['adjustment.created', 'adjustment.updated'],
    settlement: 'already_paid',
    reason: 'refund',
    causedBy: 'agent',
    description: 'Amount already returned to you',
    ...settings,
    problems: [
      ...settings.problems,
      ...(isKnown ? [] : [`actions: one or more of ${ACTIONS.join(', ')} are wanted`]),
    ],
    payload,
    adjust({ data }) {
      const { action } = data
      if (action.endsWith(REVERSE)) return ignore('told_by_the_reversed_one')
      if (!recorded.has(action)) return ignore('other_action')
      const subject = `adjustment:${data.id}`
      if (data.status === 'reversed') return undo(subject)
      if (data.status !== 'approved') return ignore('adjustment_not_approved')
      const money = moneyOf(data)
      if (!money.ok) return unreadableAmount(money.error, 'data.totals.total and currency_code')
      const made = credit(money.value, {
        subject,
        customer: sourceCustomer(data.customer_id),
        happenedAt: occurredAtOf(data.created_at),
      })
      return action === 'chargeback' ? hold('chargeback', made) : made
    },
  })
}

/** Paddle writes whole numbers of the smallest unit, as text. */
function moneyOf({ totals, currency_code: code }: Adjustment): Result<Money, AmountTrouble> {
  const currency = parseCurrency(code)
  if (!currency.ok) return currency
  const { total } = totals
  if (isBlank(total)) return err({ reason: 'amount_missing' })
  const isWhole = typeof total === 'string' && /^-?\d{1,15}$/.test(total)
  return moneyFromMinorUnits(isWhole ? Number(total) : Number.NaN, currency.value)
}
