import type { Adjustment } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'

/** After a commit that made it due: what the queue doesn't hear, the sweep finds. Never throws. */
export async function wakeCommitted(
  { wake, log }: Pick<Deps, 'wake' | 'log'>,
  { id, version }: Adjustment,
): Promise<void> {
  try {
    await wake([{ id, version }])
  } catch (error) {
    log({ event: 'alarm.wake_failed', adjustment: id, ...thrownFields(error) })
  }
}
