// What tsc refuses: `npm run check` fails here as soon as one of these lines compiles. What a user
// without tsc meets instead is asserted beside it.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { decide } from '../../src/domain/decide.ts'
import { usd } from '../../src/domain/money.ts'
import { credit, rule, type Rule } from '../../src/domain/rule.ts'
import { hubspotPropertyCredit } from '../../src/rules/hubspot-property-credit.ts'
import { intercomTicketCredit } from '../../src/rules/intercom-ticket-credit.ts'
import { jiraFieldCredit } from '../../src/rules/jira-field-credit.ts'
import { stripeRefundRecord } from '../../src/rules/stripe-refund-record.ts'
import { zendeskSlaBreach } from '../../src/rules/zendesk-sla-breach.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'

const FACTS = {
  id: 'late-delivery',
  source: 'standard',
  on: ['delivery.finished'],
  settlement: 'owed',
  reason: 'service_credit',
  causedBy: 'system',
} as const

const payload = z.object({ data: z.object({ id: z.string(), hoursLate: z.number() }) })
const finished = { data: { id: 'd1', hoursLate: 30 } }

function answer(made: Rule): unknown {
  const event = { ownId: null, type: 'delivery.finished', occurredAt: null, mode: null }
  return decide([made], 'standard', { ...event, data: finished })
}

describe('a wrong field name does not compile', () => {
  it('of the payload, and is read as nothing', () => {
    const made = rule({
      ...FACTS,
      payload,
      adjust: ({ data }) =>
        // @ts-expect-error: the payload declares `hoursLate`.
        credit(usd(data.hourLate > 24 ? 15 : 5), {
          subject: `delivery:${data.id}`,
          customer: null,
        }),
    })
    expect(answer(made)).toMatchObject({ proposals: [{ amount: -500 }] })
  })

  it('of the event, though the body has it', () => {
    const made = rule({
      ...FACTS,
      payload,
      // @ts-expect-error: zod gives what is declared, and nothing more.
      adjust: ({ customer }) => credit(usd(5), { subject: 'delivery:d1', customer }),
    })
    expect(answer(made)).toMatchObject({ kind: 'undecided' })
  })

  it('of an answer', () => {
    const made = rule({
      ...FACTS,
      payload,
      // @ts-expect-error: it is `subject`.
      adjust: ({ data }) => credit(usd(5), { subjet: `delivery:${data.id}`, customer: null }),
    })
    expect(answer(made)).toMatchObject({ kind: 'undecided', reason: 'subject_unusable' })
  })

  it('of the rule, and does not start', () => {
    const made = rule({
      ...FACTS,
      payload,
      // @ts-expect-error: it is `alongside`.
      alongSide: ['other-rule'],
      adjust: () => credit(usd(5), { subject: 'delivery:d1', customer: null }),
    })
    expect(made.problems).toEqual([expect.stringContaining('alongSide: there is no such setting')])
  })
})

describe('a payload may be of either flavour of zod', () => {
  const flavours = {
    classic: rule({
      ...FACTS,
      payload: payload.transform(({ data }) => ({ data, kind: 'classic' })),
      adjust: ({ data, kind }) =>
        credit(usd(data.hoursLate > 24 ? 15 : 5), {
          subject: `${kind}:${data.id}`,
          customer: null,
        }),
    }),
    mini: rule({
      ...FACTS,
      payload: mini.object({
        data: mini.object({
          id: mini.string(),
          hoursLate: mini.number(),
          kind: mini.optional(z.string()),
        }),
      }),
      adjust: ({ data: { id, hoursLate, kind = 'mini' } }) =>
        credit(usd(hoursLate > 24 ? 15 : 5), { subject: `${kind}:${id}`, customer: null }),
    }),
  }

  it.each(Object.entries(flavours))('%s', (flavour, made) => {
    expect(answer(made)).toMatchObject({ proposals: [{ amount: -1500, subject: `${flavour}:d1` }] })
    const { data } = finished
    const event = { ownId: null, type: 'delivery.finished', occurredAt: null, mode: null }
    expect(made.read({ ...event, data: { data } })).toMatchObject({ data })
    expect(made.read({ ...event, data: {} })).toBeNull()
    expect(decide([made], 'standard', { ...event, data: { data: { id: 'd1' } } })).toMatchObject({
      kind: 'undecided',
      detail: 'data.hoursLate: Invalid input: expected number, received undefined',
    })
  })
})

describe('a wrong option does not compile, and does not start', () => {
  const MISSPELT = expect.stringContaining('there is no such setting')
  it.each<[string, () => Rule, unknown]>([
    [
      'a misspelt one',
      // @ts-expect-error: it is `amounts`.
      () => zendeskTicketCredit({ requestTag: 'credit_requested', amount: { ten: usd(10) } }),
      MISSPELT,
    ],
    [
      'one of a rule that has none of its own',
      // @ts-expect-error: there is no such option.
      () => stripeRefundRecord({ requestTag: 'credit_requested' }),
      MISSPELT,
    ],
    [
      'a number for money',
      // @ts-expect-error: an amount has a currency.
      () => zendeskSlaBreach({ tag: 'sla_breached', amount: 15 }),
      'amount: an amount is wanted, such as usd(25)',
    ],
    [
      'a missing one',
      // @ts-expect-error: which field holds the amount?
      () => jiraFieldCredit({ currency: 'usd' }),
      'amountField: the name of a field at the source is wanted',
    ],
    [
      'a format that nobody has declared',
      // @ts-expect-error: there are four of them.
      () => hubspotPropertyCredit({ format: "1'234.50" }),
      expect.stringContaining('format: one of'),
    ],
    [
      'a moment that there is not',
      // @ts-expect-error: it is 'resolved' or 'any_state'.
      () => intercomTicketCredit({ when: 'closed' }),
      'when: one of resolved, any_state is wanted',
    ],
  ])('%s', (_, make, problem) => {
    expect(make().problems).toContainEqual(problem)
  })
})
