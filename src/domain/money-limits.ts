// How much may go out before a person has to look. Credits and charges count apart, and so do promises
// (`owed`) and records (`already_paid`). What the configuration doesn't say has a safe default.

import {
  AMOUNT_MINOR_UNITS_MAX,
  DUPLICATE_HOURS_DEFAULT,
  DUPLICATE_HOURS_MAX,
  HOLD_ABOVE_MINOR_UNITS_DEFAULT,
  HOLD_FIRST_DEFAULT,
  HOLD_FIRST_MAX,
  LIMIT_DAYS_MAX,
} from './limits.ts'
import type { Money } from './money.ts'
import type { Settlement } from './rule.ts'
import { unknownFields } from './unknown-fields.ts'

/** At most `amount` in the last `days` × 24 hours. */
export type RollingLimit = { readonly amount: Money; readonly days: number }

export type AmountLimits = {
  /** What one event gives for one subject, if it is above it, is held. Default 250.00. */
  readonly holdAbove?: Money
  /** The same, above it, needs two people. Default: never. */
  readonly twoApproversAbove?: Money
  readonly perCustomer?: RollingLimit
  readonly perAsker?: RollingLimit
  /** Of a day in the configured time zone, over all rules. */
  readonly perDay?: Money
  /** Of an hour of the clock; once others have used it up, the rule is paused as well. */
  readonly perHourPerRule?: Money
}

export type LimitOptions = AmountLimits & {
  /** Other amounts for records of money that moved elsewhere; what is left out is as above. */
  readonly alreadyPaid?: AmountLimits
  /** Default `hold`: a person looks at every charge. */
  readonly charges?: 'hold' | 'allow'
  /** Under a live billing key a rule's first adjustments wait, until so many were let through. Default 10. */
  readonly holdFirst?: number
  /** The same customer and amount again within these hours is held. Default 24; 0 never. */
  readonly duplicateHours?: number
  /** Default `hold`: what is older than its endpoint's first day is held. */
  readonly olderThanEndpoint?: 'hold' | 'allow'
}

export type ClassLimits = {
  /** Minor units, as everything here. */
  readonly holdAbove: number
  readonly twoApproversAbove: number | null
  readonly perCustomer: { readonly max: number; readonly days: number } | null
  readonly perAsker: { readonly max: number; readonly days: number } | null
  readonly perDay: number | null
  readonly perHourPerRule: number | null
}

export type Limits = {
  readonly of: Readonly<Record<Settlement, ClassLimits>>
  readonly charges: 'hold' | 'allow'
  readonly holdFirst: number
  readonly duplicateHours: number
  readonly olderThanEndpoint: 'hold' | 'allow'
}

const rolling = (limit: RollingLimit | undefined) =>
  limit === undefined ? null : { max: limit.amount.minorUnits, days: limit.days }

const classLimits = (limits: AmountLimits): ClassLimits => ({
  holdAbove: limits.holdAbove?.minorUnits ?? HOLD_ABOVE_MINOR_UNITS_DEFAULT,
  twoApproversAbove: limits.twoApproversAbove?.minorUnits ?? null,
  perCustomer: rolling(limits.perCustomer),
  perAsker: rolling(limits.perAsker),
  perDay: limits.perDay?.minorUnits ?? null,
  perHourPerRule: limits.perHourPerRule?.minorUnits ?? null,
})

export const limitsOf = (options: LimitOptions): Limits => ({
  of: {
    owed: classLimits(options),
    already_paid: classLimits({ ...options, ...options.alreadyPaid }),
  },
  charges: options.charges ?? 'hold',
  holdFirst: options.holdFirst ?? HOLD_FIRST_DEFAULT,
  duplicateHours: options.duplicateHours ?? DUPLICATE_HOURS_DEFAULT,
  olderThanEndpoint: options.olderThanEndpoint ?? 'hold',
})

const AMOUNTS = ['holdAbove', 'twoApproversAbove', 'perDay', 'perHourPerRule'] as const
const ROLLING = ['perCustomer', 'perAsker'] as const
const OTHERS = ['alreadyPaid', 'charges', 'holdFirst', 'duplicateHours', 'olderThanEndpoint']

/** Each line begins with the path of what is wrong. */
export function limitProblems(options: LimitOptions, currency: string): string[] {
  const { charges, holdFirst, duplicateHours, olderThanEndpoint } = options
  const alreadyPaid = options.alreadyPaid ?? {}
  const path = 'limits.alreadyPaid.'
  const isApart = 'holdAbove' in alreadyPaid || 'twoApproversAbove' in alreadyPaid
  return [
    ...unknownFields(options, [...AMOUNTS, ...ROLLING, ...OTHERS], 'limits.'),
    ...unknownFields(alreadyPaid, [...AMOUNTS, ...ROLLING], path),
    ...amountProblems(options, currency, 'limits.'),
    ...amountProblems(alreadyPaid, currency, path),
    ...approverProblem(options, 'limits.'),
    ...(isApart ? approverProblem({ ...options, ...alreadyPaid }, path) : []),
    ...choiceProblem('charges', charges),
    ...choiceProblem('olderThanEndpoint', olderThanEndpoint),
    ...wholeProblem('holdFirst', holdFirst, HOLD_FIRST_MAX),
    ...wholeProblem('duplicateHours', duplicateHours, DUPLICATE_HOURS_MAX),
  ]
}

function amountProblems(limits: AmountLimits, currency: string, path: string): string[] {
  const problems = AMOUNTS.flatMap((field) => moneyProblem(limits[field], currency, path + field))
  for (const field of ROLLING) {
    const limit = limits[field]
    if (limit === undefined) continue
    if (typeof limit !== 'object' || limit === null) {
      problems.push(`${path}${field}: an amount and a number of days are wanted`)
      continue
    }
    problems.push(...moneyProblem(limit.amount, currency, `${path}${field}.amount`, true))
    problems.push(...unknownFields(limit, ['amount', 'days'], `${path}${field}.`))
    if (!isWhole(limit.days, 1, LIMIT_DAYS_MAX)) {
      problems.push(`${path}${field}.days: a whole number of days from 1 to ${LIMIT_DAYS_MAX}`)
    }
  }
  return problems
}

function approverProblem({ holdAbove, twoApproversAbove }: AmountLimits, path: string): string[] {
  const above = holdAbove?.minorUnits ?? HOLD_ABOVE_MINOR_UNITS_DEFAULT
  const two = twoApproversAbove?.minorUnits ?? above
  return two < above
    ? [`${path}twoApproversAbove: below holdAbove, where nobody is asked at all`]
    : []
}

function moneyProblem(
  money: Money | undefined,
  currency: string,
  path: string,
  isWanted = false,
): string[] {
  if (money === undefined && !isWanted) return []
  const isMoney = isWhole(money?.minorUnits, 1, AMOUNT_MINOR_UNITS_MAX)
  if (!isMoney) return [`${path}: an amount above zero is wanted, such as usd(250)`]
  if (money?.currency === currency) return []
  return [`${path}: is in ${money?.currency}, but the configured currency is ${currency}`]
}

const choiceProblem = (field: string, value: string | undefined): string[] =>
  value === undefined || value === 'hold' || value === 'allow'
    ? []
    : [`limits.${field}: 'hold' or 'allow' is wanted`]

const wholeProblem = (field: string, value: number | undefined, max: number): string[] =>
  value === undefined || isWhole(value, 0, max)
    ? []
    : [`limits.${field}: a whole number from 0 to ${max} is wanted`]

const isWhole = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
