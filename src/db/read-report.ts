// A month's adjustments. What was invoiced in it is found by the index on that; what was recorded in it by halving, since
// rows are numbered nearly in the order of their times.

import { and, asc, gte, lt, sql, type SQL } from 'drizzle-orm'
import type { Fate } from '../domain/event.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { ENTRY_CLOCKS_APART_SECONDS, REPORT_APPROVERS_MAX } from '../domain/limits.ts'
import type { Range } from '../domain/month.ts'
import type { Database } from './database.ts'
import type { SeqRange } from './read-audit.ts'
import { adjustments, events, type Adjustment } from './schema.ts'

const TIMES = { adjustments: 'created_at', events: 'received_at' } as const

/** Which rows can be of a time: all that are, and a few beside them. */
export async function seqsOfTime(
  db: Database,
  table: keyof typeof TIMES,
  { from, to }: Range,
): Promise<SeqRange> {
  const apart = ENTRY_CLOCKS_APART_SECONDS * 1_000
  const [last] = await db.all<{ seq: number }>(
    sql`SELECT seq FROM ${sql.raw(table)} ORDER BY seq DESC LIMIT 1`,
  )
  const end = (last?.seq ?? 0) + 1
  const start = await firstAfter(db, table, from - apart, end)
  return { start, end: await firstAfter(db, table, to + apart, end) }
}

/** By halving: also where numbers are missing between. */
async function firstAfter(
  db: Database,
  table: keyof typeof TIMES,
  at: number,
  end: number,
): Promise<number> {
  const [name, time] = [sql.raw(table), sql.raw(TIMES[table])]
  const [found] = await db.all<{ seq: number }>(sql`
    WITH RECURSIVE s(low, high) AS (
      SELECT 1, CAST(${end} AS INTEGER) UNION ALL
      SELECT iif(m.${time} < ${at}, m.seq + 1, low), iif(m.${time} < ${at}, high, (low + high) / 2)
      FROM s CROSS JOIN ${name} m ON m.seq = (
        SELECT x.seq FROM ${name} x WHERE x.seq >= (low + high) / 2 ORDER BY x.seq LIMIT 1)
      WHERE low < high)
    SELECT max(low) AS seq FROM s`)
  return found?.seq ?? 1
}

/** Behind which row of a list the next page begins. */
export type After = { readonly at: number; readonly seq: number }

const isInvoicedIn = ({ from, to }: Range, { at, seq }: After): SQL | undefined =>
  and(
    gte(adjustments.invoicedAt, Math.max(from, at)),
    lt(adjustments.invoicedAt, to),
    sql`(${adjustments.invoicedAt}, ${adjustments.seq}) > (${at}, ${seq})`,
  )

/** Oldest invoice first. */
export const readInvoiced = (
  db: Database,
  range: Range,
  after: After,
  limit: number,
): Promise<readonly Adjustment[]> =>
  db
    .select()
    .from(adjustments)
    .where(isInvoicedIn(range, after))
    .orderBy(asc(adjustments.invoicedAt), asc(adjustments.seq))
    .limit(limit)

const counted = {
  seq: adjustments.seq,
  mode: adjustments.mode,
  settlement: adjustments.settlement,
  reason: adjustments.reason,
  amount: adjustments.amount,
  currency: adjustments.currency,
  state: adjustments.state,
  createdAt: adjustments.createdAt,
  invoicedAt: adjustments.invoicedAt,
  invoiceStatus: adjustments.invoiceStatus,
  invoiceCurrency: adjustments.invoiceCurrency,
  invoiceSubtotal: adjustments.invoiceSubtotal,
  invoiceTax: adjustments.invoiceTax,
  invoiceTotal: adjustments.invoiceTotal,
}

/** What of an adjustment is added up, and no more of it. */
export type CountedRow = Pick<Adjustment, keyof typeof counted>

/** The same, to be added up. */
export const countInvoiced = (
  db: Database,
  range: Range,
  after: After,
  limit: number,
): Promise<readonly CountedRow[]> =>
  db
    .select(counted)
    .from(adjustments)
    .where(isInvoicedIn(range, after))
    .orderBy(asc(adjustments.invoicedAt), asc(adjustments.seq))
    .limit(limit)

/** In the order in which they were recorded, also of times beside. */
export const countRecorded = (
  db: Database,
  { start, end }: SeqRange,
  limit: number,
): Promise<readonly CountedRow[]> =>
  db
    .select(counted)
    .from(adjustments)
    .where(and(gte(adjustments.seq, start), lt(adjustments.seq, end)))
    .orderBy(asc(adjustments.seq))
    .limit(limit)

export const readBySeqs = (db: Database, seqs: readonly number[]): Promise<readonly Adjustment[]> =>
  seqs.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(adjustments)
        .where(sql`${adjustments.seq} IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`)
        .orderBy(asc(adjustments.seq))

/** The names of those who have approved each, the last first. */
export async function readApprovers(
  db: Database,
  ids: readonly AdjustmentId[],
): Promise<ReadonlyMap<AdjustmentId, readonly string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db.all<{ id: AdjustmentId; operators: string }>(sql`
    SELECT i.value AS id, (SELECT json_group_array(operator) FROM (
      SELECT operator FROM approvals WHERE adjustment_id = i.value
      ORDER BY hold DESC, identity LIMIT ${REPORT_APPROVERS_MAX})) AS operators
    FROM json_each(${JSON.stringify(ids)}) i`)
  return new Map(rows.map(({ id, operators }) => [id, JSON.parse(operators) as string[]]))
}

/** Fates of events that asked for something and made nothing by themselves. */
export const INBOX_FATES = ['conflict', 'undecided', 'dismissed'] as const
export type InboxFate = (typeof INBOX_FATES)[number]
export const isInboxFate = (fate: Fate): fate is InboxFate =>
  INBOX_FATES.some((each) => each === fate)

/** The index of the inbox is of exactly these. */
export const IN_INBOX = sql`"events"."fate" IN ('conflict', 'undecided', 'dismissed')`

export const countInbox = (
  db: Database,
  fate: InboxFate,
  { start, end }: SeqRange,
  limit: number,
): Promise<readonly { readonly seq: number; readonly receivedAt: number }[]> =>
  db
    .select({ seq: events.seq, receivedAt: events.receivedAt })
    .from(events)
    .where(and(sql`${IN_INBOX} AND fate = ${fate}`, gte(events.seq, start), lt(events.seq, end)))
    .orderBy(asc(events.seq))
    .limit(limit)
