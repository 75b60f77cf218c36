// An alarm is logged each time, and told to people once for each cause and hour. It never throws: what
// it is about is committed, and has to go on.

import { writeAlarm } from '../db/write-alarms.ts'
import type { Deps } from '../deps.ts'
import { ALARM_SOURCE, type AlarmCause, type AlarmFacts } from '../domain/alarm.ts'
import { alarmId } from '../domain/ids.ts'
import { MS_PER_HOUR } from '../domain/limits.ts'
import { thrownFields } from '../log.ts'

/** `key`: which rule or channel, where each of them is a cause of its own. */
export async function raiseAlarm(
  deps: Pick<Deps, 'db' | 'log' | 'now' | 'wakeNotices'>,
  cause: AlarmCause,
  facts: AlarmFacts,
  key = '',
): Promise<void> {
  const { db, log, now, wakeNotices } = deps
  log({ ...facts, event: `alarm.${cause}` })
  if (!db.tells(ALARM_SOURCE)) return
  try {
    const at = now()
    const hour = Math.floor(at / MS_PER_HOUR)
    const id = await alarmId(cause, key, hour)
    const isFirst = await writeAlarm(db, { id, cause, key, hour, at, facts })
    // The sweep tells it in any case.
    if (isFirst) await wakeNotices([{ about: id }])
  } catch (error) {
    log({ event: 'alarm.alarm_not_told', cause, ...thrownFields(error) })
  }
}
