// What a support agent reads: a golden table of every fate, state and hold reason.

import { describe, expect, it } from 'vitest'
import { ADJUSTMENT_STATES } from '../../src/domain/adjustment.ts'
import { FATES } from '../../src/domain/event.ts'
import type { HoldDetail } from '../../src/domain/hold.ts'
import {
  WHY_FIELD_CHARS_MAX,
  WHY_FIELD_STEPS_MAX,
  WHY_FIELDS_MAX,
} from '../../src/domain/limits.ts'
import { why } from '../../src/domain/why.ts'
import type { Asked, Explained, WhyAdjustment, WhyEvent } from '../../src/domain/why-adjustment.ts'
import { fieldsOf } from '../../src/domain/why-fields.ts'
import { holdText, undecidedWords } from '../../src/domain/why-texts.ts'

const EVENT: WhyEvent = {
  id: 'evt_1',
  fate: 'adjusted',
  ruleId: 'ticket-credit',
  reason: null,
  mode: 'test',
  decision: { considered: [{ rule: 'ticket-credit', answer: 'adjust' }] },
}

const ADJUSTMENT: WhyAdjustment = {
  id: 'adj_1',
  eventId: 'evt_1',
  ruleId: 'ticket-credit',
  subject: 'ticket:42',
  part: '',
  amount: -2_500,
  currency: 'usd',
  settlement: 'owed',
  mode: 'test',
  customerReference: 'acme-42',
  customerKind: 'external_id',
  state: 'due',
  holdReasons: null,
  holdDetails: null,
  clearedReasons: null,
  trouble: null,
  invoiceNumber: null,
  invoiceStatus: null,
  reversedBy: null,
  reversal: null,
  waitsForRecord: false,
}

const KNOWN: Asked = { kind: 'known', wanted: [], isOfNow: false }

const said = (
  event: Partial<WhyEvent>,
  adjustments: readonly Partial<WhyAdjustment>[] = [],
  asked: Asked = KNOWN,
  undone: readonly Partial<WhyAdjustment>[] = [],
  answers: Explained['answers'] = [],
): string[] =>
  why({
    event: { ...EVENT, ...event },
    source: 'Zendesk',
    adjustments: adjustments.map((each) => ({ ...ADJUSTMENT, ...each })),
    undone: undone.map((each) => ({ ...ADJUSTMENT, ...each })),
    answers,
    asked,
  })

const REVERSED: Partial<WhyAdjustment> = {
  state: 'invoiced',
  invoiceNumber: 'INV-7',
  invoiceStatus: 'outstanding',
  reversedBy: 'adj_9',
}

const MADE =
  'The rule ticket-credit made a credit of 25.00 USD to the customer acme-42 for ticket:42.'
const PROMISED = 'It is promised: its invoice stays open.'

