// Stripe's amounts as ISO minor units (docs.stripe.com/currencies). Stripe counts whole units where
// ISO has two decimals (MGA) and two decimals where ISO has none (ISK, UGX); three-decimal currencies
// end in 0.

import {
  moneyFromMinorUnits,
  parseCurrency,
  type AmountTrouble,
  type Money,
} from '../domain/money.ts'
import { err, type Result } from '../domain/result.ts'

const TWO_DECIMALS_AT_STRIPE_NONE_IN_ISO = new Set(['isk', 'ugx'])
const NONE_AT_STRIPE_TWO_DECIMALS_IN_ISO = new Set(['mga'])
const LAST_DIGIT_ZERO = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd'])
/**
 * Stripe's own lists contradict each other for XCD and XCG, and name neither IQD nor LYD among those
 * of three decimals: they are refused until it is known better.
 */
const UNVERIFIED = new Set(['xcd', 'xcg', 'iqd', 'lyd'])

/** An integer in Stripe's smallest unit with Stripe's currency code, as money. */
export function stripeAmount(amount: unknown, code: unknown): Result<Money, AmountTrouble> {
  const currency = parseCurrency(code)
  if (!currency.ok) return currency
  const money = moneyFromMinorUnits(amount, currency.value)
  if (!money.ok) return money
  const { minorUnits } = money.value
  if (UNVERIFIED.has(currency.value)) return err({ reason: 'currency_unknown' })
  if (TWO_DECIMALS_AT_STRIPE_NONE_IN_ISO.has(currency.value)) {
    if (minorUnits % 100 !== 0)
      return err({ reason: 'amount_too_precise', decimals: 2, allowed: 0 })
    return moneyFromMinorUnits(minorUnits / 100, currency.value)
  }
  if (NONE_AT_STRIPE_TWO_DECIMALS_IN_ISO.has(currency.value)) {
    return moneyFromMinorUnits(minorUnits * 100, currency.value)
  }
  if (LAST_DIGIT_ZERO.has(currency.value) && minorUnits % 10 !== 0) {
    return err({ reason: 'amount_too_precise', decimals: 3, allowed: 2 })
  }
  return money
}
