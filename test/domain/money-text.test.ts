// Amounts as people type them. What they mean is told by a printer of this file, which shares no
// code with the parser, and by dinero.js.

import { dinero, toDecimal } from 'dinero.js'
import * as dineroCurrencies from 'dinero.js/currencies'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currencyDecimals } from '../../src/domain/currencies.ts'
import { AMOUNT_MINOR_UNITS_MAX } from '../../src/domain/limits.ts'
import { AMOUNT_FORMATS, moneyFromText, moneyFromTyped } from '../../src/domain/money-text.ts'
import { moneyFromDecimal } from '../../src/domain/money.ts'

type Format = (typeof AMOUNT_FORMATS)[number]

/** By hand, from the right: three digits and a sign, again and again. */
function printed(units: number, decimals: number, group: string, point: string): string {
  let digits = String(units)
  while (digits.length <= decimals) digits = `0${digits}`
  const fraction = decimals === 0 ? '' : digits.slice(-decimals)
  let left = decimals === 0 ? digits : digits.slice(0, -decimals)
  let whole = ''
  while (group !== '' && left.length > 3) {
    whole = group + left.slice(-3) + whole
    left = left.slice(0, -3)
  }
  return left + whole + (fraction === '' ? '' : point + fraction)
}

const SEPARATORS: Readonly<Record<Format, readonly [group: string, point: string]>> = {
  '1234.50': ['', '.'],
  '1,234.50': [',', '.'],
  '1.234,50': ['.', ','],
  '1 234,50': [' ', ','],
}
const CASES: readonly (readonly [string, number])[] = [
  ['usd', 2],
  ['jpy', 0],
  ['kwd', 3],
]

/** Round ones, edges of groups, and others far apart; the same each time. */
const EDGES =
  '1 9 10 11 99 100 101 999 1000 1001 9999 10000 99999 100000 100001 999999 1000000 1000001 ' +
  '12345678 99999999 100000000 123456789 999999999 1000000000 999999999999 1000000000000'
const AMOUNTS: readonly number[] = [
  ...EDGES.split(' ').map(Number),
  ...Array.from({ length: 174 }, (_, at) => (((at + 1) * 7_919_999_983) % 999_999_999_989) + 1),
]

const usd = (text: unknown, format: Format = '1,234.50') => moneyFromText(text, 'usd', format)
const of = (minorUnits: number, currency = 'usd') => ({ ok: true, value: { minorUnits, currency } })
const trouble = (reason: string, more: object = {}) => ({ ok: false, error: { reason, ...more } })

describe('two hundred amounts', () => {
  it('are two hundred', () => {
    expect(new Set(AMOUNTS).size).toBe(200)
  })

  it.each(AMOUNT_FORMATS)('written as %s are read as what they are', (format) => {
    const [group, point] = SEPARATORS[format]
    for (const [currency, decimals] of CASES) {
      const grouped = AMOUNTS.map((units) => printed(units, decimals, group, point))
      const plain = AMOUNTS.map((units) => printed(units, decimals, '', point))
      const expected = AMOUNTS.map((units) => of(units, currency))
      expect(grouped.map((text) => moneyFromText(text, currency, format))).toEqual(expected)
      expect(plain.map((text) => moneyFromText(text, currency, format))).toEqual(expected)
    }
  })

  it.each(AMOUNT_FORMATS)(
    'written otherwise than %s are refused, never another amount',
    (format) => {
      for (const other of AMOUNT_FORMATS.filter((each) => each !== format)) {
        const [group, point] = SEPARATORS[other]
        const texts = AMOUNTS.map((units) => printed(units, 2, group, point))
        const readings = texts.map((text) => moneyFromText(text, 'usd', format))
        const wrong = readings.filter(
          (reading, at) => reading.ok && reading.value.minorUnits !== AMOUNTS[at],
        )
        expect(wrong).toEqual([])
        // What another format reads alike has neither groups nor another decimal sign.
        const alike = texts.filter((text, at) => readings[at]?.ok && text.includes(group))
        if (group !== '' && group !== SEPARATORS[format][0]) expect(alike).toEqual([])
      }
    },
  )

  it('are to dinero.js what they are to us', () => {
    for (const [code, decimals] of CASES) {
      const currency = { code, base: 10, exponent: decimals }
      for (const amount of AMOUNTS) {
        const text = toDecimal(dinero({ amount, currency }))
        expect(moneyFromText(text, code, '1234.50')).toEqual(of(amount, code))
        expect(printed(amount, decimals, '', '.')).toBe(text)
      }
    }
  })
})

