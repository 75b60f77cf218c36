// What is owed: adjustments. What the door wrote never changes; the rest is one adjustment's state.

import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import {
  ADJUSTMENT_STATES,
  type AdjustmentState,
  type AnswerDifference,
  type FrozenRequest,
} from '../domain/adjustment.ts'
import type { CustomerKind } from '../domain/customer.ts'
import { MODES, type Mode } from '../domain/event.ts'
import type { HoldDetail, HoldReason } from '../domain/hold.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { AMOUNT_MINOR_UNITS_MAX } from '../domain/limits.ts'
import { CAUSERS, SETTLEMENTS, type Causer, type Settlement } from '../domain/rule.ts'
import type { Trouble } from '../domain/trouble.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

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
    reason: text('reason').notNull(),
    causedBy: text('caused_by').$type<Causer>().notNull(),
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    customerReference: text('customer_reference'),
    customerKind: text('customer_kind').$type<CustomerKind>().notNull().default('external_id'),
    asker: text('asker'),
    originalInvoice: text('original_invoice'),
    description: text('description').notNull(),
    createdAt: integer('created_at').notNull(),
    /** When what it is for came to be at the source, milliseconds; null where it doesn't say. */
    happenedAt: integer('happened_at'),
    /** The code by which its rule asked for a person. */
    ruleHold: text('rule_hold'),
    ruleSet: text('rule_set'),
    /** Who made it by hand, as an operator's identity; null where a source did. */
    maker: text('maker'),
    /** The adjustment that this one undoes. */
    reverses: text('reverses').$type<AdjustmentId>(),

    state: text('state').$type<AdjustmentState>().notNull(),
    /** Why it waits for a person; null unless held. */
    holdReasons: text('hold_reasons', { mode: 'json' }).$type<readonly HoldReason[]>(),
    /** The numbers behind the reasons: which limit, its bound, what was used of it. */
    holdDetails: text('hold_details', { mode: 'json' }).$type<readonly HoldDetail[]>(),
    heldAt: integer('held_at'),
    /** How often it was held: an approval is for one of these times. */
    holds: integer('holds').notNull().default(0),
    /** Reminders of this hold so far: after hours, then after a day. */
    holdReminders: integer('hold_reminders').notNull().default(0),
    approversNeeded: integer('approvers_needed').notNull().default(1),
    /** Exactly what approvers have seen and let through; every other reason holds it again. */
    clearedReasons: text('cleared_reasons', { mode: 'json' }).$type<readonly HoldReason[]>(),
    /** Why a person rejected it, in his words. Never in the audit log. */
    decisionNote: text('decision_note'),
    /** The billing API's customer: resolved before the claim; whose limits it counts against. */
    customerId: text('customer_id'),
    /** The one whom a person chose, or saw when he approved it: nobody is looked up any more. */
    chosenCustomerId: text('chosen_customer_id'),
    /** Since when it counts against the limits; null while it doesn't. */
    countedAt: integer('counted_at'),
    /** The day that it counts in, `YYYY-MM-DD` in the configured time zone. */
    countedDay: text('counted_day'),
    /** What undoes it: a reversal's id, or `void`. At most one, for ever. */
    reversedBy: text('reversed_by').$type<AdjustmentId | 'void'>(),
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

    /** When a person last said that he has looked for its invoice, and found none that stands. */
    lookedAt: integer('looked_at'),
  },
  forMigrations((table) => [
    uniqueIndex('adjustments_id').on(table.id),
    uniqueIndex('adjustments_subject').on(table.account, table.subject, table.ruleId, table.part),
    uniqueIndex('adjustments_invoice')
      .on(table.invoiceId)
      .where(sql`${table.invoiceId} IS NOT NULL`),
    index('adjustments_invoice_number')
      .on(table.invoiceNumber)
      .where(sql`${table.invoiceNumber} IS NOT NULL`),
    uniqueIndex('adjustments_reverses')
      .on(table.reverses)
      .where(sql`${table.reverses} IS NOT NULL`),
    // What a limit adds up: the index has every column that its sum reads, so no row is fetched.
    index('adjustments_counted_customer')
      .on(table.customerId, table.countedAt, table.settlement, table.currency, table.amount)
      .where(sql`${table.countedAt} IS NOT NULL`),
    index('adjustments_counted_asker')
      .on(table.asker, table.mode, table.countedAt, table.settlement, table.currency, table.amount)
      .where(sql`${table.countedAt} IS NOT NULL AND ${table.asker} IS NOT NULL`),
    index('adjustments_wake')
      .on(table.wakeAt)
      .where(sql`${table.wakeAt} IS NOT NULL`),
    index('adjustments_invoiced_at')
      .on(table.invoicedAt)
      .where(sql`${table.invoicedAt} IS NOT NULL`),
    // What waits for a person, or for nobody: neither is on the way of what is simply issued.
    index('adjustments_waiting')
      .on(table.state, table.wakeAt)
      .where(sql`${table.state} IN ('held', 'failed')`),
    // The same, newest first, as a list shows them.
    index('adjustments_stopped')
      .on(table.state, table.seq)
      .where(sql`${table.state} IN ('held', 'failed')`),
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
  ]),
)

/** Every rule that ever made an adjustment; kept by a trigger. One that vanishes needs a `was`. */
export const ruleIds = sqliteTable('rule_ids', {
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
})
