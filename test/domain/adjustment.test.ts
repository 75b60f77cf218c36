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
  type ResolvedCustomer,
  type Surroundings,
} from '../../src/domain/adjustment.ts'
import { isApprovable, LIMIT_NAMES, type HoldReason } from '../../src/domain/hold.ts'
import { limitsOf } from '../../src/domain/money-limits.ts'
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
  customerKind: 'external_id',
  asker: 'agent@saas.example',
  originalInvoice: null,
  description: 'Credit from customer support',
  happenedAt: null,
  ruleHold: null,
  ruleSet: null,
  maker: null,
  reverses: null,
}
const KNOWN: ResolvedCustomer = { customerId: 'cus_acme', currency: 'usd' }
const UNKNOWN: ResolvedCustomer = { customerId: null, currency: null }
const AROUND: Surroundings = {
  mode: 'test',
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  limits: limitsOf({}),
  endpoint: { holdsAll: false, startedAt: null },
}
const reasonsOf = (
  facts: Partial<AdjustmentFacts>,
  customer: ResolvedCustomer,
  around: Partial<Surroundings> = {},
): HoldReason[] =>
  holdReasons({ ...FACTS, ...facts }, customer, { ...AROUND, ...around }).map(
    ({ reason }) => reason,
  )

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
      {
        currency: 'eur',
        mode: 'live',
        amount: 1,
        causedBy: 'customer',
        ruleHold: 'second_this_month',
      },
      UNKNOWN,
      [
        'customer_unresolved',
        'currency_mismatch',
        'mode_mismatch',
        'charge',
        'customer_caused',
        'rule_asked',
      ],
    ],
  ])('%s', (_, changed, customer, reasons) => {
    expect(reasonsOf(changed, customer)).toEqual(reasons)
  })

  it('where a test event meets a live key', () => {
    const live = { mode: 'live' } as const
    expect(reasonsOf({}, KNOWN, live)).toEqual(['mode_mismatch'])
    expect(reasonsOf({ mode: 'live' }, KNOWN, live)).toEqual([])
  })

  it('where nothing proves what its endpoint receives', () => {
    const endpoint = { holdsAll: true, startedAt: null }
    expect(reasonsOf({}, KNOWN, { endpoint })).toEqual(['unsigned_body'])
  })

  it('for no charge, where charges are allowed', () => {
    const limits = limitsOf({ charges: 'allow' })
    expect(reasonsOf({ amount: 1 }, KNOWN, { limits })).toEqual([])
  })

  it('with the code by which its rule asked for a person', () => {
    expect(holdReasons({ ...FACTS, ruleHold: 'second_this_month' }, KNOWN, AROUND)).toEqual([
      { reason: 'rule_asked', code: 'second_this_month' },
    ])
  })

  // 00:30 on 10 March in Berlin, which is still 9 March in UTC.
  const started = Date.parse('2026-03-09T23:30:00Z')
  it.each<[string, string | null, number | null, HoldReason[]]>([
    ['on the same day', '2026-03-10T09:00:00Z', started, []],
    ['earlier on its first day', '2026-03-09T23:00:00Z', started, []],
    ['a millisecond before that day', '2026-03-09T22:59:59.999Z', started, ['older_than_endpoint']],
    ['a year before', '2025-03-10T09:00:00Z', started, ['older_than_endpoint']],
    ['at a time that nobody told', null, started, []],
    ['before an endpoint whose start is not known', '2025-03-10T09:00:00Z', null, []],
  ])('of something that happened %s: %s', (_, happened, startedAt, reasons) => {
    const happenedAt = happened === null ? null : Date.parse(happened)
    const endpoint = { holdsAll: false, startedAt }
    expect(reasonsOf({ happenedAt }, KNOWN, { endpoint })).toEqual(reasons)
    const limits = limitsOf({ olderThanEndpoint: 'allow' })
    expect(reasonsOf({ happenedAt }, KNOWN, { endpoint, limits })).toEqual([])
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

  it('names the invoice that it is about, and the adjustment that it undoes, in the metadata', () => {
    const request = frozenRequest(
      { ...FACTS, originalInvoice: 'INV-7', reverses: 'adj_0' },
      'cus_acme',
    )
    expect(request.metadata).toMatchObject({
      makegood_original_invoice: 'INV-7',
      makegood_reverses: 'adj_0',
    })
  })

  it('tells nobody who asked', () => {
    expect(JSON.stringify(frozenRequest(FACTS, 'cus_acme'))).not.toContain('agent@')
  })

  it('has a key that changes with the generation and nothing else', () => {
    expect(idempotencyKey('adj_1', 0)).toBe('adj_1.0')
    expect(idempotencyKey('adj_1', 1)).toBe('adj_1.1')
  })
})

describe('an approval', () => {
  it.each<HoldReason>([
    'customer_unresolved',
    'currency_mismatch',
    'mode_mismatch',
    'outcome_unknown',
  ])('never clears %s', (reason) => expect(isApprovable(reason)).toBe(false))

  it.each<HoldReason>([
    ...LIMIT_NAMES.map((name) => `over_limit:${name}` as const),
    'charge',
    'customer_caused',
    'unsigned_body',
    'older_than_endpoint',
    'rule_asked',
    'new_rule',
    'possible_duplicate',
  ])('clears %s', (reason) => expect(isApprovable(reason)).toBe(true))
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
    approversNeeded: 1,
    approvers: [],
    holdReminders: 0,
    decisionNote: null,
    reversedBy: null,
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
          'older_than_endpoint',
          'rule_asked',
          'charge',
          'customer_caused',
          'unsigned_body',
          'new_rule',
          'possible_duplicate',
          'over_limit:holdAbove',
          'over_limit:perCustomer',
          'over_limit:perAsker',
          'over_limit:perDay',
          'over_limit:perHourPerRule',
          'outcome_unknown',
        ],
      },
      null,
      [
        "Charge of 900 JPY for acme-42 waits for a person: the customer was not found at billing; the customer is not known to be billed in this currency; it is not known to be of the same mode, live or test, as the billing key; it is about something older than this connection; its rule asks for a person; charges wait for a person; a customer could have caused it; nothing proves that its sender wrote it; its rule is new, and the first ones wait for a person; something alike was already given; it is above the amount that goes out without a person; the limit for this customer is reached; the limit for this person who asks is reached; the day's limit is reached; the rule's limit for an hour is reached; it is not known if the invoice was made.",
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
