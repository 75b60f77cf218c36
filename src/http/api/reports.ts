// A month for those who keep the books, as JSON in pages or as one CSV file.

import * as z from 'zod/mini'
import { unreachable } from '../../domain/assert.ts'
import { PAGE_ROWS_MAX, REPORT_CURSOR_CHARS_MAX } from '../../domain/limits.ts'
import { isMonth, type Month } from '../../domain/month.ts'
import { exportReport } from '../../usecases/export-report.ts'
import {
  makeReport,
  REPORT_LISTS,
  type ReportList,
  type ReportPage,
  type ReportTrouble,
} from '../../usecases/make-report.ts'
import { fail, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { noteBulk } from '../note-bulk.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { pageLimit, validQuery } from '../validate.ts'
import { presentHead, presentRows, presentSum } from './present-report.ts'
import { reportTexts } from './report-texts.ts'

const query = z.strictObject({
  month: z
    .custom<Month>(
      (value) => typeof value === 'string' && isMonth(value),
      'a month is wanted, such as 2026-10',
    )
    .check(
      z.meta({
        type: 'string',
        pattern: '^\\d{4}-\\d{2}$',
        description: 'In the configured time zone.',
        examples: ['2026-10'],
      }),
    ),
  list: z._default(z.enum(REPORT_LISTS), 'adjustments').check(
    z.meta({
      description: 'All of the month, its sums alone, or what was held or had failed at its end.',
      default: 'adjustments',
    }),
  ),
  format: z
    .optional(z.enum(['json', 'csv']))
    .check(z.meta({ description: 'Left out: by the header accept.' })),
  limit: pageLimit(PAGE_ROWS_MAX),
  cursor: z.optional(
    z
      .string()
      .check(
        z.regex(/^[\w-]+$/, 'not a cursor of this report'),
        z.maxLength(REPORT_CURSOR_CHARS_MAX),
      ),
  ),
})

export const reports = createRoutes().get(
  '/',
  requireScope('read'),
  validQuery(query),
  noteBulk('reports'),
  async (c) => {
    const { deps, logFields } = c.var
    const { list, format, limit, cursor = null, month } = c.req.valid('query')
    const wanted = format ?? (c.req.header('accept')?.includes('text/csv') ? 'csv' : 'json')
    if (wanted === 'csv') {
      return cursor === null ? answerCsv(c, month, list) : fail(c, WHOLE_ONLY)
    }
    const made = await makeReport(deps, { month, list, cursor }, limit)
    if (made.ok) return answerPage(c, list, made.value)
    logFields.set('reason', made.error.reason)
    return fail(c, failureOf(made.error))
  },
)

function answerPage(
  c: AppContext,
  list: ReportList,
  page: ReportPage & { readonly nextCursor: string | null },
): Response {
  const { nextCursor, sums, totals, waiting, openSums } = page
  const { reasons } = c.var.deps.config
  const { rows, open } = presentRows(page, reasons)
  return c.json({
    success: true,
    data: {
      object: 'report',
      list,
      ...presentHead(page.head),
      /** Whether the sums are of the whole month: they grow from page to page. */
      isComplete: nextCursor === null,
      ...(list === 'open'
        ? { open, sums: openSums }
        : {
            ...(list === 'adjustments' ? { adjustments: rows } : {}),
            sums: sums.map((sum) => presentSum(sum, reasons)),
            totals,
            /** Events of the month whose amounts nobody has read: they are in no total. */
            undecidedEvents: waiting,
          }),
    },
    hasMore: nextCursor !== null,
    ...(nextCursor === null ? {} : { nextCursor }),
  })
}

async function answerCsv(c: AppContext, month: Month, list: ReportList): Promise<Response> {
  const { deps, operator, logFields } = c.var
  const begun = await exportReport(deps, operator, { month, list })
  if (!begun.ok) {
    logFields.set('reason', begun.error.reason)
    return fail(c, failureOf(begun.error))
  }
  const { reasons } = deps.config
  return c.body(streamOf(reportTexts(begun.value, list, reasons)), 200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="makegood-${month}-${list}.csv"`,
    'cache-control': 'no-store',
  })
}

/** A part is made when the reader has room for it, and none any more once he is gone. */
function streamOf(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const part = await texts.next()
      if (part.done === true) controller.close()
      else controller.enqueue(encoder.encode(part.value))
    },
    async cancel() {
      await texts.return(undefined)
    },
  })
}

const wrong = (param: string, message: string): Failure => ({
  status: 400,
  type: 'validation_error',
  code: 'validation_error',
  message: `${param}: ${message}`,
  param,
  details: [{ field: param, message }],
})

const WHOLE_ONLY = wrong('cursor', 'a CSV report is the whole month and has no pages')

function failureOf(trouble: ReportTrouble): Failure {
  switch (trouble.reason) {
    case 'month_not_begun':
      return wrong('month', 'this month has not begun in the configured time zone')
    case 'cursor_unusable':
      return wrong('cursor', 'not a cursor of this report')
    case 'too_many_sums':
      return {
        status: 409,
        type: 'conflict_error',
        code: trouble.reason,
        message: 'It has more sums than a page can hand on. Take it with format=csv.',
      }
    default:
      return unreachable(trouble)
  }
}
