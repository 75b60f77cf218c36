// What is said to whoever opens a month's ZIP and knows nothing of it.

import { ZIP_NAMES } from './export-readme.ts'

export const REPORT_FILES = {
  adjustments: 'adjustments.csv',
  sums: 'sums.csv',
  open: 'open.csv',
  evidence: 'evidence',
} as const

export type ReportZipHead = {
  readonly month: string
  readonly timeZone: string
  /** RFC 3339. */
  readonly at: string
  /** Likewise: until when the month is looked at; all parts of one page have the same. */
  readonly asOf: string
  readonly isFinal: boolean
  readonly part: number
  /** Evidence pages in it. */
  readonly pages: number
  readonly hasMore: boolean
}

export function reportReadmeOf(head: ReportZipHead): string {
  const { month, timeZone, at, asOf, isFinal, part, pages, hasMore } = head
  const isWhole = part === 1 && !hasMore
  const extent = isWhole
    ? `It has the evidence of every adjustment of the month: ${pages}.`
    : `THIS IS PART ${part}, with the evidence of ${pages} adjustments. ${hasMore ? `The next ones are in part ${part + 1}.` : 'It is the last part.'} Parts with another "as of" are of another moment: rows may have moved between them.`
  const tables =
    part === 1
      ? `  ${REPORT_FILES.adjustments}  every credit and charge of the month, a line each
  ${REPORT_FILES.sums}         by reason, settlement and ledger account; and the three totals
  ${REPORT_FILES.open}         what was held or had failed when the month ended
`
      : `  The tables and the log of the month are in part 1.
`
  const log =
    part === 1
      ? `  ${ZIP_NAMES.log}  the entries that the audit log has of the month, each with its proof
`
      : ''
  return `${month}, by the clocks of ${timeZone}. Made ${at}.
As of ${asOf}: ${isFinal ? 'the month is final, nothing comes to what was invoiced in it.' : 'THE MONTH IS NOT FINAL, and a later file has more.'}
${extent}

${tables}  ${REPORT_FILES.evidence}/         a page for each adjustment: what came, what decided, who approved, what was billed
${log}  ${ZIP_NAMES.checkpoint}    the signed statement over all entries of the log
  ${ZIP_NAMES.page}       checks the log in a browser; it loads nothing and sends nothing

To check: get the log's public key in another way than this file. Unpack, open ${ZIP_NAMES.page} in a browser of
2025 or later, choose ${ZIP_NAMES.log} of part 1, and enter the key. Whoever has changed the entries may have changed
${ZIP_NAMES.page} as well: to be sure, take it from a copy of Makegood that you trust (assets/verify.html).
`
}
