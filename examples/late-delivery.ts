// A fixed amount, once a threshold is passed.

import * as z from 'zod/mini'
import { usd } from '../src/domain/money.ts'
import { credit, ignore, rule } from '../src/domain/rule.ts'

export const lateDelivery = rule({
  id: 'late-delivery', // for ever: adjustments are known by it
  source: 'standard',
  on: ['delivery.finished'],
  settlement: 'owed',
  reason: 'service_credit',
  causedBy: 'system',
  description: 'Credit for a late delivery',
  payload: z.object({
    data: z.object({ id: z.string(), customer: z.string(), hoursLate: z.number() }),
  }),
  adjust({ data }) {
    if (data.hoursLate < 24) return ignore('less_than_a_day_late')
    return credit(usd(15), { subject: `delivery:${data.id}`, customer: data.customer })
  },
})
