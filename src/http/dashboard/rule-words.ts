// What a rule was made with, as a person reads it: its options by name, money with its currency.

import { moneyText } from '../../domain/money.ts'
import type { Causer } from '../../domain/rule.ts'

/** One per line of a rule's card: the option's name in words, and its value. */
export type OptionWords = readonly [name: string, value: string]

export const CAUSERS_SHOWN: Readonly<Record<Causer, string>> = {
  agent: 'an agent causes it',
  customer: 'a customer could cause it, so it is held',
  system: 'a system causes it',
}

/** Of the text that the hash is over: `[options, adjust]`. None where a rule of one's own has none. */
export function optionsShown(text: string): readonly OptionWords[] {
  const parsed: unknown = JSON.parse(text)
  const options: unknown = Array.isArray(parsed) ? parsed[0] : null
  if (!isObject(options)) return []
  return Object.entries(options).map(([name, value]) => [nameShown(name), valueShown(value)])
}

/** `otherAmountField` is "other amount field". */
const nameShown = (name: string): string => {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.replaceAll('_', ' ')
}

function valueShown(value: unknown): string {
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (value === null) return 'none'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueShown).join(', ')
  if (!isObject(value)) return ''
  const { minorUnits, currency } = value
  if (typeof minorUnits === 'number' && typeof currency === 'string') {
    return moneyText({ minorUnits, currency })
  }
  // The names within are the user's own words, such as tags.
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${valueShown(each)}`)
    .join('; ')
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
