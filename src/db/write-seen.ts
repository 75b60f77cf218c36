// What the billing system's own webhooks say of what is ours.

import { and, asc, eq, gt, inArray, isNull, lt, notExists, sql, type SQL } from 'drizzle-orm'
import { statusesBefore, type InvoiceStatus } from '../domain/adjustment.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { SEEN_REFUNDS_MAX, SEEN_REFUNDS_TIDIED_MAX } from '../domain/limits.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { adjustments, seenRefunds, type Adjustment } from './schema.ts'
import { changed, entry } from './write-adjustment.ts'

export async function findInvoiced(db: Database, invoiceId: string): Promise<Adjustment | null> {
  const [row] = await db.select().from(adjustments).where(eq(adjustments.invoiceId, invoiceId))
  return row ?? null
}

/**
 * A status only ever moves on, so what comes late or twice is `known`. Whatever else waits for this row
 * keeps its clock, and finds the status when it is woken. `moved`: somebody else was first. `event`: which
 * told it; null where the billing API was asked.
 */
export async function commitInvoiceStatusSeen(
  db: Database,
  read: Adjustment,
  { event, status }: { readonly event: EventId | null; readonly status: InvoiceStatus },
  now: number,
): Promise<'seen' | 'known' | 'moved'> {
  const { invoiceId: invoice, invoiceStatus: before } = read
  if (before !== null && !statusesBefore(status).some((each) => each === before)) return 'known'
  const seen = entry(now, 'adjustment.invoice_status_seen', read, {
    invoice,
    status,
    before,
    event,
  })
  // Who asked hears that his document stands no more, and of no other status.
  const { source: _, ...untold } = seen
  const told = status === 'void' ? seen : untold
  const row = await commitChange(db, changed(db, read, { invoiceStatus: status }), told)
  return row === null ? 'moved' : 'seen'
}

export type SeenRefund = typeof seenRefunds.$inferSelect

/** Milliseconds since 1970: `since`, exclusive. `amount`: minor units, without a sign. */
export type RefundFacts = {
  readonly mode: Mode | null
  readonly amount: number
  readonly currency: string
  readonly since: number
}

/** The oldest record of such a refund to one of these customers, which no other event is linked with. */
const recordOfRefund = (
  db: Database,
  { mode, amount, currency, since }: RefundFacts,
  customerIds: readonly string[],
) => {
  const linked = db
    .select({ id: seenRefunds.eventId })
    .from(seenRefunds)
    .where(eq(seenRefunds.adjustmentId, adjustments.id))
  return db
    .select({ id: adjustments.id })
    .from(adjustments)
    .where(
      and(
        inArray(adjustments.customerId, [...customerIds]),
        gt(adjustments.countedAt, since),
        eq(adjustments.settlement, 'already_paid'),
        eq(adjustments.currency, currency),
        eq(adjustments.amount, -amount),
        sql`${adjustments.mode} IS ${mode}`,
        isNull(adjustments.reverses),
        notExists(linked),
      ),
    )
    .orderBy(asc(adjustments.seq))
    .limit(1)
}

export async function findSeenRefund(db: Database, event: EventId): Promise<SeenRefund | null> {
  const [row] = await db.select().from(seenRefunds).where(eq(seenRefunds.eventId, event))
  return row ?? null
}

/** Of a record: how its customer is named, and who that is at the billing API. */
export type RecordOf = {
  readonly account: string
  readonly customerId: string
  /** His external id there, where that is how he was found; else null. */
  readonly externalId: string | null
}

/** Refunds that no record was there for and that may be this customer's. */
export type RefundsSeen = {
  /** The oldest that is his for certain. */
  readonly his: EventId | null
  /** Of customers whom nobody has identified, oldest first, each customer once; at most SEEN_REFUNDS_MAX. */
  readonly doubtful: readonly Pick<SeenRefund, 'eventId' | 'customer'>[]
  /** All such customers. */
  readonly doubtfulCustomers: number
  /** All of them: what `hasSeenMore` compares. */
  readonly refunds: number
}

