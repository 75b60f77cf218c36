// Which rules decided: what they say of themselves, their options and the text of `adjust`, in their order,
// with limits and reasons; and a hash over that. It does not see what `adjust` calls, nor the payload's
// schema and its transforms: a deployment that changes only these has the same hash.

import { sha256 } from './ids.ts'
import type { Rule } from './rule.ts'

/**
 * JSON: `[rules, money]`. `money`: the limits and reasons that stand beside the rules. Of secrets it has
 * names at most.
 */
export function ruleSetText(rules: readonly Rule[], money: unknown): string {
  const said = rules.map(
    ({ problems: _problems, decide: _decide, read: _read, paths: _paths, ...facts }) => facts,
  )
  return JSON.stringify([said.map(sortedFields), money])
}

/** What of a configuration stands beside the rules. */
export const moneyOf = ({ limits, reasons }: { limits: unknown; reasons: Iterable<unknown> }) => [
  limits,
  [...reasons],
]

/** Of that text: 64 hex digits. */
export const ruleSetHash = (rules: readonly Rule[], money: unknown): Promise<string> =>
  hashOfRules(ruleSetText(rules, money))

export const hashOfRules = async (text: string): Promise<string> =>
  (await sha256(new TextEncoder().encode(text))).toHex()

const sortedFields = (facts: object): object =>
  Object.fromEntries(Object.entries(facts).toSorted(([one], [other]) => (one < other ? -1 : 1)))
