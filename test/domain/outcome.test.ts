// What a rule answers with. Only credit() and charge() give an amount its sign.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AMOUNT_MINOR_UNITS_MAX } from '../../src/domain/limits.ts'
import { charge, credit, hold, ignore, several, undecided, undo } from '../../src/domain/outcome.ts'

const money = (minorUnits: number) => ({ minorUnits, currency: 'usd' })
const FIELDS = { subject: 'thing:1', customer: 'acme-42' }
const PROPOSAL = {
  kind: 'adjustment_invoice',
  amount: -500,
  currency: 'usd',
  subject: 'thing:1',
  part: '',
  customer: { kind: 'external_id', value: 'acme-42' },
  asker: null,
  originalInvoice: null,
  happenedAt: null,
  hold: null,
}

describe('credit() and charge()', () => {
  it('give and take the same amount, and say nothing that they were not told', () => {
    expect(credit(money(500), FIELDS)).toEqual({ kind: 'adjust', proposals: [PROPOSAL] })
    expect(charge(money(500), FIELDS)).toEqual({
      kind: 'adjust',
      proposals: [{ ...PROPOSAL, amount: 500 }],
    })
  })

  it('are opposite for every amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: AMOUNT_MINOR_UNITS_MAX }), (cents) => {
        expect(credit(money(cents), FIELDS).proposals[0]?.amount).toBe(-cents)
        expect(charge(money(cents), FIELDS).proposals[0]?.amount).toBe(cents)
      }),
    )
  })

  it('keep every field, and a customer who is named another way', () => {
    const customer = { kind: 'email', value: 'ap@acme.example' } as const
    const fields = {
      subject: 'thing:1',
      part: 'fee',
      customer,
      asker: 'agent@saas.example',
      originalInvoice: 'INV-7',
      happenedAt: 1,
    }
    expect(credit(money(500), fields).proposals).toEqual([{ ...PROPOSAL, ...fields }])
    expect(credit(money(500), { ...FIELDS, customer: null }).proposals[0]?.customer).toBeNull()
  })
})

it('several() puts parts in one answer, in their order', () => {
  const answer = several(
    credit(money(1), { ...FIELDS, part: 'a' }),
    several(charge(money(2), { ...FIELDS, part: 'b' }), credit(money(3), { ...FIELDS, part: 'c' })),
  )
  expect(answer.proposals.map(({ part, amount }) => [part, amount])).toEqual([
    ['a', -1],
    ['b', 2],
    ['c', -3],
  ])
  expect(several()).toEqual({ kind: 'adjust', proposals: [] })
})

it('hold() asks a person for each part, and leaves the answer that it was given', () => {
  const answer = several(credit(money(1), FIELDS), charge(money(2), { ...FIELDS, part: 'b' }))
  const held = hold('second_this_month', answer)
  expect(held.proposals.map((proposal) => proposal.hold)).toEqual([
    'second_this_month',
    'second_this_month',
  ])
  expect(answer.proposals.map((proposal) => proposal.hold)).toEqual([null, null])
  expect(held.proposals.map(({ amount }) => amount)).toEqual([-1, 2])
})

it('undo(), ignore() and undecided() say what they were told', () => {
  expect(undo('thing:1')).toEqual({ kind: 'undo', subject: 'thing:1', of: null, asker: null })
  expect(undo('thing:1', { of: 'other', asker: 'a@b.example' })).toEqual({
    kind: 'undo',
    subject: 'thing:1',
    of: 'other',
    asker: 'a@b.example',
  })
  expect(ignore('too_small')).toEqual({ kind: 'ignore', reason: 'too_small' })
  expect(undecided('shape', 'data.amount')).toEqual({
    kind: 'undecided',
    reason: 'shape',
    detail: 'data.amount',
  })
})
