import { describe, expect, it } from 'vitest'
import { helpFor, todoOf } from '../../src/domain/todo.ts'
import type { Trouble } from '../../src/domain/trouble.ts'

const trouble = (fields: Partial<Trouble> = {}): Trouble => ({
  step: 'post',
  code: 'validation_error',
  status: 422,
  requestId: null,
  ...fields,
})
const stuck = { state: 'failed', holdReasons: null, trouble: trouble(), wakeAt: null } as const

describe('what is to be done', () => {
  it.each<[string, Partial<Trouble>, RegExp]>([
    ['a customer who is gone', { code: 'customer_not_found', status: 404 }, /which one is meant/],
    ['a refused request', {}, /see the customer/],
    ['a 429 without an end', { code: 'rate_limited', status: 429 }, /not said to end/],
    ['a billing API that was down', { code: 'internal_error', status: 503 }, /more than a day/],
    ['one that never answered', { code: 'timeout', status: null }, /more than a day/],
    ['a consumer that threw', { code: 'threw', status: null }, /see the log/],
    ['words that are gone', { code: 'words_forgotten', status: null }, /ask for it anew/],
    ['a code that is new', { code: 'plan_frozen', status: 409 }, /see why there/],
    ['a code with another meaning', { code: 'toString', status: 409 }, /see why there/],
  ])('of %s is said by its code', (_, fields, words) => {
    expect(helpFor(trouble(fields))).toMatch(words)
    expect(todoOf({ ...stuck, trouble: trouble(fields) })).toMatch(words)
  })

  it('of an unknown outcome is to look; of another hold its reasons say it', () => {
    const held = { ...stuck, state: 'held' } as const
    expect(todoOf({ ...held, holdReasons: ['outcome_unknown'] })).toMatch(/adopt it/)
    expect(todoOf({ ...held, holdReasons: ['charge'] })).toBeNull()
  })

  it('is nothing while it goes on by itself, or where all is well', () => {
    expect(todoOf({ ...stuck, state: 'due', wakeAt: 5 })).toBeNull()
    expect(todoOf({ ...stuck, state: 'invoiced', wakeAt: 5 })).toBeNull()
    expect(todoOf({ ...stuck, state: 'invoiced', trouble: null })).toBeNull()
    expect(todoOf({ ...stuck, trouble: null })).toBeNull()
  })

  it('of an invoice that could not be changed is at billing', () => {
    const invoiced = { ...stuck, state: 'invoiced' } as const
    expect(todoOf({ ...invoiced, trouble: trouble({ step: 'settle' }) })).toMatch(/marked paid/)
    expect(todoOf({ ...invoiced, trouble: trouble({ step: 'void' }) })).toMatch(/voided/)
    const second = trouble({ code: 'second_invoice', status: null })
    expect(todoOf({ ...invoiced, trouble: second })).toMatch(/two invoices/)
  })
})
