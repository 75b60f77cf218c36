// What the billing system's own webhooks say of what is ours.

import { and, asc, eq, gt, inArray, isNull, lt, notExists, sql } from 'drizzle-orm'
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
  const row = await commitChange(
    db,
    changed(db, read, { invoiceStatus: status }),
    entry(now, 'adjustment.invoice_status_seen', read, { invoice, status, before, event }),
  )
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
export async function findRecordOfRefund(
  db: Database,
  { mode, amount, currency, since }: RefundFacts,
  customerIds: readonly string[],
): Promise<AdjustmentId | null> {
  const linked = db
    .select({ id: seenRefunds.eventId })
    .from(seenRefunds)
    .where(eq(seenRefunds.adjustmentId, adjustments.id))
  const [row] = await db
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
  return row?.id ?? null
}

export async function findSeenRefund(db: Database, event: EventId): Promise<SeenRefund | null> {
  const [row] = await db.select().from(seenRefunds).where(eq(seenRefunds.eventId, event))
  return row ?? null
}

/** Those that no record was there for, oldest first, at most SEEN_REFUNDS_MAX. */
export const listSeenRefunds = (
  db: Database,
  { mode, amount, currency, since }: RefundFacts,
): Promise<readonly SeenRefund[]> =>
  db
    .select()
    .from(seenRefunds)
    .where(
      and(
        gt(seenRefunds.at, since),
        eq(seenRefunds.amount, amount),
        eq(seenRefunds.currency, currency),
        sql`${seenRefunds.mode} IS ${mode}`,
        isNull(seenRefunds.adjustmentId),
      ),
    )
    .orderBy(asc(seenRefunds.at))
    .limit(SEEN_REFUNDS_MAX)

/** `keptSince`: what came before it is forgotten, a few rows at a time. */
export async function keepSeenRefund(
  db: Database,
  refund: SeenRefund,
  keptSince: number,
): Promise<void> {
  const ended = db
    .select({ id: seenRefunds.eventId })
    .from(seenRefunds)
    .where(lt(seenRefunds.at, keptSince))
    .limit(SEEN_REFUNDS_TIDIED_MAX)
  await db.batch([
    db.insert(seenRefunds).values(refund).onConflictDoNothing(),
    db.delete(seenRefunds).where(inArray(seenRefunds.eventId, ended)),
  ])
}