describe('what a rule made', () => {
  it.each<[string, Partial<WhyAdjustment>, readonly string[]]>([
    ['is due', {}, ['It waits for its turn to be issued.']],
    [
      'is due, behind an old record',
      { waitsForRecord: true },
      ['It waits until our record has been compared with the billing API.'],
    ],
    [
      'is due after trouble',
      { trouble: { step: 'post', code: 'rate_limited', status: 429, requestId: null } },
      [
        'It waits for its turn to be issued.',
        'The last trouble with billing: rate limited, status 429.',
      ],
    ],
    [
      'is due, let through by a person',
      { clearedReasons: ['over_limit:holdAbove', 'charge'] },
      [
        'It was held, and let through by a person, who saw this.',
        'One above a certain amount waits for a person.',
        'It takes money from the customer, and every charge waits for a person.',
        'It waits for its turn to be issued.',
      ],
    ],
    ['is issuing', { state: 'issuing' }, ['It is being issued.']],
    [
      'is invoiced',
      { state: 'invoiced', invoiceNumber: 'INV-7', invoiceStatus: 'outstanding' },
      ['It is issued as invoice INV-7, which is outstanding.'],
    ],
    [
      'is invoiced and reversed',
      {
        state: 'invoiced',
        invoiceNumber: 'INV-7',
        invoiceStatus: 'outstanding',
        reversedBy: 'adj_9',
        reversal: { id: 'adj_9', state: 'invoiced' },
      },
      ['It is issued as invoice INV-7, which is outstanding.', 'adj_9 undoes it.'],
    ],
    ...(
      [
        ['due', 'It is to be undone by adj_9, which waits.'],
        ['held', 'It is to be undone by adj_9, which waits.'],
        ['issuing', 'It is to be undone by adj_9, which is being issued.'],
        ['failed', 'It was to be undone by adj_9, which could not be issued.'],
        ['rejected', 'It was to be undone by adj_9, which was rejected.'],
        ['cancelled', 'It was to be undone by adj_9, which was cancelled.'],
      ] as const
    ).map(([state, sentence]): [string, Partial<WhyAdjustment>, readonly string[]] => [
      `is invoiced, and its reversal ${state}`,
      { ...REVERSED, reversal: { id: 'adj_9', state } },
      ['It is issued as invoice INV-7, which is outstanding.', sentence],
    ]),
    [
      'is voided after its reversal was rejected',
      { ...REVERSED, reversedBy: 'void', reversal: { id: 'adj_9', state: 'rejected' } },
      [
        'It is issued as invoice INV-7, which is outstanding.',
        'It was to be undone by adj_9, which was rejected.',
        'Its invoice is voided, or about to be.',
      ],
    ],
    [
      'is invoiced and voided',
      { state: 'invoiced', invoiceNumber: 'INV-7', invoiceStatus: 'void', reversedBy: 'void' },
      ['It is issued as invoice INV-7, which is void.', 'Its invoice is voided, or about to be.'],
    ],
    [
      'has failed',
      {
        state: 'failed',
        trouble: { step: 'post', code: 'validation_error', status: null, requestId: null },
      },
      [
        'It could not be issued.',
        'The last trouble with billing: validation error.',
        'Billing refuses what is asked for: see the customer and his plan there, then try it again.',
      ],
    ],
    [
      'is rejected',
      { state: 'rejected' },
      ['It was rejected by a person, or because nobody answered in time.'],
    ],
    [
      'is cancelled',
      { state: 'cancelled' },
      ['It was cancelled before it was issued: what it is for had been undone.'],
    ],
    [
      'is held without its numbers',
      { state: 'held', holdReasons: ['over_limit:perDay', 'charge'] },
      [
        'It waits for a person.',
        "The day's limit is reached.",
        'It takes money from the customer, and every charge waits for a person.',
      ],
    ],
    [
      'is held with its numbers',
      {
        state: 'held',
        holdReasons: ['over_limit:perDay'],
        holdDetails: [{ reason: 'over_limit:perDay', max: 500_000, used: 498_000 }],
      },
      [
        'It waits for a person.',
        "The day's limit is 5000.00 USD; 4980.00 USD were used before this one.",
      ],
    ],
  ])('%s', (_, adjustment, sentences) => {
    expect(said({}, [adjustment])).toEqual([MADE, PROMISED, ...sentences])
  })

  it('every state has its sentences', () => {
    const all = ADJUSTMENT_STATES.map((state) => said({}, [{ state }]).join(' '))
    expect(new Set(all).size).toBe(ADJUSTMENT_STATES.length)
  })

  it.each<[string, Partial<WhyAdjustment>, string]>([
    ['a charge', { amount: 1_000 }, 'a charge of 10.00 USD to the customer acme-42 for ticket:42'],
    ['a part', { part: 'late' }, 'to the customer acme-42 for ticket:42 (late)'],
    ['nobody', { customerReference: null }, 'to a customer whom the event does not name for'],
    ['an address', { customerKind: 'email' }, 'to the customer with the address acme-42 for'],
    ['the source’s', { customerKind: 'source_id' }, "to the source's customer acme-42 for"],
    ['billing’s', { customerKind: 'billing_id' }, "to billing's customer acme-42 for"],
  ])('names %s', (_, adjustment, words) => {
    expect(said({}, [adjustment])[0]).toContain(words)
  })

  it('is a record, where the money has moved already', () => {
    expect(said({}, [{ settlement: 'already_paid' }])).toContain(
      'It is a record: the money has already moved at Zendesk.',
    )
  })

  it('by hand has no rule, and names the conflict that it answers', () => {
    const decision = { considered: [], answers: 'evt_0' }
    expect(said({ ruleId: 'by-hand', decision }, [{ ruleId: 'by-hand' }]).slice(0, 2)).toEqual([
      'A person made by hand a credit of 25.00 USD to the customer acme-42 for ticket:42.',
      'It answers the conflict of evt_0.',
    ])
  })

  it('in two parts is told part by part', () => {
    const parts = [{ part: 'a' }, { part: 'b', state: 'issuing' } as const]
    expect(said({}, parts).filter((sentence) => sentence.startsWith('The rule'))).toHaveLength(2)
  })
})

