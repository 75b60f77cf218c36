// Our invoices against the billing API's: each comparison, what it has listed so far, and what didn't fit.

import { sql } from 'drizzle-orm'
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { Actor } from '../domain/audit.ts'
import { MODES, type Mode } from '../domain/event.ts'
import type { AdjustmentId, DiscrepancyId, EventId } from '../domain/ids.ts'
import {
  DISCREPANCY_REASONS,
  RECONCILIATION_OUTCOMES,
  type DayTotal,
  type DiscrepancyReason,
  type Progress,
  type ReconciliationCounts,
  type ReconciliationOutcome,
} from '../domain/reconciliation.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

/** One comparison of a window of time. It goes on from its progress, whoever holds its lease. */
export const reconciliations = sqliteTable(
  'reconciliations',
  {
    seq: integer('seq').primaryKey(),
    /** Of the billing key: a listing shows one mode only. */
    mode: text('mode').$type<Mode>().notNull(),
    fromAt: integer('from_at').notNull(),
    /** Exclusive. */
    toAt: integer('to_at').notNull(),
    startedAt: integer('started_at').notNull(),
    /** Null where the clock asked. */
    askedBy: text('asked_by').$type<Actor>(),
    /** The database was put back to an earlier time: what it lacks is paused until this has ended. */
    isRestored: integer('is_restored', { mode: 'boolean' }).notNull(),
    /** Nobody else goes on before. */
    leaseUntil: integer('lease_until'),
    progress: text('progress', { mode: 'json' }).$type<Progress>().notNull(),
    /** When all of its listing had been read: from then on every invoice until `to_at` is known here. */
    listedAt: integer('listed_at'),
    finishedAt: integer('finished_at'),
    outcome: text('outcome').$type<ReconciliationOutcome>(),
    counts: text('counts', { mode: 'json' }).$type<ReconciliationCounts>(),
    sums: text('sums', { mode: 'json' }).$type<readonly DayTotal[]>(),
  },
  forMigrations((table) => [
    index('reconciliations_open')
      .on(table.seq)
      .where(sql`${table.finishedAt} IS NULL`),
    index('reconciliations_done')
      .on(table.mode, table.toAt)
      .where(
        sql`${table.outcome} = 'complete' AND (${table.askedBy} IS NULL OR ${table.isRestored})`,
      ),
    index('reconciliations_listed')
      .on(table.mode, table.toAt)
      .where(
        sql`${table.listedAt} IS NOT NULL AND (${table.askedBy} IS NULL OR ${table.isRestored})`,
      ),
    check('reconciliations_mode', oneOf(table.mode, MODES)),
    check('reconciliations_window', sql`${table.fromAt} < ${table.toAt}`),
    check('reconciliations_outcome', oneOf(table.outcome, RECONCILIATION_OUTCOMES)),
    check(
      'reconciliations_finished',
      sql`(${table.finishedAt} IS NULL) = (${table.outcome} IS NULL)`,
    ),
  ]),
)

/** What an unfinished comparison has seen of ours so far; removed when it ends. */
export const listedInvoices = sqliteTable(
  'listed_invoices',
  {
    run: integer('run').notNull(),
    invoiceId: text('invoice_id').notNull(),
    /** On which it was made, in the configured time zone. */
    day: text('day').notNull(),
    currency: text('currency').notNull(),
    /** Signed minor units; 0 where the billing API doesn't have it. */
    subtotal: integer('subtotal').notNull(),
    /** Whether it was made in the window, and stands. */
    isCounted: integer('is_counted', { mode: 'boolean' }).notNull(),
  },
  forMigrations((table) => [primaryKey({ columns: [table.run, table.invoiceId] })]),
)

/** What of its findings an unfinished comparison counts in its sums; removed when it ends. */
export const countedFindings = sqliteTable(
  'counted_findings',
  {
    run: integer('run').notNull(),
    discrepancy: text('discrepancy').$type<DiscrepancyId>().notNull(),
    day: text('day').notNull(),
    currency: text('currency').notNull(),
    /** Signed minor units: by our record, and at the billing API. */
    expected: integer('expected').notNull(),
    found: integer('found').notNull(),
  },
  forMigrations((table) => [primaryKey({ columns: [table.run, table.discrepancy] })]),
)

/** What doesn't fit, with a reason each: open until a later look finds it right, or a person settles it. */
export const discrepancies = sqliteTable(
  'discrepancies',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').$type<DiscrepancyId>().notNull(),
    reason: text('reason').$type<DiscrepancyReason>().notNull(),
    /** Of the key that has shown it: one of the other mode can tell nothing about it. */
    mode: text('mode').$type<Mode>().notNull(),
    /** Ours, or what the invoice's metadata says. */
    adjustmentId: text('adjustment_id').$type<AdjustmentId>(),
    eventId: text('event_id').$type<EventId>(),
    invoiceId: text('invoice_id'),
    /** When the billing API made that invoice: how far back a look for it has to go. */
    invoiceCreatedAt: integer('invoice_created_at'),
    day: text('day'),
    currency: text('currency'),
    /** Signed minor units: by our record, and at the billing API. */
    expected: integer('expected').notNull(),
    found: integer('found').notNull(),
    /** Names of what differs. */
    fields: text('fields', { mode: 'json' }).$type<readonly string[]>().notNull(),
    firstSeenAt: integer('first_seen_at').notNull(),
    lastSeenAt: integer('last_seen_at').notNull(),
    settledAt: integer('settled_at'),
    settledBy: text('settled_by').$type<Actor>(),
    /** In a person's words. Never in the audit log. */
    note: text('note'),
  },
  forMigrations((table) => [
    uniqueIndex('discrepancies_id').on(table.id),
    index('discrepancies_open')
      .on(table.lastSeenAt)
      .where(sql`${table.settledAt} IS NULL`),
    index('discrepancies_listed')
      .on(table.seq)
      .where(sql`${table.settledAt} IS NULL`),
    index('discrepancies_adjustment').on(table.adjustmentId),
    index('discrepancies_invoice').on(table.invoiceId),
    check('discrepancies_mode', oneOf(table.mode, MODES)),
    check('discrepancies_reason', oneOf(table.reason, DISCREPANCY_REASONS)),
    check('discrepancies_fields', sql`json_valid(${table.fields})`),
    check(
      'discrepancies_settled',
      sql`(${table.settledAt} IS NULL) = (${table.settledBy} IS NULL)`,
    ),
  ]),
)
