// A charge. It waits for a person unless `limits.charges` is 'allow'.

import * as z from 'zod/mini'
import { usd } from '../src/domain/money.ts'
import { charge, ignore, rule } from '../src/domain/rule.ts'

export const lateFee = rule({
  id: 'late-fee',
  source: 'standard',
  on: ['invoice.overdue'],
  settlement: 'owed',
  reason: 'late_fee',
  causedBy: 'system',
  description: '{reason}, invoice {original_invoice}',
  payload: z.object({
    data: z.object({
      invoiceNumber: z.string(),
      customer: z.string(),
      daysOverdue: z.number(),
      overdueSince: z.iso.datetime(),
    }),
  }),
  adjust({ data }) {
    if (data.daysOverdue < 30) return ignore('less_than_a_month')
    return charge(usd(40), {
      subject: `invoice:${data.invoiceNumber}`,
      customer: data.customer,
      originalInvoice: data.invoiceNumber,
      // What is older than the endpoint's first day is held: a sender may repeat its past.
      happenedAt: Date.parse(data.overdueSince),
    })
  },
})