describe('why it is held', () => {
  it.each<[HoldDetail, string]>([
    [
      { reason: 'customer_unresolved' },
      'The customer was not found at billing, or more than one was: choose who it is.',
    ],
    [
      { reason: 'customer_unresolved', code: 'erased' },
      'The customer whom this event names was erased: choose one only with a proof that it is he, since somebody else may have the same id at billing.',
    ],
    [
      { reason: 'currency_mismatch' },
      'The customer is not known to be billed in USD. This can not be approved.',
    ],
    [
      { reason: 'mode_mismatch' },
      'The event and the billing key are not both live, or not both tests. This can not be approved.',
    ],
    [
      { reason: 'older_than_endpoint' },
      'It is about something older than the first day on which this source was connected.',
    ],
    [{ reason: 'rule_asked' }, 'Its rule asks for a person.'],
    [
      { reason: 'rule_asked', code: 'second_this_month' },
      'Its rule asks for a person: second this month.',
    ],
    [
      { reason: 'charge' },
      'It takes money from the customer, and every charge waits for a person.',
    ],
    [{ reason: 'customer_caused' }, 'A customer could have caused it himself.'],
    [{ reason: 'unsigned_body' }, 'Nothing proves that its sender wrote it.'],
    [
      { reason: 'new_rule', max: 10, used: 3 },
      'The first 10 of a rule wait for a person; 3 were let through before this one.',
    ],
    [{ reason: 'new_rule' }, 'Its rule is new, and the first ones wait for a person.'],
    [
      { reason: 'possible_duplicate', adjustment: 'adj_7' },
      'It may repeat adj_7: the same thing by another rule or event, or the same customer and amount a short time ago.',
    ],
    [
      { reason: 'possible_duplicate' },
      'It may repeat an earlier one: the same thing by another rule or event, or the same customer and amount a short time ago.',
    ],
    [
      { reason: 'over_limit:holdAbove', max: 25_000, used: 0 },
      'One above 250.00 USD waits for a person.',
    ],
    [
      { reason: 'over_limit:perCustomer', max: 50_000, used: 48_000 },
      'The limit for this customer is 500.00 USD; 480.00 USD were used before this one.',
    ],
    [
      { reason: 'over_limit:perAsker', max: 20_000, used: 20_000 },
      'The limit for the person who asked is 200.00 USD; 200.00 USD were used before this one.',
    ],
    [
      { reason: 'over_limit:perDay', max: 500_000, used: 498_000 },
      "The day's limit is 5000.00 USD; 4980.00 USD were used before this one.",
    ],
    [
      { reason: 'over_limit:perHourPerRule', max: 100_000, used: 0 },
      "The rule's limit for an hour is 1000.00 USD; 0.00 USD were used before this one. If others have used it up, the rule is paused as well.",
    ],
    [
      { reason: 'over_limit:perHourPerRule' },
      "The rule's limit for an hour is reached. If others have used it up, the rule is paused as well.",
    ],
    [
      { reason: 'outcome_unknown' },
      'It is not known if its invoice was made: look for it at billing before anything else.',
    ],
  ])('%j', (detail, sentence) => {
    expect(holdText(detail, 'usd')).toBe(sentence)
  })
})

