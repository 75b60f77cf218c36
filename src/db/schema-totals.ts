// What happened on each day, added up from the audit log by the minute's cron, so that no page adds up what was.
// `day`: `YYYY-MM-DD` in the time zone that was configured when it was added up.

import { sql } from 'drizzle-orm'
import { check, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { MODES, type Mode } from '../domain/event.ts'
import { SETTLEMENTS, type Settlement } from '../domain/rule.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

const counter = (name: string) => integer(name).notNull()

/** Of adjustments: how often, and how much of it in minor units without a sign. */
export const dailyTotals = sqliteTable(
  'daily_totals',
  {
    mode: text('mode').$type<Mode>().notNull(),
    currency: text('currency').notNull(),
    day: text('day').notNull(),
    source: text('source').notNull(),
    endpoint: text('endpoint').notNull(),
    ruleId: text('rule_id').notNull(),
    settlement: text('settlement').$type<Settlement>().notNull(),
    direction: text('direction').$type<'credit' | 'charge'>().notNull(),
    made: counter('made'),
    madeSum: counter('made_sum'),
    /** Each time that one was held. */
    held: counter('held'),
    heldSum: counter('held_sum'),
    invoiced: counter('invoiced'),
    invoicedSum: counter('invoiced_sum'),
    /** By a person, or because nobody answered in time. */
    rejected: counter('rejected'),
    rejectedSum: counter('rejected_sum'),
    cancelled: counter('cancelled'),
    cancelledSum: counter('cancelled_sum'),
    failed: counter('failed'),
    failedSum: counter('failed_sum'),
    /** Invoices that were made here, on whichever day, and voided on this one. */
    voided: counter('voided'),
    voidedSum: counter('voided_sum'),
  },
  forMigrations((table) => [
    // In the order in which a chart reads: all of a day, the days in a row.
    primaryKey({
      columns: [
        table.mode,
        table.currency,
        table.day,
        table.source,
        table.endpoint,
        table.ruleId,
        table.settlement,
        table.direction,
      ],
    }),
    check('daily_totals_mode', oneOf(table.mode, MODES)),
    check('daily_totals_settlement', oneOf(table.settlement, SETTLEMENTS)),
    check('daily_totals_direction', sql`${table.direction} IN ('credit', 'charge')`),
    check('daily_totals_day', sql`${table.day} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'`),
  ]),
)

/** Of events, by what they were when they came. */
export const dailyEvents = sqliteTable(
  'daily_events',
  {
    mode: text('mode').$type<Mode>().notNull(),
    day: text('day').notNull(),
    source: text('source').notNull(),
    endpoint: text('endpoint').notNull(),
    /** Empty where no rule took it. */
    ruleId: text('rule_id').notNull(),
    adjusted: counter('adjusted'),
    duplicate: counter('duplicate'),
    conflict: counter('conflict'),
    ignored: counter('ignored'),
    shadow: counter('shadow'),
    undecided: counter('undecided'),
  },
  forMigrations((table) => [
    primaryKey({
      columns: [table.mode, table.day, table.source, table.endpoint, table.ruleId],
    }),
    check('daily_events_mode', oneOf(table.mode, MODES)),
    check('daily_events_day', sql`${table.day} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'`),
  ]),
)

/** One row: the last entry of the audit log that is in the sums of the two. */
export const dailyProgress = sqliteTable(
  'daily_progress',
  {
    name: text('name').primaryKey(),
    seq: integer('seq').notNull(),
    /** When that entry was written; null before the first. */
    at: integer('at'),
  },
  forMigrations((table) => [
    check('daily_progress_one', sql`${table.name} = 'log' AND ${table.seq} >= 0`),
  ]),
)
