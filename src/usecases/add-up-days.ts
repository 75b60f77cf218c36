// The sums of days go on with the audit log, some steps a minute. A step that somebody else has done adds nothing.

import { findDayProgress, listUncounted } from '../db/read-totals.ts'
import { commitDaySums } from '../db/write-totals.ts'
import type { Deps } from '../deps.ts'
import { addUp } from '../domain/daily-totals.ts'
import { daysIn } from '../domain/day.ts'
import { DAY_SUMS_ENTRIES_MAX, DAY_SUMS_STEPS_MAX } from '../domain/limits.ts'

/** How many entries were added. */
export async function addUpDays({ db, config }: Pick<Deps, 'config' | 'db'>): Promise<number> {
  const dayOf = daysIn(config.timeZone)
  let count = 0
  for (let step = 0; step < DAY_SUMS_STEPS_MAX; step++) {
    const { seq: before } = await findDayProgress(db)
    const entries = await listUncounted(db, before, DAY_SUMS_ENTRIES_MAX)
    const last = entries.at(-1)
    if (last === undefined) return count
    // Somebody else is at it: he goes on.
    if (!(await commitDaySums(db, before, last, addUp(entries, dayOf)))) return count
    count += entries.length
    if (entries.length < DAY_SUMS_ENTRIES_MAX) return count
  }
  return count
}
