import { findCircuit } from '../db/read-circuit.ts'
import { wakeAfterRestart, sweepAdjustments } from '../db/sweep-adjustments.ts'
import { tellDelayed } from '../db/tell-delayed.ts'
import { parkPaused } from '../db/write-switches.ts'
import { parkedUntil } from '../domain/circuit.ts'
import { ownIds } from '../domain/rule.ts'
import { sweepNotices } from '../db/write-notices.ts'
import type { Deps } from '../deps.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { toldSources } from './told-sources.ts'

/**
 * Wakes what is due, from D1 alone, and answers how many adjustments that were. `isRestart`: the only process on
 * this database has just started, so nobody holds a lease and nothing is on its way in a queue.
 */
export async function sweep(
  deps: Deps,
  { isRestart }: { readonly isRestart: boolean },
): Promise<number> {
  try {
    if (isRestart) await wakeAfterRestart(deps.db, deps.now())
    return await wakeDue(deps)
  } finally {
    // People are told, also while the other queue takes nothing.
    await wakeNotices(deps)
  }
}

async function wakeDue(deps: Deps): Promise<number> {
  const circuit = await findCircuit(deps.db)
  const sources = toldSources(deps)
  await tellDelayed(deps.db, sources, parkedUntil(circuit, deps.now()), deps.now())
  await parkPaused(deps.db, deps.config.rules.map(ownIds), deps.now())
  const { wakeUps, held } = await sweepAdjustments(deps.db, circuit, sources, deps.now())
  const [first, ...others] = held
  for (const id of others) deps.log({ event: 'alarm.outcome_unknown', adjustment: id })
  if (first) await raiseAlarm(deps, 'outcome_unknown', { adjustment: first })
  await deps.wake(wakeUps)
  return wakeUps.length
}

async function wakeNotices(deps: Deps): Promise<void> {
  const told = await sweepNotices(deps.db, deps.now())
  await deps.wakeNotices(told.map((about) => ({ about })))
}
