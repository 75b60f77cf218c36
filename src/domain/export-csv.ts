// An export for spreadsheets. It is for reading: what proves something is the export as NDJSON.

import { csvField } from './csv.ts'
import { canonical } from './canonical.ts'
import type { ExportHead } from './export-format.ts'
import { dataText, type EntryRow } from './sealed-entry.ts'

const COLUMNS = ['seq', 'time', 'actor', 'action', 'subject', 'data', 'sealed']

/** Each line of the head is one field, so that a spreadsheet shows it as it is. */
export const csvHead = ({ format, at, filter, checkpoint, keys }: ExportHead): string =>
  [
    `# ${format}, for reading; the NDJSON export can be verified`,
    `# exported ${at}, filter ${filter === null ? 'none' : canonical(filter)}`,
    ...(checkpoint ?? 'nothing is sealed')
      .trimEnd()
      .split('\n')
      .map((line) => `# ${line}`),
    ...keys.map((key) => `# key ${key}`),
  ]
    .map(csvField)
    .concat(COLUMNS.join(','))
    .map((line) => `${line}\r\n`)
    .join('')

export const csvLine = (
  { seq, at, actor, action, subject, data }: EntryRow,
  isSealed: boolean,
): string =>
  `${[
    String(seq),
    new Date(at).toISOString(),
    actor,
    action,
    subject,
    dataText(data),
    isSealed ? 'yes' : 'not yet',
  ]
    .map(csvField)
    .join(',')}\r\n`
