import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { REDACTED, redactData, redactProblems, redactText } from '../../src/domain/redact.ts'
import { schemaPaths } from '../../src/domain/schema-paths.ts'

const redact = (data: unknown, ...named: string[]) => redactData(data, { named })

describe('card numbers', () => {
  it.each([
    ['4111111111111111', REDACTED],
    ['Visa 4111 1111 1111 1111, thanks', `Visa ${REDACTED}, thanks`],
    ['5555-5555-5555-4444', REDACTED],
    ['378282246310005', REDACTED],
    ['6011111111111117 and 3530111333300000', `${REDACTED} and ${REDACTED}`],
    ['4111 1111 1111 1111 12/27', `${REDACTED} 12/27`],
    ['4111 1111 1111 1111 123', `${REDACTED} 123`],
    ['no. 7 4111 1111 1111 1111', `no. 7 ${REDACTED}`],
  ])('%s', (text, kept) => {
    expect(redact({ text }).data).toEqual({ text: kept })
    expect(redactText(text, [])).toBe(kept)
  })

  it.each([
    ['a wrong check digit', '4111111111111112'],
    ['no network begins so', '1234567890123452'],
    ['twelve digits', '411111111111'],
    ['part of a longer number', '94111111111111111000'],
    ['an id of 18 digits', '472000000000012345'],
    ['a time', '2026-10-26 07:33:12'],
    ['a number of milliseconds', '1792999995000'],
  ])('%s is none', (_, text) => {
    expect(redact({ text }).places).toEqual([])
  })
})

describe('fields', () => {
  it.each([
    'token',
    'client_secret',
    'clientSecret',
    'PASSWORD',
    'x-api-key',
    'Authorization',
    'cvc',
    'iban',
  ])('%s is a secret by its name', (name) => {
    expect(redact({ deep: [{ [name]: 'sesame' }] }).data).toEqual({ deep: [{ [name]: REDACTED }] })
  })

  it.each(['japan', 'tokens_used', 'secretary', 'number', 'subject'])('%s is none', (name) => {
    expect(redact({ [name]: 'sesame' }).places).toEqual([])
  })

  it('the number of a card is one, whatever it is', () => {
    expect(redact({ card: { number: 42, last4: '1111' }, number: 7 }).data).toEqual({
      card: { number: REDACTED, last4: '1111' },
      number: 7,
    })
  })

  it('what the configuration names goes as a whole, by its name or the end of its path', () => {
    const data = {
      customer: { phone: '+49 30 1', address: { city: 'Bonn' } },
      phone: '1',
      city: 'x',
    }
    expect(redact(data, 'customer.phone', 'address')).toEqual({
      data: { customer: { phone: REDACTED, address: REDACTED }, phone: '1', city: 'x' },
      places: ['customer.phone', 'customer.address'],
    })
  })

  it('what is empty stays, and what has nothing to take out is the very same', () => {
    const data = { token: null, secret: '', list: [{ a: 1 }], ['__proto__']: 'x' }
    expect(redact(data).data).toBe(data)
  })

  it('a spared place is kept, unless the configuration names it', () => {
    const spared = new Set(['token'])
    expect(redactData({ token: 'a', secret: 'b' }, { named: [], spared }).places).toEqual([
      'secret',
    ])
    expect(redactData({ token: 'a' }, { named: ['token'], spared }).places).toEqual(['token'])
  })
})

it('a text that is no JSON loses the values of pairs', () => {
  expect(redactText('a=1&token=x%20y&Password: "q\\"r", phone=1', ['customer.phone'])).toBe(
    `a=1&token=${REDACTED}&Password: "${REDACTED}", phone=${REDACTED}`,
  )
})

it('a million digits, or blanks and digits, are looked through in one pass', () => {
  expect(redactText('4'.repeat(1_000_000), []).length).toBe(1_000_000)
  expect(redactText('1 '.repeat(500_000), []).length).toBe(1_000_000)
})

describe('what a rule declares to read', () => {
  const schema = z.object({
    data: z.object({ object: z.object({ amount: z.int(), note: z.string().nullish() }) }),
    list: z.array(z.object({ id: z.string().transform(Number) })).default([]),
    either: z.union([z.object({ one: z.string() }), z.object({ two: z.string() })]),
  })

  it('has the paths of objects, lists, unions and pipes', () => {
    expect(schemaPaths(schema).toSorted()).toEqual(
      [
        'data',
        'data.object',
        'data.object.amount',
        'data.object.note',
        'either',
        'either.one',
        'either.two',
        'list',
        'list.id',
      ].toSorted(),
    )
  })

  it.each([
    ['note', 1],
    ['object.note', 1],
    ['data', 1],
    ['list.id', 1],
    ['customer.note', 0],
    ['mount', 0],
  ])('%s is refused where a rule reads it', (path, problems) => {
    expect(redactProblems([path], () => schemaPaths(schema))).toHaveLength(problems)
  })

  it.each(['a b', '', 'a..b', 1, 'x'.repeat(300)])('%s is no path', (path) => {
    expect(redactProblems([path], () => [])).toHaveLength(1)
  })
})