it('dinero.js counts as many decimals for each currency that both know', () => {
  const both = Object.values(dineroCurrencies)
    .map(({ code, base, exponent }) => ({ code: code.toLowerCase(), base, exponent }))
    .filter(({ code }) => currencyDecimals(code) !== null)
  expect(both.length).toBeGreaterThan(140)
  // Two countries divide by five; ISO 4217 gives their currencies two decimals.
  const odd = both.filter(({ code, exponent }) => currencyDecimals(code) !== exponent)
  expect(odd.filter(({ base }) => base === 10)).toEqual([])
})

describe('print and parse', () => {
  const units = fc.oneof(
    fc.integer({ min: 1, max: AMOUNT_MINOR_UNITS_MAX }),
    fc.integer({ min: 1, max: 200_000 }),
  )
  const currency = fc.constantFrom(...CASES)
  const format = fc.constantFrom(...AMOUNT_FORMATS)
  const isGrouped = fc.boolean()

  it('agree for every amount, currency and format, grouped or not', () => {
    fc.assert(
      fc.property(
        units,
        currency,
        format,
        isGrouped,
        (amount, [code, decimals], style, grouped) => {
          const [group, point] = SEPARATORS[style]
          const text = printed(amount, decimals, grouped ? group : '', point)
          expect(moneyFromText(text, code, style)).toEqual(of(amount, code))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('agree with the currency on either side', () => {
    const mark = fc.constantFrom('$', 'USD', 'usd', 'Usd')
    const blank = fc.constantFrom('', ' ', '\u00a0', '\u202f')
    fc.assert(
      fc.property(units, format, mark, blank, fc.boolean(), (amount, style, sign, gap, isFirst) => {
        const text = printed(amount, 2, ...SEPARATORS[style])
        const marked = isFirst ? sign + gap + text : text + gap + sign
        expect(usd(marked, style)).toEqual(of(amount))
        expect(moneyFromText(marked, 'eur', style)).toMatchObject(trouble('currency_differs'))
      }),
      { numRuns: 2_000 },
    )
  })

  it('disagree as soon as one character is put in or left out, or it is another amount', () => {
    const noise = fc.constantFrom(...'0123456789.,- eE+\u00a0\u202f\u0660\uff15€$x')
    fc.assert(
      fc.property(units, format, noise, fc.nat(30), (amount, style, character, at) => {
        const text = printed(amount, 2, ...SEPARATORS[style])
        const spoilt = text.slice(0, at) + character + text.slice(at)
        const reading = usd(spoilt, style)
        if (!reading.ok) return
        // What is still read is exactly its digits.
        const digits = (written: string) => written.replaceAll(/[^0-9]/g, '')
        const [, point] = SEPARATORS[style]
        const [whole = '', fraction = ''] = spoilt.split(point)
        expect(BigInt(reading.value.minorUnits)).toBe(
          BigInt(digits(whole) + digits(fraction).padEnd(2, '0')),
        )
      }),
      { numRuns: 5_000 },
    )
  })

  it('of anything at all is money or a reason, and never throws', () => {
    fc.assert(
      fc.property(fc.anything(), format, (typed, style) => {
        const reading = moneyFromTyped(typed, 'usd', style)
        if (reading.ok) expect(reading.value.minorUnits).toBeGreaterThan(0)
        else expect(reading.error.reason).toMatch(/^(amount|currency)_[a-z_]+$/)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('plain decimal text', () => {
  it('is read as moneyFromDecimal reads it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789..'), maxLength: 40 })
    fc.assert(
      fc.property(text, fc.constantFrom('usd', 'jpy', 'kwd', 'xxx'), (typed, code) => {
        expect(moneyFromText(typed, code, '1234.50')).toEqual(moneyFromDecimal(typed, code))
      }),
      { numRuns: 3_000 },
    )
  })
})

const NOT_A_NUMBER = 'amount_not_a_number'

describe('groups', () => {
  it.each<[Format, string, number | null]>([
    ['1,234.50', '1,234.50', 123_450],
    ['1,234.50', '1234.50', 123_450],
    ['1,234.50', '1,234', 123_400],
    ['1,234.50', '1,234,567.8', 123_456_780],
    ['1,234.50', '12,34', null],
    ['1,234.50', '1,23.00', null],
    ['1,234.50', '1,2345', null],
    ['1,234.50', '1234,567', null],
    ['1,234.50', '1,,234', null],
    ['1,234.50', ',234', null],
    ['1,234.50', '1,234,', null],
    ['1,234.50', '1.234,50', null],
    ['1,234.50', '1 234.50', null],
    ['1,234.50', '0,123.45', null],
    ['1,234.50', '1,234.567,8', null],
    ['1.234,50', '1.234,50', 123_450],
    ['1.234,50', '1234,5', 123_450],
    ['1.234,50', '1.234', 123_400],
    ['1.234,50', '12,34', 1_234],
    ['1.234,50', '0.125', null],
    ['1.234,50', '12.50', null],
    ['1.234,50', '1,234.50', null],
    ['1 234,50', '1 234,50', 123_450],
    ['1 234,50', '1\u00a0234,50', 123_450],
    ['1 234,50', '1\u202f234\u202f567,50', 123_456_750],
    ['1 234,50', '1234,50', 123_450],
    ['1 234,50', '1 234\u00a0567,50', null],
    ['1 234,50', '1\u2009234,50', null],
    ['1 234,50', '1  234,50', null],
    ['1 234,50', '1 23,50', null],
    ['1 234,50', '1 234.50', null],
    ['1 234,50', '12 34', null],
    ['1234.50', '1234.50', 123_450],
    ['1234.50', '1,234.50', null],
    ['1234.50', '1 234', null],
  ])('under %s: %j is %s', (format, text, units) => {
    expect(usd(text, format)).toEqual(units === null ? trouble(NOT_A_NUMBER) : of(units))
  })
})

describe('the currency beside the number', () => {
  const differs = (declared: string, named: string) =>
    trouble('currency_differs', { declared, named })
  it.each<[string, string, object]>([
    ['$12', 'usd', of(1_200)],
    ['$ 12', 'usd', of(1_200)],
    ['12$', 'usd', of(1_200)],
    ['12 USD', 'usd', of(1_200)],
    ['USD12', 'usd', of(1_200)],
    ['usd 12', 'usd', of(1_200)],
    ['12 €', 'eur', of(1_200, 'eur')],
    ['€12.50', 'eur', of(1_250, 'eur')],
    ['£12', 'gbp', of(1_200, 'gbp')],
    ['12 JPY', 'jpy', of(12, 'jpy')],
    ['12 CAD', 'cad', of(1_200, 'cad')],
    ['12 €', 'usd', differs('usd', 'eur')],
    ['12 EUR', 'usd', differs('usd', 'eur')],
    ['$12', 'eur', differs('eur', 'usd')],
    // Canada writes it so too, and so do a dozen others: nobody said which.
    ['$12', 'cad', differs('cad', 'usd')],
    ['£12', 'egp', differs('egp', 'gbp')],
    ['12 ¥', 'jpy', trouble('currency_unknown')],
    ['US$12', 'usd', trouble('currency_unknown')],
    ['CA$12', 'cad', trouble('currency_unknown')],
    ['＄12', 'usd', trouble('currency_unknown')],
    ['12 XXX', 'usd', trouble('currency_unknown')],
    ['12 kg', 'usd', trouble('currency_unknown')],
    ['12 euros', 'eur', trouble(NOT_A_NUMBER)],
    ['$12$', 'usd', trouble(NOT_A_NUMBER)],
    ['$12 USD', 'usd', trouble(NOT_A_NUMBER)],
    ['12  USD', 'usd', trouble(NOT_A_NUMBER)],
    ['$', 'usd', trouble(NOT_A_NUMBER)],
    ['USD', 'usd', trouble(NOT_A_NUMBER)],
    ['12 / USD', 'usd', trouble(NOT_A_NUMBER)],
  ])('%j in %s', (text, currency, expected) => {
    expect(moneyFromText(text, currency, '1,234.50')).toEqual(expected)
  })
})

describe('what is no amount', () => {
  const TOO_LARGE = trouble('amount_too_large', { max: AMOUNT_MINOR_UNITS_MAX })
  it.each<[unknown, object]>([
    [undefined, trouble('amount_missing')],
    [null, trouble('amount_missing')],
    ['', trouble('amount_missing')],
    [' \u00a0\n', trouble('amount_missing')],
    ['0', trouble('amount_zero')],
    ['0.00', trouble('amount_zero')],
    ['$0', trouble('amount_zero')],
    ['-5', trouble('amount_negative')],
    ['-1,234.50', trouble('amount_negative')],
    ['-$5', trouble('amount_negative')],
    ['$-5', trouble('amount_negative')],
    ['-0', trouble('amount_negative')],
    ['--5', trouble(NOT_A_NUMBER)],
    ['-$-5', trouble(NOT_A_NUMBER)],
    ['5-', trouble(NOT_A_NUMBER)],
    ['(5)', trouble(NOT_A_NUMBER)],
    ['−5', trouble(NOT_A_NUMBER)],
    ['+5', trouble(NOT_A_NUMBER)],
    ['NaN', trouble(NOT_A_NUMBER)],
    ['Infinity', trouble(NOT_A_NUMBER)],
    ['1e3', trouble(NOT_A_NUMBER)],
    ['1E3', trouble(NOT_A_NUMBER)],
    ['0x10', trouble(NOT_A_NUMBER)],
    ['1_000', trouble(NOT_A_NUMBER)],
    ["1'234.50", trouble(NOT_A_NUMBER)],
    ['.5', trouble(NOT_A_NUMBER)],
    ['5.', trouble(NOT_A_NUMBER)],
    ['5 6', trouble(NOT_A_NUMBER)],
    ['5\n6', trouble(NOT_A_NUMBER)],
    ['10-20', trouble(NOT_A_NUMBER)],
    ['10%', trouble(NOT_A_NUMBER)],
    ['４２', trouble(NOT_A_NUMBER)],
    ['٤٢', trouble(NOT_A_NUMBER)],
    ['४२', trouble(NOT_A_NUMBER)],
    ['½', trouble(NOT_A_NUMBER)],
    ['②', trouble(NOT_A_NUMBER)],
    ['{{ticket.ticket_field_360012345678}}', trouble(NOT_A_NUMBER)],
    [['5'], trouble(NOT_A_NUMBER)],
    [{ amount: 5 }, trouble(NOT_A_NUMBER)],
    [true, trouble(NOT_A_NUMBER)],
    [5n, trouble(NOT_A_NUMBER)],
    ['10.505', trouble('amount_too_precise', { decimals: 3, allowed: 2 })],
    ['10.500', trouble('amount_too_precise', { decimals: 3, allowed: 2 })],
    ['1,234.5678', trouble('amount_too_precise', { decimals: 4, allowed: 2 })],
    ['10,000,000,000.00', of(AMOUNT_MINOR_UNITS_MAX)],
    ['10,000,000,000.01', TOO_LARGE],
    ['99999999999999999999999999999999', TOO_LARGE],
    ['9'.repeat(33), trouble(NOT_A_NUMBER)],
  ])('%o', (text, expected) => {
    expect(usd(text)).toEqual(expected)
  })

  it('is refused in a currency off the list, before anything is looked at', () => {
    expect(moneyFromText('5', 'xxx', '1234.50')).toEqual(trouble('currency_unknown'))
    expect(moneyFromText('5', 'USD', '1234.50')).toEqual(trouble('currency_unknown'))
  })

  it('of a million characters is refused like any other', () => {
    const hostile = ['1,'.repeat(500_000), '0'.repeat(1_000_000), ' '.repeat(1_000_000)]
    const almost = hostile.map((text) => text.slice(0, 31).padEnd(32, 'x'))
    for (const text of [...hostile, ...almost]) {
      for (const format of AMOUNT_FORMATS) expect(usd(text, format).ok).toBe(false)
    }
  })
})

describe('a JSON number', () => {
  it.each<[number, object]>([
    [42.5, of(4_250)],
    [42, of(4_200)],
    [0.01, of(1)],
    [9_999_999_999.99, of(AMOUNT_MINOR_UNITS_MAX - 1)],
    [10_000_000_000.01, trouble('amount_too_large', { max: AMOUNT_MINOR_UNITS_MAX })],
    [1e21, trouble('amount_too_large', { max: AMOUNT_MINOR_UNITS_MAX })],
    [0, trouble('amount_zero')],
    [-0, trouble('amount_zero')],
    [-5, trouble('amount_negative')],
    [-1e21, trouble('amount_negative')],
    [0.1 + 0.2, trouble('amount_too_precise', { decimals: 17, allowed: 2 })],
    [10.005, trouble('amount_too_precise', { decimals: 3, allowed: 2 })],
    [1e-7, trouble(NOT_A_NUMBER)],
    [Number.NaN, trouble(NOT_A_NUMBER)],
  ])('%d', (typed, expected) => {
    expect(moneyFromTyped(typed, 'usd', '1.234,50')).toEqual(expected)
  })

  it('of any amount in range is that amount, in every currency', () => {
    const units = fc.integer({ min: 1, max: AMOUNT_MINOR_UNITS_MAX })
    fc.assert(
      fc.property(units, fc.constantFrom(...CASES), (amount, [code, decimals]) => {
        const written: unknown = JSON.parse(printed(amount, decimals, '', '.'))
        expect(moneyFromTyped(written, code, '1,234.50')).toEqual(of(amount, code))
      }),
      { numRuns: 3_000 },
    )
  })
})
