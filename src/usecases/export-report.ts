// A month as a whole, a part at a time: each is read when the reader has taken the one before.

import type { Deps } from '../deps.ts'
import { REPORT_CSV_ROWS, REPORT_CSV_ROWS_READ } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import type { ReportCursor } from '../domain/report-cursor.ts'
import { ok, type Result } from '../domain/result.ts'
import {
  beginsAt,
  reportPage,
  type ReportPage,
  type ReportQuery,
  type ReportTrouble,
} from './make-report.ts'
import { noteReading } from './note-reading.ts'

const BUDGET = { rows: REPORT_CSV_ROWS, reads: REPORT_CSV_ROWS_READ }

/** Writes down who takes it, and begins. */
export async function exportReport(
  deps: Pick<Deps, 'db' | 'now' | 'config'>,
  operator: Operator,
  query: Pick<ReportQuery, 'month' | 'list'>,
): Promise<Result<AsyncGenerator<ReportPage>, ReportTrouble>> {
  const begun = beginsAt(deps, query.month)
  if (!begun.ok) return begun
  await noteReading(deps, operator, 'reports')
  return ok(pagesOf(deps, query))
}

async function* pagesOf(
  deps: Pick<Deps, 'db' | 'now' | 'config'>,
  query: Pick<ReportQuery, 'month' | 'list'>,
): AsyncGenerator<ReportPage> {
  let from: ReportCursor | null = null
  do {
    const page: ReportPage = await reportPage(deps, query, from, BUDGET)
    yield page
    from = page.next
  } while (from !== null)
}
