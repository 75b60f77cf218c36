// What came: events and what was delivered, links, and the audit log.

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
import type { Consideration } from '../domain/decide.ts'
import { ENCODINGS, FATES, MODES, type Encoding, type Fate, type Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId, LinkId } from '../domain/ids.ts'
import type { ApprovalFailure } from '../domain/outcome.ts'
import type { RejectionReason } from '../domain/rejection.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

/** Why an event has its fate; names of fields, money and reasons only, nothing personal. */
export type RecordedDecision = {
  readonly considered: readonly Consideration[]
  readonly detail?: string
  /** What an undecided one is about, where its rule could tell. */
  readonly subject?: string
  /** Those that it wanted; under a former id of the rule too. */
  readonly adjustments?: readonly AdjustmentId[]
  readonly undoes?: { readonly subject: string; readonly ruleIds: readonly string[] }
  /** What it was to approve, and what it has let through or not. */
  readonly approves?: ApprovalRecord
  /** The adjustment that a fact of the billing system is about. */
  readonly linked?: AdjustmentId
  readonly shadows?: readonly ShadowRecord[]
  /** The event in conflict that a person has answered with this one. */
  readonly answers?: EventId
}

export type ApprovalRecord = {
  readonly subject: string
  readonly ruleIds: readonly string[]
  /** One yes each; an adjustment may wait for another person's. */
  readonly adjustments?: readonly AdjustmentId[]
  readonly refused?: readonly {
    readonly adjustment: AdjustmentId
    readonly reason: ApprovalFailure
  }[]
}

/** What a rule in shadow mode would have made; signed minor units. */
export type ShadowRecord = {
  readonly rule: string
  readonly subject: string
  readonly part: string
  readonly amount: number
  readonly currency: string
}

/** One fact at a source, once, however often it is delivered. */
export const events = sqliteTable(
  'events',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').$type<EventId>().notNull(),
    /** The delivery that brought it first; drawn for each request, so that a later one inserts nothing. */
    deliveryId: text('delivery_id').notNull(),
    endpoint: text('endpoint').notNull(),
    account: text('account').notNull(),
    source: text('source').notNull(),
    /** The event's own id at the source; null where it has none and the body's hash stands for it. */
    ownId: text('own_id'),
    /** Of an unsigned header: to find the delivery at the source, never used. */
    unsignedId: text('unsigned_id'),
    type: text('type').notNull(),
    mode: text('mode').$type<Mode>(),
    occurredAt: integer('occurred_at'),
    receivedAt: integer('received_at').notNull(),
    /** SHA-256 over the payload's salt and what was kept: it says nothing once these are forgotten. */
    commitment: text('commitment').notNull(),
    /** Hash of the rules that decided (domain/rule-set.ts). */
    ruleSet: text('rule_set'),
    fate: text('fate').$type<Fate>().notNull(),
    ruleId: text('rule_id'),
    reason: text('reason'),
    decision: text('decision', { mode: 'json' }).$type<RecordedDecision>().notNull(),
  },
  forMigrations((table) => [
    uniqueIndex('events_id').on(table.id),
    // What waits for a person, or did: what was simply decided isn't in it.
    index('events_inbox')
      .on(table.fate, table.seq)
      .where(sql`${table.fate} IN ('conflict', 'undecided', 'dismissed')`),
    // What waits for a person. Few do: what is ignored or made something writes no row of it.
    index('events_waiting')
      .on(table.receivedAt)
      .where(sql`${table.fate} IN ('conflict', 'undecided')`),
    check('events_id_form', sql`${table.id} GLOB 'evt_?*'`),
    check('events_mode', oneOf(table.mode, MODES)),
    check('events_fate', oneOf(table.fate, FATES)),
    check('events_decision', sql`json_valid(${table.decision})`),
  ]),
)

