// A month as a ZIP for whoever audits it: its tables, a page of evidence for each adjustment, the log's part of it, and
// the page that checks the log. It is made while it is read, an adjustment at a time; of a large month it is a part.

import { findNewestCheckpoint } from '../../db/read-seal.ts'
import { ZIP_NAMES } from '../../domain/export-readme.ts'
import {
  PAGE_ROWS_MAX,
  REPORT_CSV_ROWS_READ,
  REPORT_FINAL_AFTER_SECONDS,
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
import { sealLog } from '../../usecases/seal-log.ts'
import { presentEvidence } from '../api/evidence.ts'
import { reportTexts } from '../api/report-texts.ts'
import type { AppContext } from '../context.ts'
import { evidenceText } from '../evidence-page.ts'
import { partsOf } from './report-parts.tsx'

export type ReportZipTrouble =
  | ReportTrouble
  | { readonly reason: 'page_not_deployed' }
  | { readonly reason: 'no_such_part' }
  | { readonly reason: 'log_not_exported' }

/** `part`: from 1, each of REPORT_ZIP_ADJUSTMENTS_MAX adjustments. `asOf`: one moment for all parts, none later than now. */
export type ReportZipQuery = {
  readonly month: Month
  readonly part: number
  readonly asOf: number
}

export type ReportZip = {
  /** Whether there is no other part. */
  readonly isWhole: boolean
  readonly bytes: AsyncGenerator<Uint8Array>
}

/** Who takes it is written down first; that the log was exported, only where it is in it. */
export async function reportZip(
  c: AppContext,
  query: ReportZipQuery,
): Promise<Result<ReportZip, ReportZipTrouble>> {
  const { month, part, asOf } = query
  const { deps, operator } = c.var
  const begun = beginsAt(deps, month)
  if (!begun.ok) return begun
  const page = await deps.verifyPage()
  if (page === null) return err({ reason: 'page_not_deployed' })
  if (asOf < begun.value.from) return err({ reason: 'month_not_begun' })
  // The rows before a part are read to find it: of a part that can't be there, they are only counted.
  if (part > 1 && part > (await countParts(c, query))) return err({ reason: 'no_such_part' })
  const ids = await idsOf(c, query)
  if (part > 1 && ids.length === 0) return err({ reason: 'no_such_part' })
  const own = ids.slice(0, REPORT_ZIP_ADJUSTMENTS_MAX)
  await noteReading(deps, operator, 'reports')
  if (own.length > 0) await noteReading(deps, operator, 'payloads')
  const { timeZone } = deps.config
  const { from, to } = monthRange(month, timeZone)
  const made = part === 1 ? await exportLog(deps, operator, 'zip', { from, to }) : null
  if (made !== null && !made.ok) return err({ reason: 'log_not_exported' })
  const log = made?.value ?? null
  if (log === null) await sealLog(deps)
  const at = log?.head.at ?? new Date(deps.now()).toISOString()
  const checkpoint =
    log === null ? ((await findNewestCheckpoint(deps.db))?.note ?? null) : log.head.checkpoint
  const isFinal = asOf >= to + REPORT_FINAL_AFTER_SECONDS * 1_000
  const hasMore = ids.length > own.length
  const files: ZipFile[] = [
    {
      name: ZIP_NAMES.readme,
      content: once(() =>
        reportReadmeOf({
          month,
          timeZone,
          at,
          asOf: new Date(asOf).toISOString(),
          isFinal,
          part,
          pages: own.length,
          hasMore,
        }),
      ),
    },
    ...(part === 1 ? tables(c, query) : []),
    ...own.map((id) => ({
      name: `${REPORT_FILES.evidence}/${id}.html`,
      content: once(() => evidenceOf(c, id)),
    })),
    { name: ZIP_NAMES.page, content: page },
    ...(checkpoint === null
      ? []
      : [{ name: ZIP_NAMES.checkpoint, content: once(() => checkpoint) }]),
    ...(log === null ? [] : [{ name: ZIP_NAMES.log, content: log.parts }]),
  ]
  return ok({ isWhole: part === 1 && !hasMore, bytes: zip(files, Date.parse(at)) })
}

const tables = (c: AppContext, query: ReportZipQuery): readonly ZipFile[] =>
  (['adjustments', 'sums', 'open'] as const).map((list) => ({
    name: REPORT_FILES[list],
    content: encoded(reportTexts(pagesOf(c, query, list), list, c.var.deps.config.reasons)),
  }))

/** All of one moment: what is invoiced meanwhile stands where it did. */
async function* pagesOf(
  c: AppContext,
  { month, asOf }: ReportZipQuery,
  list: ReportList,
  rows = PAGE_ROWS_MAX * 10,
) {
  const deps = { ...c.var.deps, now: () => asOf }
  let from: ReportCursor | null = null
  do {
    const budget = { rows, reads: REPORT_CSV_ROWS_READ }
    const page: Awaited<ReturnType<typeof reportPage>> = await reportPage(
      deps,
      { month, list },
      from,
      budget,
    )
    yield page
    from = page.next
  } while (from !== null)
}

/** By the sums, which read one row for each adjustment. */
async function countParts(c: AppContext, query: ReportZipQuery): Promise<number> {
  let parts = 1
  for await (const page of pagesOf(c, query, 'sums')) parts = partsOf(page)
  return parts
}

/** Of the month's adjustments those of the part, and one more. */
async function idsOf(c: AppContext, query: ReportZipQuery): Promise<readonly AdjustmentId[]> {
  const skipped = (query.part - 1) * REPORT_ZIP_ADJUSTMENTS_MAX
  const ids: AdjustmentId[] = []
  let passed = 0
  for await (const { rows } of pagesOf(c, query, 'adjustments')) {
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
