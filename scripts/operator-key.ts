// The API key of whoever asks a running Makegood. Never an argument: arguments are seen by everyone on the machine,
// and stand in histories, in npm's own lines, and so in the logs of CI.

import { isLoopback } from '../src/domain/link.ts'
import { askSecret, isAnswered } from './ask-secret.ts'
import { readDevVars } from './dev-vars.ts'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

export const NO_KEY = 'there is no key: give MAKEGOOD_KEY in the environment'

/**
 * MAKEGOOD_KEY of the environment; else, of a Makegood on this machine, BOOTSTRAP_KEY of .dev.vars; else what a person
 * at a terminal answers. Null where nobody has one.
 */
export async function operatorKey(url: string, root: string = ROOT): Promise<string | null> {
  const given = process.env['MAKEGOOD_KEY']
  if (given) return given
  if (isLoopback(URL.parse(url)?.hostname ?? ''))
    return readDevVars(root).vars['BOOTSTRAP_KEY'] ?? null
  return isAnswered() ? (await askSecret('MAKEGOOD_KEY')) || null : null
}

/** Throws Trouble where nobody has one. */
export async function requireOperatorKey(url: string): Promise<string> {
  const key = await operatorKey(url)
  if (key === null) throw new Trouble(NO_KEY)
  return key
}
