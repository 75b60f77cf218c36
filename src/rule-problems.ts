// What is wrong with the rules and reasons of a configuration, a line each.

import { BY_HAND_RULE } from './domain/by-hand.ts'
import { templateProblems } from './domain/description.ts'
import { FORMER_RULE_IDS_MAX, WORD_CHARS_MAX } from './domain/limits.ts'
import { reasonsOf, type ReasonOptions } from './domain/reason.ts'
import { INVOICE_CALL_RULE } from './domain/requested-invoice.ts'
import { REVERSAL_RULE_ID } from './domain/reversal.ts'
import { CAUSERS, ownIds, SETTLEMENTS, type Rule } from './domain/rule.ts'
import { unknownFields } from './domain/unknown-fields.ts'
import { zendeskTagDifferences } from './rules/zendesk-tags.ts'
import type { Endpoint } from './sources/source.ts'

type Input = {
  readonly rules: readonly Rule[]
  readonly endpoints: Readonly<Record<string, Endpoint>>
  readonly reasons?: ReasonOptions
}

const ID = /^[a-z][a-z0-9-]{0,62}$/
/** Adjustments that no rule makes are known by these. */
export const RESERVED_RULE_IDS: readonly string[] = [
  BY_HAND_RULE,
  INVOICE_CALL_RULE,
  REVERSAL_RULE_ID,
]

/** What would keep the checks below from reading a rule. */
export const ruleShapeProblems = (rules: readonly Rule[]): string[] =>
  rules.flatMap((rule: unknown, position) => {
    const path = `rules[${position}]`
    if (!isRule(rule)) return [`${path}: a rule is made here, such as stripeRefundRecord()`]
    return [
      ...LISTS.filter((field) => !isTexts(rule[field])).map(
        (field) => `${path} (${rule.id}).${field}: a list of texts is wanted`,
      ),
      ...(rule.description === null || typeof rule.description === 'string'
        ? []
        : [`${path} (${rule.id}).description: a text is wanted`]),
    ]
  })

const LISTS = ['on', 'was', 'alongside'] as const

/** A ready-made rule that isn't called is a function. */
const isRule = (value: unknown): value is Rule =>
  typeof value === 'object' && value !== null && 'decide' in value && 'problems' in value

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

export function ruleProblems(input: Input): string[] {
  const sources = new Set(Object.values(input.endpoints).map(({ source }) => source.name))
  const reasons = reasonsOf(input.reasons ?? {})
  const taken: Taken = new Map()
  const each = input.rules.flatMap((rule, position) => {
    const path = `rules[${position}]`
    const problems = rule.problems.map((problem) => `${path} (${rule.id}).${problem}`)
    problems.push(...idProblems(rule, path, taken))
    for (const id of rule.was) if (!taken.has(id)) taken.set(id, { position, isFormer: true })
    if (!taken.has(rule.id)) taken.set(rule.id, { position, isFormer: false })
    if (!sources.has(rule.source)) {
      problems.push(`${path}: ${rule.id} reads ${rule.source}, which no endpoint receives`)
    }
    if (!reasons.has(rule.reason)) {
      problems.push(
        `${path}.reason: there is no reason ${rule.reason}; known are ${[...reasons.keys()].join(', ')}`,
      )
    }
    return [...problems, ...factProblems(rule, path)]
  })
  return [...each, ...zendeskTagDifferences(input.rules)]
}

/** Whose ids they are. */
type Taken = Map<string, { readonly position: number; readonly isFormer: boolean }>

function idProblems(rule: Rule, path: string, taken: Taken): string[] {
  const problems: string[] = []
  if (!ID.test(rule.id)) {
    problems.push(`${path}.id: "${rule.id}" must be small letters, digits, hyphens`)
  }
  const other = taken.get(rule.id)
  if (other?.isFormer === false) {
    problems.push(`${path}.id: there are two rules with the id ${rule.id}`)
  }
  if (other?.isFormer === true) {
    problems.push(`${path}.id: ${rule.id} is a former id of rules[${other.position}]`)
  }
  for (const id of rule.was) {
    if (!ID.test(id)) problems.push(`${path}.was: "${id}" is no id of a rule`)
    if (taken.has(id)) problems.push(`${path}.was: ${id} is the id of another rule`)
  }
  const reserved = ownIds(rule).find((id) => RESERVED_RULE_IDS.includes(id))
  if (reserved) problems.push(`${path}.id: ${reserved} is what Makegood calls its own adjustments`)
  if (rule.was.length > FORMER_RULE_IDS_MAX) {
    problems.push(`${path}.was: has more than ${FORMER_RULE_IDS_MAX} ids`)
  }
  return problems
}

/** What TypeScript says already, said again to who doesn't run it. */
function factProblems(rule: Rule, path: string): string[] {
  const choices: readonly (readonly [string, string, readonly string[]])[] = [
    ['settlement', rule.settlement, SETTLEMENTS],
    ['causedBy', rule.causedBy, CAUSERS],
    ['mode', rule.mode, ['live', 'shadow']],
  ]
  const problems = choices
    .filter(([, value, known]) => !known.includes(value))
    .map(([field, , known]) => `${path}.${field}: one of ${known.join(', ')} is wanted`)
  if (rule.on.length === 0) {
    problems.push(`${path}.on: one event type or more is wanted`)
  }
  const template = rule.description === null ? [] : templateProblems(rule.description)
  return [...problems, ...template.map((problem) => `${path}.description: ${problem}`)]
}

export const reasonProblems = (reasons: ReasonOptions): string[] =>
  Object.entries(reasons).flatMap(([code, reason]) => {
    if (typeof reason !== 'object' || reason === null) {
      return [`reasons.${code}: a label or an account is wanted, such as { label: 'Outage' }`]
    }
    return [
      ...(/^[a-z][a-z0-9_]{0,39}$/.test(code)
        ? []
        : [`reasons.${code}: a code is small letters, digits and underscores`]),
      ...unknownFields(reason, ['label', 'account'], `reasons.${code}.`),
      ...[reason.label, reason.account]
        .filter((text) => text !== undefined && !isWord(text))
        .map(() => `reasons.${code}: label and account have 1 to ${WORD_CHARS_MAX} characters`),
    ]
  })

const isWord = (text: unknown): boolean =>
  typeof text === 'string' && text.trim() !== '' && text.length <= WORD_CHARS_MAX
