// An alarm is logged each time, and told to people once for each cause and hour. It never throws: what
// it is about is committed, and has to go on.

import { findAlarm, writeAlarm } from '../db/write-alarms.ts'
import type { Deps } from '../deps.ts'
import { ALARM_SOURCE, type Alarm, type AlarmCause, type AlarmFacts } from '../domain/alarm.ts'
import { alarmId } from '../domain/ids.ts'
import { MS_PER_HOUR } from '../domain/limits.ts'
import { thrownFields } from '../log.ts'

type AlarmDeps = Pick<Deps, 'db' | 'log' | 'now' | 'wakeNotices'>

/** `key`: which rule or channel, where each of them is a cause of its own. */
export async function newAlarm(
  { now }: Pick<Deps, 'now'>,
  cause: AlarmCause,
  facts: AlarmFacts,
  key = '',
): Promise<Alarm> {
  const at = now()
  const hour = Math.floor(at / MS_PER_HOUR)
  return { id: await alarmId(cause, key, hour), cause, key, hour, at, facts }
}

/** Of what is no change of ours, or was committed before. */
export async function raiseAlarm(
  deps: AlarmDeps,
  cause: AlarmCause,
  facts: AlarmFacts,
  key = '',
): Promise<void> {
  await say(deps, await newAlarm(deps, cause, facts, key), (alarm) => writeAlarm(deps.db, alarm))
}

/** Of an alarm that was committed with the change that it is about. */
export async function sayAlarm(deps: AlarmDeps, alarm: Alarm): Promise<void> {
  await say(deps, alarm, async ({ id, at, facts }) => {
    const first = await findAlarm(deps.db, id)
    return first?.at === at && JSON.stringify(first.facts) === JSON.stringify(facts)
  })
}

async function say(
  { db, log, wakeNotices }: AlarmDeps,
  alarm: Alarm,
  isFirst: (alarm: Alarm) => Promise<boolean>,
): Promise<void> {
  const { cause, facts, id } = alarm
  log({ ...facts, event: `alarm.${cause}` })
  if (!db.tells(ALARM_SOURCE)) return
  try {
    // The sweep tells it in any case.
    if (await isFirst(alarm)) await wakeNotices([{ about: id }])
  } catch (error) {
    log({ event: 'alarm.alarm_not_told', cause, ...thrownFields(error) })
  }
}
