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
    ['a number', 4242424242424242],
    ['a number with a sign', -378282246310005],
    ['a number whose last digits no reader of JSON keeps', Number('4000000000000000006')],
  ])('of a card as %s goes too', (_, pan) => {
    expect(redact({ paid_with: pan })).toEqual({
      data: { paid_with: REDACTED },
      places: ['paid_with'],
    })
    const spared = new Set(['paid_with'])
    expect(redactData({ paid_with: pan }, { named: [], spared }).places).toEqual([])
  })

  it.each([4242424242424241, 1792999995000, 1792999995000000, 1e21, 42, 0.5])(
    'the number %d is none',
    (value) => {
      const data = { value }
      expect(redact(data).data).toBe(data)
    },
  )

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

it.each([
  '-',
  'a-',
  '_',
  '"-',
  'token-',
  'token ',
  'token=',
  'token="',
  'token:\n',
  ' -pan',
  '\\"',
  '4-',
])('a million characters of %j are looked through in one pass', (unit) => {
  const text = unit.repeat(2 ** 20 / unit.length)
  const begun = performance.now()
  const kept = redactText(text, ['customer.phone'])
  expect(kept.startsWith(unit.slice(0, 3))).toBe(true)
  // A second pass for each hyphen would take forty minutes.
  expect(performance.now() - begun).toBeLessThan(5_000)
})

it.each([
  ['--token=a', `--token=${REDACTED}`],
  ['x --my-api-key: a', `x --my-api-key: ${REDACTED}`],
  ["{'a-b-client_secret': a}", `{'a-b-client_secret': ${REDACTED}}`],
  ['1-pan=a;x-token=b', `1-pan=${REDACTED};x-token=${REDACTED}`],
  ['a-phone=1', `a-phone=${REDACTED}`],
])('what a name in %s says is taken out, wherever in its run it begins', (text, kept) => {
  expect(redactText(text, ['phone'])).toBe(kept)
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

  it('has those of tuples, records, loose and lazy objects, and of what is prepared before', () => {
    type Node = { readonly name: string; readonly nodes: readonly Node[] }
    const node: z.ZodType<Node> = z.lazy(() => z.object({ name: z.string(), nodes: z.array(node) }))
    const itself: z.ZodType<unknown> = z.lazy(() =>
      z.union([itself, z.object({ own: z.string() })]),
    )
    const unending = (): z.ZodType<unknown> => z.lazy(unending)
    const made = z.object({
      pair: z.tuple([z.object({ first: z.string() })], z.object({ more: z.string() })),
      by_id: z.record(z.string(), z.object({ price: z.int() })),
      loose: z.object({ known: z.string() }).catchall(z.object({ other: z.string() })),
      node,
      itself,
      unending: unending(),
      prepared: z.preprocess((value) => value, z.object({ after: z.string() })),
    })
    const paths = schemaPaths(made)
    for (const path of [
      'pair.first',
      'pair.more',
      'by_id.*.price',
      'loose.known',
      'loose.*.other',
      'node.name',
      'node.nodes.nodes.name',
      'itself.own',
      'unending',
      'prepared.after',
    ]) {
      expect(paths).toContain(path)
    }
    for (const taken of ['first', 'more', 'price', 'other', 'nodes.name', 'own', 'after']) {
      expect(redactProblems([taken], () => paths)).toHaveLength(1)
    }
    expect(redactProblems(['elsewhere'], () => paths)).toEqual([])
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
