// Amounts as people type them, by a format that somebody declared: nothing is guessed from the
// text. `1.234` is a thousand and more under '1.234,50', and too many decimals under '1,234.50'.

import { currencyDecimals } from './currencies.ts'
import { AMOUNT_MINOR_UNITS_MAX, AMOUNT_TEXT_CHARS_MAX } from './limits.ts'
import { moneyFromDecimal, parseCurrency, type AmountTrouble, type Money } from './money.ts'
import { err, ok, type Result } from './result.ts'

/** How 1234 and a half is written. The blank of the last one may be a no-break or a narrow one. */
export const AMOUNT_FORMATS = ['1234.50', '1,234.50', '1.234,50', '1 234,50'] as const
export type AmountFormat = (typeof AMOUNT_FORMATS)[number]
export const AMOUNT_FORMAT_DEFAULT: AmountFormat = '1234.50'

/**
 * Grouping is optional, but where it is used every group has three digits. A group of nought in
 * front is refused: under '1.234,50' the text `0.125` would be a hundred and twenty-five.
 */
const NUMBERS: Readonly<Record<AmountFormat, RegExp>> = {
  '1234.50': /^\d+(?:\.\d+)?$/,
  '1,234.50': /^(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?$/,
  '1.234,50': /^(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?$/,
  '1 234,50': /^(?:\d+|[1-9]\d{0,2}([ \u00a0\u202f])\d{3}(?:\1\d{3})*)(?:,\d+)?$/,
}
/** A number with a currency before or behind it, and at most one minus; `5 kg` looks the same. */
const SHAPE = new RegExp(
  String.raw`^(-?)(?:([\p{L}\p{Sc}]{1,4})[ \u00a0\u202f]?)?(-?)` +
    String.raw`([0-9](?:[0-9., \u00a0\u202f]*[0-9])?)` +
    String.raw`(?:[ \u00a0\u202f]?([\p{L}\p{Sc}]{1,4}))?$`,
  'u',
)

/** Signs that stand for several currencies are read only as the one that is written plainly so. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['$', 'usd'],
  ['€', 'eur'],
  ['£', 'gbp'],
])

/**
 * Money from text in major units, such as `1.234,50 €`. `currency`: lower-case ISO 4217. The
 * currency's code or plain sign may stand on one side of the number; another one is refused, as are
 * exponents, digits other than 0 to 9, and more decimals than the currency has.
 */
export function moneyFromText(
  text: unknown,
  currency: string,
  format: AmountFormat,
): Result<Money, AmountTrouble> {
  if (currencyDecimals(currency) === null) return err({ reason: 'currency_unknown' })
  if (text === undefined || text === null) return err({ reason: 'amount_missing' })
  if (typeof text !== 'string') return err({ reason: 'amount_not_a_number' })
  const trimmed = text.trim()
  if (trimmed === '') return err({ reason: 'amount_missing' })
  if (trimmed.length > AMOUNT_TEXT_CHARS_MAX) return err({ reason: 'amount_not_a_number' })
  const [, minus = '', before = '', minusInside = '', number = '', behind = ''] =
    SHAPE.exec(trimmed) ?? []
  if (!NUMBERS[format].test(number) || (before !== '' && behind !== '')) {
    return err({ reason: 'amount_not_a_number' })
  }
  const named = currencyNamed(before + behind, currency)
  if (!named.ok) return named
  const sign = minus + minusInside
  if (sign === '-') return err({ reason: 'amount_negative' })
  if (sign !== '') return err({ reason: 'amount_not_a_number' })
  const parts = number.split(format.at(-3) ?? '').map((part) => part.replaceAll(/\D/g, ''))
  return moneyFromDecimal(parts.join('.'), currency)
}

/** As above; a JSON number is read as it is printed, which has no format. */
export function moneyFromTyped(
  typed: unknown,
  currency: string,
  format: AmountFormat,
): Result<Money, AmountTrouble> {
  if (typeof typed !== 'number') return moneyFromText(typed, currency, format)
  // Beyond that a number prints with an exponent, and has lost digits.
  if (typed > AMOUNT_MINOR_UNITS_MAX) {
    return err({ reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX })
  }
  return moneyFromDecimal(String(typed), currency)
}

/** Whether the sign or code beside a number is the declared currency's; none is. */
function currencyNamed(mark: string, declared: string): Result<string, AmountTrouble> {
  if (mark === '') return ok(declared)
  const sign = SIGNS.get(mark)
  const named = sign === undefined ? parseCurrency(mark) : ok(sign)
  if (!named.ok || named.value === declared) return named
  return err({ reason: 'currency_differs', declared, named: named.value })
}
