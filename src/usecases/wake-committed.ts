import type { Adjustment } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { About } from '../domain/notice.ts'
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

/** After a commit that made these. Never throws either. */
export async function wakeMade(
  { wake, log }: Pick<Deps, 'wake' | 'log'>,
  made: readonly AdjustmentId[],
): Promise<void> {
  if (made.length === 0) return
  try {
    await wake(made.map((id) => ({ id, version: 1 })))
  } catch (error) {
    log({ event: 'alarm.wake_failed', ...thrownFields(error) })
  }
}

/** After a commit that people are told of, if they are told of anything; the sweep tells it in any case. */
export async function wakeToTell(
  { wakeNotices, config, log }: Pick<Deps, 'wakeNotices' | 'config' | 'log'>,
  about: About,
): Promise<void> {
  if (config.notices.length === 0) return
  try {
    await wakeNotices([{ about }])
  } catch (error) {
    log({ event: 'alarm.wake_failed', about, ...thrownFields(error) })
  }
}
