// Lists with filters, newest first. What waits for a person is found by the index of that; of the rest a page looks
// through so many rows as it may read, shows what fits, and says where the next one goes on.

import { and, desc, eq, gte, isNotNull, isNull, lt, or, sql, type SQL } from 'drizzle-orm'
import type { AdjustmentState } from '../domain/adjustment.ts'
import type { Fate } from '../domain/event.ts'
import { LIST_FOUND_ROWS, LIST_WINDOW_ROWS } from '../domain/limits.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { IN_INBOX, isInboxFate } from './read-report.ts'
import {
  adjustments,
  discrepancies,
  events,
  type Adjustment,
  type Discrepancy,
  type Event,
} from './schema.ts'

export type Found<Row> = {
  readonly rows: readonly Row[]
  /** Before which row the next page begins; null where there is none. */
  readonly next: number | null
}

export type AdjustmentFilter = {
  readonly state?: AdjustmentState | undefined
  readonly endpoint?: string | undefined
  readonly rule?: string | undefined
  /** As the source names him, or the billing API. */
  readonly customer?: string | undefined
  /** Signed minor units. */
  readonly amount?: number | undefined
}

export type EventFilter = {
  readonly fate?: Fate | undefined
  readonly endpoint?: string | undefined
  readonly type?: string | undefined
}

export const isOfCustomer = (customer: string): SQL | undefined =>
  or(
    eq(adjustments.customerReference, customer),
    eq(adjustments.customerId, customer),
    eq(adjustments.chosenCustomerId, customer),
  )

export async function listAdjustments(
  db: Database,
  filter: AdjustmentFilter,
  page: Page,
): Promise<Found<Adjustment>> {
  const { state, endpoint, rule, customer, amount } = filter
  const fits = and(
    state === undefined ? undefined : eq(adjustments.state, state),
    endpoint === undefined ? undefined : eq(adjustments.endpoint, endpoint),
    rule === undefined ? undefined : eq(adjustments.ruleId, rule),
    customer === undefined ? undefined : isOfCustomer(customer),
    amount === undefined ? undefined : eq(adjustments.amount, amount),
  )
  const isWaiting = state === 'held' || state === 'failed'
  const place = isWaiting
    ? await indexed(
        db,
        sql`adjustments`,
        sql`state IN ('held', 'failed') AND state = ${state}`,
        page,
      )
    : await window(db, sql`adjustments`, fits === undefined, page)
  const rows = await db
    .select()
    .from(adjustments)
    .where(and(fits, place.isIn(adjustments.seq)))
    .orderBy(desc(adjustments.seq))
    .limit(page.limit + 1)
  return foundOf(rows, page, place)
}

export async function listEvents(
  db: Database,
  { fate, endpoint, type }: EventFilter,
  page: Page,
): Promise<Found<Event>> {
  const fits = and(
    fate === undefined ? undefined : eq(events.fate, fate),
    endpoint === undefined ? undefined : eq(events.endpoint, endpoint),
    type === undefined ? undefined : eq(events.type, type),
  )
  const place =
    fate !== undefined && isInboxFate(fate)
      ? await indexed(db, sql`events`, sql`${IN_INBOX} AND fate = ${fate}`, page)
      : await window(db, sql`events`, fits === undefined, page)
  const rows = await db
    .select()
    .from(events)
    .where(and(fits, place.isIn(events.seq)))
    .orderBy(desc(events.seq))
    .limit(page.limit + 1)
  return foundOf(rows, page, place)
}

/** The open ones have an index; the settled ones may be none. */
export async function listDiscrepancies(
  db: Database,
  { state }: { readonly state?: 'open' | 'settled' | undefined },
  page: Page,
): Promise<Found<Discrepancy>> {
  const place = await window(db, sql`discrepancies`, state !== 'settled', page)
  const fits = {
    open: isNull(discrepancies.settledAt),
    settled: isNotNull(discrepancies.settledAt),
  }
  const rows = await db
    .select()
    .from(discrepancies)
    .where(and(state && fits[state], place.isIn(discrepancies.seq)))
    .orderBy(desc(discrepancies.seq))
    .limit(page.limit + 1)
  return foundOf(rows, page, place)
}

/** The rows among which a page looks. `next`: behind them, where there are more. */
type Place = { readonly isIn: (seq: SeqColumn) => SQL | undefined; readonly next: number | null }
type SeqColumn = typeof adjustments.seq | typeof events.seq | typeof discrepancies.seq

async function indexed(db: Database, table: SQL, where: SQL, { before }: Page): Promise<Place> {
  const below = before ?? Number.MAX_SAFE_INTEGER
  const found = await db.all<{ seq: number }>(sql`SELECT seq FROM ${table}
    WHERE ${where} AND seq < ${below} ORDER BY seq DESC LIMIT ${LIST_FOUND_ROWS}`)
  const seqs = JSON.stringify(found.map(({ seq }) => seq))
  return {
    isIn: (seq) => sql`${seq} IN (SELECT value FROM json_each(${seqs}))`,
    next: found.length < LIST_FOUND_ROWS ? null : (found.at(-1)?.seq ?? null),
  }
}

async function window(db: Database, table: SQL, isAll: boolean, { before }: Page): Promise<Place> {
  if (isAll) return { isIn: (seq) => (before === null ? undefined : lt(seq, before)), next: null }
  const [last] = await db.all<{ seq: number }>(
    sql`SELECT seq FROM ${table} ORDER BY seq DESC LIMIT 1`,
  )
  const end = Math.min(before ?? Number.MAX_SAFE_INTEGER, (last?.seq ?? 0) + 1)
  const start = end - LIST_WINDOW_ROWS
  return {
    isIn: (seq) => and(gte(seq, start), lt(seq, end)),
    next: start > 1 ? start : null,
  }
}

function foundOf<Row extends { readonly seq: number }>(
  rows: readonly Row[],
  { limit }: Page,
  place: Place,
): Found<Row> {
  if (rows.length <= limit) return { rows, next: place.next }
  const shown = rows.slice(0, limit)
  return { rows: shown, next: shown.at(-1)?.seq ?? null }
}
