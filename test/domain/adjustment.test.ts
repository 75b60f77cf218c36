// What an adjustment waits for, what is asked of the billing API, what its answer is compared with,
// and what a person reads about it.

import { describe, expect, it } from 'vitest'
import {
  answerDifferences,
  billingMode,
  frozenRequest,
  holdReasons,
  idempotencyKey,
  type AdjustmentFacts,
  type AdjustmentState,
  type AnsweredInvoice,
  type HoldReason,
  type ResolvedCustomer,
} from '../../src/domain/adjustment.ts'
import { DESCRIPTION_CHARS_MAX } from '../../src/domain/limits.ts'
import { note, type Noted } from '../../src/domain/note.ts'

const FACTS: AdjustmentFacts = {
  id: 'adj_1',
  eventId: 'evt_1',
  ruleId: 'zendesk-ticket-credit',
  account: 'zendesk',
  endpoint: 'zendesk',
  source: 'zendesk',
  subject: 'ticket:42',
  part: '',
  mode: 'test',
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'agent',
  amount: -2_500,
  currency: 'usd',
  customerReference: 'acme-42',
  asker: 'agent@saas.example',
  originalInvoice: null,
  description: 'Credit from customer support',
}
const KNOWN: ResolvedCustomer = { customerId: 'cus_acme', currency: 'usd' }
const UNKNOWN: ResolvedCustomer = { customerId: null, currency: null }
const PROVEN = { holdsAll: false }
const BILLING = { currency: 'usd', mode: 'test' } as const

describe('an adjustment is held', () => {
  it.each<[string, Partial<AdjustmentFacts>, ResolvedCustomer, HoldReason[]]>([
    ['for nothing, where all is known and fits', {}, KNOWN, []],
    ['for nothing, where a program caused it', { causedBy: 'system' }, KNOWN, []],
    ['where the customer was not found', {}, UNKNOWN, ['customer_unresolved']],
    [
      'in another currency than is billed in',
      { currency: 'eur' },
      { ...KNOWN, currency: 'eur' },
      ['currency_mismatch'],
    ],
    [
      'in another currency than the customer has',
      {},
      { ...KNOWN, currency: 'eur' },
      ['currency_mismatch'],
    ],
    [
      'where the customer has no invoice that tells his currency',
      {},
      { ...KNOWN, currency: null },
      ['currency_mismatch'],
    ],
    ['where a live event meets a sandbox key', { mode: 'live' }, KNOWN, ['mode_mismatch']],
    ['where nobody said if it is live', { mode: null }, KNOWN, ['mode_mismatch']],
    ['where it takes money', { amount: 1 }, KNOWN, ['charge']],
    ['where a customer can cause it', { causedBy: 'customer' }, KNOWN, ['customer_caused']],
    [
      'for an unknown customer in another currency',
      { currency: 'eur' },
      UNKNOWN,
      ['customer_unresolved', 'currency_mismatch'],
    ],
    [
      'for every reason at once, always in the same order',
      { currency: 'eur', mode: 'live', amount: 1, causedBy: 'customer' },
      UNKNOWN,
      ['customer_unresolved', 'currency_mismatch', 'mode_mismatch', 'charge', 'customer_caused'],
    ],
  ])('%s', (_, changed, customer, reasons) => {
    expect(holdReasons({ ...FACTS, ...changed }, customer, BILLING, PROVEN)).toEqual(reasons)
  })

  it('where a test event meets a live key', () => {
    const live = { currency: 'usd', mode: 'live' } as const
    expect(holdReasons(FACTS, KNOWN, live, PROVEN)).toEqual(['mode_mismatch'])
    expect(holdReasons({ ...FACTS, mode: 'live' }, KNOWN, live, PROVEN)).toEqual([])
    expect(holdReasons(FACTS, KNOWN, BILLING, { holdsAll: true })).toEqual(['unsigned_body'])
  })

  it.each([
    ['ck_sandbox_abc', 'test'],
    ['ck_abc', 'live'],
    ['ck_sandboxabc', 'live'],
    ['xck_sandbox_abc', 'live'],
  ])('and the key %s is a %s key', (key, mode) => {
    expect(billingMode(key)).toBe(mode)
  })
})

