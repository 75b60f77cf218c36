// Each ready-made rule on the bodies that its sender writes: decision, amount, currency, customer,
// subject, asker. What else each of them may answer is here too.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import { decide } from '../../src/domain/decide.ts'
import { usd } from '../../src/domain/money.ts'
import { freshdeskTicketCredit } from '../../src/rules/freshdesk-ticket-credit.ts'
import { intercomTicketCredit } from '../../src/rules/intercom-ticket-credit.ts'
import { jiraFieldCredit } from '../../src/rules/jira-field-credit.ts'
import { paddleAdjustmentRecord } from '../../src/rules/paddle-adjustment-record.ts'
import { pipedriveDealCredit } from '../../src/rules/pipedrive-deal-credit.ts'
import { salesforceCaseCredit } from '../../src/rules/salesforce-case-credit.ts'
import { shopifyRefundRecord } from '../../src/rules/shopify-refund-record.ts'
import { zendeskCreditUndo } from '../../src/rules/zendesk-credit-undo.ts'
import { zendeskSlaBreach } from '../../src/rules/zendesk-sla-breach.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import * as sources from '../../src/sources/index.ts'
import { intercomSource } from '../../src/sources/intercom.ts'
import { jiraSource } from '../../src/sources/jira.ts'
import { paddleSource } from '../../src/sources/paddle.ts'
import { pipedriveSource } from '../../src/sources/pipedrive.ts'
import { salesforceFlowSource } from '../../src/sources/salesforce.ts'
import { shopifySource } from '../../src/sources/shopify.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import { stripeSource } from '../../src/sources/stripe.ts'
import { zendeskSource } from '../../src/sources/zendesk.ts'
import attributeUpdated from '../fixtures/intercom/ticket.attribute.updated.json'
import jiraResolved from '../fixtures/jira/issue_updated.json'
import jiraAmount from '../fixtures/jira/jira.issue_updated.amount.json'
import paddleReversal from '../fixtures/paddle/adjustment.created.chargeback_reverse.json'
import paddleChargeback from '../fixtures/paddle/adjustment.created.chargeback.json'
import paddleCredit from '../fixtures/paddle/adjustment.created.credit.json'
import dealLost from '../fixtures/pipedrive/change.deal.json'
import salesforceCallout from '../fixtures/salesforce/makegood.case.json'
import orderUpdated from '../fixtures/shopify/orders.updated.json'
import refundUpdated from '../fixtures/stripe/refund.updated.json'
import ticketUndo from '../fixtures/zendesk/makegood.ticket.undo.json'
import tagsChanged from '../fixtures/zendesk/ticket.tags_changed.json'
import { eventOf, READY_MADE, told } from './ready-made-rows.ts'

describe.each(READY_MADE)('$name', ({ rule, rows }) => {
  it.each(rows.map((row) => ({ title: row[0], row })))('$title', ({ row }) => {
    const [, source, body, expected, type] = row
    expect(told(rule, source, body, type)).toBe(expected)
  })

  it('makes, undoes or approves something, ignores something, and is undecided about something', () => {
    const answers = rows.map(([, , , expected]) => expected)
    expect(answers.some((each) => /^(-?\d|undoes|approves|saw)/.test(each))).toBe(true)
    expect(answers.some((each) => each.startsWith('ignored'))).toBe(true)
    expect(answers.some((each) => each.startsWith('undecided'))).toBe(true)
  })

  it('is a rule that starts, and names no one and nothing that a sender wrote', () => {
    expect(rule.problems).toEqual([])
    expect(rule.description ?? 'the reason').not.toMatch(/renewal|next invoice|\{(?!reason)/)
  })

  it('is caused by the customer, an agent or the system, as its rows show', () => {
    const isByCustomer = ['zendesk-bad-rating', 'stripe-dispute-record'].includes(rule.id)
    expect(rule.causedBy === 'customer').toBe(isByCustomer)
  })

  it('says where the trouble is, for each event that it is undecided about', () => {
    for (const [, source, body, expected, type] of rows) {
      if (!expected.startsWith('undecided')) continue
      const decision = decide([rule], source.name, eventOf(source, body, type))
      expect(decision).toMatchObject({ detail: expect.stringMatching(/\S{2}/) })
    }
  })
})

/** The body without one of its fields, for each field at any depth. */
function* withoutEach(body: unknown): Generator<unknown> {
  const paths = (value: unknown, path: readonly string[]): (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]) => [
          ...(Array.isArray(value) ? [] : [[...path, key]]),
          ...paths(each, [...path, key]),
        ])
      : []
  for (const path of paths(body, [])) {
    const copy: unknown = structuredClone(body)
    const parent = path.slice(0, -1).reduce<unknown>((at, step) => Object(at)[step], copy)
    Reflect.deleteProperty(Object(parent), path.at(-1) ?? '')
    yield copy
  }
}

