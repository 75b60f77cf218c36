// The tables, as a contract: D1 is the truth of everything that Makegood knows. Times are integers,
// milliseconds since 1970. Money is signed integers of minor units. Triggers and STRICT, which
// Drizzle can't express, are written by hand in migrations/.

import { sql, type SQLWrapper } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import {
  ADJUSTMENT_STATES,
  type AdjustmentState,
  type AnswerDifference,
  type FrozenRequest,
  type HoldReason,
} from '../domain/adjustment.ts'
import type { Consideration } from '../domain/decide.ts'
import { ENCODINGS, FATES, MODES, type Encoding, type Fate, type Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId, LinkId } from '../domain/ids.ts'
import { AMOUNT_MINOR_UNITS_MAX } from '../domain/limits.ts'
import {
  CAUSERS,
  SETTLEMENTS,
  type Causer,
  type ReasonCode,
  type Settlement,
} from '../domain/rule.ts'
import type { Trouble } from '../domain/trouble.ts'

/** The members of a closed list, as SQL. */
const oneOf = (column: SQLWrapper, members: readonly string[]) =>
  sql`${column} IN (${sql.raw(members.map((member) => `'${member}'`).join(', '))})`

/** Why an event has its fate; names of fields, money and reasons only, nothing personal. */
export type RecordedDecision = {
  readonly considered: readonly Consideration[]
  readonly detail?: string
  readonly adjustments?: readonly AdjustmentId[]
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
    bodySha256: text('body_sha256').notNull(),
    fate: text('fate').$type<Fate>().notNull(),
    ruleId: text('rule_id'),
    reason: text('reason'),
    decision: text('decision', { mode: 'json' }).$type<RecordedDecision>().notNull(),
  },
  (table) => [
    uniqueIndex('events_id').on(table.id),
    check('events_id_form', sql`${table.id} GLOB 'evt_?*'`),
    check('events_mode', oneOf(table.mode, MODES)),
    check('events_fate', oneOf(table.fate, FATES)),
    check('events_decision', sql`json_valid(${table.decision})`),
  ],
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
  },
  (table) => [check('payloads_encoding', oneOf(table.encoding, ENCODINGS))],
)

/** A complete amount to give or take. What the door wrote never changes; its state does. */
export const adjustments = sqliteTable(
  'adjustments',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').$type<AdjustmentId>().notNull(),
    eventId: text('event_id').$type<EventId>().notNull(),
    ruleId: text('rule_id').notNull(),
    account: text('account').notNull(),
    endpoint: text('endpoint').notNull(),
    source: text('source').notNull(),
    subject: text('subject').notNull(),
    part: text('part').notNull(),
    mode: text('mode').$type<Mode>(),
    settlement: text('settlement').$type<Settlement>().notNull(),
    reason: text('reason').$type<ReasonCode>().notNull(),
    causedBy: text('caused_by').$type<Causer>().notNull(),
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    customerReference: text('customer_reference'),
    asker: text('asker'),
    originalInvoice: text('original_invoice'),
    description: text('description').notNull(),
    createdAt: integer('created_at').notNull(),

    state: text('state').$type<AdjustmentState>().notNull(),
    /** Why it waits for a person; null unless held. */
    holdReasons: text('hold_reasons', { mode: 'json' }).$type<readonly HoldReason[]>(),
    /** Rises with every change of state: what was read is what is changed, or nothing is. */
    version: integer('version').notNull(),
    /** When the sweep looks at it again; null where nothing is left to do. The only clock. */
    wakeAt: integer('wake_at'),
    leaseUntil: integer('lease_until'),
    attempts: integer('attempts').notNull(),
    /** Start of the last attempt that may have reached the billing API. */
    attemptedAt: integer('attempted_at'),
    /** Start of the first one: from then on the billing API may forget the key. */
    firstAttemptedAt: integer('first_attempted_at'),
    generation: integer('generation').notNull(),
    /** The exact body of `POST /invoices`, frozen by the first claim. */
    request: text('request', { mode: 'json' }).$type<FrozenRequest>(),
    /** The last trouble with the billing API, as told by its codes. */
    trouble: text('trouble', { mode: 'json' }).$type<Trouble>(),

    /** The billing API's words and numbers from here on. */
    invoiceId: text('invoice_id'),
    invoiceNumber: text('invoice_number'),
    invoiceStatus: text('invoice_status'),
    invoiceCurrency: text('invoice_currency'),
    invoiceSubtotal: integer('invoice_subtotal'),
    invoiceTax: integer('invoice_tax'),
    invoiceTotal: integer('invoice_total'),
    invoicedAt: integer('invoiced_at'),
    /** Where the answer differs from what was asked; null where it doesn't. */
    answerDifferences: text('answer_differences', { mode: 'json' }).$type<
      readonly AnswerDifference[]
    >(),
  },
  (table) => [
    uniqueIndex('adjustments_id').on(table.id),
    uniqueIndex('adjustments_subject').on(table.account, table.subject, table.ruleId, table.part),
    uniqueIndex('adjustments_invoice')
      .on(table.invoiceId)
      .where(sql`${table.invoiceId} IS NOT NULL`),
    index('adjustments_wake')
      .on(table.wakeAt)
      .where(sql`${table.wakeAt} IS NOT NULL`),
    check('adjustments_id_form', sql`${table.id} GLOB 'adj_?*'`),
    check('adjustments_mode', oneOf(table.mode, MODES)),
    check('adjustments_settlement', oneOf(table.settlement, SETTLEMENTS)),
    check('adjustments_caused_by', oneOf(table.causedBy, CAUSERS)),
    check(
      'adjustments_amount',
      sql`${table.amount} <> 0 AND abs(${table.amount}) <= ${sql.raw(String(AMOUNT_MINOR_UNITS_MAX))}`,
    ),
    check('adjustments_currency', sql`${table.currency} GLOB '[a-z][a-z][a-z]'`),
    check('adjustments_state', oneOf(table.state, ADJUSTMENT_STATES)),
    check(
      'adjustments_lease',
      sql`(${table.state} = 'issuing') = (${table.leaseUntil} IS NOT NULL)`,
    ),
    check('adjustments_hold', sql`(${table.state} = 'held') = (${table.holdReasons} IS NOT NULL)`),
    check(
      'adjustments_wake_state',
      sql`${table.state} NOT IN ('due', 'issuing') OR ${table.wakeAt} IS NOT NULL`,
    ),
    check('adjustments_request', sql`${table.state} <> 'issuing' OR ${table.request} IS NOT NULL`),
    check(
      'adjustments_invoiced',
      sql`(${table.state} = 'invoiced') = (${table.invoiceId} IS NOT NULL)`,
    ),
  ],
)

/** The short address of an invoice's PDF. Only the slug's hash is kept. */
export const links = sqliteTable(
  'links',
  {
    id: text('id').$type<LinkId>().primaryKey(),
    slugHash: text('slug_hash').notNull(),
    invoiceId: text('invoice_id').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    revokedAt: integer('revoked_at'),
  },
  (table) => [
    uniqueIndex('links_slug_hash').on(table.slugHash),
    check('links_id_form', sql`${table.id} GLOB 'lnk_?*'`),
  ],
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
  (table) => [check('audit_entries_data', sql`json_valid(${table.data})`)],
)

export type Adjustment = typeof adjustments.$inferSelect
export type Event = typeof events.$inferSelect
export type Link = typeof links.$inferSelect
