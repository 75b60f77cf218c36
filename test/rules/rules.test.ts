// The ready-made rules on the fixtures and on variations of them: what is decided, and the money.

import { describe, expect, it } from 'vitest'
import { decide } from '../../src/domain/decide.ts'
import { isUnreadable } from '../../src/domain/event.ts'
import { usd } from '../../src/domain/money.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { creditRequested } from '../../src/rules/credit-requested.ts'
import { stripeAmount } from '../../src/rules/stripe-amount.ts'
import { stripeRefundRecord } from '../../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import type { Source } from '../../src/sources/source.ts'
import { standardSource } from '../../src/sources/standard.ts'
import { stripeSource } from '../../src/sources/stripe.ts'
import { zendeskSource } from '../../src/sources/zendesk.ts'
import chargeRequestedBody from '../fixtures/standard/charge.requested.json'
import creditRequestedBody from '../fixtures/standard/credit.requested.json'
import chargeRefunded from '../fixtures/stripe/charge.refunded.json'
import refundCreated from '../fixtures/stripe/refund.created.json'
import refundFailed from '../fixtures/stripe/refund.failed.json'
import refundUpdated from '../fixtures/stripe/refund.updated.json'
import ticketBody from '../fixtures/zendesk/makegood.ticket.json'
import fieldChanged from '../fixtures/zendesk/ticket.custom_field_changed.json'
import tagsChanged from '../fixtures/zendesk/ticket.tags_changed.json'

/** Through the source's own reading, as the door does it: the decision and its few facts in a line. */
function decided(rule: Rule, source: Source, body: unknown): string {
  const [event] = source.read(body, {
    signed: { id: 'msg_1', timestamp: null },
    unsignedHeader: () => null,
  })
  if (!event || isUnreadable(event)) return 'unreadable'
  const decision = decide([rule], source.name, event)
  if (decision.kind !== 'adjust') {
    return 'reason' in decision ? `${decision.kind}: ${decision.reason}` : decision.kind
  }
  return decision.proposals
    .map(({ amount, currency, subject, customer }) =>
      [amount, currency, subject, customer?.value].join(' '),
    )
    .join(' and ')
}

