// A person asks for a credit by tags: perhaps one that says so, and exactly one amount, which is a
// tag with a preset amount or a field that he filled in.

import { moneyFromMinorUnits, type Money } from '../domain/money.ts'
import { ok } from '../domain/result.ts'
import { credit, ignore, undecided, type Outcome, type ProposalFields } from '../domain/rule.ts'
import {
  isBlank,
  TYPED_AMOUNT_OPTIONS,
  typedAmount,
  typedAmountProblems,
  unreadableAmount,
  type TypedAmountOptions,
} from './typed-amount.ts'

export type TaggedRequestOptions = TypedAmountOptions & {
  /** Tag by which an agent asks. Left out, each preset tag asks by itself. */
  readonly requestTag?: string
  /** Tag to amount: `{ credit_10: usd(10) }`. */
  readonly amounts?: Readonly<Record<string, Money>>
}

export const TAGGED_REQUEST_OPTIONS = ['requestTag', 'amounts', ...TYPED_AMOUNT_OPTIONS]

export type TaggedRequest = {
  readonly tags: readonly string[]
  /** What the amount field holds; null where the rule reads none. */
  readonly typed: unknown
  readonly currency: unknown
  /** Where amount and currency stand, for the operator. */
  readonly field: string
  readonly fields: ProposalFields
}

export function requestedCredit(asked: TaggedRequest, options: TaggedRequestOptions): Outcome {
  const { tags, typed, currency, field, fields } = asked
  const { requestTag, amounts = {} } = options
  if (requestTag !== undefined && !tags.includes(requestTag)) return ignore('request_tag_missing')
  const presets = Object.entries(amounts).filter(([tag]) => tags.includes(tag))
  const found = presets.map(([tag]) => tag).concat(isBlank(typed) ? [] : ['the amount field'])
  if (found.length === 0 && requestTag === undefined) return ignore('no_amount_asked')
  if (found.length > 1) {
    return undecided(
      'amount_ambiguous',
      `more than one amount: ${found.join(', ')}`,
      fields.subject,
    )
  }
  const [preset] = presets
  const money = preset ? ok(preset[1]) : typedAmount(typed, currency, options)
  return money.ok
    ? credit(money.value, fields)
    : unreadableAmount(money.error, field, fields.subject)
}

/** Which texts are tags at the source, and what they never have. */
export type TagForm = { readonly pattern: RegExp; readonly lacks: readonly string[] }

/** A tag may have blanks inside. */
export const NO_COMMAS: TagForm = { pattern: /^[^,]*[^\s,][^,]*$/, lacks: ['commas'] }

/**
 * A tag that no ticket can have, or a number where an amount belongs, would never make a credit.
 */
export function taggedRequestProblems(
  options: TaggedRequestOptions,
  { pattern, lacks }: TagForm,
  hasAmountField: boolean,
): string[] {
  const { requestTag, amounts = {} } = options
  const isTag = (text: unknown) => typeof text === 'string' && pattern.test(text)
  const presets = Object.entries(amounts)
  const problems = presets.flatMap(([tag, amount]) => [
    ...(isTag(tag) ? [] : [`amounts.${tag}: is no tag, which has ${without(lacks)}`]),
    ...amountProblems(`amounts.${tag}`, amount),
  ])
  if (requestTag !== undefined && !isTag(requestTag)) {
    problems.push(`requestTag: one tag is wanted, without ${listed(lacks)}`)
  }
  if (presets.length === 0 && !hasAmountField) {
    problems.push('amounts: no preset and no amount field, so no ticket could have an amount')
  }
  return [...problems, ...typedAmountProblems(options)]
}

const without = (names: readonly string[]): string => listed(names.map((name) => `no ${name}`))

/** In a sentence: `blanks, commas and capital letters`. */
export const listed = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((each) => each !== '').join(' and ')

/**
 * An amount in the options, which `usd()` and its like have checked, unless it was made by hand.
 */
export const amountProblems = (path: string, amount: Money | undefined): string[] =>
  moneyFromMinorUnits(amount?.minorUnits, amount?.currency ?? '').ok
    ? []
    : [`${path}: an amount is wanted, such as usd(25)`]
