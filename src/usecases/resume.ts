// Resumes what was paused: its adjustments that wait for nothing else are due at once, by age, and the
// sweep takes them from there.

import { findSwitches, type SwitchRow } from '../db/read-switches.ts'
import { resumeKeys } from '../db/write-switches.ts'
import type { Operator } from '../domain/operator.ts'
import { ok, type Result } from '../domain/result.ts'
import { ownIds } from '../domain/rule.ts'
import type { Switch } from '../domain/switch.ts'
import type { Deps } from '../deps.ts'
import { keysOf, type SwitchTrouble } from './pause.ts'

/** `seen`: the pauses that it may end; null is all. How many adjustments are due by it; 0 where it wasn't paused, or another switch still stops them. */
export async function resume(
  deps: Pick<Deps, 'config' | 'db' | 'now'>,
  operator: Operator,
  wanted: Switch,
  seen: readonly SwitchRow[] | null = null,
): Promise<Result<number, SwitchTrouble>> {
  const { kind, key } = wanted
  const configured = keysOf(deps.config, wanted)
  // What was paused and is configured no more can still be resumed.
  const isThere = configured.ok || (await findSwitches(deps.db, kind, [key])).length > 0
  if (!isThere) return configured
  const keys = configured.ok ? configured.value : [key]
  const actor = `operator:${operator.name}` as const
  const rules = deps.config.rules.map(ownIds)
  const switched = {
    kind,
    keys,
    actor,
    ...(seen === null ? {} : { seen: seen.map((row) => [row.key, row.at] as const) }),
  }
  return ok(await resumeKeys(deps.db, switched, rules, deps.now()))
}