describe('a Stripe refund', () => {
  const rule = stripeRefundRecord()
  const stripe = (body: unknown): string => decided(rule, stripeSource, body)
  const refund = (fields: object, event: object = refundCreated) => ({
    ...event,
    data: { object: { ...refundCreated.data.object, ...fields } },
  })

  it('is a record of money that a person at Stripe has already returned', () => {
    expect(rule).toMatchObject({
      id: 'stripe-refund-record',
      settlement: 'already_paid',
      reason: 'refund',
      causedBy: 'agent',
    })
  })

  it.each<[string, unknown, string]>([
    ['refund.created, succeeded', refundCreated, '-2599 usd refund:re_3SampleRefund0001 acme-42'],
    [
      'refund.updated from pending to succeeded',
      refundUpdated,
      '-2599 usd refund:re_3SampleRefund0001 cus_SampleAcme01',
    ],
    ['refund.failed', refundFailed, 'ignored: no_rule_for_this_event_type'],
    ['charge.refunded', chargeRefunded, 'ignored: no_rule_for_this_event_type'],
    ['pending', refund({ status: 'pending' }), 'ignored: refund_pending'],
    ['requires_action', refund({ status: 'requires_action' }), 'ignored: refund_requires_action'],
    ['failed', refund({ status: 'failed' }), 'ignored: refund_failed'],
    ['canceled', refund({ status: 'canceled' }), 'ignored: refund_canceled'],
    ['Succeeded', refund({ status: 'Succeeded' }), 'ignored: refund_status_unknown'],
    ['no status', refund({ status: null }), 'ignored: refund_status_unknown'],
    ['another object', refund({ object: 'charge' }), 'undecided: shape'],
    ['no id', refund({ id: '' }), 'undecided: shape'],
    ['a numeric id', refund({ id: 7 }), 'undecided: shape'],
    ['an id of two lines', refund({ id: 're_1\nx' }), 'undecided: subject_unusable'],
    ['no object', { ...refundCreated, data: {} }, 'undecided: shape'],
    ['no data', { ...refundCreated, data: null }, 'undecided: shape'],
  ])('%s: %s', (_, body, expected) => {
    expect(stripe(body)).toBe(expected)
  })

  it('is one subject in both of its events, so that it is recorded once', () => {
    const subjectOf = (body: unknown) => stripe(body).split(' ')[2]
    expect(subjectOf(refundUpdated)).toBe(subjectOf(refundCreated))
  })

  const metadata = (commet_customer: unknown) => ({ metadata: { commet_customer } })
  it.each<[string, object, string]>([
    ['by metadata before the Stripe id', metadata('acme-42'), 'acme-42'],
    ['by metadata, trimmed', metadata('  acme-42 '), 'acme-42'],
    ['by the Stripe id where metadata is blank', metadata('  '), 'cus_SampleAcme01'],
    ['by the Stripe id where metadata is no text', metadata(42), 'cus_SampleAcme01'],
    ['by the Stripe id where there is no metadata', { metadata: null }, 'cus_SampleAcme01'],
    [
      'by an expanded object',
      { metadata: {}, customer: { id: 'cus_Expanded', object: 'customer' } },
      'cus_Expanded',
    ],
    ['not at all where it is null', { metadata: {}, customer: null }, ''],
    ['not at all where it is missing', { metadata: {}, customer: undefined }, ''],
    ['not at all where it is empty', { metadata: {}, customer: '' }, ''],
    ['not at all where the expanded id is empty', { metadata: {}, customer: { id: '' } }, ''],
  ])('names its customer %s', (_, fields, customer) => {
    expect(stripe(refund(fields))).toBe(`-2599 usd refund:re_3SampleRefund0001 ${customer}`)
  })

  it.each<[string, object]>([
    ['a number', { metadata: {}, customer: 5 }],
    ['an object without an id', { metadata: {}, customer: {} }],
  ])('whose customer is %s can not be read', (_, fields) => {
    expect(stripe(refund(fields))).toBe('undecided: shape')
  })

  it.each<[unknown, unknown, string]>([
    [2_599, 'usd', '-2599 usd'],
    [2_599, 'USD', '-2599 usd'],
    [1, 'eur', '-1 eur'],
    [500, 'jpy', '-500 jpy'],
    [500, 'krw', '-500 krw'],
    [50_000, 'isk', '-500 isk'],
    [50_050, 'isk', 'undecided: amount_too_precise'],
    [500_000, 'ugx', '-5000 ugx'],
    [99, 'ugx', 'undecided: amount_too_precise'],
    [500, 'mga', '-50000 mga'],
    [1_000_000_000_000, 'mga', 'undecided: amount_too_large'],
    [12_345, 'huf', '-12345 huf'],
    [12_345, 'twd', '-12345 twd'],
    [5_120, 'bhd', '-5120 bhd'],
    [5_121, 'bhd', 'undecided: amount_too_precise'],
    [5_120, 'kwd', '-5120 kwd'],
    [5_121, 'kwd', 'undecided: amount_too_precise'],
    [10, 'jod', '-10 jod'],
    [5, 'omr', 'undecided: amount_too_precise'],
    [15, 'tnd', 'undecided: amount_too_precise'],
    [100, 'xcd', 'undecided: currency_unknown'],
    [100, 'xcg', 'undecided: currency_unknown'],
    [100, 'iqd', 'undecided: currency_unknown'],
    [100, 'lyd', 'undecided: currency_unknown'],
    [100, 'xxx', 'undecided: currency_unknown'],
    [100, '', 'undecided: currency_missing'],
    [100, null, 'undecided: currency_missing'],
    [100, 840, 'undecided: currency_unknown'],
    ['2599', 'usd', 'undecided: amount_not_a_number'],
    [25.99, 'usd', 'undecided: amount_not_a_number'],
    [-2_599, 'usd', 'undecided: amount_negative'],
    [0, 'usd', 'undecided: amount_zero'],
    [0, 'isk', 'undecided: amount_zero'],
    [null, 'usd', 'undecided: amount_missing'],
    [undefined, 'usd', 'undecided: amount_missing'],
    [1e21, 'usd', 'undecided: amount_too_large'],
  ])('of %o in %o is %s', (amount, currency, expected) => {
    const told = stripe(refund({ amount, currency }))
    expect(told.replace(' refund:re_3SampleRefund0001 acme-42', '')).toBe(expected)
  })

  it('tells how many decimals were too many', () => {
    const error = (decimals: number, allowed: number) => ({
      ok: false,
      error: { reason: 'amount_too_precise', decimals, allowed },
    })
    expect(stripeAmount(50_050, 'isk')).toEqual(error(2, 0))
    expect(stripeAmount(5_121, 'kwd')).toEqual(error(3, 2))
  })
})