describe('what was there before', () => {
  const there = { id: 'adj_0', eventId: 'evt_0' } as const
  const BEFORE =
    'adj_0 of the event evt_0 was there before: a credit of 25.00 USD to the customer acme-42 for ticket:42.'
  const wanted = {
    subject: 'ticket:42',
    part: '',
    amount: -2_500,
    currency: 'usd',
    customerReference: 'acme-42',
    mode: 'test',
  } as const
  const asks = (parts: object, isOfNow = false): Asked => ({
    kind: 'known',
    wanted: [{ ...wanted, ...parts }],
    isOfNow,
  })
  const LAST = 'A person can make a further adjustment by hand, or dismiss this event.'

  it('is a conflict that people have answered', () => {
    const answers = [
      { id: 'adj_5', amount: -1_000, currency: 'usd', state: 'invoiced' },
      { id: 'adj_6', amount: 500, currency: 'usd', state: 'held' },
    ] as const
    const told = [
      'A person has answered it by adj_5, a credit of 10.00 USD, which is invoiced.',
      'A person has answered it by adj_6, a charge of 5.00 USD, which is held.',
    ]
    const conflict = said({ fate: 'conflict' }, [there], asks({ amount: -3_000 }), [], answers)
    expect(conflict.slice(2)).toEqual([
      ...told,
      'A person can make one more by hand on purpose, or dismiss this event.',
    ])
    expect(said({ fate: 'dismissed' }, [], KNOWN, [], answers).slice(1)).toEqual(told)
  })

  it('is a duplicate', () => {
    expect(said({ fate: 'duplicate' }, [there])).toEqual([
      BEFORE,
      'This event asks for the same, so nothing was made again.',
    ])
  })

  it.each<[string, Asked, string]>([
    [
      'the amount',
      asks({ amount: -3_000 }),
      'This event asks for something else: amount: credit of 30.00 USD instead of credit of 25.00 USD. Nothing was changed.',
    ],
    [
      'the sign',
      asks({ amount: 2_500 }),
      'This event asks for something else: amount: charge of 25.00 USD instead of credit of 25.00 USD. Nothing was changed.',
    ],
    [
      'the currency',
      asks({ currency: 'eur' }),
      'This event asks for something else: amount: credit of 25.00 EUR instead of credit of 25.00 USD. Nothing was changed.',
    ],
    [
      'the customer and the mode',
      asks({ customerReference: null, mode: 'live' }),
      'This event asks for something else: customer: nobody instead of acme-42; mode: live instead of test. Nothing was changed.',
    ],
    [
      'what the rules of now say',
      asks({ amount: -3_000 }, true),
      'By the rules of now, which are others, this event asks for something else: amount: credit of 30.00 USD instead of credit of 25.00 USD. Nothing was changed.',
    ],
    [
      'nothing, by the rules of now',
      asks({}, true),
      'By the rules of now, which are others, this event asks for the same, so nothing was made again.',
    ],
    [
      'all, where the rules of now ask for nothing',
      { kind: 'known', wanted: [], isOfNow: true },
      'By the rules of now, which are others, this event does not ask for it.',
    ],
  ])('is in conflict: it differs in %s', (_, asked, sentence) => {
    expect(said({ fate: 'conflict' }, [there], asked)).toEqual([BEFORE, sentence, LAST])
  })

  it('is in conflict with what is not kept any more', () => {
    const asked: Asked = { kind: 'unknown', because: 'what was delivered is not kept any more' }
    expect(said({ fate: 'conflict' }, [there], asked)).toEqual([
      BEFORE,
      'What this event asks for instead can not be shown.',
      LAST,
      'The fields that were read can not be shown: what was delivered is not kept any more.',
    ])
  })

  it('stands beside what is new', () => {
    const parts = [{ part: 'b' }, { ...there, part: 'a' }]
    expect(said({}, parts, asks({ part: 'a' }))).toEqual([
      'The rule ticket-credit made a credit of 25.00 USD to the customer acme-42 for ticket:42 (b).',
      PROMISED,
      'It waits for its turn to be issued.',
      'adj_0 of the event evt_0 was there before: a credit of 25.00 USD to the customer acme-42 for ticket:42 (a).',
      'This event asks for the same, so nothing was made again.',
    ])
  })
})

