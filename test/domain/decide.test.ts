// From an event and the rules to a decision: precedence, and every way in which a rule can be broken.

import fc from 'fast-check'
import { assert, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { decide, type Decision } from '../../src/domain/decide.ts'
import type { SourceEvent } from '../../src/domain/event.ts'
import { PARTS_PER_EVENT_MAX, REASON_CHARS_MAX } from '../../src/domain/limits.ts'
import { usd } from '../../src/domain/money.ts'
import {
  approve,
  charge,
  credit,
  hold,
  ignore,
  rule,
  several,
  undecided,
  undo,
  type Outcome,
  type Proposal,
  type Rule,
} from '../../src/domain/rule.ts'

const EVENT: SourceEvent = {
  ownId: 'evt_1',
  type: 'thing.happened',
  occurredAt: null,
  mode: 'test',
  data: {},
}

const APPROVAL = { kind: 'approve', subject: 'x:1', by: 'Lead@saas.example', of: null }

const ruleThat = (id: string, answer: () => Outcome, changed: Partial<Rule> = {}): Rule => ({
  id,
  source: 'shop',
  on: ['thing.happened'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'agent',
  description: 'Credit',
  mode: 'live',
  was: [],
  alongside: [],
  text: '',
  problems: [],
  decide: answer,
  read: () => null,
  paths: () => [],
  ...changed,
})

/** A rule of a user whose compiler did not stop him: it answers whatever it likes. */
const brokenRule = (answer: unknown): Rule => ruleThat('broken', (): any => answer)

const decideWith = (...rules: Rule[]): Decision => decide(rules, 'shop', EVENT)

const PROPOSAL: Proposal = {
  kind: 'adjustment_invoice',
  amount: -2_500,
  currency: 'usd',
  subject: 'thing:1',
  part: '',
  customer: { kind: 'external_id', value: 'acme-42' },
  asker: null,
  originalInvoice: null,
  happenedAt: null,
  hold: null,
}

const creditFor = (subject: string) => credit(usd(5), { subject, customer: 'acme-42' })

describe('precedence', () => {
  it('is the order of the rules: the first that does not ignore decides, the later are not reached', () => {
    const decision = decideWith(
      ruleThat('elsewhere', () => creditFor('x:0'), { source: 'desk' }),
      ruleThat('other-type', () => creditFor('x:1'), { on: ['thing.vanished'] }),
      ruleThat('ignores', () => ignore('too_small')),
      ruleThat('decides', () => creditFor('x:2')),
      ruleThat('later', () => creditFor('x:3')),
      ruleThat('later-still', () => ignore('never_asked'), { on: ['thing.vanished'] }),
    )
    expect(decision).toMatchObject({ kind: 'adjust', rule: { id: 'decides' } })
    expect(decision.considered).toEqual([
      { rule: 'other-type', answer: 'other_event_type' },
      { rule: 'ignores', answer: 'ignored: too_small' },
      { rule: 'decides', answer: 'adjust' },
      { rule: 'later', answer: 'not_reached' },
      { rule: 'later-still', answer: 'not_reached' },
    ])
  })

  it('is the same the other way round: the rule that comes first wins', () => {
    const one = ruleThat('one', () => creditFor('x:1'))
    const two = ruleThat('two', () => creditFor('x:2'))
    expect(decideWith(one, two)).toMatchObject({ rule: { id: 'one' } })
    expect(decideWith(two, one)).toMatchObject({ rule: { id: 'two' } })
  })

  it('does not go on after a rule that could not read the event', () => {
    const decision = decideWith(
      ruleThat('unsure', () => undecided('amount_ambiguous', 'two tags')),
      ruleThat('eager', () => creditFor('x:1')),
    )
    expect(decision).toMatchObject({
      kind: 'undecided',
      rule: { id: 'unsure' },
      reason: 'amount_ambiguous',
      detail: 'two tags',
    })
    expect(decision.considered).toEqual([
      { rule: 'unsure', answer: 'undecided: amount_ambiguous' },
      { rule: 'eager', answer: 'not_reached' },
    ])
  })

  it('where every rule ignores, the first gives the reason', () => {
    const decision = decideWith(
      ruleThat('one', () => ignore('too_small')),
      ruleThat('two', () => ignore('too_old')),
    )
    expect(decision).toMatchObject({ kind: 'ignored', reason: 'too_small' })
  })

  it('without a rule for the type, the event is ignored and says so', () => {
    const decision = decideWith(
      ruleThat('other', () => creditFor('x:1'), { on: ['thing.vanished'] }),
    )
    expect(decision).toEqual({
      kind: 'ignored',
      reason: 'no_rule_for_this_event_type',
      considered: [{ rule: 'other', answer: 'other_event_type' }],
      shadows: [],
    })
    expect(decideWith()).toMatchObject({ kind: 'ignored', considered: [] })
  })
})

describe('a rule in shadow mode', () => {
  const shadow = { mode: 'shadow' } as const

  it('is asked and listed, and the rules behind it still decide', () => {
    const decision = decideWith(
      ruleThat('trial', () => creditFor('x:1'), shadow),
      ruleThat('decides', () => creditFor('x:2')),
      ruleThat('later', () => creditFor('x:3'), shadow),
    )
    expect(decision).toMatchObject({
      kind: 'adjust',
      rule: { id: 'decides' },
      proposals: [{ subject: 'x:2' }],
      shadows: [{ rule: { id: 'trial' }, proposals: [{ subject: 'x:1', amount: -500 }] }],
    })
    expect(decision.considered).toEqual([
      { rule: 'trial', answer: 'shadow: adjust' },
      { rule: 'decides', answer: 'adjust' },
      { rule: 'later', answer: 'not_reached' },
    ])
  })

  it('gives the event its fate where no other rule decides', () => {
    const decision = decideWith(
      ruleThat('ignores', () => ignore('too_small')),
      ruleThat('trial', () => creditFor('x:1'), shadow),
      ruleThat('second-trial', () => creditFor('x:2'), shadow),
    )
    expect(decision).toMatchObject({ kind: 'shadow', rule: { id: 'trial' } })
    expect(decision.shadows.map(({ rule: { id } }) => id)).toEqual(['trial', 'second-trial'])
  })

  it.each<[string, () => Outcome, string]>([
    ['ignores', () => ignore('too_small'), 'shadow: ignored: too_small'],
    ['is unsure', () => undecided('shape', 'x'), 'shadow: undecided: shape'],
    ['undoes', () => undo('x:1'), 'shadow: undo'],
    [
      'throws',
      () => {
        throw new TypeError('broken')
      },
      'shadow: undecided: rule_threw',
    ],
  ])('makes and stops nothing where it %s', (_, answer, listed) => {
    const decision = decideWith(ruleThat('trial', answer, shadow))
    expect(decision).toEqual({
      kind: 'ignored',
      reason: 'shadow_only',
      considered: [{ rule: 'trial', answer: listed }],
      shadows: [],
    })
  })
})

describe('an undo', () => {
  it('is of the answering rule itself, or of the one that it names', () => {
    expect(decideWith(ruleThat('undoes', () => undo('x:1')))).toMatchObject({
      kind: 'undo',
      rule: { id: 'undoes' },
      subject: 'x:1',
      of: 'undoes',
    })
    const ofAnother = decideWith(ruleThat('undoes', () => undo('x:1', { of: 'credits' })))
    expect(ofAnother).toMatchObject({ subject: 'x:1', of: 'credits' })
    expect(ofAnother.considered).toEqual([{ rule: 'undoes', answer: 'undo' }])
  })
})

describe('several parts', () => {
  it('are decided together, each with a name of its own, or none of them is', () => {
    const fields = { subject: 'x:1', customer: 'acme-42' }
    const both = several(
      credit(usd(5), { ...fields, part: 'fee' }),
      charge(usd(2), { ...fields, part: 'postage' }),
    )
    expect(decideWith(ruleThat('two', () => both))).toMatchObject({
      kind: 'adjust',
      proposals: [
        { part: 'fee', amount: -500 },
        { part: 'postage', amount: 200 },
      ],
    })
    const same = several(credit(usd(5), fields), charge(usd(2), fields))
    expect(decideWith(ruleThat('two', () => same))).toMatchObject({ reason: 'same_part_twice' })
    const apart = several(credit(usd(5), fields), credit(usd(5), { ...fields, subject: 'x:2' }))
    expect(decideWith(ruleThat('two', () => apart))).toMatchObject({ kind: 'adjust' })
  })

  it('are each held where the rule asks for a person, with its code', () => {
    const answer = hold('second_this_month', several(creditFor('x:1'), creditFor('x:2')))
    expect(decideWith(ruleThat('asks', () => answer))).toMatchObject({
      kind: 'adjust',
      proposals: [{ hold: 'second_this_month' }, { hold: 'second_this_month' }],
    })
  })
})

describe('the sign', () => {
  it('of a credit is negative, of a charge positive', () => {
    const fields = { subject: 'x:1', customer: null }
    expect(credit(usd(5), fields)).toMatchObject({ proposals: [{ amount: -500 }] })
    expect(charge(usd(5), fields)).toMatchObject({ proposals: [{ amount: 500 }] })
  })
})

describe('a rule that is broken', () => {
  const parts = (...changes: object[]) => ({
    kind: 'adjust',
    proposals: changes.map((change) => ({ ...PROPOSAL, ...change })),
  })
  const named = (value: string, kind = 'external_id') => ({ kind, value })
  const lonely = '\ud800'
  const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ part: `p${n}` }))

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'rule_threw'],
    ['null', null, 'rule_threw'],
    ['text', 'credit', 'shape'],
    ['a promise', Promise.resolve(creditFor('x:1')), 'shape'],
    ['an unknown kind', { kind: 'adjusted', proposals: [PROPOSAL] }, 'shape'],
    ['no proposals', { kind: 'adjust' }, 'rule_threw'],
    ['an empty list', { kind: 'adjust', proposals: [] }, 'shape'],
    [
      'a hole in the list',
      { kind: 'adjust', proposals: Object.assign([], { 1: PROPOSAL }) },
      'shape',
    ],
    ['text for a list', { kind: 'adjust', proposals: 'ab' }, 'shape'],
    ['too many parts', parts(...numbered(PARTS_PER_EVENT_MAX + 1)), 'shape'],
    ['one part twice', parts({}, {}), 'same_part_twice'],
    ['another kind of part', parts({ kind: 'customer_credit' }), 'shape'],
    ['NaN', parts({ amount: Number.NaN }), 'amount_not_a_number'],
    ['Infinity', parts({ amount: Number.POSITIVE_INFINITY }), 'amount_not_a_number'],
    ['half a cent', parts({ amount: -0.5 }), 'amount_not_a_number'],
    ['an amount in text', parts({ amount: '-2500' }), 'amount_not_a_number'],
    ['an amount in a list', parts({ amount: [2_500] }), 'amount_not_a_number'],
    ['a bigint', parts({ amount: 2_500n }), 'amount_not_a_number'],
    ['no amount', parts({ amount: undefined }), 'amount_not_a_number'],
    ['zero', parts({ amount: 0 }), 'amount_zero'],
    ['minus zero', parts({ amount: -0 }), 'amount_zero'],
    ['more than the maximum', parts({ amount: -1e13 }), 'amount_too_large'],
    ['an upper-case currency', parts({ currency: 'USD' }), 'currency_unknown'],
    ['no currency', parts({ currency: undefined }), 'currency_unknown'],
    ['no subject', parts({ subject: undefined }), 'subject_unusable'],
    ['an empty subject', parts({ subject: '' }), 'subject_unusable'],
    ['a numeric subject', parts({ subject: 42 }), 'subject_unusable'],
    ['a subject in a list', parts({ subject: ['thing:1'] }), 'subject_unusable'],
    ['a subject of two lines', parts({ subject: 'thing:1\n' }), 'subject_unusable'],
    ['a subject with blanks outside', parts({ subject: ' thing:1' }), 'subject_unusable'],
    ['a subject of half a character', parts({ subject: lonely }), 'subject_unusable'],
    ['a subject of 201 characters', parts({ subject: 'x'.repeat(201) }), 'subject_unusable'],
    ['no part', parts({ part: undefined }), 'subject_unusable'],
    ['a part with a NUL', parts({ part: 'a\0' }), 'subject_unusable'],
    ['an empty customer', parts({ customer: named('') }), 'customer_unusable'],
    ['no customer field', parts({ customer: undefined }), 'customer_unusable'],
    ['a customer in text', parts({ customer: 'acme-42' }), 'customer_unusable'],
    ['a customer without a value', parts({ customer: { kind: 'email' } }), 'customer_unusable'],
    ['a customer by phone', parts({ customer: named('x', 'phone') }), 'customer_unusable'],
    ['a customer of two lines', parts({ customer: named('a\nb') }), 'customer_unusable'],
    ['a long customer', parts({ customer: named('x'.repeat(201)) }), 'customer_unusable'],
    ['an asker of two lines', parts({ asker: 'a\nb' }), 'shape'],
    ['a numeric original invoice', parts({ originalInvoice: 7 }), 'shape'],
    ['an original invoice in a sentence', parts({ originalInvoice: 'INV-1, pay me' }), 'shape'],
    ['an original invoice of two lines', parts({ originalInvoice: 'INV-1\nx' }), 'shape'],
    ['an original invoice too long', parts({ originalInvoice: 'I'.repeat(65) }), 'shape'],
    ['a numeric hold', parts({ hold: 1 }), 'shape'],
    ['a hold in a sentence', parts({ hold: 'Please look!' }), 'shape'],
    ['no hold field', parts({ hold: undefined }), 'shape'],
    ['half a millisecond', parts({ happenedAt: 0.5 }), 'shape'],
    ['a time before 1970', parts({ happenedAt: -1 }), 'shape'],
    ['a time in text', parts({ happenedAt: '2026-01-01' }), 'shape'],
    ['an undo of nothing', { kind: 'undo', subject: '', of: null }, 'subject_unusable'],
    ['an undo without a subject', { kind: 'undo', of: null }, 'subject_unusable'],
    ['an undo of a rule of two lines', { kind: 'undo', subject: 'x:1', of: 'a\nb' }, 'shape'],
    ['an undo without a rule field', { kind: 'undo', subject: 'x:1' }, 'shape'],
    ['an undo without an asker field', { kind: 'undo', subject: 'x:1', of: null }, 'shape'],
    ['an undo asked in two lines', undo('x:1', { asker: 'a\nb' }), 'shape'],
    ['an approval of nothing', { ...APPROVAL, subject: '' }, 'subject_unusable'],
    ['an approval by nobody', { kind: 'approve', subject: 'x:1', of: null }, 'shape'],
    ['an approval by two lines', { ...APPROVAL, by: 'a@b.example\nc@d.example' }, 'shape'],
    ['an approval of a rule of two lines', { ...APPROVAL, of: 'a\nb' }, 'shape'],
    ['a good part and a bad one', parts({}, { part: 'b', amount: 0 }), 'amount_zero'],
    ['ignore without a reason', { kind: 'ignore' }, 'rule_threw'],
    ['undecided without a reason', { kind: 'undecided', detail: 'x' }, 'shape'],
    ['undecided with a sentence', { kind: 'undecided', reason: 'No!', detail: 'x' }, 'shape'],
  ])('and answers %s leaves the event undecided', (_, answer, reason) => {
    expect(decideWith(brokenRule(answer))).toMatchObject({
      kind: 'undecided',
      reason,
      detail: expect.stringMatching(/./),
    })
  })

  const thrown = (name: unknown) => Object.defineProperty(new Error('x'), 'name', { value: name })
  it.each<[unknown, string]>([
    [new TypeError('a secret'), 'the rule threw: TypeError'],
    ['text with a secret', 'the rule threw: not an Error'],
    [null, 'the rule threw: not an Error'],
    [thrown('Two\nlines'), 'the rule threw: Two lines'],
  ])('and throws %o is told by the name of the error only', (error, detail) => {
    const throwing = ruleThat('throws', () => {
      throw error
    })
    expect(
      decideWith(
        throwing,
        ruleThat('later', () => creditFor('x:1')),
      ),
    ).toMatchObject({
      kind: 'undecided',
      reason: 'rule_threw',
      detail,
      considered: [
        { rule: 'throws', answer: 'undecided: rule_threw' },
        { rule: 'later', answer: 'not_reached' },
      ],
    })
  })

  it('may even use symbols where text belongs', () => {
    const unnamed = ruleThat('throws', () => {
      throw thrown(Symbol('x'))
    })
    expect(decideWith(unnamed)).toMatchObject({ detail: 'the rule threw: an unnamed Error' })
    const answer = (kind: string) => brokenRule({ kind, reason: Symbol('x'), detail: 'x' })
    expect(decideWith(answer('ignore'))).toMatchObject({ reason: 'rule_threw' })
    expect(decideWith(answer('undecided'))).toMatchObject({ reason: 'shape' })
  })

  it('never throws out of the decision, whatever it answers, and no garbage becomes an adjustment', () => {
    const field = fc.oneof({ weight: 2, arbitrary: fc.anything() }, fc.constant(undefined))
    const almost = fc
      .tuple(fc.constantFrom(...Object.keys(PROPOSAL)), field)
      .map(([name, value]) => ({ kind: 'adjust', proposals: [{ ...PROPOSAL, [name]: value }] }))
    const kinds = fc.record({
      kind: fc.constantFrom('adjust', 'ignore', 'undecided', 'undo'),
      subject: fc.anything(),
      of: fc.anything(),
      proposals: fc.anything(),
      reason: fc.anything(),
      detail: fc.anything(),
    })
    fc.assert(
      fc.property(fc.oneof(fc.anything(), almost, kinds), (answer) => {
        const decision = decideWith(brokenRule(answer))
        if (decision.kind === 'adjust') {
          for (const { amount, subject, customer } of decision.proposals) {
            expect(Number.isSafeInteger(amount) && amount !== 0).toBe(true)
            expect(subject).toMatch(/\S/)
            expect(customer === null || typeof customer.value === 'string').toBe(true)
          }
        } else if (decision.kind === 'undo') {
          expect([typeof decision.subject, typeof decision.of]).toEqual(['string', 'string'])
        } else if (decision.kind === 'approve') {
          const { subject, of, by } = decision
          expect([typeof subject, typeof of, typeof by]).toEqual(['string', 'string', 'string'])
        } else {
          assert(decision.kind !== 'shadow' && decision.kind !== 'seen')
          expect(typeof decision.reason).toBe('string')
          expect(decision.reason.length).toBeLessThanOrEqual(REASON_CHARS_MAX)
        }
        expect(() => JSON.stringify(decision.considered)).not.toThrow()
      }),
      { numRuns: 5_000 },
    )
  })

  it('may approve where agents cause its events, and where nobody else does', () => {
    const by = (causedBy: Rule['causedBy']) =>
      decideWith(
        ruleThat('approves', () => approve('x:1', { by: 'Lead@saas.example' }), { causedBy }),
      )
    expect(by('agent')).toMatchObject({ kind: 'approve', of: 'approves', by: 'lead@saas.example' })
    expect(by('customer')).toMatchObject({ kind: 'undecided', reason: 'approver_unproven' })
    expect(by('system')).toMatchObject({ kind: 'undecided', reason: 'approver_unproven' })
  })

  it('is told from one that uses every limit to the full', () => {
    const full = parts(...numbered(PARTS_PER_EVENT_MAX))
    expect(decideWith(brokenRule(full))).toMatchObject({ kind: 'adjust' })
    const long = 'x'.repeat(200)
    const wide = parts({
      subject: long,
      part: long,
      customer: named(long),
      asker: long,
      originalInvoice: 'I'.repeat(64),
    })
    expect(decideWith(brokenRule(wide))).toMatchObject({ kind: 'adjust' })
  })

  it('can not change what was checked afterwards', () => {
    const kept = { ...PROPOSAL }
    const decision = decideWith(brokenRule({ kind: 'adjust', proposals: [kept] }))
    kept.amount = 0
    expect(decision).toMatchObject({ kind: 'adjust', proposals: [{ amount: -2_500 }] })
  })

  it('has its texts put on one line and cut', () => {
    const long = `first\nsecond ${'x'.repeat(1_000)}`
    const unsure = decideWith(ruleThat('a', () => undecided('shape', long)))
    expect(unsure).toMatchObject({ detail: expect.stringMatching(/^first second x+$/) })
    expect(unsure.kind === 'undecided' && unsure.detail.length).toBe(REASON_CHARS_MAX)
  })

  it.each(['no contract for zeb@quagmire.example', 'Zebulon', '', 'x'.repeat(65)])(
    'ignores without a code, and %j is kept nowhere',
    (reason) => {
      const decision = decideWith(brokenRule({ kind: 'ignore', reason }))
      expect(decision).toMatchObject({
        kind: 'ignored',
        reason: 'reason_is_no_code',
        considered: [{ answer: 'ignored: reason_is_no_code' }],
      })
    },
  )
})