describe('the frozen request', () => {
  it('is the exact body, with the ids by which the invoice is found again', () => {
    expect(frozenRequest(FACTS, 'cus_acme')).toEqual({
      customerId: 'cus_acme',
      amount: -2_500,
      description: 'Credit from customer support',
      metadata: {
        makegood_adjustment_id: 'adj_1',
        makegood_event_id: 'evt_1',
        makegood_rule: 'zendesk-ticket-credit',
        makegood_subject: 'ticket:42',
        makegood_settlement: 'owed',
        makegood_reason: 'goodwill',
      },
    })
  })

  it('names the invoice that it is about, to the customer and in the metadata', () => {
    const request = frozenRequest({ ...FACTS, originalInvoice: 'INV-7' }, 'cus_acme')
    expect(request.description).toBe('Credit from customer support (invoice INV-7)')
    expect(request.metadata).toMatchObject({ makegood_original_invoice: 'INV-7' })
  })

  it('tells nobody who asked', () => {
    expect(JSON.stringify(frozenRequest(FACTS, 'cus_acme'))).not.toContain('agent@')
  })

  it('keeps the description on one line and inside its limit', () => {
    const long = `Credit\r\n${'x'.repeat(1_000)}`
    const { description } = frozenRequest({ ...FACTS, description: long }, 'cus_acme')
    expect(description).toMatch(/^Credit x+$/)
    expect(description.length).toBeLessThanOrEqual(DESCRIPTION_CHARS_MAX)
  })

  it('has a key that changes with the generation and nothing else', () => {
    expect(idempotencyKey('adj_1', 0)).toBe('adj_1.0')
    expect(idempotencyKey('adj_1', 1)).toBe('adj_1.1')
  })
})

describe('what the billing API answers', () => {
  const request = frozenRequest(FACTS, 'cus_acme')
  const invoice: AnsweredInvoice = {
    id: 'inv_1',
    livemode: false,
    customerId: 'cus_acme',
    invoiceNumber: 'INV-1',
    status: 'outstanding',
    currency: 'USD',
    subtotal: -2_500,
    taxAmount: 0,
    total: -2_500,
  }

  it.each<[string, Partial<AnsweredInvoice>, string[]]>([
    ['exactly what was asked', {}, []],
    ['with the status paid', { status: 'paid' }, []],
    ['from the live account', { livemode: true }, ['livemode test live']],
    ['for another customer', { customerId: 'cus_b' }, ['customerId cus_acme cus_b']],
    ['in another currency', { currency: 'eur' }, ['currency usd eur']],
    [
      'with the other sign',
      { subtotal: 2_500, total: 2_500 },
      ['subtotal -2500 2500', 'total -2500 2500'],
    ],
    [
      'with tax on top',
      { taxAmount: -475, total: -2_975 },
      ['taxAmount 0 -475', 'total -2500 -2975'],
    ],
    [
      'with tax inside',
      { subtotal: -2_101, taxAmount: -399 },
      ['subtotal -2500 -2101', 'taxAmount 0 -399'],
    ],
    ['with a tax that its sums leave out', { taxAmount: -1 }, ['taxAmount 0 -1']],
    [
      'one cent off',
      { subtotal: -2_501, total: -2_501 },
      ['subtotal -2500 -2501', 'total -2500 -2501'],
    ],
  ])('%s: every difference is told', (_, changed, told) => {
    const differences = answerDifferences(request, FACTS, { ...invoice, ...changed })
    expect(
      differences.map(({ field, asked, answered }) => `${field} ${asked} ${answered}`),
    ).toEqual(told)
  })
})