describe('a Zendesk ticket', () => {
  const rule = zendeskTicketCredit({
    requestTag: 'credit_requested',
    amounts: { credit_10: usd(10), credit_25: usd(25) },
    otherAmountField: true,
  })
  const zendesk = (body: unknown, by: Rule = rule): string => decided(by, zendeskSource, body)
  const ticket = (fields: object) => ({ ...ticketBody, ...fields })
  const typed = (amount: unknown, currency: unknown = 'USD') =>
    ticket({ tags: 'credit_requested', amount, currency })

  it('is a promise that an agent made', () => {
    expect(rule).toMatchObject({
      id: 'zendesk-ticket-credit',
      settlement: 'owed',
      reason: 'goodwill',
      causedBy: 'agent',
    })
  })

  it.each<[string, unknown, string]>([
    ['with the request and a preset', ticketBody, '-2500 usd ticket:5158 acme-42'],
    [
      'without the request tag',
      ticket({ tags: 'billing credit_25' }),
      'ignored: request_tag_missing',
    ],
    [
      'with a tag that only begins like it',
      ticket({ tags: 'credit_requested_2 credit_25' }),
      'ignored: request_tag_missing',
    ],
    ['without tags', ticket({ tags: '' }), 'ignored: request_tag_missing'],
    [
      'with two presets',
      ticket({ tags: 'credit_requested credit_10 credit_25' }),
      'undecided: amount_ambiguous',
    ],
    ['with a preset and the field', ticket({ amount: '25.00' }), 'undecided: amount_ambiguous'],
    ['with a preset and a blank field', ticket({ amount: '  ' }), '-2500 usd ticket:5158 acme-42'],
    [
      'with a preset named twice',
      ticket({ tags: 'credit_10 credit_requested credit_10' }),
      '-1000 usd ticket:5158 acme-42',
    ],
    [
      'with the preset first and more blanks',
      ticket({ tags: ' credit_10   credit_requested ' }),
      '-1000 usd ticket:5158 acme-42',
    ],
    [
      'with tags apart by commas',
      ticket({ tags: 'billing, credit_requested,credit_10' }),
      '-1000 usd ticket:5158 acme-42',
    ],
    [
      'with neither preset nor field',
      ticket({ tags: 'credit_requested' }),
      'undecided: amount_missing',
    ],
    [
      'with an unknown preset',
      ticket({ tags: 'credit_requested credit_99' }),
      'undecided: amount_missing',
    ],
    ['with the field', typed('42.50'), '-4250 usd ticket:5158 acme-42'],
    ['with the field in another currency', typed('42.50', 'eur'), '-4250 eur ticket:5158 acme-42'],
    ['with the field in yen', typed('42', 'JPY'), '-42 jpy ticket:5158 acme-42'],
    ['with the field and no currency', typed('42.50', ''), 'undecided: currency_missing'],
    [
      'with the field and a currency that is left out',
      { ...typed('42.50'), currency: undefined },
      'undecided: currency_missing',
    ],
    [
      'with the field and a sign for a currency',
      typed('42.50', '$'),
      'undecided: currency_unknown',
    ],
    ['with a decimal comma', typed('10,50'), 'undecided: amount_not_a_number'],
    ['with three decimals', typed('10.505'), 'undecided: amount_too_precise'],
    ['with groups in English', typed('1,234.50'), 'undecided: amount_not_a_number'],
    ['with groups in German', typed('1.234,50'), 'undecided: amount_not_a_number'],
    ['with a German thousand', typed('1.234'), 'undecided: amount_too_precise'],
    ['with Arabic digits', typed('٤٢'), 'undecided: amount_not_a_number'],
    ['with a minus', typed('-5'), 'undecided: amount_negative'],
    ['with nought', typed('0.00'), 'undecided: amount_zero'],
    [
      'with an unrendered placeholder',
      typed('{{ticket.ticket_field_1}}'),
      'undecided: amount_not_a_number',
    ],
    ['with a number for the field', typed(42.5), 'undecided: shape'],
    [
      'with a customer that has none',
      ticket({ customer_external_id: '' }),
      '-2500 usd ticket:5158 ',
    ],
    [
      'with a customer that is left out',
      ticket({ customer_external_id: undefined }),
      '-2500 usd ticket:5158 ',
    ],
    [
      'with a customer between blanks',
      ticket({ customer_external_id: ' acme-42 ' }),
      '-2500 usd ticket:5158 acme-42',
    ],
    [
      'with a customer of two lines',
      ticket({ customer_external_id: 'a\nb' }),
      'undecided: customer_unusable',
    ],
    ...['', 'abc', '5158; DROP', '51.58', '-1', '５１５８', '1'.repeat(21), 5158, null].map(
      (ticket_id): [string, unknown, string] => [
        `with the ticket id ${JSON.stringify(ticket_id)}`,
        ticket({ ticket_id }),
        'undecided: shape',
      ],
    ),
    ['with an asker of two lines', ticket({ asker: 'a\nb@x' }), 'undecided: shape'],
    ['of another kind', ticket({ kind: 'other.ticket' }), 'ignored: no_rule_for_this_event_type'],
    ['as tags_changed with the request', tagsChanged, 'undecided: not_in_event'],
    [
      'as tags_changed without the request',
      { ...tagsChanged, event: { tags_added: ['vip'] } },
      'ignored: request_tag_not_added',
    ],
    [
      'as tags_changed that takes it away',
      { ...tagsChanged, event: { tags_added: [], tags_removed: ['credit_requested'] } },
      'ignored: request_tag_not_added',
    ],
    [
      'as tags_changed without lists',
      { ...tagsChanged, event: {} },
      'ignored: request_tag_not_added',
    ],
    ['as tags_changed without an event', { ...tagsChanged, event: null }, 'undecided: shape'],
    ['as custom_field_changed', fieldChanged, 'ignored: no_rule_for_this_event_type'],
  ])('%s', (_, body, expected) => {
    expect(zendesk(body)).toBe(expected)
  })

  it('has the asker that the template names, or none', () => {
    const askerOf = (asker: unknown) => {
      const outcome = rule.decide({
        ownId: null,
        type: 'makegood.ticket',
        occurredAt: null,
        mode: 'test',
        data: ticket({ asker }),
      })
      return outcome.kind === 'adjust' ? outcome.proposals[0]?.asker : outcome.kind
    }
    expect(askerOf('agent@saas.example')).toBe('agent@saas.example')
    expect(askerOf(' agent@saas.example ')).toBe('agent@saas.example')
    expect(askerOf('')).toBeNull()
    expect(askerOf(undefined)).toBeNull()
    expect(askerOf(5)).toBe('undecided')
  })

  it('of a user without the amount field: the field is not read, and does not disturb a preset', () => {
    const presetsOnly = zendeskTicketCredit({ requestTag: 'pay', amounts: { ten: usd(10) } })
    expect(zendesk(ticket({ tags: 'pay ten', amount: '99' }), presetsOnly)).toBe(
      '-1000 usd ticket:5158 acme-42',
    )
    expect(zendesk(ticket({ tags: 'pay', amount: '99' }), presetsOnly)).toBe(
      'undecided: amount_missing',
    )
  })

  it("with a preset keeps the preset's currency, whatever the template says", () => {
    expect(zendesk(ticket({ currency: 'EUR' }))).toBe('-2500 usd ticket:5158 acme-42')
  })

  it('of tags_changed tells which form carries the amount', () => {
    const [event] = zendeskSource.read(tagsChanged, {
      signed: { id: null, timestamp: null },
      unsignedHeader: () => null,
    })
    const decision = event && !isUnreadable(event) && decide([rule], 'zendesk', event)
    expect(decision).toMatchObject({ detail: expect.stringContaining('makegood.ticket template') })
  })
})

