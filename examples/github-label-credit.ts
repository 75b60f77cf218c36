// The team decides about credits in GitHub issues. Only labels count: anybody can write a title.

import * as z from 'zod/mini'
import { eur, usd } from '../src/domain/money.ts'
import { credit, ignore, rule, undecided } from '../src/domain/rule.ts'

const AMOUNTS = new Map([
  ['credit: 25 USD', usd(25)],
  ['credit: 100 USD', usd(100)],
  ['credit: 100 EUR', eur(100)],
])
const CUSTOMER = /^customer: (\S+)$/

export const githubLabelCredit = rule({
  id: 'github-label-credit',
  source: 'github',
  on: ['issues.labeled'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'agent', // who may label: people with triage rights
  payload: z.object({
    label: z.object({ name: z.string() }),
    issue: z.object({ id: z.int(), labels: z.array(z.object({ name: z.string() })) }),
    sender: z.object({ login: z.string() }),
  }),
  adjust({ label, issue, sender }) {
    // One event for each label: the one that approves decides, and the others only say what about.
    if (label.name !== 'credit-approved') return ignore('another_label')
    const subject = `issue:${issue.id}`
    const names = issue.labels.map(({ name }) => name)
    const [amount, ...more] = names.flatMap((name) => AMOUNTS.get(name) ?? [])
    if (!amount) return undecided('amount_missing', 'issue.labels', subject)
    if (more.length > 0) return undecided('amount_ambiguous', 'issue.labels', subject)
    const customers = names.flatMap((name) => CUSTOMER.exec(name)?.[1] ?? [])
    // Two customers are nobody: it waits until a person has chosen one.
    const customer = customers.length === 1 ? (customers[0] ?? null) : null
    return credit(amount, { subject, customer, asker: sender.login })
  },
})
