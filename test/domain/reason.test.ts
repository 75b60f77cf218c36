import { expect, it } from 'vitest'
import { REASONS, reasonsOf } from '../../src/domain/reason.ts'

it('the usual reasons of credit notes are there, each with a label and no account', () => {
  const reasons = reasonsOf({})
  expect([...reasons.keys()]).toEqual(Object.keys(REASONS))
  expect(reasons.get('duplicate_charge')).toEqual({ label: 'Duplicate charge', account: null })
  for (const { label } of reasons.values()) expect(label).toMatch(/^[A-Z][A-Za-z ]+$/)
})

it('a configuration adds reasons, and gives accounts or other labels to those that are there', () => {
  const reasons = reasonsOf({
    outage: { label: 'Service outage', account: '4010' },
    bare: {},
    goodwill: { account: '4011' },
    refund: { label: 'Money back' },
  })
  expect(reasons.get('outage')).toEqual({ label: 'Service outage', account: '4010' })
  expect(reasons.get('bare')).toEqual({ label: 'bare', account: null })
  expect(reasons.get('goodwill')).toEqual({ label: 'Goodwill', account: '4011' })
  expect(reasons.get('refund')).toEqual({ label: 'Money back', account: null })
  expect(reasons.size).toBe(Object.keys(REASONS).length + 2)
})
