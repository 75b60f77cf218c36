// Lists as CSV (RFC 4180), of which no value holds a line break: so a line is a row, and has a number.

export type CsvLine = {
  /** From 1. */
  readonly line: number
  /** Null where the line's quotes don't match. */
  readonly fields: readonly string[] | null
}

const LINE_BREAK = /\r\n|\n|\r/
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|$)/y

/** Empty lines are left out. */
export const readCsv = (text: string): CsvLine[] =>
  text
    .split(LINE_BREAK)
    .flatMap((line, position) =>
      line === '' ? [] : [{ line: position + 1, fields: fieldsOf(line) }],
    )

function fieldsOf(line: string): readonly string[] | null {
  const fields: string[] = []
  FIELD.lastIndex = 0
  for (;;) {
    const found = FIELD.exec(line)
    if (!found) return null
    const [, quoted, plain = '', end] = found
    fields.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '') return fields
  }
}

/** What a spreadsheet would take for a formula, or for less than it is. */
const FORMULA = /^[=+\-@\t\r]/

/** One field: a formula is text, behind an apostrophe; what would end the field is quoted. */
export function csvField(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
