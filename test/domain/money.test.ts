// Money and currencies: what is read as an amount, and everything that is refused.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currencyDecimals } from '../../src/domain/currencies.ts'
import currenciesSource from '../../src/domain/currencies.ts?raw'
import { AMOUNT_MINOR_UNITS_MAX } from '../../src/domain/limits.ts'
import {
  decimalText,
  eur,
  gbp,
  money,
  moneyFromDecimal,
  moneyFromMinorUnits,
  moneyText,
  parseCurrency,
  usd,
} from '../../src/domain/money.ts'

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']
const CODES = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c)))
const CURRENCIES = CODES.filter((code) => currencyDecimals(code) !== null)

const currency = fc.constantFrom(...CURRENCIES)
const minorUnits = fc.oneof(
  fc.integer({ min: 1, max: AMOUNT_MINOR_UNITS_MAX }),
  fc.integer({ min: 1, max: 2_000 }),
)

describe('currencies', () => {
  it('lists no code twice', () => {
    const listed = [...currenciesSource.matchAll(/'([A-Z]{3}[A-Z ]*)'/g)].flatMap(
      ([, codes = '']) => codes.trim().split(' '),
    )
    expect(listed.length).toBeGreaterThan(150)
    expect(new Set(listed).size).toBe(listed.length)
    expect(listed.map((code) => code.toLowerCase()).toSorted()).toEqual(CURRENCIES)
  })

  it.each([
    ...'bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf'
      .split(' ')
      .map((c) => [c, 0]),
    ...'bhd iqd jod kwd lyd omr tnd'.split(' ').map((c) => [c, 3]),
    // Two decimals in ISO where CLDR, which Intl answers from, has none.
    ...'mga mru afn all amd cop huf idr irr lak lbp mmk pkr rsd sos syp twd tzs uzs yer'
      .split(' ')
      .map((c) => [c, 2]),
    ...'usd eur gbp chf xcd xcg ved zwg sle'.split(' ').map((c) => [c, 2]),
  ] as [string, number][])('%s has %i decimals, as ISO 4217 says', (code, decimals) => {
    expect(currencyDecimals(code)).toBe(decimals)
  })

  it.each([
    'USD',
    'us',
    'usdd',
    '',
    ' usd',
    'xxx',
    'xts',
    'xau',
    'clf',
    'uyw',
    'btc',
    'constructor',
  ])('"%s" is no lower-case code of money that people are billed in', (code) => {
    expect(currencyDecimals(code)).toBeNull()
  })

  it.each([
    ['USD', 'usd'],
    [' eur ', 'eur'],
    ['Jpy', 'jpy'],
  ])('a sender may write %o', (text, code) => {
    expect(parseCurrency(text)).toEqual({ ok: true, value: code })
  })

  it.each([
    [undefined, 'currency_missing'],
    [null, 'currency_missing'],
    ['', 'currency_missing'],
    [840, 'currency_unknown'],
    [['usd'], 'currency_unknown'],
    [{ code: 'usd' }, 'currency_unknown'],
    ['$', 'currency_unknown'],
    ['US$', 'currency_unknown'],
    ['usd eur', 'currency_unknown'],
    ['ｕｓｄ', 'currency_unknown'],
    // The Kelvin sign is one that toLowerCase() turns into an ASCII letter.
    ['D\u212aK', 'currency_unknown'],
  ])('%o is %s', (text, reason) => {
    expect(parseCurrency(text)).toEqual({ ok: false, error: { reason } })
  })
})