describe('what made nothing', () => {
  const considered = (...answers: readonly string[]) => ({
    considered: answers.map((answer, at) => ({ rule: `rule-${at + 1}`, answer })),
  })

  it('is ignored, with each rule’s reason', () => {
    const decision = considered(
      'ignored: refund_pending',
      'other_event_type',
      'shadow: ignored: told_to',
      'shadow: undecided: amount_missing',
      'shadow: undo',
    )
    expect(said({ fate: 'ignored', ruleId: null, reason: 'refund_pending', decision })).toEqual([
      'No rule made anything of this event.',
      'The rule rule-1 ignored it: refund pending.',
      'The rule rule-2 reads other types of events.',
      'The rule rule-3 is in shadow mode; it ignored it: told to.',
      'The rule rule-4 is in shadow mode; it could not decide: the amount is missing.',
      'The rule rule-5 is in shadow mode; it would undo something.',
    ])
  })

  it('is ignored, since no rule reads its source', () => {
    const none = { fate: 'ignored', ruleId: null, decision: { considered: [] } } as const
    expect(said(none)).toEqual(['No rule reads events of Zendesk.'])
  })

  it('is shadow, with what would have been made', () => {
    const shadows = [
      { rule: 'rule-1', subject: 'ticket:42', part: 'a', amount: -1_000, currency: 'usd' },
    ]
    const decision = { ...considered('shadow: adjust', 'ignored: told_to'), shadows }
    expect(said({ fate: 'shadow', ruleId: 'rule-1', decision })).toEqual([
      'The rule rule-1 is in shadow mode: it decides and is recorded, and nothing is made.',
      'The rule rule-1, in shadow mode, would have made a credit of 10.00 USD for ticket:42 (a).',
      'The rule rule-2 ignored it: told to.',
    ])
  })

  it('is undecided by a rule: the field, and what helps', () => {
    const decision = {
      ...considered('undecided: amount_missing', 'not_reached'),
      detail: 'data.amount',
    }
    expect(
      said({ fate: 'undecided', ruleId: 'rule-1', reason: 'amount_missing', decision }),
    ).toEqual([
      'The rule rule-1 could not decide: the amount is missing (data.amount).',
      'Fill it in, and let the source send it again.',
      'The rule rule-2 was not asked, since one before it had decided.',
    ])
  })

  it('is undecided, since nobody could read it', () => {
    const unread = { fate: 'undecided', ruleId: null, reason: 'not_json' } as const
    const asked: Asked = { kind: 'unknown', because: 'it can not be read' }
    expect(said({ ...unread, decision: { considered: [] } }, [], asked)).toEqual([
      'Nobody could read it: the delivery is not JSON.',
      'The source has to send JSON.',
    ])
  })

  it('is undecided by a code of the user’s own', () => {
    expect(undecidedWords('too_late_at_night')).toEqual({
      says: 'too late at night',
      helps: 'Whoever maintains the rule can say more.',
    })
  })

  it('is an undo, and the second one', () => {
    const decision = {
      considered: [],
      undoes: { subject: 'refund:re_1', ruleIds: ['refund-record', 'refund'] },
    }
    const first = [
      'The rule ticket-credit undoes what refund-record, refund made for refund:re_1, or makes for it later.',
    ]
    expect(said({ decision })).toEqual([...first, 'There is nothing of it yet.'])
    const undone: Partial<WhyAdjustment> = {
      id: 'adj_0',
      eventId: 'evt_0',
      state: 'invoiced',
      invoiceNumber: 'INV-7',
      reversedBy: 'adj_9',
      reversal: { id: 'adj_9', state: 'invoiced' },
    }
    expect(said({ decision, fate: 'duplicate' }, [], KNOWN, [undone])).toEqual([
      ...first,
      'An earlier event had undone it: nothing was done again.',
      'It undoes adj_0 of the event evt_0: a credit of 25.00 USD to the customer acme-42 for ticket:42.',
      'It is issued as invoice INV-7.',
      'adj_9 undoes it.',
    ])
    const rejected: Partial<WhyAdjustment> = {
      ...undone,
      reversal: { id: 'adj_9', state: 'rejected' },
    }
    expect(said({ decision }, [], KNOWN, [rejected]).slice(1)).toEqual([
      'It would undo adj_0 of the event evt_0: a credit of 25.00 USD to the customer acme-42 for ticket:42.',
      'It is issued as invoice INV-7.',
      'It was to be undone by adj_9, which was rejected.',
      'That was decided, so no undo makes another reversal.',
    ])
  })

  it('is dismissed, with what it was', () => {
    const dismissed = 'A person has dismissed this event: nothing more is to be done for it.'
    expect(said({ fate: 'dismissed', reason: 'amount_zero' })).toEqual([
      dismissed,
      'The rule ticket-credit could not decide: the amount is zero.',
      'Write one above zero, and let the source send it again.',
    ])
    expect(said({ fate: 'dismissed' }, [{ id: 'adj_0', eventId: 'evt_0' }])[0]).toBe(dismissed)
  })
})

it('every fate has a sentence, and none has markup', () => {
  for (const fate of FATES) {
    const sentences = said({ fate }, [{}])
    expect(sentences.length).toBeGreaterThan(0)
    expect(sentences.join(' ')).not.toMatch(/[<>&]/)
  }
})

describe('fields', () => {
  it('are a flat list by path', () => {
    const read = { kind: 'ticket', data: { amount: 25, tags: ['a', 'b'], none: null, is: true } }
    expect(fieldsOf({ ...read, left: undefined })).toEqual({
      kind: 'ticket',
      'data.amount': 25,
      'data.tags.0': 'a',
      'data.tags.1': 'b',
      'data.none': null,
      'data.is': true,
    })
    expect([fieldsOf(null), fieldsOf('text'), fieldsOf(undefined)]).toEqual([{}, {}, {}])
  })

  it('are bounded in number, length and depth', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`f${at}`, at]))
    expect(Object.keys(fieldsOf(many))).toHaveLength(WHY_FIELDS_MAX)
    expect(fieldsOf({ long: 'x'.repeat(5_000) }).long).toHaveLength(WHY_FIELD_CHARS_MAX)
    const deep = Array.from({ length: 100 }).reduce<object>((inner) => ({ a: inner }), { b: 1 })
    expect(fieldsOf(deep)).toEqual({ [Array(WHY_FIELD_STEPS_MAX).fill('a').join('.')]: '…' })
    expect(fieldsOf({ text: 'a\nb\u202ec' })).toEqual({ text: 'a b c' })
  })
})
