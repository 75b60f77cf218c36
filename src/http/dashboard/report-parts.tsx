// Around a month's report: which month, how far it is added up, and its files.

import type { Child } from 'hono/jsx'
import { REPORT_ZIP_ADJUSTMENTS_MAX } from '../../domain/limits.ts'
import { monthAfter, monthBefore, type Month } from '../../domain/month.ts'
import type { Sum } from '../../domain/report.ts'
import type { ReportHead, ReportPage } from '../../usecases/make-report.ts'
import { Chip, type Clock } from './parts.tsx'
import { exactShown, monthShown } from './shown.ts'

type HeadProps = { month: Month; head: ReportHead | null; clock: Clock }

export const MonthHead = ({ month, head, clock }: HeadProps) => (
  <div class="head month">
    <div>
      <h1>{monthShown(month)}</h1>
      <p>
        {head === null ? null : head.isFinal ? (
          <Chip tone="good">Final</Chip>
        ) : (
          <Chip tone="wait">Not over yet</Chip>
        )}{' '}
        {`By the clocks of ${clock.timeZone}`}
        {head === null || head.isFinal ? '.' : `, until ${exactShown(head.asOf, clock.timeZone)}.`}
      </p>
    </div>
    <form class="months" action="/reports" method="get">
      <a class="button" href={`/reports?month=${monthBefore(month)}`}>
        Before
      </a>
      <label class="unseen" for="month">
        Month
      </label>
      <input type="month" id="month" name="month" value={month} required pattern="20\d\d-\d\d" />
      <button>Show</button>
      <a class="button" href={`/reports?month=${monthAfter(month)}`}>
        After
      </a>
    </form>
  </div>
)

type GoOnProps = { month: Month; list: string; cursor: string; page: ReportPage }

/** Its sums so far, and the way on; a script goes it by itself. */
export const GoOn = ({ month, list, cursor, page }: GoOnProps) => {
  const so = list === 'open' ? 'Page by page: more waited than stands here.' : soFar(page)
  const query = new URLSearchParams({ month, list, cursor }).toString()
  return (
    <p class="told is-wait" role="status">
      {so}{' '}
      {list === 'open' ? (
        <a href={`/reports?${query}`} rel="next">
          Go on
        </a>
      ) : (
        <a href={`/reports?${query}`} rel="next" data-go-on>
          Go on adding up
        </a>
      )}
    </p>
  )
}

const soFar = ({ sums, totals }: ReportPage): string => {
  const invoiced = sums.reduce(
    (sum, { credits, charges }) => sum + credits.adjustments + charges.adjustments,
    0,
  )
  const asked = totals.reduce((sum, total) => sum + total.asked.adjustments, 0)
  return `NOT ALL OF THE MONTH YET. Added up so far: ${invoiced} invoiced, ${asked} recorded.`
}

export const ofMode = (mode: Sum['mode']) =>
  mode === 'live' ? null : <Chip tone="wait">Test</Chip>

export const Scroll = ({ label, children }: { label: string; children?: Child }) => (
  <div class="scroll" tabindex={0} role="region" aria-label={label}>
    {children}
  </div>
)

type FilesProps = { month: Month; page: ReportPage; isWhole: boolean }

/** More than there are at the most: a part behind the last one is refused in words. */
export const partsOf = ({ sums, totals }: ReportPage): number => {
  const invoiced = sums.reduce(
    (sum, { credits, charges }) => sum + credits.adjustments + charges.adjustments,
    0,
  )
  const others = totals.reduce(
    (sum, { asked, recorded, notInvoiced }) =>
      sum + asked.adjustments - recorded.adjustments + notInvoiced.adjustments,
    0,
  )
  return Math.max(1, Math.ceil((invoiced + others) / REPORT_ZIP_ADJUSTMENTS_MAX))
}

export const Files = ({ month, page, isWhole }: FilesProps) => {
  const parts = partsOf(page)
  const csv = (list: string) => `/reports/csv?month=${month}&list=${list}`
  return (
    <section class="sheet" id="report-files">
      <h2>To take away</h2>
      <p class="buttons">
        <a class="button" href={csv('adjustments')} download>
          Every credit and charge, CSV
        </a>
        <a class="button" href={csv('sums')} download>
          Sums and totals, CSV
        </a>
        <a class="button" href={csv('open')} download>
          Held or failed, CSV
        </a>
      </p>
      <form class="inline" action="/reports/zip" method="get">
        <input type="hidden" name="month" value={month} />
        <input type="hidden" name="asof" value={String(page.head.asOf)} />
        {parts === 1 && isWhole ? null : (
          <>
            <label for="part">Part</label>
            <input type="number" id="part" name="part" value="1" min="1" class="short" />
            {isWhole ? <span class="soft">{`of ${parts}`}</span> : null}
          </>
        )}
        <button class="main">All with evidence, ZIP</button>
      </form>
      <p class="soft">
        {`The ZIP is for auditors: the tables, a page of evidence for each adjustment, what the audit log has of the month, and verify.html, which checks the log in a browser. It has the evidence of ${REPORT_ZIP_ADJUSTMENTS_MAX} adjustments; a larger month has several parts. Take them all from this one page: then they are of one moment.`}
      </p>
    </section>
  )
}
