// Which rules decided: a hash over what they say of themselves, their options and the text of `adjust`,
// in their order, with limits and reasons. It does not see what `adjust` calls, nor the payload's schema
// and its transforms: a deployment that changes only these has the same hash.

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