/** What was delivered, apart from the event, so that it can be forgotten while the event stays. */
export const payloads = sqliteTable(
  'payloads',
  {
    eventSeq: integer('event_seq')
      .primaryKey()
      .references(() => events.seq),
    encoding: text('encoding').$type<Encoding>().notNull(),
    body: text('body').notNull(),
    /** Whether it is the delivery's whole body, or the one event's own part of it, written as JSON. */
    isWhole: integer('is_whole', { mode: 'boolean' }).notNull().default(true),
    /** 16 bytes in hex, drawn for this payload alone; null of those from before there were salts. */
    salt: text('salt'),
  },
  forMigrations((table) => [check('payloads_encoding', oneOf(table.encoding, ENCODINGS))]),
)

/** When an endpoint received its first event; kept by a trigger. */
export const endpointStarts = sqliteTable('endpoint_starts', {
  endpoint: text('endpoint').primaryKey(),
  at: integer('at').notNull(),
})

/** Deliveries that were not taken in, by the hour, counted since 1970. Approximate; nothing else is kept of them. */
export const rejections = sqliteTable(
  'rejections',
  {
    hour: integer('hour').notNull(),
    endpoint: text('endpoint').notNull(),
    reason: text('reason').$type<RejectionReason>().notNull(),
    count: integer('count').notNull(),
    lastAt: integer('last_at').notNull(),
  },
  forMigrations((table) => [
    primaryKey({ columns: [table.hour, table.endpoint, table.reason] }),
    check('rejections_count', sql`${table.count} > 0`),
  ]),
)

/**
 * The short address of an invoice's PDF. The id is the hash of the slug, which itself is kept nowhere; the
 * signed address is kept sealed. Counters of openings are kept with it: who opened it is not.
 */
export const links = sqliteTable(
  'links',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').$type<LinkId>().notNull(),
    invoiceId: text('invoice_id').notNull(),
    /** Which of its invoice's links: 0 is the one that is made with the invoice. */
    nth: integer('nth').notNull(),
    /** What a person wrote; empty once it was erased, null where there never was one. */
    label: text('label'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    revokedAt: integer('revoked_at'),
    opened: integer('opened').notNull().default(0),
    firstOpenedAt: integer('first_opened_at'),
    lastOpenedAt: integer('last_opened_at'),
    sealedAddress: text('sealed_address'),
    /** The end of that address. */
    sealedUntil: integer('sealed_until'),
  },
  forMigrations((table) => [
    uniqueIndex('links_id').on(table.id),
    uniqueIndex('links_invoice').on(table.invoiceId, table.nth),
    // Few have one; an erasure reads these.
    index('links_labelled')
      .on(table.seq)
      .where(sql`${table.label} <> ''`),
    check('links_id_form', sql`${table.id} GLOB 'lnk_?*'`),
    check('links_counts', sql`${table.nth} >= 0 AND ${table.opened} >= 0`),
    check('links_sealed', sql`(${table.sealedAddress} IS NULL) = (${table.sealedUntil} IS NULL)`),
  ]),
)

/** One fact with actor, action, subject and time. Append-only: triggers refuse everything else. */
export const auditEntries = sqliteTable(
  'audit_entries',
  {
    seq: integer('seq').primaryKey(),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    data: text('data').notNull(),
  },
  forMigrations((table) => [
    index('audit_entries_opened')
      .on(table.subject, table.at)
      .where(sql`${table.action} = 'link.opened'`),
    // All of a subject, by its rowid in order. What was ignored has one entry, found by its event's time: most
    // of what comes is ignored, and each row of an index is a row written.
    index('audit_entries_subject')
      .on(table.subject)
      .where(sql`"action" <> 'event.received' OR "data" ->> 'fate' <> 'ignored'`),
    // By what something held or failed went on or ended: what was so at a time is found by it. What is simply
    // issued has no such entry.
    index('audit_entries_left')
      .on(table.seq)
      .where(
        sql`"action" IN ('adjustment.approved', 'adjustment.rejected', 'adjustment.expired', 'adjustment.customer_chosen', 'adjustment.requeued', 'adjustment.adopted', 'adjustment.cancelled') OR ("action" = 'adjustment.invoiced' AND ("data" ->> 'was' IS NOT NULL OR "data" ->> 'late'))`,
      ),
    check('audit_entries_data', sql`json_valid(${table.data})`),
  ]),
)
