// The month for those who keep the books: its totals and sums, what waited at its end, and files to take away.

import {
  LIST_PAGE_ROWS,
  REPORT_CURSOR_CHARS_MAX,
  REPORT_PAGE_ROWS_READ,
  REPORT_ZIP_PARTS_MAX,
} from '../../domain/limits.ts'
import { unreachable } from '../../domain/assert.ts'
import { dayOf } from '../../domain/day.ts'
import { isMonth, type Month } from '../../domain/month.ts'
import { makeReport, REPORT_LISTS, type ReportList } from '../../usecases/make-report.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { streamOf } from '../stream-of.ts'
import { troubleOf } from './actions.ts'
import { answerOf, askApi } from './call-api.ts'
import type { Trouble } from './event-page.tsx'
import { clockOf, showPage } from './layout.tsx'
import { OpenItems } from './report-open.tsx'
import { Files, GoOn, MonthHead } from './report-parts.tsx'
import { Sums, Totals, Undecided } from './report-sums.tsx'
import { reportZip, type ReportZipTrouble } from './report-zip.ts'
import { Tabs } from './parts.tsx'
import { refuseElsewhere } from './refusal.tsx'
import { isFromHere, requireOf } from './session.ts'

export const reports = createRoutes()
  .get('/reports', requireOf('read'), (c) => showReport(c, null))
  .get('/reports/csv', requireOf('read'), async (c) => {
    const wrong = wrongIn(c, REPORT_LISTS)
    if (wrong !== null) return showReport(c, wrong)
    const list = REPORT_LISTS.find((each) => each === c.req.query('list')) ?? 'adjustments'
    const query = new URLSearchParams({ month: monthIn(c), list, format: 'csv' }).toString()
    const answer = await askApi(c, 'GET', `/reports?${query}`)
    if (answer.ok) return answer
    const refused = await answerOf(Promise.resolve(answer))
    return showReport(c, refused.ok ? null : troubleOf(refused))
  })
  .get('/reports/zip', requireOf('read'), async (c) => {
    if (!isFromHere(c)) return refuseElsewhere(c)
    const wrong = wrongIn(c, REPORT_LISTS)
    if (wrong !== null) return showReport(c, wrong)
    const [month, part] = [monthIn(c), Number(c.req.query('part') ?? '1')]
    const asOf = Math.min(Number(c.req.query('asof') ?? Infinity), c.var.deps.now())
    const made = await reportZip(c, { month, part, asOf })
    if (!made.ok) {
      c.var.logFields.set('reason', made.error.reason)
      return showReport(c, zipTroubleOf(made.error, part))
    }
    const { isWhole, bytes } = made.value
    const name = `makegood-${month}${isWhole ? '' : `-part-${part}`}.zip`
    return c.body(streamOf(bytes), 200, {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    })
  })

/** The present one where the address names none. */
function monthIn(c: AppContext): Month {
  const text = c.req.query('month') ?? ''
  if (isMonth(text)) return text
  const { now, config } = c.var.deps
  const present = dayOf(now(), config.timeZone).slice(0, '2026-10'.length)
  return isMonth(present) ? present : '2026-01'
}

const PART = /^[1-9]\d{0,3}$/
/** Milliseconds since 1970. */
const MOMENT = /^[1-9]\d{11,14}$/

/** What the address says and can't be meant, by its name; another month's figures are no answer to it. */
function wrongIn(c: AppContext, lists: readonly string[]): Trouble | null {
  const { month, list, part, asof } = c.req.query()
  const refused = (text: string): Trouble => ({ status: 400, text })
  if (month !== undefined && !isMonth(month)) {
    return refused('month: a month is wanted, such as 2026-10.')
  }
  if (list !== undefined && !lists.includes(list)) {
    return refused(`list: one of these is wanted: ${lists.join(', ')}.`)
  }
  if (part !== undefined && !(PART.test(part) && Number(part) <= REPORT_ZIP_PARTS_MAX)) {
    return refused(`part: a whole number from 1 to ${REPORT_ZIP_PARTS_MAX} is wanted.`)
  }
  return asof === undefined || MOMENT.test(asof)
    ? null
    : refused('asof: milliseconds since 1970 are wanted.')
}

