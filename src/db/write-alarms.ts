import { eq, sql } from 'drizzle-orm'
import type { Alarm } from '../domain/alarm.ts'
import type { AlarmId } from '../domain/ids.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { insertEntry } from './commit.ts'
import type { Database } from './database.ts'
import { alarms, notices } from './schema.ts'

/** Whether it is the first of its cause and hour: then it has to be told. */
export async function writeAlarm(db: Database, alarm: Alarm): Promise<boolean> {
  const { id, cause, key, at } = alarm
  const action = 'alarm.raised'
  const entry = { at, actor: 'system:notices', action, subject: id, data: { cause, key } } as const
  const [rows] = await db.batch([
    db.insert(alarms).values(alarm).onConflictDoNothing().returning({ id: alarms.id }),
    insertEntry(db, entry, AFTER_CHANGE),
    db
      .insert(notices)
      .select(sql`SELECT NULL, ${id}, ${action}, ${at}, ${at}, 0, '{}' WHERE ${AFTER_CHANGE}`),
  ])
  return rows.length > 0
}

export async function findAlarm(db: Database, id: AlarmId): Promise<Alarm | null> {
  const [row] = await db.select().from(alarms).where(eq(alarms.id, id))
  return row ?? null
}
