import { commitEntry } from '../db/commit.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Deps } from '../deps.ts'

/** An entry on the adjustment whose consumer crashed until the queue gave up; the sweep goes on. */
export const recordLostWakeUp = (deps: Deps, { id, version }: WakeUp): Promise<void> =>
  commitEntry(deps.db, {
    at: deps.now(),
    actor: 'system:dead-letters',
    action: 'adjustment.wake_up_lost',
    subject: id,
    data: { version },
  })
