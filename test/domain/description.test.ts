// The line that the customer reads: made of the configuration's words and the invoice's name alone.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { descriptionOf, templateProblems } from '../../src/domain/description.ts'
import { DESCRIPTION_CHARS_MAX } from '../../src/domain/limits.ts'

describe('a description', () => {
  it.each<[string | null, string | null, string]>([
    [null, null, 'Service outage'],
    [null, 'INV-7', 'Service outage (invoice INV-7)'],
    ['Sorry', null, 'Sorry'],
    ['Sorry', 'INV-7', 'Sorry (invoice INV-7)'],
    ['Sorry: {reason}', 'INV-7', 'Sorry: Service outage (invoice INV-7)'],
    ['{reason} on {original_invoice}', 'INV-7', 'Service outage on INV-7'],
    ['{reason} on {original_invoice}', null, 'Service outage'],
    ['For {original_invoice} and {original_invoice}', 'INV-7', 'For INV-7 and INV-7'],
    ['{reason}, {reason}', null, 'Service outage, Service outage'],
  ])('of the template %o about %o', (template, invoice, expected) => {
    expect(descriptionOf(template, 'Service outage', invoice)).toBe(expected)
  })

  it('takes what it is given as it is: no placeholder in it is filled in, no $ is special', () => {
    expect(descriptionOf('{reason}!', '$& $1 {reason}', null)).toBe('$& $1 {reason}!')
    expect(descriptionOf('About {original_invoice}', 'x', '{reason} $&')).toBe('About {reason} $&')
  })

  it('is one line inside its limit, whatever it is made of', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 })
    fc.assert(
      fc.property(fc.option(text), text, fc.option(text), (template, label, invoice) => {
        const line = descriptionOf(template, `L${label}`, invoice)
        expect(line.length).toBeLessThanOrEqual(DESCRIPTION_CHARS_MAX)
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(line.isWellFormed()).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a template', () => {
  it.each<[string, string[]]>([
    ['Sorry', []],
    ['{reason} for {original_invoice}', []],
    ['x'.repeat(DESCRIPTION_CHARS_MAX), []],
    ['', ['is empty']],
    [' \n ', ['is empty']],
    ['x'.repeat(DESCRIPTION_CHARS_MAX + 1), ['has more than 500 characters']],
    ['Dear {customer}', ['{customer} is not known; known are {reason} and {original_invoice}']],
    [
      '{ reason } {Reason} {}',
      [' reason ', 'Reason', ''].map(
        (name) => `{${name}} is not known; known are {reason} and {original_invoice}`,
      ),
    ],
  ])('%o has these problems: %o', (template, problems) => {
    expect(templateProblems(template)).toEqual(problems)
  })
})
