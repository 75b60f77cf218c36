// The minute cron. Locally `npm start` also fires it once as RESTART_CRON, when it alone owns the database.

import type { Deps } from './deps.ts'
import { RESTART_CRON } from './domain/wake-up.ts'
import { thrownFields } from './log.ts'
import { sweep } from './usecases/sweep.ts'

export async function runCron(deps: Deps, cron: string): Promise<void> {
  try {
    const woken = await sweep(deps, { isRestart: cron === RESTART_CRON })
    if (woken > 0) deps.log({ event: 'sweep', woken })
  } catch (error) {
    deps.log({ event: 'alarm.sweep_failed', ...thrownFields(error) })
    throw error
  }
}