describe.each(READY_MADE)('$name, of a body that lacks something', ({ rule, rows }) => {
  const amountAndSubject = (decision: ReturnType<typeof decide>) =>
    decision.kind === 'adjust'
      ? decision.proposals.map(({ amount, currency, subject }) => [amount, currency, subject])
      : decision.kind
  const asked = rows.flatMap(([, source, body, expected, type]) =>
    /^-?\d/.test(expected) ? [eventOf(source, body, type)] : [],
  )

  it('makes what it made with it, or nothing, and never throws', () => {
    const answers = asked.flatMap((event) =>
      [...withoutEach(event.data)].map((data) => ({
        whole: amountAndSubject(decide([rule], rule.source, event)),
        decision: decide([rule], rule.source, { ...event, data }),
      })),
    )
    const made = answers.filter(({ decision }) => decision.kind === 'adjust')
    // Of several refunds those that lack nothing.
    for (const { whole, decision } of made) {
      expect(whole).toEqual(expect.arrayContaining([amountAndSubject(decision)].flat()))
    }
    const reasons = answers.map(({ decision }) => 'reason' in decision && decision.reason)
    expect(reasons).not.toContain('rule_threw')
    // Some fields matter and some don't. Rules that only undo have no such body.
    expect(made.length > 0 && made.length < answers.length).toBe(asked.length > 0)
  })

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...rule.on), (data, type) => {
        const event = { ownId: null, type, occurredAt: null, mode: null, data }
        const decision = decide([rule], rule.source, event)
        expect(decision.kind === 'undecided' ? decision.reason : '').not.toBe('rule_threw')
      }),
      { numRuns: 200 },
    )
  })
})

describe('what money that moved elsewhere becomes', () => {
  it('is a record in each rule of a payment system, and a promise in all others', () => {
    const sources = READY_MADE.filter(({ rule }) => rule.settlement === 'already_paid')
    expect(new Set(sources.map(({ rule }) => rule.source))).toEqual(
      new Set(['stripe', 'paddle', 'chargebee', 'shopify']),
    )
    const others = READY_MADE.filter(({ rule }) => rule.settlement === 'owed')
    for (const { rule } of others) expect(rule.source).not.toMatch(/stripe|paddle|bee|shopify/)
  })

  it('happened when the sender says that it did, not when it told', () => {
    const [, created] = [refundUpdated.created, refundUpdated.data.object.created]
    const rule = READY_MADE.find(({ name }) => name === 'stripeRefundRecord')?.rule
    const decision = rule && decide([rule], 'stripe', eventOf(stripeSource, refundUpdated))
    expect(decision).toMatchObject({ proposals: [{ happenedAt: created * 1_000 }] })
  })
})

describe('one ticket that is asked for and undone', () => {
  const credit = zendeskTicketCredit({
    requestTag: 'credit_requested',
    amounts: { credit_25: usd(25) },
  })
  const undo = zendeskCreditUndo()
  it.each([
    ['credit first', [credit, undo]],
    ['undo first', [undo, credit]],
  ])('is undone in whichever order the rules stand: %s', (_, rules) => {
    const decision = decide(rules, 'zendesk', eventOf(zendeskSource, ticketUndo))
    expect(decision).toMatchObject({ kind: 'undo', subject: 'ticket:5158' })
    const added = { ...tagsChanged, event: { tags_added: ['credit_undo'] } }
    const subscribed = decide(rules, 'zendesk', eventOf(zendeskSource, added))
    expect(subscribed).toMatchObject({ kind: 'undo', of: 'zendesk-ticket-credit' })
  })

  it('is asked for again where the undo tag has another name', () => {
    const renamed = zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_25: usd(25) },
      undoTag: 'take_back',
    })
    expect(told(renamed, zendeskSource, ticketUndo)).toMatch(/^-2500 usd/)
  })
})

