// A month's pages as one CSV file.

import type { ReportList, ReportPage } from '../../usecases/make-report.ts'
import { CSV_HEAD, csvLines, csvSums, SUMS_HEAD, type Reasons } from './present-report.ts'

export async function* reportTexts(
  pages: AsyncIterable<ReportPage>,
  list: ReportList,
  reasons: Reasons,
): AsyncGenerator<string> {
  yield list === 'sums' ? SUMS_HEAD : CSV_HEAD
  for await (const page of pages) {
    const isSummed = list === 'sums' && page.next === null
    const text = isSummed ? csvSums(page, reasons) : csvLines(page, reasons)
    // A stream that is asked for a part and gets an empty one is never asked again.
    if (text !== '') yield text
  }
}
