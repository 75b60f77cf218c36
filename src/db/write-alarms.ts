import { eq, sql, type SQL } from 'drizzle-orm'
import { ALARM_SOURCE, type Alarm } from '../domain/alarm.ts'
import type { AlarmId } from '../domain/ids.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { insertEntry } from './insert-entry.ts'
import { alarms, notices } from './schema.ts'

/**
 * Statements of a batch: the alarm, its entry and its notice, unless its cause had one in this hour. None
 * where no channel is for people.
 */
export const alarmIf = (db: Database, alarm: Alarm | null, condition: SQL) =>
  alarm === null || !db.tells(ALARM_SOURCE) ? [] : statements(db, alarm, condition)

const ACTION = 'alarm.raised'

function statements(db: Database, alarm: Alarm, condition: SQL) {
  const { id, cause, key, hour, at, facts } = alarm
  const data = { cause, key }
  const entry = { at, actor: 'system:notices', action: ACTION, subject: id, data } as const
  return [
    db
      .insert(alarms)
      .select(
        sql`SELECT ${id}, ${cause}, ${key}, ${hour}, ${at}, ${JSON.stringify(facts)} WHERE ${condition}`,
      )
      .onConflictDoNothing()
      .returning({ id: alarms.id }),
    insertEntry(db, entry, AFTER_CHANGE),
    db
      .insert(notices)
      .select(sql`SELECT NULL, ${id}, ${ACTION}, ${at}, ${at}, 0, '{}' WHERE ${AFTER_CHANGE}`),
  ] as const
}

/** Whether it is the first of its cause and hour: then it has to be told. */
export async function writeAlarm(db: Database, alarm: Alarm): Promise<boolean> {
  const [rows] = await db.batch(statements(db, alarm, sql`true`))
  return rows.length > 0
}

export async function findAlarm(db: Database, id: AlarmId): Promise<Alarm | null> {
  const [row] = await db.select().from(alarms).where(eq(alarms.id, id))
  return row ?? null
}