describe('by their options', () => {
  it('Intercom pays before a ticket is resolved', () => {
    const rule = intercomTicketCredit({ when: 'any_state' })
    expect(told(rule, intercomSource, attributeUpdated)).toMatch(/^-4250 usd/)
  })

  it('Intercom reads attributes of other names, in a declared currency', () => {
    const rule = intercomTicketCredit({
      amountAttribute: 'Gutschrift',
      currency: 'eur',
      when: 'any_state',
      format: '1.234,50',
    })
    const item = { ...attributeUpdated.data.item, ticket_attributes: { Gutschrift: '1.234,50 €' } }
    const body = { ...attributeUpdated, data: { ...attributeUpdated.data, item } }
    expect(told(rule, intercomSource, body)).toMatch(/^-123450 eur/)
    expect(told(rule, intercomSource, attributeUpdated)).toBe('ignored: no_amount')
  })

  it('a declared currency and one in the event must agree', () => {
    const rule = intercomTicketCredit({ currency: 'eur', when: 'any_state' })
    expect(told(rule, intercomSource, attributeUpdated)).toBe('undecided: currency_differs')
  })

  it('Jira pays when an issue is done, and not when the amount is set', () => {
    const rule = jiraFieldCredit({
      amountField: 'customfield_10050',
      currency: 'usd',
      when: 'done',
    })
    expect(told(rule, jiraSource, jiraResolved)).toMatch(
      /^-4250 usd source_id organization:7 issue:10042 5b10a/,
    )
    expect(told(rule, jiraSource, jiraAmount)).toBe('ignored: other_change')
  })

  it('Jira knows a customer by a field of your own', () => {
    const rule = jiraFieldCredit({
      amountField: 'customfield_10050',
      currency: 'usd',
      customerField: 'customfield_10060',
    })
    const fields = { ...jiraAmount.issue.fields, customfield_10060: 'acme-42' }
    const body = { ...jiraAmount, issue: { ...jiraAmount.issue, fields } }
    expect(told(rule, jiraSource, body)).toMatch(/external_id acme-42/)
  })

  it('Pipedrive pays when a deal becomes lost, once', () => {
    const field = '9f1c2b0000000000000000000000000000000001'
    const rule = pipedriveDealCredit({ field, when: 'lost' })
    expect(told(rule, pipedriveSource, dealLost)).toMatch(/^-4250 usd source_id organization:21/)
    expect(told(rule, pipedriveSource, { ...dealLost, previous: {} })).toBe('ignored: other_change')
    const won = pipedriveDealCredit({ field, when: 'won' })
    expect(told(won, pipedriveSource, dealLost)).toBe('ignored: other_change')
  })

  it('Pipedrive knows a customer by a field of your own', () => {
    const field = '9f1c2b0000000000000000000000000000000001'
    const customerField = '9f1c2b0000000000000000000000000000000002'
    const rule = pipedriveDealCredit({ field, customerField, when: 'lost' })
    for (const own of ['acme-42', { type: 'varchar', value: 'acme-42' }]) {
      const fields = { ...dealLost.data.custom_fields, [customerField]: own }
      const body = { ...dealLost, data: { ...dealLost.data, custom_fields: fields } }
      expect(told(rule, pipedriveSource, body)).toMatch(/external_id acme-42/)
    }
  })

  it('Paddle credits are recorded too', () => {
    const rule = paddleAdjustmentRecord({ actions: ['credit'] })
    expect(told(rule, paddleSource, paddleCredit)).toMatch(/^-4250 usd/)
  })

  it('Paddle turns a chargeback round with two events, of which one undoes it', () => {
    const rule = paddleAdjustmentRecord({ actions: ['refund', 'chargeback', 'credit'] })
    const reversed = { ...paddleChargeback, event_type: 'adjustment.updated' }
    const events = [
      paddleChargeback,
      paddleReversal,
      { ...reversed, data: { ...reversed.data, status: 'reversed' } },
    ]
    const subject = `adjustment:${paddleChargeback.data.id}`
    expect(events.map((body) => told(rule, paddleSource, body))).toEqual([
      expect.stringMatching(`^-4250 usd .* ${subject} nobody held: chargeback$`),
      'ignored: told_by_the_reversed_one',
      `undoes ${subject} of paddle-adjustment-record`,
    ])
  })

  it('Shopify’s order with more refunds than an event may have makes the newest of them', () => {
    const rule = shopifyRefundRecord()
    const [refund] = orderUpdated.refunds
    const refunds = Array.from({ length: 25 }, (_, index) => ({
      ...refund,
      id: index + 1,
      admin_graphql_api_id: null,
    }))
    const answer = told(rule, shopifySource, { ...orderUpdated, refunds }, 'orders/updated')
    const subjects = [...answer.matchAll(/refund:(\d+)/g)].map(([, id]) => Number(id))
    expect(subjects).toEqual(refunds.slice(5).map(({ id }) => id))
  })

  it.each(['5005g00000CASE', '5005g00000CASE0', '5005g00000CASE1AAIX', '', "500' OR '1'='1'--x"])(
    'a Case is not known by %j',
    (case_id) => {
      const rule = salesforceCaseCredit({ amountField: 'Credit_Amount__c' })
      const body = { ...salesforceCallout, case_id }
      expect(told(rule, salesforceFlowSource, body)).toBe('undecided: shape')
    },
  )
})

