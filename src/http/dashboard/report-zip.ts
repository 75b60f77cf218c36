// A month as a ZIP for whoever audits it: its tables, a page of evidence for each adjustment, the log's part of it, and
// the page that checks the log. It is made while it is read, an adjustment at a time; of a large month it is a part.

import { ZIP_NAMES } from '../../domain/export-readme.ts'
import {
  PAGE_ROWS_MAX,
  REPORT_CSV_ROWS_READ,
  REPORT_ZIP_ADJUSTMENTS_MAX,
} from '../../domain/limits.ts'
import { monthRange, type Month } from '../../domain/month.ts'
import type { AdjustmentId } from '../../domain/ids.ts'
import { REPORT_FILES, reportReadmeOf } from '../../domain/report-readme.ts'
import type { ReportCursor } from '../../domain/report-cursor.ts'
import { err, ok, type Result } from '../../domain/result.ts'
import { zip, type ZipFile } from '../../domain/zip.ts'
import { exportLog } from '../../usecases/export-log.ts'
import { findEvidence } from '../../usecases/find-evidence.ts'
import {
  beginsAt,
  reportPage,
  type ReportList,
  type ReportTrouble,
} from '../../usecases/make-report.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import { presentEvidence } from '../api/evidence.ts'
import { reportTexts } from '../api/report-texts.ts'
import type { AppContext } from '../context.ts'
import { evidenceText } from '../evidence-page.ts'

export type ReportZipTrouble =
  | ReportTrouble
  | { readonly reason: 'page_not_deployed' }
  | { readonly reason: 'no_such_part' }
  | { readonly reason: 'log_not_exported' }

/** `part`: from 1, each of REPORT_ZIP_ADJUSTMENTS_MAX adjustments. Who takes it is written down first. */
export async function reportZip(
  c: AppContext,
  month: Month,
  part: number,
): Promise<Result<AsyncGenerator<Uint8Array>, ReportZipTrouble>> {
  const { deps, operator } = c.var
  const begun = beginsAt(deps, month)
  if (!begun.ok) return begun
  const page = await deps.verifyPage()
  if (page === null) return err({ reason: 'page_not_deployed' })
  const ids = await idsOf(c, month, (part - 1) * REPORT_ZIP_ADJUSTMENTS_MAX)
  if (part > 1 && ids.length === 0) return err({ reason: 'no_such_part' })
  const own = ids.slice(0, REPORT_ZIP_ADJUSTMENTS_MAX)
  await noteReading(deps, operator, 'reports')
  if (own.length > 0) await noteReading(deps, operator, 'payloads')
  const { from, to } = monthRange(month, deps.config.timeZone)
  const made = await exportLog(deps, operator, 'zip', { from, to })
  if (!made.ok) return err({ reason: 'log_not_exported' })
  const { head, parts } = made.value
  const { timeZone } = deps.config
  const hasMore = ids.length > own.length
  const files: ZipFile[] = [
    {
      name: ZIP_NAMES.readme,
      content: once(() =>
        reportReadmeOf({ month, timeZone, at: head.at, part, pages: own.length, hasMore }),
      ),
    },
    ...(part === 1 ? tables(c, month) : []),
    ...own.map((id) => ({
      name: `${REPORT_FILES.evidence}/${id}.html`,
      content: once(() => evidenceOf(c, id)),
    })),
    { name: ZIP_NAMES.page, content: page },
    ...(head.checkpoint === null
      ? []
      : [{ name: ZIP_NAMES.checkpoint, content: once(() => head.checkpoint ?? '') }]),
    ...(part === 1 ? [{ name: ZIP_NAMES.log, content: parts }] : []),
  ]
  return ok(zip(files, Date.parse(head.at)))
}

const tables = (c: AppContext, month: Month): readonly ZipFile[] =>
  (['adjustments', 'sums', 'open'] as const).map((list) => ({
    name: REPORT_FILES[list],
    content: encoded(reportTexts(pagesOf(c, month, list), list, c.var.deps.config.reasons)),
  }))

async function* pagesOf(c: AppContext, month: Month, list: ReportList, rows = PAGE_ROWS_MAX * 10) {
  let from: ReportCursor | null = null
  do {
    const budget = { rows, reads: REPORT_CSV_ROWS_READ }
    const page: Awaited<ReturnType<typeof reportPage>> = await reportPage(
      c.var.deps,
      { month, list },
      from,
      budget,
    )
    yield page
    from = page.next
  } while (from !== null)
}

/** Of the month's adjustments those behind `skipped`, and one more than a part has. */
async function idsOf(
  c: AppContext,
  month: Month,
  skipped: number,
): Promise<readonly AdjustmentId[]> {
  const ids: AdjustmentId[] = []
  let passed = 0
  for await (const { rows } of pagesOf(c, month, 'adjustments')) {
    const wanted = rows.slice(Math.max(0, skipped - passed))
    passed += rows.length
    ids.push(...wanted.slice(0, REPORT_ZIP_ADJUSTMENTS_MAX + 1 - ids.length).map(({ id }) => id))
    if (ids.length > REPORT_ZIP_ADJUSTMENTS_MAX) break
  }
  return ids
}

/** It was there a moment ago, and nothing takes an adjustment away. */
async function evidenceOf(c: AppContext, id: AdjustmentId): Promise<string> {
  const found = await findEvidence(c.var.deps, id)
  if (!found.ok) throw new Error(found.error.reason)
  return evidenceText(await presentEvidence(c, found.value))
}

/** Made when its turn comes. */
async function* once(make: () => string | Promise<string>): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(await make())
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield new TextEncoder().encode(text)
}