describe("a credit that the user's own backend asks for", () => {
  const rule = creditRequested()
  const standard = (body: unknown): string => decided(rule, standardSource, body)
  const request = (fields: object) => ({
    ...creditRequestedBody,
    data: { ...creditRequestedBody.data, ...fields },
  })

  it('is a promise that a program made', () => {
    expect(rule).toMatchObject({
      id: 'credit-requested',
      settlement: 'owed',
      reason: 'service_credit',
      causedBy: 'system',
    })
  })

  it.each<[string, unknown, string]>([
    ['credit.requested', creditRequestedBody, '-1250 eur credit:crq_01 acme-42'],
    [
      'charge.requested, which no rule makes a charge of',
      chargeRequestedBody,
      'ignored: no_rule_for_this_event_type',
    ],
    ['in yen', request({ amount: 900, currency: 'JPY' }), '-900 jpy credit:crq_01 acme-42'],
    ['with an amount in text', request({ amount: '1250' }), 'undecided: amount_not_a_number'],
    ['with half a cent', request({ amount: 12.5 }), 'undecided: amount_not_a_number'],
    ['with a negative amount', request({ amount: -1_250 }), 'undecided: amount_negative'],
    ['with nought', request({ amount: 0 }), 'undecided: amount_zero'],
    ['without an amount', request({ amount: undefined }), 'undecided: amount_missing'],
    ['without a currency', request({ currency: undefined }), 'undecided: currency_missing'],
    ['with an unknown currency', request({ currency: 'EURO' }), 'undecided: currency_unknown'],
    ['without an id', request({ id: undefined }), 'undecided: shape'],
    ['with an empty id', request({ id: '' }), 'undecided: shape'],
    [
      'with an id of 300 characters',
      request({ id: 'x'.repeat(300) }),
      'undecided: subject_unusable',
    ],
    ['without a customer', request({ customer: undefined }), '-1250 eur credit:crq_01 '],
    ['with a customer of null', request({ customer: null }), '-1250 eur credit:crq_01 '],
    [
      'with an empty external id',
      request({ customer: { external_id: '' } }),
      '-1250 eur credit:crq_01 ',
    ],
    [
      'with an e-mail address only',
      request({ customer: { email: 'ap@acme.example' } }),
      '-1250 eur credit:crq_01 ap@acme.example',
    ],
    ['with a numeric external id', request({ customer: { external_id: 42 } }), 'undecided: shape'],
    ['without data', { type: 'credit.requested' }, 'undecided: shape'],
    ['with data of null', { type: 'credit.requested', data: null }, 'undecided: shape'],
  ])('%s', (_, body, expected) => {
    expect(standard(body)).toBe(expected)
  })

  it('has the asker and the invoice that it names', () => {
    const [event] = standardSource.read(
      request({ asker: 'ops@saas.example', original_invoice: 'INV-7' }),
      { signed: { id: 'msg_1', timestamp: null }, unsignedHeader: () => null },
    )
    const decision = event && !isUnreadable(event) && decide([rule], 'standard', event)
    expect(decision).toMatchObject({
      proposals: [{ asker: 'ops@saas.example', originalInvoice: 'INV-7' }],
    })
  })
})
