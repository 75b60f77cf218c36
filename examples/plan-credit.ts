// A Zendesk macro asks for "the usual credit", and the ticket's plan tag says what that is.

import * as z from 'zod/mini'
import { usd } from '../src/domain/money.ts'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'

const AMOUNTS = new Map([
  ['plan_starter', usd(5)],
  ['plan_team', usd(20)],
  ['plan_business', usd(60)],
])

export const planCredit = rule({
  id: 'plan-credit',
  source: 'zendesk',
  on: ['makegood.ticket'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'agent', // as long as no customer can tag: docs/rules.md, "Who can cause it"
  payload: z.object({
    ticket_id: z.string(),
    tags: z.string(),
    customer_external_id: z.string(),
    asker: z.string().check(z.minLength(1)),
  }),
  adjust(ticket) {
    const subject = `ticket:${ticket.ticket_id}`
    const tags = ticket.tags.split(' ')
    if (!tags.includes('usual_credit')) return ignore('not_asked_for')
    const [plan, ...others] = tags.filter((tag) => AMOUNTS.has(tag))
    const amount = AMOUNTS.get(plan ?? '')
    // With the subject, whoever asked is told in the ticket.
    if (!amount) return undecided('amount_missing', 'tags: no plan', subject)
    if (others.length > 0) return undecided('amount_ambiguous', 'tags: two plans', subject)
    // An empty number is nobody's: it waits until a person has chosen the customer.
    const customer = ticket.customer_external_id || null
    return credit(amount, { subject, customer, asker: ticket.asker })
  },
})
