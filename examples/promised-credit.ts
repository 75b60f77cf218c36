// A rule that asks for a person itself, by a condition of its own.

import * as z from 'zod/mini'
import { moneyFromMinorUnits } from '../src/domain/money.ts'
import { credit, hold, rule, undecided } from '../src/domain/rule.ts'

export const promisedCredit = rule({
  id: 'promised-credit',
  source: 'standard',
  on: ['promise.made'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'agent',
  payload: z.object({
    data: z.object({
      id: z.string(),
      customer: z.string(),
      // Cents, US dollars.
      amount: z.int(),
      monthlyFee: z.int(),
      promisedBy: z.string(),
    }),
  }),
  adjust({ data }) {
    const money = moneyFromMinorUnits(data.amount, 'usd')
    if (!money.ok) return undecided(money.error.reason, 'data.amount')
    const promised = credit(money.value, {
      subject: `promise:${data.id}`,
      customer: data.customer,
      asker: data.promisedBy,
    })
    return data.amount > data.monthlyFee ? hold('above_monthly_fee', promised) : promised
  },
})