function zipTroubleOf(trouble: ReportZipTrouble, part: number): Trouble {
  switch (trouble.reason) {
    case 'month_not_begun':
      return { status: 400, text: NOT_BEGUN }
    case 'page_not_deployed':
      return { status: 503, text: 'The page assets/verify.html is not deployed. Take the CSV.' }
    case 'no_such_part':
      return { status: 404, text: `This month has no part ${part}.` }
    case 'cursor_unusable':
    case 'too_many_sums':
    case 'log_not_exported':
      return { status: 503, text: 'The ZIP could not be made now. Take the CSV, or try again.' }
    default:
      return unreachable(trouble)
  }
}

const PAGE_LISTS = ['sums', 'open'] as const
const NOT_BEGUN = 'This month has not begun yet.'

async function showReport(c: AppContext, told: Trouble | null): Promise<Response> {
  const { deps, operator } = c.var
  const month = monthIn(c)
  const wrong = told === null ? wrongIn(c, PAGE_LISTS) : told.status === 400 ? told : null
  if (wrong !== null) {
    return showPage(
      c,
      {
        title: 'Reports',
        section: 'Reports',
        told: { text: wrong.text, isTrouble: true },
        status: wrong.status,
      },
      <MonthHead month={month} head={null} clock={clockOf(c)} />,
    )
  }
  const list: ReportList = c.req.query('list') === 'open' ? 'open' : 'sums'
  // A cursor carries what is summed up so far: one in a link from elsewhere would be its writer's figures.
  const given = isFromHere(c) ? c.req.query('cursor') : undefined
  const cursor = given?.slice(0, REPORT_CURSOR_CHARS_MAX) ?? null
  if (cursor !== null) await noteReading(deps, operator, 'reports')
  const made = await makeReport(
    deps,
    { month, list, cursor },
    LIST_PAGE_ROWS,
    REPORT_PAGE_ROWS_READ,
  )
  const trouble = told ?? (made.ok ? null : troubleOfReport(made.error.reason))
  return showPage(
    c,
    {
      title: `Report of ${month}`,
      section: 'Reports',
      told: trouble && { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
    },
    <div id="report">
      <MonthHead month={month} head={made.ok ? made.value.head : null} clock={clockOf(c)} />
      <Tabs
        label="What of the month"
        of={[
          [`/reports?month=${month}`, 'Totals and sums', list === 'sums'],
          [`/reports?month=${month}&list=open`, 'Held or failed at its end', list === 'open'],
        ]}
      />
      {made.ok ? (
        <>
          {made.value.nextCursor === null ? null : (
            <GoOn month={month} list={list} cursor={made.value.nextCursor} page={made.value} />
          )}
          {list === 'open' ? (
            <OpenItems c={c} page={made.value} clock={clockOf(c)} />
          ) : (
            <>
              <Totals page={made.value} />
              <Sums page={made.value} reasons={deps.config.reasons} />
              <Undecided page={made.value} />
            </>
          )}
          <Files
            month={month}
            page={made.value}
            isWhole={made.value.nextCursor === null && list === 'sums'}
          />
        </>
      ) : null}
    </div>,
  )
}

function troubleOfReport(reason: 'month_not_begun' | 'cursor_unusable' | 'too_many_sums'): Trouble {
  if (reason === 'month_not_begun') return { status: 400, text: NOT_BEGUN }
  return reason === 'cursor_unusable'
    ? { status: 400, text: 'This address is of no page. Begin with the month.' }
    : { status: 409, text: 'It has more sums than a page can hold. Take the CSV of the sums.' }
}
