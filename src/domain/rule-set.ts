// Which rules decided: a hash over everything that they say, in their order, so that two deployments
// with the same rules have the same hash and any other rule, option or limit has another.

import { sha256 } from './ids.ts'
import type { Rule } from './rule.ts'

/** `money`: the limits and reasons that stand beside the rules. 64 hex digits. */
export async function ruleSetHash(rules: readonly Rule[], money: unknown): Promise<string> {
  const said = rules.map(({ problems: _problems, decide: _decide, read: _read, ...facts }) => facts)
  const text = JSON.stringify([said.map(sortedFields), money])
  return (await sha256(new TextEncoder().encode(text))).toHex()
}

const sortedFields = (facts: object): object =>
  Object.fromEntries(Object.entries(facts).toSorted(([one], [other]) => (one < other ? -1 : 1)))