describe('options that can not be', () => {
  const NO_TAG = 'without blanks, commas and capital letters'
  const wrong = (options: object): any => options
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'a misspelt one',
      zendeskSlaBreach(wrong({ tag: 'sla', amount: usd(5), ammount: usd(5) })).problems,
      [
        'ammount: there is no such setting; known are tag, amount, reason, description, mode, was, alongside',
      ],
    ],
    [
      'an undo tag with a blank',
      zendeskCreditUndo({ undoTag: 'credit undo' }).problems,
      [`undoTag: one tag is wanted, ${NO_TAG}`],
    ],
    [
      'a tag in capitals, which Zendesk would not keep',
      zendeskCreditUndo({ undoTag: 'Credit_Undo' }).problems,
      [`undoTag: one tag is wanted, ${NO_TAG}`],
    ],
    [
      'no request tag',
      zendeskTicketCredit(wrong({ otherAmountField: true, undoTag: '' })).problems,
      ['requestTag', 'undoTag'].map((option) => `${option}: one tag is wanted, ${NO_TAG}`),
    ],
    [
      'no tag',
      zendeskSlaBreach(wrong({ amount: usd(5) })).problems,
      [`tag: one tag is wanted, ${NO_TAG}`],
    ],
    [
      'a number for an amount',
      zendeskSlaBreach(wrong({ tag: 'sla', amount: 5 })).problems,
      ['amount: an amount is wanted, such as usd(25)'],
    ],
    [
      'a format that is none',
      freshdeskTicketCredit(wrong({ format: '1.000,00' })).problems,
      ['format: one of 1234.50 | 1,234.50 | 1.234,50 | 1 234,50 is wanted'],
    ],
    [
      'a currency that is none',
      freshdeskTicketCredit({ currency: 'EUR' }).problems,
      ['currency: EUR is not a lower-case ISO 4217 code'],
    ],
    [
      'a tag with a comma',
      freshdeskTicketCredit({ requestTag: 'a,b' }).problems,
      ['requestTag: one tag is wanted, without commas'],
    ],
    [
      'no amount anywhere',
      freshdeskTicketCredit({ otherAmountField: false }).problems,
      ['amounts: no preset and no amount field, so no ticket could have an amount'],
    ],
    [
      'no field',
      jiraFieldCredit(wrong({ currency: 'usd' })).problems,
      ['amountField: the name of a field at the source is wanted'],
    ],
    [
      'no currency',
      jiraFieldCredit({ amountField: 'customfield_1' }).problems,
      ['currency: neither it nor currencyField says in what the amount is'],
    ],
    [
      'another moment',
      jiraFieldCredit(wrong({ amountField: 'a', currency: 'usd', when: 'soon' })).problems,
      ['when: one of amount_set, done is wanted'],
    ],
    [
      'a name for an API name',
      pipedriveDealCredit({ field: 'Credit' }).problems,
      ['field: the API name of a field is wanted, 40 digits and letters a to f'],
    ],
    [
      'no action',
      paddleAdjustmentRecord({ actions: [] }).problems,
      ['actions: one or more of refund, chargeback, credit are wanted'],
    ],
  ])('%s', (_, problems, expected) => {
    expect(problems).toEqual(expected)
  })
})

/** What the sources' factories want; Salesforce alone asks for its organization, and others refuse it. */
const endpointOf = (source: string): Endpoint =>
  Reflect.apply(Reflect.get(sources, source), undefined, [
    {
      secret: `${source.toUpperCase()}_WEBHOOK_SECRET`,
      mode: 'test',
      unsigned: 'accept',
      ...(source === 'salesforce' ? { organizationId: '00D5g00000ACMEzEAO' } : {}),
    },
  ])

it('all of them start together', () => {
  const rules = READY_MADE.map(({ rule }) => rule)
  const endpoints = Object.fromEntries(
    rules.map(({ source }) => [source, endpointOf(source)] as const),
  )
  const config = defineConfig({ currency: 'usd', timeZone: 'UTC', endpoints, rules })
  expect(config.rules.map(({ id }) => id)).toEqual([...new Set(rules.map(({ id }) => id))])
})