describe('decimal text', () => {
  it('is what an amount prints as, for every currency and every amount in range', () => {
    fc.assert(
      fc.property(currency, minorUnits, (code, units) => {
        const text = decimalText(units, code)
        expect(moneyFromDecimal(text, code)).toEqual({
          ok: true,
          value: { minorUnits: units, currency: code },
        })
        expect(decimalText(-units, code)).toBe(`-${text}`)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['42.50', 'usd', 4_250],
    ['42.5', 'usd', 4_250],
    ['42', 'usd', 4_200],
    ['0.01', 'usd', 1],
    ['007', 'usd', 700],
    [' 5 ', 'usd', 500],
    ['42', 'jpy', 42],
    ['1.005', 'kwd', 1_005],
    ['0.5', 'kwd', 500],
    ['10000000000.00', 'usd', AMOUNT_MINOR_UNITS_MAX],
    ['1000000000000', 'jpy', AMOUNT_MINOR_UNITS_MAX],
    ['00000000000000000000000000000042', 'usd', 4_200],
  ])('%o %s is %i minor units', (text, code, units) => {
    expect(moneyFromDecimal(text, code)).toEqual({
      ok: true,
      value: { minorUnits: units, currency: code },
    })
  })

  const NOT_A_NUMBER = { reason: 'amount_not_a_number' }
  const TOO_LARGE = { reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX }
  const MISSING = { reason: 'amount_missing' }
  it.each<[unknown, string, unknown]>([
    ['1,234.50', 'usd', NOT_A_NUMBER],
    ['10,50', 'usd', NOT_A_NUMBER],
    ['1 234', 'usd', NOT_A_NUMBER],
    ["1'234", 'usd', NOT_A_NUMBER],
    ['+5', 'usd', NOT_A_NUMBER],
    ['.5', 'usd', NOT_A_NUMBER],
    ['5.', 'usd', NOT_A_NUMBER],
    ['.', 'usd', NOT_A_NUMBER],
    ['1.2.3', 'usd', NOT_A_NUMBER],
    ['1e3', 'usd', NOT_A_NUMBER],
    ['1e21', 'usd', NOT_A_NUMBER],
    ['0x10', 'usd', NOT_A_NUMBER],
    ['NaN', 'usd', NOT_A_NUMBER],
    ['Infinity', 'usd', NOT_A_NUMBER],
    ['$5', 'usd', NOT_A_NUMBER],
    ['5 USD', 'usd', NOT_A_NUMBER],
    ['5\n6', 'usd', NOT_A_NUMBER],
    ['٤٢', 'usd', NOT_A_NUMBER],
    ['４２', 'usd', NOT_A_NUMBER],
    ['−5', 'usd', NOT_A_NUMBER],
    ['--5', 'usd', NOT_A_NUMBER],
    ['000000000000000000000000000000042', 'usd', NOT_A_NUMBER],
    [42, 'usd', NOT_A_NUMBER],
    [['42'], 'usd', NOT_A_NUMBER],
    [new String('42'), 'usd', NOT_A_NUMBER],
    [true, 'usd', NOT_A_NUMBER],
    ['', 'usd', MISSING],
    [' \t\n', 'usd', MISSING],
    [undefined, 'usd', MISSING],
    [null, 'usd', MISSING],
    ['0', 'usd', { reason: 'amount_zero' }],
    ['0.00', 'usd', { reason: 'amount_zero' }],
    ['-0', 'usd', { reason: 'amount_negative' }],
    ['-5', 'usd', { reason: 'amount_negative' }],
    ['10.505', 'usd', { reason: 'amount_too_precise', decimals: 3, allowed: 2 }],
    ['10.500', 'usd', { reason: 'amount_too_precise', decimals: 3, allowed: 2 }],
    ['10.0', 'jpy', { reason: 'amount_too_precise', decimals: 1, allowed: 0 }],
    ['1.0005', 'kwd', { reason: 'amount_too_precise', decimals: 4, allowed: 3 }],
    ['10000000000.01', 'usd', TOO_LARGE],
    ['99999999999999999999999999999999', 'usd', TOO_LARGE],
    ['5', 'xxx', { reason: 'currency_unknown' }],
    ['5', 'USD', { reason: 'currency_unknown' }],
  ])('%o in %s is refused', (text, code, error) => {
    expect(moneyFromDecimal(text, code)).toEqual({ ok: false, error })
  })

  it('of any other form than digits with at most one point inside is refused', () => {
    const almost = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'0123456789.,-+e \u0660\uff15'), maxLength: 36 }),
      fc.string({ unit: fc.constantFrom(...'0123456789.'), maxLength: 14 }),
    )
    fc.assert(
      fc.property(almost, currency, (text, code) => {
        const read = moneyFromDecimal(text, code)
        const isPlain = /^[0-9]+(\.[0-9]+)?$/.test(text.trim())
        if (!isPlain) expect(read.ok).toBe(false)
        if (read.ok) {
          // Compared as exact decimals, without a float.
          const padded = (plain: string) => {
            const [whole = '', fraction = ''] = plain.split('.')
            return BigInt(whole + fraction.padEnd(3, '0'))
          }
          expect(padded(decimalText(read.value.minorUnits, code))).toBe(padded(text.trim()))
        }
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('minor units', () => {
  it.each<[unknown, unknown]>([
    [undefined, { reason: 'amount_missing' }],
    [null, { reason: 'amount_missing' }],
    [0, { reason: 'amount_zero' }],
    [-0, { reason: 'amount_zero' }],
    [-1, { reason: 'amount_negative' }],
    [0.5, { reason: 'amount_not_a_number' }],
    [Number.NaN, { reason: 'amount_not_a_number' }],
    [Number.POSITIVE_INFINITY, { reason: 'amount_not_a_number' }],
    [Number.NEGATIVE_INFINITY, { reason: 'amount_not_a_number' }],
    ['2500', { reason: 'amount_not_a_number' }],
    [2_500n, { reason: 'amount_not_a_number' }],
    [[2_500], { reason: 'amount_not_a_number' }],
    [new Number(2_500), { reason: 'amount_not_a_number' }],
    [AMOUNT_MINOR_UNITS_MAX + 1, { reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX }],
    [1e21, { reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX }],
    [Number.MAX_VALUE, { reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX }],
  ])('%o is refused', (units, error) => {
    expect(moneyFromMinorUnits(units, 'usd')).toEqual({ ok: false, error })
  })

  it('of a currency off the list are refused before the amount is looked at', () => {
    expect(moneyFromMinorUnits(-1, 'xxx')).toEqual({
      ok: false,
      error: { reason: 'currency_unknown' },
    })
  })

  it('are money only where they are a whole number from one to the maximum', () => {
    fc.assert(
      fc.property(fc.anything(), (units) => {
        const isMoney = Number.isInteger(units) && Number(units) >= 1
        const inRange = isMoney && Number(units) <= AMOUNT_MINOR_UNITS_MAX
        expect(moneyFromMinorUnits(units, 'usd').ok).toBe(inRange)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    [2_500, 'usd', '25.00'],
    [5, 'usd', '0.05'],
    [-5, 'usd', '-0.05'],
    [0, 'usd', '0.00'],
    [-0, 'usd', '0.00'],
    [42, 'jpy', '42'],
    [-42, 'jpy', '-42'],
    [5, 'kwd', '0.005'],
    [1_234_567, 'kwd', '1234.567'],
  ])('%i %s prints as %s', (units, code, text) => {
    expect(decimalText(units, code)).toBe(text)
  })

  it('that are no integer, or of no known currency, never reach a reader', () => {
    expect(() => decimalText(1.5, 'usd')).toThrow('assertion failed')
    expect(() => decimalText(Number.NaN, 'usd')).toThrow('assertion failed')
    expect(() => decimalText(1, 'xxx')).toThrow('assertion failed')
  })
})

describe('amounts of the configuration', () => {
  it('are money, shown with the currency', () => {
    expect(moneyText(usd(25))).toBe('25.00 USD')
    expect(eur(12.5)).toEqual({ minorUnits: 1_250, currency: 'eur' })
    expect(gbp(0.01)).toEqual({ minorUnits: 1, currency: 'gbp' })
    expect(moneyText(money('jpy', 500))).toBe('500 JPY')
  })

  it.each([0, -5, 0.001, 0.1 + 0.2, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d does not start',
    (amount) => {
      expect(() => usd(amount)).toThrow(/^usd\(.+\): amount_/)
    },
  )

  it('in a currency off the list do not start', () => {
    expect(() => money('USD', 5)).toThrow('USD(5): currency_unknown')
  })
})
