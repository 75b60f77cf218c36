// Money is an integer of minor units with a currency, above zero, never a float. It has no sign:
// only `credit()` and `charge()` (domain/rule.ts) turn it into an amount to give or to take.

import { assert } from './assert.ts'
import { currencyDecimals } from './currencies.ts'
import { AMOUNT_MINOR_UNITS_MAX, AMOUNT_TEXT_CHARS_MAX } from './limits.ts'
import { err, ok, type Result } from './result.ts'

/** `minorUnits`: 1 … AMOUNT_MINOR_UNITS_MAX. `currency`: a lower-case ISO 4217 code. */
export type Money = { readonly minorUnits: number; readonly currency: string }

export type AmountTrouble =
  | { readonly reason: 'amount_missing' }
  | { readonly reason: 'amount_not_a_number' }
  | { readonly reason: 'amount_zero' }
  | { readonly reason: 'amount_negative' }
  | { readonly reason: 'amount_too_large'; readonly max: number }
  | { readonly reason: 'amount_too_precise'; readonly decimals: number; readonly allowed: number }
  | { readonly reason: 'currency_missing' }
  | { readonly reason: 'currency_unknown' }
  /** Two currencies are named for one amount. */
  | { readonly reason: 'currency_differs'; readonly declared: string; readonly named: string }

/** A currency as senders write it ("USD", "usd") in our form, or why it can't be read. */
export function parseCurrency(text: unknown): Result<string, AmountTrouble> {
  if (text === undefined || text === null || text === '') return err({ reason: 'currency_missing' })
  if (typeof text !== 'string') return err({ reason: 'currency_unknown' })
  const code = text.trim()
  const currency = code.toLowerCase()
  // toLowerCase() makes ASCII of letters that aren't: the Kelvin sign is no K.
  const isKnown = /^[A-Za-z]{3}$/.test(code) && currencyDecimals(currency) !== null
  return isKnown ? ok(currency) : err({ reason: 'currency_unknown' })
}

/** Money from an integer of the currency's ISO minor units. Zero, fractions and NaN are refused. */
export function moneyFromMinorUnits(
  minorUnits: unknown,
  currency: string,
): Result<Money, AmountTrouble> {
  if (currencyDecimals(currency) === null) return err({ reason: 'currency_unknown' })
  if (minorUnits === undefined || minorUnits === null) return err({ reason: 'amount_missing' })
  if (typeof minorUnits !== 'number' || !Number.isInteger(minorUnits)) {
    return err({ reason: 'amount_not_a_number' })
  }
  if (minorUnits === 0) return err({ reason: 'amount_zero' })
  if (minorUnits < 0) return err({ reason: 'amount_negative' })
  if (minorUnits > AMOUNT_MINOR_UNITS_MAX) {
    return err({ reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX })
  }
  return ok({ minorUnits, currency })
}

/**
 * Money from plain decimal text in major units ("42.50"): digits, and at most one point.
 * No grouping, no sign, no exponent; more decimals than the currency has are refused, not rounded.
 */
export function moneyFromDecimal(text: unknown, currency: string): Result<Money, AmountTrouble> {
  const allowed = currencyDecimals(currency)
  if (allowed === null) return err({ reason: 'currency_unknown' })
  if (text === undefined || text === null) return err({ reason: 'amount_missing' })
  if (typeof text !== 'string') return err({ reason: 'amount_not_a_number' })
  const trimmed = text.trim()
  if (trimmed === '') return err({ reason: 'amount_missing' })
  if (trimmed.length > AMOUNT_TEXT_CHARS_MAX) return err({ reason: 'amount_not_a_number' })
  if (/^-\d/.test(trimmed)) return err({ reason: 'amount_negative' })
  const match = /^(\d+)(?:\.(\d+))?$/.exec(trimmed)
  if (!match) return err({ reason: 'amount_not_a_number' })
  const [, whole = '', fraction = ''] = match
  if (fraction.length > allowed) {
    return err({ reason: 'amount_too_precise', decimals: fraction.length, allowed })
  }
  const minorUnits = BigInt(whole + fraction.padEnd(allowed, '0'))
  if (minorUnits > BigInt(AMOUNT_MINOR_UNITS_MAX)) {
    return err({ reason: 'amount_too_large', max: AMOUNT_MINOR_UNITS_MAX })
  }
  return moneyFromMinorUnits(Number(minorUnits), currency)
}

/** Minor units as plain decimal text in major units: 2500 usd is "25.00". Keeps the sign. */
export function decimalText(minorUnits: number, currency: string): string {
  const decimals = currencyDecimals(currency)
  assert(decimals !== null, 'a currency off the list reached the formatter')
  assert(Number.isSafeInteger(minorUnits), 'an amount that is no integer reached the formatter')
  const digits = String(Math.abs(minorUnits)).padStart(decimals + 1, '0')
  const cut = digits.length - decimals
  const sign = minorUnits < 0 ? '-' : ''
  return sign + digits.slice(0, cut) + (decimals === 0 ? '' : `.${digits.slice(cut)}`)
}

/** "25.00 USD", for people. The sign is not shown: "credit" and "charge" are words. */
export const moneyText = (money: Money): string =>
  `${decimalText(money.minorUnits, money.currency)} ${money.currency.toUpperCase()}`

/** An amount in the configuration: `money('usd', 12.5)`. Throws, since a wrong one must not deploy. */
export function money(currency: string, majorUnits: number): Money {
  const parsed = moneyFromDecimal(String(majorUnits), currency)
  if (!parsed.ok) throw new Error(`${currency}(${majorUnits}): ${parsed.error.reason}`)
  return parsed.value
}

export const usd = (majorUnits: number): Money => money('usd', majorUnits)
export const eur = (majorUnits: number): Money => money('eur', majorUnits)
export const gbp = (majorUnits: number): Money => money('gbp', majorUnits)
