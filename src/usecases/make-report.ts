// A month for those who keep the books: all of its credits and charges with their sums, or what waited at its end.

import { readApprovers } from '../db/read-report.ts'
import type { Adjustment } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import {
  REPORT_BEGIN_ROWS_READ,
  REPORT_FINAL_AFTER_SECONDS,
  REPORT_STEP_ROWS_READ,
} from '../domain/limits.ts'
import { monthRange, type Month, type Range } from '../domain/month.ts'
import type { OpenSum, Sum, Total } from '../domain/report.ts'
import { readCursor, writeCursor, type ReportCursor } from '../domain/report-cursor.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { BEGIN_OPEN, takeOpenStep, type OpenItem } from './open-steps.ts'
import { beginReport, takeReportStep, type Budget, type Waiting } from './report-steps.ts'

export const REPORT_LISTS = ['adjustments', 'sums', 'open'] as const
export type ReportList = (typeof REPORT_LISTS)[number]

export type ReportQuery = {
  readonly month: Month
  readonly list: ReportList
  /** The page after which one; null for the first. */
  readonly cursor: string | null
}

export type ReportTrouble =
  | { readonly reason: 'month_not_begun' }
  | { readonly reason: 'cursor_unusable' }
  | { readonly reason: 'too_many_sums' }

export type ReportHead = Range & {
  readonly month: Month
  readonly timeZone: string
  /** When its first page was read; a month that is not over reaches so far. */
  readonly asOf: number
  /** Whether what was invoiced in it changes no more, by the clock alone: a database that is put back moves it. */
  readonly isFinal: boolean
}

export type ReportPage = {
  readonly head: ReportHead
  readonly rows: readonly Adjustment[]
  readonly open: readonly OpenItem[]
  readonly approvers: ReadonlyMap<AdjustmentId, readonly string[]>
  /** Of all pages so far. */
  readonly sums: readonly Sum[]
  readonly totals: readonly Total[]
  readonly openSums: readonly OpenSum[]
  readonly waiting: Waiting
  /** Null where this was the last. */
  readonly next: ReportCursor | null
}

/** The first page finds where the month begins as well. */
const pageBudget = (limit: number, reads: number, isFirst: boolean): Budget => ({
  rows: limit,
  reads: reads - (isFirst ? REPORT_BEGIN_ROWS_READ : 0),
})

/** A page as the API answers it. `reads`: so many rows of the database it may read. */
export async function makeReport(
  deps: Pick<Deps, 'db' | 'now' | 'config'>,
  { month, list, cursor }: ReportQuery,
  limit: number,
  reads: number = REPORT_STEP_ROWS_READ,
): Promise<Result<ReportPage & { readonly nextCursor: string | null }, ReportTrouble>> {
  const begun = beginsAt(deps, month)
  if (!begun.ok) return begun
  const from = cursor === null ? null : readCursor(cursor)
  if (cursor !== null && (from === null || !isOf(from, month, list))) {
    return err({ reason: 'cursor_unusable' })
  }
  const page = await reportPage(
    deps,
    { month, list },
    from,
    pageBudget(limit, reads, from === null),
  )
  const nextCursor = page.next && writeCursor(page.next)
  if (page.next !== null && nextCursor === null) return err({ reason: 'too_many_sums' })
  return ok({ ...page, nextCursor })
}

/** A month that has not begun has nothing, and says so. */
export function beginsAt(
  { now, config }: Pick<Deps, 'now' | 'config'>,
  month: Month,
): Result<Range, ReportTrouble> {
  const range = monthRange(month, config.timeZone)
  return range.from > now() ? err({ reason: 'month_not_begun' }) : ok(range)
}

function isOf(cursor: ReportCursor, month: Month, list: ReportList): boolean {
  if (cursor.month !== month) return false
  if (cursor.kind === 'open') return list === 'open'
  return list !== 'open' && cursor.isListed === (list === 'adjustments')
}

/** `from`: a cursor of the same month and list. */
export async function reportPage(
  deps: Pick<Deps, 'db' | 'now' | 'config'>,
  { month, list }: Pick<ReportQuery, 'month' | 'list'>,
  from: ReportCursor | null,
  budget: Budget,
): Promise<ReportPage> {
  const { db, now, config } = deps
  const { timeZone } = config
  const range = monthRange(month, timeZone)
  const asOf = Math.min(from?.asOf ?? now(), now())
  const isFinal = asOf >= range.to + REPORT_FINAL_AFTER_SECONDS * 1_000
  const head: ReportHead = { ...range, month, timeZone, asOf, isFinal }
  const page = {
    head,
    rows: [],
    open: [],
    sums: [],
    totals: [],
    openSums: [],
    waiting: { conflict: 0, undecided: 0, dismissed: 0 },
  }
  if (list === 'open') {
    const scope = { cutoff: Math.min(range.to, asOf), isOver: asOf >= range.to }
    const begin = from?.kind === 'open' ? from.progress : BEGIN_OPEN
    const { items, progress, isDone } = await takeOpenStep(db, scope, begin, budget)
    return {
      ...page,
      open: items,
      openSums: progress.sums,
      approvers: await approversOf(
        deps,
        items.map(({ adjustment }) => adjustment),
      ),
      next: isDone ? null : { kind: 'open', month, asOf, progress },
    }
  }
  const isListed = list === 'adjustments'
  const own = { from: range.from, to: Math.min(range.to, asOf) }
  const begin = from?.kind === 'report' ? from.progress : await beginReport(db, own)
  const step = await takeReportStep(db, { range: own, asOf, isListed }, begin, budget)
  const { rows, progress, isDone } = step
  const { sums, totals, waiting } = progress
  return {
    ...page,
    rows,
    approvers: await approversOf(deps, rows),
    sums,
    totals,
    waiting,
    next: isDone ? null : { kind: 'report', month, asOf, isListed, progress },
  }
}

/** Nobody approves what never was held. */
const approversOf = ({ db }: Pick<Deps, 'db'>, rows: readonly Adjustment[]) =>
  readApprovers(
    db,
    rows.filter(({ holds }) => holds > 0).map(({ id }) => id),
  )
