// A database that was put back to an earlier time is paused until what it lacks is known.

import { isKeptPaused } from '../db/read-reconciliations.ts'
import { findSwitches } from '../db/read-switches.ts'
import { pauseKeys, resumeKeys } from '../db/write-switches.ts'
import { RESTORED } from '../domain/switch.ts'
import type { Actor } from '../domain/audit.ts'
import { ownIds } from '../domain/rule.ts'
import type { Deps } from '../deps.ts'

/** What a person has paused stays as he has. */
export const pauseRestored = (deps: Deps, actor: Actor): Promise<void> =>
  pauseKeys(deps.db, { kind: 'all', keys: [''], actor }, deps.now(), RESTORED)

/** Only what it was paused for, and only where nothing is open that a person has to look at first. */
export async function resumeRestored(deps: Deps): Promise<boolean> {
  const [paused] = await findSwitches(deps.db, 'all', [''])
  if (paused?.cause !== RESTORED || (await isKeptPaused(deps.db))) return false
  const rules = deps.config.rules.map(ownIds)
  const all = { kind: 'all', keys: [''], actor: 'system:reconciliation' } as const
  // Who pauses it at this very moment finds it paused.
  await resumeKeys(deps.db, all, rules, deps.now(), RESTORED)
  return true
}
