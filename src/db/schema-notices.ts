// What has to be told: written in the batch of the fact that it tells, sent later, kept as sent.

import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AuditAction } from '../domain/audit.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import type { ChannelProgress } from '../domain/notice.ts'

/** One fact that people at its source are told of, over every channel that wants it. */
export const notices = sqliteTable(
  'notices',
  {
    seq: integer('seq').primaryKey(),
    /** The adjustment, or the event that made none. */
    about: text('about').$type<AdjustmentId | EventId>().notNull(),
    action: text('action').$type<AuditAction>().notNull(),
    at: integer('at').notNull(),
    /** When it is tried next; null once every channel is done with it. The only clock. */
    wakeAt: integer('wake_at'),
    attempts: integer('attempts').notNull().default(0),
    /** Of each channel that is done: how it ended. */
    channels: text('channels', { mode: 'json' })
      .$type<Readonly<Record<string, ChannelProgress>>>()
      .notNull(),
  },
  (table) => [
    index('notices_about').on(table.about),
    index('notices_wake')
      .on(table.wakeAt)
      .where(sql`${table.wakeAt} IS NOT NULL`),
    check('notices_channels', sql`json_valid(${table.channels})`),
  ],
)
