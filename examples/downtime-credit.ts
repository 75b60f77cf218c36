// A share of what the customer pays, by how long it was down. Money is counted in whole cents.

import * as z from 'zod/mini'
import { moneyFromMinorUnits, parseCurrency } from '../src/domain/money.ts'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'

/** Of the monthly fee, in percent, from so many minutes on; the longest first. */
const STEPS = [
  { minutes: 720, percent: 50 },
  { minutes: 240, percent: 25 },
  { minutes: 60, percent: 10 },
]

export const downtimeCredit = rule({
  id: 'downtime-credit',
  source: 'standard',
  on: ['downtime.ended'],
  settlement: 'owed',
  reason: 'service_credit',
  causedBy: 'system',
  description: 'Credit for downtime',
  payload: z.object({
    data: z.object({
      id: z.string(),
      customer: z.string(),
      minutes: z.number(),
      // Cents.
      monthlyFee: z.int(),
      currency: z.string(),
    }),
  }),
  adjust({ data }) {
    const step = STEPS.find(({ minutes }) => data.minutes >= minutes)
    if (!step) return ignore('less_than_an_hour')
    const currency = parseCurrency(data.currency)
    if (!currency.ok) return undecided(currency.error.reason, 'data.currency')
    const cents = Math.floor((data.monthlyFee * step.percent) / 100)
    const money = moneyFromMinorUnits(cents, currency.value)
    if (!money.ok) return undecided(money.error.reason, 'data.monthlyFee')
    return credit(money.value, { subject: `downtime:${data.id}`, customer: data.customer })
  },
})
