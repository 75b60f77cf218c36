// What every ready-made rule can be told, besides the options of its own.

import type { Rule } from '../domain/rule.ts'
import { unknownFields } from '../domain/unknown-fields.ts'

export type RuleSettings = Partial<
  Pick<Rule, 'reason' | 'description' | 'mode' | 'was' | 'alongside'>
>

const SETTINGS = ['reason', 'description', 'mode', 'was', 'alongside']

/**
 * The parts of a rule's definition that come from its options: the settings, the options as the rule
 * set's hash covers them, and a problem for each option that is neither a setting nor among `own`.
 */
export function settingsOf(options: RuleSettings, own: readonly string[] = []) {
  const { reason, description, mode, was, alongside } = options
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(description === undefined ? {} : { description }),
    ...(mode === undefined ? {} : { mode }),
    ...(was === undefined ? {} : { was }),
    ...(alongside === undefined ? {} : { alongside }),
    options,
    problems: unknownFields(options, [...own, ...SETTINGS]),
  }
}
