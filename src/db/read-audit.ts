// The audit log as it is read. A log without gaps is a list of numbers: a page is a range of them, and a time is
// found by halving. A page reads at most LIST_ROWS_READ_MAX rows, whatever is asked for.

import { and, asc, desc, eq, gte, lt, sql, type SQL } from 'drizzle-orm'
import { ENTRY_CLOCKS_APART_SECONDS, LIST_ROWS_READ_MAX } from '../domain/limits.ts'
import type { EntryRow } from '../domain/sealed-entry.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { lastSeq } from './read-seal.ts'
import { adjustments, auditEntries, events } from './schema.ts'

export type AuditFilter = {
  /** Milliseconds since 1970; `from` is in it, `to` is not. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
  /** Any of these. */
  readonly subjects?: readonly string[] | undefined
  /** Of the adjustment that an entry is about: the billing API's customer, its invoice's number, signed minor units. */
  readonly customer?: string | undefined
  readonly invoiceNumber?: string | undefined
  readonly amount?: number | undefined
}

export type EntryPage = {
  readonly rows: readonly EntryRow[]
  /** Before which entry the next page begins; null where there is none. */
  readonly next: number | null
}

const given = (value: unknown): boolean => value !== undefined

const isOfAdjustment = ({ customer, invoiceNumber, amount }: AuditFilter): boolean =>
  given(customer) || given(invoiceNumber) || given(amount)

function matching(filter: AuditFilter): SQL | undefined {
  const { from, to, actor, action, subjects, customer, invoiceNumber, amount } = filter
  const equals = (column: Parameters<typeof eq>[0], value: unknown): SQL | undefined =>
    value === undefined ? undefined : eq(column, value)
  return and(
    from === undefined ? undefined : gte(auditEntries.at, from),
    to === undefined ? undefined : lt(auditEntries.at, to),
    equals(auditEntries.actor, actor),
    equals(auditEntries.action, action),
    subjects === undefined
      ? undefined
      : sql`${auditEntries.subject} IN (SELECT value FROM json_each(${JSON.stringify(subjects)}))`,
    isOfAdjustment(filter)
      ? sql`EXISTS (SELECT 1 FROM ${adjustments} WHERE ${and(
          eq(adjustments.id, sql`${auditEntries.subject}`),
          equals(adjustments.customerId, customer),
          equals(adjustments.invoiceNumber, invoiceNumber),
          equals(adjustments.amount, amount),
        )})`
      : undefined,
  )
}

/** Rows of one page: some are for finding where it begins. */
const WINDOW = LIST_ROWS_READ_MAX - 100
const windowOf = ({ rowsMax = LIST_ROWS_READ_MAX }: Page): number => rowsMax - 100
/** An adjustment that is looked up for an entry is up to two rows more. */
const ROWS_WITH_ADJUSTMENT = 3

/** Newest first. Where few of a range fit, the page is short, and there is a next one all the same. */
export async function listEntries(
  db: Database,
  filter: AuditFilter,
  page: Page,
): Promise<EntryPage> {
  const { before, limit } = page
  const bounds = await seqsBetween(db, filter)
  const end = Math.min(before ?? bounds.end, bounds.end)
  const isLookedUp = isOfAdjustment(filter) || filter.subjects !== undefined
  const window = windowOf(page)
  const width = isLookedUp ? Math.floor(window / ROWS_WITH_ADJUSTMENT) : window
  const start = Math.max(bounds.start, end - width)
  if (start >= end) return { rows: [], next: null }
  const rows = await db
    .select()
    .from(auditEntries)
    .where(and(gte(auditEntries.seq, start), lt(auditEntries.seq, end), matching(filter)))
    .orderBy(desc(auditEntries.seq))
    .limit(limit + 1)
  if (rows.length > limit) return pageOf(rows, limit)
  return { rows, next: start > bounds.start ? start : null }
}

function pageOf(rows: readonly EntryRow[], limit: number): EntryPage {
  const page = rows.slice(0, limit)
  return { rows: page, next: page.at(-1)?.seq ?? null }
}

/** From `start` up to and not including `end`. */
export type SeqRange = { readonly start: number; readonly end: number }

/** Oldest first, of one range. */
export const readMatching = (
  db: Database,
  filter: AuditFilter,
  { start, end }: SeqRange,
): Promise<readonly EntryRow[]> =>
  db
    .select()
    .from(auditEntries)
    .where(and(gte(auditEntries.seq, start), lt(auditEntries.seq, end), matching(filter)))
    .orderBy(asc(auditEntries.seq))

/** Which entries can be of a time: they were written nearly in its order, by clocks that differ a little. */
export async function seqsBetween(
  db: Database,
  { from, to }: Pick<AuditFilter, 'from' | 'to'>,
): Promise<SeqRange> {
  const last = await lastSeq(db)
  const apart = ENTRY_CLOCKS_APART_SECONDS * 1_000
  return {
    start: from === undefined ? 1 : await firstAfter(db, from - apart, last),
    end: to === undefined ? last + 1 : await firstAfter(db, to + apart, last),
  }
}

