// What is taken for like another: by its subject at any age, by customer and amount lately, and the most alike first.

import { describe, expect, it } from 'vitest'
import { similarOf, type Comparable } from '../../src/domain/similar.ts'

const NOW = Date.parse('2026-11-24T00:00:00Z')
const DAY = 86_400_000

const one = (id: string, fields: Partial<Comparable> = {}): Comparable => ({
  id: `adj_${id}`,
  account: 'zendesk',
  subject: `ticket:${id}`,
  ruleId: 'credit',
  mode: 'live',
  amount: -2_500,
  currency: 'usd',
  customerKind: 'external_id',
  customerReference: `customer-${id}`,
  customerId: null,
  createdAt: NOW - DAY,
  ...fields,
})

const OF = one('0')
const found = (...candidates: readonly Comparable[]) =>
  similarOf(OF, candidates, NOW).map(({ row, by }) => [row.id, ...by])

describe('an adjustment is like another', () => {
  it('by subject, customer and amount, the most alike first, then the newest', () => {
    const customer = { customerReference: 'customer-0' }
    expect(
      found(
        one('amount-old', { createdAt: NOW - 6 * DAY }),
        one('amount-new'),
        one('customer', { ...customer, amount: -1 }),
        one('subject', { subject: 'ticket:0', ruleId: 'other', amount: -1 }),
      ),
    ).toEqual([
      ['adj_subject', 'subject'],
      ['adj_customer', 'customer'],
      ['adj_amount-new', 'amount'],
      ['adj_amount-old', 'amount'],
    ])
    expect(found(one('both', customer))).toEqual([['adj_both', 'customer', 'amount']])
  })

  it('by customer and amount in the last 7 days only, by subject at any age', () => {
    const old = { createdAt: NOW - 8 * DAY }
    expect(found(one('1', old), one('2', { ...old, customerReference: 'customer-0' }))).toEqual([])
    expect(found(one('3', { ...old, subject: 'ticket:0', ruleId: 'other' }))).toEqual([
      ['adj_3', 'subject'],
    ])
  })

  it('and not by itself, another mode, another currency or sign, or the parts of its own rule', () => {
    expect(
      found(
        OF,
        one('1', { mode: 'test' }),
        one('2', { currency: 'eur' }),
        one('3', { amount: 2_500 }),
        one('4', { subject: 'ticket:0', amount: -1 }),
        one('5', { customerReference: 'customer-0', customerKind: 'email', amount: -1 }),
        one('6', { customerReference: 'customer-0', account: 'other', amount: -1 }),
      ),
    ).toEqual([])
  })

  it('and nobody whose name is not known is the same as another', () => {
    const nameless = { customerReference: null, amount: -1 }
    expect(similarOf(one('0', nameless), [one('1', { ...nameless, amount: -2 })], NOW)).toEqual([])
  })
})
