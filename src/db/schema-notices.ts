// What has to be told: written in the batch of the fact that it tells, sent later, kept as sent.

import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { AuditAction } from '../domain/audit.ts'
import type { AlarmCause, AlarmFacts } from '../domain/alarm.ts'
import type { AlarmId } from '../domain/ids.ts'
import type { About, Channels } from '../domain/notice.ts'
import { forMigrations } from './for-migrations.ts'

/** One fact that people at its source are told of, over every channel that wants it. */
export const notices = sqliteTable(
  'notices',
  {
    seq: integer('seq').primaryKey(),
    /** The adjustment, the event that made none, the alarm, or the checkpoint. */
    about: text('about').$type<About>().notNull(),
    action: text('action').$type<AuditAction>().notNull(),
    at: integer('at').notNull(),
    /** When it is tried next, or its lease ends; null once every channel is done with it. The only clock. */
    wakeAt: integer('wake_at'),
    /** How often it was claimed: who commits names the claim that he has. */
    attempts: integer('attempts').notNull().default(0),
    /** Of each channel that was tried: how it ended, or when it is tried next. */
    channels: text('channels', { mode: 'json' }).$type<Channels>().notNull(),
  },
  forMigrations((table) => [
    index('notices_about').on(table.about),
    index('notices_wake')
      .on(table.wakeAt)
      .where(sql`${table.wakeAt} IS NOT NULL`),
    check('notices_channels', sql`json_valid(${table.channels})`),
  ]),
)

/** What people who operate it hear: once for each cause and hour. */
export const alarms = sqliteTable(
  'alarms',
  {
    id: text('id').$type<AlarmId>().primaryKey(),
    cause: text('cause').$type<AlarmCause>().notNull(),
    /** Which rule or channel, where each of them is a cause of its own; else empty. */
    key: text('key').notNull(),
    /** Since 1970. */
    hour: integer('hour').notNull(),
    at: integer('at').notNull(),
    /** Of its first occurrence: codes, ids and numbers. */
    facts: text('facts', { mode: 'json' }).$type<AlarmFacts>().notNull(),
  },
  forMigrations((table) => [
    uniqueIndex('alarms_cause').on(table.cause, table.key, table.hour),
    check('alarms_facts', sql`json_valid(${table.facts})`),
  ]),
)
