// An amount that a person typed into a field, in the format and the currency that the options
// declare.

import { currencyDecimals } from '../domain/currencies.ts'
import {
  AMOUNT_FORMAT_DEFAULT,
  AMOUNT_FORMATS,
  moneyFromTyped,
  type AmountFormat,
} from '../domain/money-text.ts'
import { parseCurrency, type AmountTrouble, type Money } from '../domain/money.ts'
import { undecided, type Undecided } from '../domain/outcome.ts'
import { err, type Result } from '../domain/result.ts'

export type TypedAmountOptions = {
  /** How amounts are typed into the field; default '1234.50'. */
  readonly format?: AmountFormat
  /**
   * The field's currency, lower-case ISO 4217. Where the event names one as well, both must agree.
   */
  readonly currency?: string
}

export const TYPED_AMOUNT_OPTIONS = ['format', 'currency']

/** `typed`: text, or a JSON number. `code`: the currency that the event names, if it names one. */
export function typedAmount(
  typed: unknown,
  code: unknown,
  { format = AMOUNT_FORMAT_DEFAULT, currency }: TypedAmountOptions,
): Result<Money, AmountTrouble> {
  if (isBlank(typed)) return err({ reason: 'amount_missing' })
  const named = isBlank(code) ? parseCurrency(currency) : parseCurrency(code)
  if (!named.ok) return named
  if (currency !== undefined && named.value !== currency) {
    return err({ reason: 'currency_differs', declared: currency, named: named.value })
  }
  return moneyFromTyped(typed, named.value, format)
}

/** A field that nobody has filled in; templates render it as an empty text. */
export const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '')

export function typedAmountProblems({ format, currency }: TypedAmountOptions): string[] {
  const problems: string[] = []
  if (format !== undefined && !AMOUNT_FORMATS.includes(format)) {
    problems.push(`format: one of ${AMOUNT_FORMATS.join(' | ')} is wanted`)
  }
  if (currency !== undefined && currencyDecimals(currency) === null) {
    problems.push(`currency: ${currency} is not a lower-case ISO 4217 code`)
  }
  return problems
}

/** `subject`: who asked there is told. Where the amount stands, and the numbers that tell why it can't be read. */
export const unreadableAmount = (
  trouble: AmountTrouble,
  field: string,
  subject?: string,
): Undecided => undecided(trouble.reason, field + numbersOf(trouble), subject)

function numbersOf(trouble: AmountTrouble): string {
  switch (trouble.reason) {
    case 'amount_too_precise':
      return `: ${trouble.decimals} decimals, at most ${trouble.allowed} are money`
    case 'amount_too_large':
      return `: more than ${trouble.max} minor units`
    case 'currency_differs':
      return `: in ${trouble.named}, where ${trouble.declared} is declared`
    default:
      return ''
  }
}
