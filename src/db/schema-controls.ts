// What stands in an adjustment's way: sums of the limits, approvals, undos, switches, and the
// circuit of the billing API.

import { sql } from 'drizzle-orm'
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import {
  CIRCUIT_CAUSES,
  type CircuitCaller,
  type CircuitCause,
  type CircuitName,
} from '../domain/circuit.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import type { Settlement } from '../domain/rule.ts'
import { SWITCH_KINDS, type SwitchKind } from '../domain/switch.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

/**
 * What counts against a day's and an hour's limit, kept by triggers on `adjustments.counted_at`, so
 * that no claim adds up a day. `bucket`: the day, or the hour since 1970.
 */
export const limitSums = sqliteTable(
  'limit_sums',
  {
    kind: text('kind').$type<'day' | 'rule_hour'>().notNull(),
    /** The rule's id of an hour; empty of a day. */
    key: text('key').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    bucket: text('bucket').notNull(),
    settlement: text('settlement').$type<Settlement>().notNull(),
    direction: text('direction').$type<'credit' | 'charge'>().notNull(),
    currency: text('currency').notNull(),
    /** Minor units, without a sign. */
    total: integer('total').notNull(),
    adjustments: integer('adjustments').notNull(),
  },
  forMigrations((table) => [
    primaryKey({
      columns: [
        table.kind,
        table.key,
        table.mode,
        table.bucket,
        table.settlement,
        table.direction,
        table.currency,
      ],
    }),
    check('limit_sums_total', sql`${table.total} >= 0 AND ${table.adjustments} >= 0`),
  ]),
)

/** One person's yes to one hold of one adjustment, at the version and amount that he saw. */
export const approvals = sqliteTable(
  'approvals',
  {
    adjustmentId: text('adjustment_id').$type<AdjustmentId>().notNull(),
    /** `adjustments.holds` at that time. */
    hold: integer('hold').notNull(),
    /** Whoever it is, whichever of his keys he used. */
    identity: text('identity').notNull(),
    operator: text('operator').notNull(),
    at: integer('at').notNull(),
    /** The event by which it came, where it came by one: the event approves nothing a second time. */
    eventId: text('event_id').$type<EventId>(),
  },
  forMigrations((table) => [
    primaryKey({ columns: [table.adjustmentId, table.hold, table.identity] }),
  ]),
)

/** What a rule's adjustments for a subject are to be undone, before or after they are there. */
export const undos = sqliteTable(
  'undos',
  {
    account: text('account').notNull(),
    subject: text('subject').notNull(),
    /** The rule whose adjustments it undoes. */
    ruleId: text('rule_id').notNull(),
    /** Of its event; empty where that says none. One mode's undo takes no other's place. */
    mode: text('mode').$type<Mode | ''>().notNull(),
    eventId: text('event_id').$type<EventId>().notNull(),
    /** Who asked for it at the source: he can't approve the reversal. */
    asker: text('asker'),
    at: integer('at').notNull(),
  },
  forMigrations((table) => [
    primaryKey({ columns: [table.account, table.subject, table.ruleId, table.mode] }),
  ]),
)

/** A refund that the billing system has recorded itself; kept as long as another record of it may come. */
export const seenRefunds = sqliteTable(
  'seen_refunds',
  {
    eventId: text('event_id').$type<EventId>().primaryKey(),
    at: integer('at').notNull(),
    mode: text('mode').$type<Mode>(),
    /** His external id there, else the billing system's own. */
    customer: text('customer').notNull(),
    /** Minor units, without a sign. */
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    /** The record that was there before it, and is of the same refund. */
    adjustmentId: text('adjustment_id').$type<AdjustmentId>(),
  },
  forMigrations((table) => [
    index('seen_refunds_amount').on(table.amount, table.currency, table.at),
  ]),
)

/** What is paused; no row is running. Read in every claim. */
export const switches = sqliteTable(
  'switches',
  {
    kind: text('kind').$type<SwitchKind>().notNull(),
    /** Empty for `all`. */
    key: text('key').notNull(),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    /** A code, such as `per_hour_per_rule`, or null where a person paused it. */
    cause: text('cause'),
  },
  forMigrations((table) => [
    primaryKey({ columns: [table.kind, table.key] }),
    check('switches_kind', oneOf(table.kind, SWITCH_KINDS)),
  ]),
)

/** How the billing API is doing: one row, and none as long as every call was answered. Read in every claim. */
export const circuits = sqliteTable(
  'circuits',
  {
    name: text('name').$type<CircuitName>().primaryKey(),
    /** Callers in a row that had no answer, while it is closed. */
    failures: integer('failures').notNull(),
    /** Who had none, each once, the last one last. */
    failedBy: text('failed_by', { mode: 'json' })
      .$type<readonly CircuitCaller[]>()
      .notNull()
      .default([]),
    /** Why it is open; null while it is closed. */
    cause: text('cause').$type<CircuitCause>(),
    openedAt: integer('opened_at'),
    /** When the next one may try; while one does, when its time is over. */
    probeAt: integer('probe_at'),
    /** Who tries now. */
    probeBy: text('probe_by').$type<CircuitCaller>(),
    /** Probes that have failed since it opened, one caller's once. */
    probes: integer('probes').notNull(),
    /** Rises with every write: what was read is what is changed, or nothing is. */
    version: integer('version').notNull(),
  },
  forMigrations((table) => [
    check('circuits_cause', oneOf(table.cause, CIRCUIT_CAUSES)),
    check('circuits_counts', sql`${table.failures} >= 0 AND ${table.probes} >= 0`),
    check(
      'circuits_open',
      sql`(${table.cause} IS NULL) = (${table.openedAt} IS NULL)
        AND (${table.cause} IS NULL) = (${table.probeAt} IS NULL)
        AND (${table.probeBy} IS NULL OR ${table.cause} IS NOT NULL)`,
    ),
  ]),
)
