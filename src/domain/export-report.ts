// What a check of an export came to, in an auditor's words.

import { intactThrough } from './checkpoint-note.ts'
import type { ExportReport } from './verify-export.ts'

const entries = (count: number): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? 'entry' : 'entries'}`

/** The first line is the answer. */
export function reportLines(report: ExportReport, isCompared: boolean): readonly string[] {
  const { fault, size, sealed, through, unsealed, isFiltered } = report
  if (fault !== null) return [`NOT INTACT: ${fault.what}`]
  const tail =
    unsealed === 0
      ? []
      : [`not yet sealed, so nothing can be said of them: ${entries(unsealed)} more`]
  if (isFiltered) {
    return [
      `${entries(sealed)} of this export, each in the log of ${entries(size)} that was signed`,
      'a filtered export does not show whether others that fit were left out',
      ...tail,
    ]
  }
  return [
    intactThrough(size, through ?? 0),
    ...(isCompared ? ['it begins with what the older checkpoint was of'] : []),
    ...tail,
  ]
}
