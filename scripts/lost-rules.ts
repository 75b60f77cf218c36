// Rules that have made adjustments and that a configuration knows no more. Adjustments are known by their rule's
// id for ever, so what such a one has paid could be paid again by another. Pure.

import * as z from 'zod'
import { RESERVED_RULE_IDS } from '../src/rule-problems.ts'

/** `at`: of its first adjustment, milliseconds since 1970. */
export const recordedRule = z.object({ id: z.string(), at: z.number() })
export type RecordedRule = z.output<typeof recordedRule>

/** `known`: the ids of the rules, with their former ones. */
export function lostRules(
  known: readonly string[],
  recorded: readonly RecordedRule[],
): readonly RecordedRule[] {
  const all = new Set([...known, ...RESERVED_RULE_IDS])
  return recorded.filter(({ id }) => !all.has(id))
}

/** `file`: the configuration's. */
export const adviceForLost = (file: string, { id, at }: RecordedRule): string =>
  `${file}: rules: ${id} has made adjustments since ${new Date(at).toISOString().slice(0, 10)}, and no ` +
  `rule has this id any more, so what it has paid could be paid again.\n` +
  `  If it was renamed, write was: ['${id}'] into the rule that took its place.\n` +
  `  If it is not wanted any more, leave it in the list with mode: 'shadow'; then it bills nothing.`
