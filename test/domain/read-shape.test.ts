// What is said of a value that can't be read, in the words that operators know. Importing the classic zod
// sets its words for the whole program, as these tests' own world does; the deployed Worker doesn't.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as classic from 'zod'
import * as mini from 'zod/mini'
import { readShape } from '../../src/domain/read-shape.ts'

const { localeError } = mini.config()

const messagesOf = (schema: mini.core.$ZodType, value: unknown): string[] => {
  const read = readShape(schema, value)
  return read.success ? [] : read.error.issues.map(({ message }) => message)
}

const CASES: [string, mini.core.$ZodType, unknown, string][] = [
  ['a kind', mini.string(), undefined, 'Invalid input: expected string, received undefined'],
  ['a whole number', mini.int(), 1.5, 'Invalid input: expected int, received number'],
  ['a literal', mini.literal('a'), 'b', 'Invalid input: expected "a"'],
  ['a choice', mini.enum(['a', 'b']), 'c', 'Invalid option: expected one of "a"|"b"'],
  [
    'a length',
    mini.string().check(mini.minLength(1)),
    '',
    'Too small: expected string to have >=1 characters',
  ],
  [
    'a number of items',
    mini.array(mini.string()).check(mini.maxLength(1)),
    ['a', 'b'],
    'Too big: expected array to have <=1 items',
  ],
  ['a number', mini.int().check(mini.gte(1)), 0, 'Too small: expected number to be >=1'],
  ['a format', mini.email(), 'ada', 'Invalid email address'],
  ['a time', mini.iso.datetime(), 'soon', 'Invalid ISO datetime'],
  [
    'a pattern',
    mini.string().check(mini.regex(/^a$/)),
    'b',
    'Invalid string: must match pattern /^a$/',
  ],
  ['an unknown field', mini.strictObject({}), { a: 1 }, 'Unrecognized key: "a"'],
  ['a union', mini.union([mini.string(), mini.int()]), null, 'Invalid input'],
]

describe('whatever words the program has', () => {
  beforeEach(() => void mini.config({ localeError: () => 'other words' }))
  afterEach(() => void mini.config({ localeError }))

  it.each(CASES)('%s is named in English', (_, schema, value, message) => {
    expect(mini.safeParse(schema, value).error?.issues[0]?.message).toBe('other words')
    expect(messagesOf(schema, value)).toEqual([message])
  })

  it('the branches of a union are, too', () => {
    const read = readShape(mini.union([mini.string(), mini.object({ id: mini.string() })]), {})
    expect(JSON.stringify(read.error?.issues)).toContain('expected string, received undefined')
    expect(JSON.stringify(read.error?.issues)).not.toContain('other words')
  })

  it('a schema of the classic flavour is read alike', () => {
    expect(messagesOf(classic.strictObject({ id: classic.string() }), { id: 5, more: 1 })).toEqual([
      'Invalid input: expected string, received number',
      'Unrecognized key: "more"',
    ])
  })

  it('what the schema says itself stands', () => {
    expect(messagesOf(mini.string().check(mini.regex(/^a$/, 'an a is wanted')), 'b')).toEqual([
      'an a is wanted',
    ])
  })
})
