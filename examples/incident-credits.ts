// One event, several customers: each has an adjustment of his own, all or none.

import * as z from 'zod/mini'
import { usd } from '../src/domain/money.ts'
import { credit, ignore, rule, several } from '../src/domain/rule.ts'

export const incidentCredits = rule({
  id: 'incident-credits',
  source: 'standard',
  on: ['incident.resolved'],
  settlement: 'owed',
  reason: 'service_credit',
  causedBy: 'system',
  description: 'Credit for an incident',
  payload: z.object({
    data: z.object({ incident: z.string(), customers: z.array(z.string()) }),
  }),
  adjust({ data }) {
    if (data.customers.length === 0) return ignore('nobody_affected')
    const subject = `incident:${data.incident}`
    return several(
      // The part tells the adjustments of one subject apart, also when the event comes again.
      ...data.customers.map((customer) => credit(usd(10), { subject, part: customer, customer })),
    )
  },
})
