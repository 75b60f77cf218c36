// The invoice in hand: committed with its entry and its link, in time or late; then, of a record,
// that it was marked paid.

import { and, eq, isNull, sql } from 'drizzle-orm'
import type { AnswerDifference, AnsweredInvoice } from '../domain/adjustment.ts'
import type { Alarm } from '../domain/alarm.ts'
import type { Actor, AuditData } from '../domain/audit.ts'
import type { Trouble } from '../domain/trouble.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { wakeAtIfToReverse } from './read-undo.ts'
import { afterAnswer } from './write-circuit.ts'
import { adjustments, type Adjustment } from './schema.ts'
import { linkIf, type NewLink } from './write-links.ts'
import { pauseRule } from './write-switch.ts'
import { changed, entry, heldSince, type Columns, type FailedChange } from './write-adjustment.ts'

export type Issued = {
  readonly invoice: AnsweredInvoice
  readonly differences: readonly AnswerDifference[]
  /** Null where nothing differs. */
  readonly alarm: Alarm | null
  /** Whether it was found by its metadata instead of posted. */
  readonly adopted: boolean
  readonly requestId: string | null
  readonly link: NewLink | null
  /** Null unless the record still has to be marked paid. */
  readonly wakeAt: number | null
  /** Today, in the configured time zone: where it counts, if nobody counted it before. */
  readonly day: string
}

/** `read`: null where the row may have gone on since it was read. */
export const issuedColumns = (read: Adjustment | null, issued: Issued, now: number) => ({
  state: 'invoiced' as const,
  holdReasons: null,
  holdDetails: null,
  leaseUntil: null,
  // It may have been undone while it was issued.
  wakeAt: wakeAtIfToReverse(now, issued.wakeAt),
  trouble: null,
  // Marking it paid has attempts of its own.
  ...(issued.wakeAt === null ? {} : { attempts: 0 }),
  invoiceId: issued.invoice.id,
  invoiceNumber: issued.invoice.invoiceNumber,
  invoiceStatus: issued.invoice.status,
  invoiceCurrency: issued.invoice.currency,
  invoiceSubtotal: issued.invoice.subtotal,
  invoiceTax: issued.invoice.taxAmount,
  invoiceTotal: issued.invoice.total,
  invoicedAt: now,
  // Two indexes are of when it counts: where that is known it isn't written again.
  ...(read === null || read.countedAt === null
    ? {
        countedAt: sql`coalesce(${adjustments.countedAt}, ${now})`,
        countedDay: sql`coalesce(${adjustments.countedDay}, ${issued.day})`,
      }
    : {}),
  answerDifferences: issued.differences.length === 0 ? null : issued.differences,
})

export const issuedData = (
  { invoice, differences, adopted, requestId }: Issued,
  { attempts }: Adjustment,
): AuditData => ({
  attempts,
  invoice: invoice.id,
  number: invoice.invoiceNumber,
  total: invoice.total,
  currency: invoice.currency,
  adopted,
  requestId,
  differences,
})

const committedData = (issued: Issued, read: Adjustment): AuditData => ({
  ...issuedData(issued, read),
  link: issued.link?.id ?? null,
})

/** The invoice, its entry and its link, in one batch. */
export function commitIssued(
  db: Database,
  read: Adjustment,
  issued: Issued,
  now: number,
): Promise<Adjustment | null> {
  return commitChange(
    db,
    changed(db, read, issuedColumns(read, issued, now)),
    {
      ...entry(now, 'adjustment.invoiced', read, committedData(issued, read)),
      alarm: issued.alarm,
    },
    [
      ...linkAfterChange(db, issued, now),
      ...stopAfterDifference(db, read, issued, now),
      ...afterAnswer(db, read.id, now),
    ],
  )
}

/**
 * The same of an invoice that a person has found. `carriesOurId`: whether the billing API itself says
 * whose it is.
 */
export function commitAdopted(
  db: Database,
  read: Adjustment,
  issued: Issued,
  { actor, carriesOurId }: { readonly actor: Actor; readonly carriesOurId: boolean },
  now: number,
): Promise<Adjustment | null> {
  const { generation, trouble } = read
  const data = {
    ...committedData(issued, read),
    carriesOurId,
    generation,
    trouble: trouble?.code ?? null,
    ...heldSince(read),
  }
  return commitChange(
    db,
    changed(db, read, issuedColumns(read, issued, now)),
    { ...entry(now, 'adjustment.adopted', read, data), actor, alarm: issued.alarm },
    [...linkAfterChange(db, issued, now), ...stopAfterDifference(db, read, issued, now)],
  )
}

