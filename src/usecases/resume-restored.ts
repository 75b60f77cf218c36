// A database that was put back to an earlier time is paused until what it lacks is known.

import { isKeptPaused } from '../db/read-reconciliations.ts'
import { findSwitches } from '../db/read-switches.ts'
import { RESTORED, resumeKeys } from '../db/write-switches.ts'
import { ownIds } from '../domain/rule.ts'
import type { Deps } from '../deps.ts'

/** Only what it was paused for, and only where nothing is open that a person has to look at first. */
export async function resumeRestored(deps: Deps): Promise<boolean> {
  const [paused] = await findSwitches(deps.db, 'all', [''])
  if (paused?.cause !== RESTORED || (await isKeptPaused(deps.db))) return false
  const rules = deps.config.rules.map(ownIds)
  const all = { kind: 'all', keys: [''], actor: 'system:reconciliation' } as const
  await resumeKeys(deps.db, all, rules, deps.now())
  return true
}