/** The first entry that is not older than `at`, by halving: a row for each time. */
async function firstAfter(db: Database, at: number, last: number): Promise<number> {
  const found = await db.get<{ seq: number }>(sql`
    WITH RECURSIVE s(low, high) AS (
      SELECT 1, CAST(${last + 1} AS INTEGER) UNION ALL
      SELECT iif(m.at < ${at}, m.seq + 1, low), iif(m.at < ${at}, high, m.seq)
      FROM s CROSS JOIN audit_entries m ON m.seq = (low + high) / 2 WHERE low < high)
    SELECT max(low) AS seq FROM s`)
  return found?.seq ?? 1
}

/** All but the one entry of an event that was ignored: as the index on subjects has it, word for word. */
export const IS_INDEXED = sql`("action" <> 'event.received' OR "data" ->> 'fate' <> 'ignored')`

/** Likewise, of few subjects: the index finds their entries wherever they are. */
export async function listEntriesOf(
  db: Database,
  filter: AuditFilter & { readonly subjects: readonly string[] },
  page: Page,
): Promise<EntryPage> {
  const { before, limit } = page
  const { subjects } = filter
  // D1 counts each of its rows four times: in the index and in the log, in the list of them, and here.
  const each = Math.floor(windowOf(page) / 4 / Math.max(subjects.length, 1)) - 1
  const below = before ?? Number.MAX_SAFE_INTEGER
  const read = await db
    .select()
    .from(auditEntries)
    .where(
      sql`${auditEntries.seq} IN (
        SELECT n.value FROM json_each(${JSON.stringify(subjects)}) s, json_each((
          SELECT json_group_array(seq) FROM (SELECT seq FROM audit_entries
            WHERE subject = s.value AND ${IS_INDEXED} AND seq BETWEEN 1 AND ${below} - 1
            ORDER BY seq DESC LIMIT ${each}))) n)`,
    )
    .orderBy(desc(auditEntries.seq))
  // Of a subject with more, nothing below the last one that was read is complete.
  const floor = Math.max(
    0,
    ...subjects.map((subject) => {
      const own = read.filter((row) => row.subject === subject)
      return own.length < each ? 0 : (own.at(-1)?.seq ?? 0)
    }),
  )
  const rows = read.filter((row) => row.seq >= floor && isMatching(row, filter))
  if (rows.length > limit) return pageOf(rows, limit)
  return { rows, next: floor > 0 ? floor : null }
}

const isMatching = (row: EntryRow, { from, to, actor, action }: AuditFilter): boolean =>
  (from === undefined || row.at >= from) &&
  (to === undefined || row.at < to) &&
  (actor === undefined || row.actor === actor) &&
  (action === undefined || row.action === action)

/** Of every account that has an adjustment, also of endpoints that are configured no more: a row for each. */
const ACCOUNTS = sql`WITH RECURSIVE a(account) AS (
  SELECT min(account) FROM adjustments UNION ALL
  SELECT (SELECT min(x.account) FROM adjustments x WHERE x.account > a.account) FROM a
  WHERE a.account IS NOT NULL) SELECT account FROM a WHERE account IS NOT NULL`

/**
 * By a source's subject, such as `ticket:42`, by an invoice's id, or by both: adjustments and their events. Null where
 * there are more than `most` adjustments.
 */
export async function subjectsOf(
  db: Database,
  {
    subject,
    invoiceId,
  }: { readonly subject?: string | undefined; readonly invoiceId?: string | undefined },
  most: number,
): Promise<readonly string[] | null> {
  const rows = await db
    .select({ id: adjustments.id, eventId: adjustments.eventId })
    .from(adjustments)
    .where(
      and(
        subject === undefined ? undefined : sql`account IN (${ACCOUNTS}) AND subject = ${subject}`,
        invoiceId === undefined ? undefined : eq(adjustments.invoiceId, invoiceId),
      ),
    )
    .limit(most + 1)
  if (rows.length > most) return null
  return [...new Set(rows.flatMap(({ id, eventId }) => [id, eventId]))]
}

/** Of a time that a whole delivery fills: by clocks that differ the halving may be off by so many. */
const CLOCKS_APART_ENTRIES = 100

/** The one entry of an event that was ignored, which no index has: by the time of the event. */
export async function findReceived(db: Database, eventId: string): Promise<EntryRow | null> {
  const [event] = await db
    .select({ at: events.receivedAt })
    .from(events)
    .where(eq(events.id, sql`${eventId}`))
  if (!event) return null
  const last = await lastSeq(db)
  const first = await firstAfter(db, event.at, last)
  const behind = await firstAfter(db, event.at + 1, last)
  // All entries of a delivery have one time, those of its events before those of its adjustments.
  const beside = Math.max(CLOCKS_APART_ENTRIES, Math.floor((WINDOW - (behind - first)) / 2))
  const start = first - beside
  const [row] = await db
    .select()
    .from(auditEntries)
    .where(
      and(
        gte(auditEntries.seq, start),
        lt(auditEntries.seq, Math.min(behind + beside, start + WINDOW)),
        eq(auditEntries.subject, eventId),
        eq(auditEntries.action, 'event.received'),
      ),
    )
    .limit(1)
  return row ?? null
}
