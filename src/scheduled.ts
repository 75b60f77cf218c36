// The minute cron. Locally `npm start` also fires it once as RESTART, when it alone owns the database.

import type { Deps } from './deps.ts'
import { thrownFields } from './log.ts'
import { sweep } from './usecases/sweep.ts'

export const RESTART = '@restart'

export async function runCron(deps: Deps, cron: string): Promise<void> {
  try {
    const woken = await sweep(deps, { isRestart: cron === RESTART })
    if (woken > 0) deps.log({ event: 'sweep', woken })
  } catch (error) {
    deps.log({ event: 'alarm.sweep_failed', ...thrownFields(error) })
    throw error
  }
}