describe('a rule with a declared payload', () => {
  const declared = (payload: z.ZodType): Rule =>
    rule({ ...ruleThat('declared', () => ignore('')), payload, adjust: () => creditFor('x:1') })
  const detailOf = (payload: z.ZodType, data: unknown) => {
    const decision = decide([declared(payload)], 'shop', { ...EVENT, data })
    return decision.kind === 'undecided' ? `${decision.reason} ${decision.detail}` : decision.kind
  }
  const nested = z.object({
    a: z.object({ b: z.union([z.string(), z.object({ id: z.string() })]) }),
  })
  const branches = z.union([
    z.object({ kind: z.literal('one'), id: z.string(), tags: z.string(), sum: z.string() }),
    z.object({ type: z.literal('two') }),
  ])

  it('tells which fields it read, without those that it did not ask for', () => {
    expect(declared(nested).read({ ...EVENT, data: { a: { b: 'x', more: 1 } } })).toEqual({
      a: { b: 'x' },
    })
    expect(declared(nested).read({ ...EVENT, data: { a: 5 } })).toBeNull()
  })

  it('decides on an event that has the fields', () => {
    expect(detailOf(nested, { a: { b: 'x', more: 1 } })).toBe('adjust')
  })

  it('names the field that it could not read, also inside a union', () => {
    expect(detailOf(nested, {})).toMatch(/^shape a: /)
    expect(detailOf(nested, { a: { b: 5 } })).toMatch(/^shape a\.b: /)
    expect(detailOf(nested, { a: { b: { id: 5 } } })).toMatch(/^shape a\.b\.id: /)
    expect(detailOf(nested, null)).toMatch(/^shape event: /)
  })

  it('tells of the branch whose literal fits, also where another lacks fewer fields', () => {
    expect(detailOf(branches, { kind: 'one', id: 5, tags: 5, sum: 5 })).toMatch(/^shape id: /)
    expect(detailOf(branches, { type: 'three' })).toMatch(/^shape type: /)
  })
})