describe('a note', () => {
  const NOTED: Noted = {
    state: 'invoiced',
    settlement: 'owed',
    amount: -2_500,
    currency: 'usd',
    customerReference: 'acme-42',
    invoiceNumber: 'INV-1',
    invoiceStatus: 'outstanding',
    answerDifferences: null,
    holdReasons: null,
  }
  const LINK = 'https://makegood.example/i/abc'
  const WAITING = ['PDF: none yet', 'To the customer: nothing yet.']

  it.each<[string, Partial<Noted>, string | null, readonly string[]]>([
    [
      'a credit that is due',
      { state: 'due' },
      null,
      ['Credit of 25.00 USD for acme-42 is on its way.', ...WAITING],
    ],
    [
      'a credit that is being issued',
      { state: 'issuing' },
      null,
      ['Credit of 25.00 USD for acme-42 is on its way.', ...WAITING],
    ],
    [
      'a credit that is owed and invoiced',
      {},
      LINK,
      [
        'Credit of 25.00 USD for acme-42 is issued as invoice INV-1.',
        `PDF: ${LINK}`,
        `To the customer: We have issued a credit of 25.00 USD. The document is here: ${LINK}`,
      ],
    ],
    [
      'a credit whose link does not exist yet',
      {},
      null,
      [
        'Credit of 25.00 USD for acme-42 is issued as invoice INV-1.',
        'PDF: none yet',
        'To the customer: We have issued a credit of 25.00 USD.',
      ],
    ],
    [
      'a record of a refund',
      { settlement: 'already_paid', invoiceStatus: 'paid', amount: -2_599 },
      LINK,
      [
        'Credit of 25.99 USD for acme-42, invoice INV-1, is a record: Stripe has already returned this money, it is not credited again.',
        `PDF: ${LINK}`,
        `To the customer: Your refund of 25.99 USD is documented. The document is here: ${LINK}`,
      ],
    ],
    [
      'a record that is not marked paid yet',
      { settlement: 'already_paid' },
      LINK,
      [
        'Credit of 25.00 USD for acme-42, invoice INV-1, is a record that is not marked paid yet: Stripe has already returned this money, it is not credited again.',
        `PDF: ${LINK}`,
        'To the customer: nothing yet.',
      ],
    ],
    [
      'a credit that was answered otherwise than asked',
      {
        answerDifferences: [
          { field: 'taxAmount', asked: '0', answered: '-475' },
          { field: 'total', asked: '-2500', answered: '-2975' },
        ],
      },
      LINK,
      [
        'Credit of 25.00 USD for acme-42 was answered with invoice INV-1, which differs in taxAmount, total; a person has to look.',
        `PDF: ${LINK}`,
        'To the customer: nothing yet.',
      ],
    ],
    [
      'a credit whose answer was compared and is right',
      { answerDifferences: [] },
      null,
      [
        'Credit of 25.00 USD for acme-42 is issued as invoice INV-1.',
        'PDF: none yet',
        'To the customer: We have issued a credit of 25.00 USD.',
      ],
    ],
    [
      'a charge',
      { amount: 900 },
      LINK,
      [
        'Charge of 9.00 USD for acme-42 is issued as invoice INV-1.',
        `PDF: ${LINK}`,
        `To the customer: We have issued a charge of 9.00 USD. The document is here: ${LINK}`,
      ],
    ],
    [
      'a record of a charge',
      { settlement: 'already_paid', invoiceStatus: 'paid', amount: 900 },
      LINK,
      [
        'Charge of 9.00 USD for acme-42, invoice INV-1, is a record: Stripe has already taken this money, it is not charged again.',
        `PDF: ${LINK}`,
        `To the customer: Your payment of 9.00 USD is documented. The document is here: ${LINK}`,
      ],
    ],
    [
      'a credit that waits for one reason',
      { state: 'held', customerReference: null, holdReasons: ['customer_unresolved'] },
      null,
      [
        'Credit of 25.00 USD for an unknown customer waits for a person: the customer was not found at billing.',
        ...WAITING,
      ],
    ],
    [
      'a charge that waits for every reason',
      {
        state: 'held',
        amount: 900,
        currency: 'jpy',
        holdReasons: [
          'customer_unresolved',
          'currency_mismatch',
          'mode_mismatch',
          'charge',
          'customer_caused',
          'outcome_unknown',
        ],
      },
      null,
      [
        'Charge of 900 JPY for acme-42 waits for a person: the customer was not found at billing; the customer is not known to be billed in this currency; it is not known to be of the same mode, live or test, as the billing key; charges wait for a person; a customer could have caused it; it is not known if the invoice was made.',
        ...WAITING,
      ],
    ],
    [
      'a credit that failed',
      { state: 'failed' },
      null,
      [
        'Credit of 25.00 USD for acme-42 could not be issued; someone with access to Makegood has to look.',
        ...WAITING,
      ],
    ],
    [
      'a credit that was rejected',
      { state: 'rejected' },
      null,
      ['Credit of 25.00 USD for acme-42 was rejected.', ...WAITING],
    ],
    [
      'a credit that was cancelled',
      { state: 'cancelled' },
      null,
      ['Credit of 25.00 USD for acme-42 was cancelled before it was issued.', ...WAITING],
    ],
  ])('on %s', (_, changed, link, lines) => {
    expect(note({ ...NOTED, ...changed }, 'Stripe', link)).toEqual(lines)
  })

  it('never says that the next invoice or a renewal becomes cheaper', () => {
    const states: AdjustmentState[] = [
      'due',
      'issuing',
      'invoiced',
      'held',
      'failed',
      'rejected',
      'cancelled',
    ]
    for (const state of states) {
      for (const settlement of ['owed', 'already_paid'] as const) {
        for (const amount of [-2_500, 2_500]) {
          const lines = note({ ...NOTED, state, settlement, amount }, 'Stripe', LINK)
          expect(lines).toHaveLength(3)
          expect(lines[1]).toMatch(/^PDF: /)
          expect(lines[2]).toMatch(/^To the customer: /)
          expect(lines.join('\n')).not.toMatch(/next (invoice|bill)|renew|lower/i)
        }
      }
    }
  })
})
