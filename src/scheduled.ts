// The minute cron. Locally `npm start` also fires it once as RESTART_CRON, when it alone owns the database.

import type { Deps } from './deps.ts'
import { RESTART_CRON } from './domain/wake-up.ts'
import { thrownFields } from './log.ts'
import { addUpDays } from './usecases/add-up-days.ts'
import { eraseByClock } from './usecases/erase.ts'
import { forgetByClock } from './usecases/forget.ts'
import { keepPresentRuleSet } from './usecases/keep-rule-set.ts'
import { reconcileByClock } from './usecases/reconcile.ts'
import { findMissed } from './usecases/find-missed.ts'
import { sealLog } from './usecases/seal-log.ts'
import { sweep } from './usecases/sweep.ts'
import { tellLateSealing } from './usecases/watch-sealing.ts'

/** One job's trouble stops no other; the first that throws is thrown when all have had their turn. */
export async function runCron(deps: Deps, cron: string): Promise<void> {
  const jobs: readonly (readonly [string, () => Promise<void>])[] = [
    ['sweep', () => runSweep(deps, cron === RESTART_CRON)],
    ['reconcile', () => reconcileByClock(deps).then(() => undefined)],
    ['find_missed', () => findMissed(deps)],
    ['rule_set', () => keepPresentRuleSet(deps)],
    ['erase', () => eraseByClock(deps)],
    ['add_up_days', () => addUpDays(deps).then(() => undefined)],
    ['forget', () => forgetByClock(deps).then(() => undefined)],
    // Last, so that what the others have written is sealed with it.
    ['seal', () => runSeal(deps)],
  ]
  const thrown: unknown[] = []
  for (const [name, job] of jobs) {
    await job().catch((error: unknown) => {
      deps.log({ event: `alarm.${name}_failed`, ...thrownFields(error) })
      thrown.push(error)
    })
  }
  if (thrown.length > 0) throw thrown[0]
}

async function runSweep(deps: Deps, isRestart: boolean): Promise<void> {
  const woken = await sweep(deps, { isRestart })
  if (woken > 0) deps.log({ event: 'sweep', woken })
}

/** A fault was alarmed; a missing key is said by /readyz. */
async function runSeal(deps: Deps): Promise<void> {
  const sealed = await sealLog(deps).catch(async (error: unknown) => {
    await tellLateSealing(deps)
    throw error
  })
  if (!sealed.ok) await tellLateSealing(deps)
  else if (sealed.value.added > 0) deps.log({ event: 'sealed', ...sealed.value })
}
