import { endAllLeases, sweepAdjustments } from '../db/sweep-adjustments.ts'
import type { Deps } from '../deps.ts'

/**
 * Wakes what is due, from D1 alone. `isRestart`: the only process on this database has just started,
 * so whoever held a lease is gone, and leases need not run out. Answers how many were woken.
 */
export async function sweep(
  deps: Deps,
  { isRestart }: { readonly isRestart: boolean },
): Promise<number> {
  if (isRestart) await endAllLeases(deps.db, deps.now())
  const wakeUps = await sweepAdjustments(deps.db, deps.now())
  await deps.wake(wakeUps)
  return wakeUps.length
}