/** What was said for the account goes before what is said for all, as in `findIdentified`. */
const identifiedAs = (account: string) => sql`(SELECT i.customer_id FROM identities i
  WHERE i.value = ${seenRefunds.customer} AND i.kind = 'external_id' AND i.account IN (${account}, '')
  ORDER BY i.account DESC LIMIT 1)`

const isHis = ({ account, customerId, externalId }: RecordOf) =>
  sql`(${seenRefunds.customer} = ${customerId} OR ${seenRefunds.customer} IS ${externalId}
    OR ${identifiedAs(account)} IS ${customerId})`

const mayBeHis = ({ mode, amount, currency, since }: RefundFacts, whose: RecordOf) =>
  and(
    gt(seenRefunds.at, since),
    eq(seenRefunds.amount, amount),
    eq(seenRefunds.currency, currency),
    sql`${seenRefunds.mode} IS ${mode}`,
    isNull(seenRefunds.adjustmentId),
    sql`(${isHis(whose)} OR ${identifiedAs(whose.account)} IS NULL)`,
  )

/** All of one moment. */
export async function findRefundsSeen(
  db: Database,
  facts: RefundFacts,
  whose: RecordOf,
): Promise<RefundsSeen> {
  const is = mayBeHis(facts, whose)
  const doubtful = and(is, sql`NOT ${isHis(whose)}`)
  const { eventId, customer, at } = seenRefunds
  const [[his], customers, [counted]] = await db.batch([
    db
      .select({ eventId })
      .from(seenRefunds)
      .where(and(is, isHis(whose)))
      .orderBy(asc(at))
      .limit(1),
    db
      .select({ eventId, customer, at: sql`min(${at})` })
      .from(seenRefunds)
      .where(doubtful)
      .groupBy(customer)
      .orderBy(sql`min(${at})`)
      .limit(SEEN_REFUNDS_MAX),
    db
      .select({
        refunds: sql`count(*)`.mapWith(Number),
        customers: sql`count(DISTINCT iif(${isHis(whose)}, NULL, ${customer}))`.mapWith(Number),
      })
      .from(seenRefunds)
      .where(is),
  ])
  return {
    his: his?.eventId ?? null,
    doubtful: customers,
    doubtfulCustomers: counted?.customers ?? 0,
    refunds: counted?.refunds ?? 0,
  }
}

/** What a record was compared with before its claim. */
export type ComparedRefunds = {
  readonly facts: RefundFacts
  readonly whose: RecordOf
  readonly refunds: number
}

/** Condition: since then another one has come, or one of them has ended. */
export const hasSeenMore = ({ facts, whose, refunds }: ComparedRefunds): SQL =>
  sql`(SELECT count(*) FROM ${seenRefunds} WHERE ${mayBeHis(facts, whose)}) <> ${refunds}`

/**
 * The record that was there before it, found and kept in one statement: of a record that is claimed at the
 * same moment, one sees the other. `keptSince`: what came before it is forgotten, a few rows at a time.
 */
export async function keepSeenRefund(
  db: Database,
  { eventId, at, ...facts }: Omit<SeenRefund, 'adjustmentId'>,
  { since, customerIds }: { readonly since: number; readonly customerIds: readonly string[] },
  keptSince: number,
): Promise<AdjustmentId | null> {
  const { mode, customer, amount, currency } = facts
  const ended = db
    .select({ id: seenRefunds.eventId })
    .from(seenRefunds)
    .where(lt(seenRefunds.at, keptSince))
    .limit(SEEN_REFUNDS_TIDIED_MAX)
  const record = recordOfRefund(db, { mode, amount, currency, since }, customerIds)
  const row = JSON.stringify({ amount, at })
  const [, , [kept]] = await db.batch([
    db
      .insert(seenRefunds)
      .select(
        sql`SELECT ${eventId}, ${row} ->> 'at', ${mode}, ${customer}, ${row} ->> 'amount', ${currency},
          (${record}) WHERE true`,
      )
      .onConflictDoNothing(),
    db.delete(seenRefunds).where(inArray(seenRefunds.eventId, ended)),
    db.select().from(seenRefunds).where(eq(seenRefunds.eventId, eventId)),
  ])
  return kept?.adjustmentId ?? null
}