export type LateCommit =
  | { readonly kind: 'committed' }
  | { readonly kind: 'known' }
  /** `first`: the invoice that is committed. */
  | { readonly kind: 'second'; readonly first: string | null }

/**
 * The lease is over, but the invoice is in hand: it is committed if there is none yet, whatever the
 * state is by now. `second`: there is another one.
 */
export async function commitIssuedLate(
  db: Database,
  read: Adjustment,
  issued: Issued,
  now: number,
): Promise<LateCommit> {
  const update = db
    .update(adjustments)
    .set({ ...issuedColumns(null, issued, now), version: sql`${adjustments.version} + 1` })
    .where(and(eq(adjustments.id, read.id), isNull(adjustments.invoiceId)))
    .returning()
  const committed = await commitChange(
    db,
    update,
    {
      ...entry(now, 'adjustment.invoiced', read, { ...committedData(issued, read), late: true }),
      alarm: issued.alarm,
    },
    [
      ...linkAfterChange(db, issued, now),
      ...stopAfterDifference(db, read, issued, now),
      ...afterAnswer(db, read.id, now),
    ],
  )
  if (committed) return { kind: 'committed' }
  const [row] = await db
    .select({ invoiceId: adjustments.invoiceId })
    .from(adjustments)
    .where(eq(adjustments.id, read.id))
  const first = row?.invoiceId ?? null
  return first === issued.invoice.id ? { kind: 'known' } : { kind: 'second', first }
}

/** There is another invoice than the one that is committed: money twice. The row and an entry say so. */
export function recordSecondInvoice(
  db: Database,
  read: Adjustment,
  issued: Issued,
  first: string | null,
  now: number,
): Promise<Adjustment | null> {
  const trouble: Trouble = {
    step: 'post',
    code: 'second_invoice',
    status: null,
    requestId: issued.requestId,
  }
  const update = db
    .update(adjustments)
    .set({ trouble, version: sql`${adjustments.version} + 1` })
    .where(eq(adjustments.id, read.id))
    .returning()
  const data = { ...issuedData(issued, read), first }
  return commitChange(db, update, entry(now, 'adjustment.second_invoice_seen', read, data))
}

export const linkAfterChange = (db: Database, { link }: Issued, now: number) =>
  link === null ? [] : [linkIf(db, link, AFTER_CHANGE, now)]

/**
 * What was answered is not what was asked: its rule stops until a person has looked. The link's insert
 * may have changed nothing, so the row itself tells if this batch is the one that committed.
 */
export const stopAfterDifference = (db: Database, read: Adjustment, issued: Issued, now: number) =>
  issued.differences.length === 0
    ? []
    : pauseRule(
        db,
        { ruleId: read.ruleId, cause: 'answer_differs' },
        sql`EXISTS (SELECT 1 FROM adjustments WHERE id = ${read.id}
          AND invoice_id = ${issued.invoice.id} AND invoiced_at = ${now})`,
        now,
      )

/** A record of money that moved elsewhere is marked paid: the last step of `already_paid`. */
export function commitSettled(
  db: Database,
  read: Adjustment,
  answered: { readonly status: string; readonly requestId: string | null },
  now: number,
): Promise<Adjustment | null> {
  const { status, requestId } = answered
  const wakeAt = wakeAtIfToReverse(now, null)
  const columns: Columns = { invoiceStatus: status, wakeAt, trouble: null }
  return commitChange(
    db,
    changed(db, read, columns),
    entry(now, 'adjustment.settled', read, { invoice: read.invoiceId, status, requestId }),
    afterAnswer(db, read.id, now),
  )
}

/** The invoice stands, but it could not be marked paid: a person has to look. */
export function failSettlement(
  db: Database,
  read: Adjustment,
  { trouble, status, alarm }: FailedChange,
  now: number,
): Promise<Adjustment | null> {
  const { invoiceId: invoice, attempts } = read
  return commitChange(
    db,
    changed(db, read, { wakeAt: wakeAtIfToReverse(now, null), trouble, invoiceStatus: status }),
    {
      ...entry(now, 'adjustment.settlement_failed', read, { invoice, status, attempts, trouble }),
      alarm,
    },
  )
}
