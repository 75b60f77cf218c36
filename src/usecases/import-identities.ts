// A whole list of who is who, as CSV: all of it is set, or nothing is, and each line that is wrong is
// named. Its customers are not asked for one by one: one who isn't there holds what is due for him.

import { packIdentities, writeIdentities, type IdentityCounts } from '../db/write-identities.ts'
import type { Actor } from '../domain/audit.ts'
import { readCsv, type CsvLine } from '../domain/csv.ts'
import {
  identityKeyText,
  readIdentity,
  type IdentityFacts,
  type IdentityFault,
} from '../domain/identity.ts'
import {
  BOUND_VALUE_BYTES_MAX,
  IDENTITY_IMPORT_FAULTS_MAX,
  IDENTITY_IMPORT_ROWS_MAX,
} from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { accountsOf } from './set-identity.ts'

/** The first line of the list. */
export const IDENTITY_COLUMNS = ['account', 'kind', 'value', 'customer_id'] as const

export type LineFault = {
  /** From 1, which is the header. */
  readonly line: number
  /** A column, or null where the line has no such columns. */
  readonly field: (typeof IDENTITY_COLUMNS)[number] | null
  readonly message: string
}

export type ImportTrouble =
  | { readonly reason: 'wrong_header' }
  | { readonly reason: 'too_many_rows'; readonly rows: number }
  | { readonly reason: 'too_large_to_keep'; readonly bytes: number }
  /** `faults`: the first `IDENTITY_IMPORT_FAULTS_MAX` of `count`. */
  | { readonly reason: 'wrong_lines'; readonly count: number; readonly faults: LineFault[] }

/** Rows that say what was known already, or the same twice, are neither `added` nor `changed`. */
export type Imported = IdentityCounts & { readonly rows: number }

export async function importIdentities(
  { db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>,
  csv: string,
  actor: Actor,
): Promise<Result<Imported, ImportTrouble>> {
  const [header, ...lines] = readCsv(csv)
  if (JSON.stringify(header?.fields) !== JSON.stringify(IDENTITY_COLUMNS)) {
    return err({ reason: 'wrong_header' })
  }
  if (lines.length > IDENTITY_IMPORT_ROWS_MAX) {
    return err({ reason: 'too_many_rows', rows: lines.length })
  }
  const { identities, faults } = readLines(lines, accountsOf(config))
  if (faults.length > 0) {
    const first = faults.slice(0, IDENTITY_IMPORT_FAULTS_MAX)
    return err({ reason: 'wrong_lines', count: faults.length, faults: first })
  }
  const rows = packIdentities(identities)
  const bytes = new TextEncoder().encode(rows).length
  if (bytes > BOUND_VALUE_BYTES_MAX) return err({ reason: 'too_large_to_keep', bytes })
  const counts = await writeIdentities(db, { rows, actor, now: now() })
  return ok({ ...counts, rows: lines.length })
}

function readLines(lines: readonly CsvLine[], accounts: ReadonlySet<string>) {
  const listed = new Map<string, { readonly facts: IdentityFacts; readonly line: number }>()
  const faults: LineFault[] = []
  for (const each of lines) {
    const { line } = each
    const read = readLine(each, accounts)
    if (!read.ok) {
      faults.push(...read.error)
      continue
    }
    const facts = read.value
    const key = identityKeyText(facts)
    const earlier = listed.get(key)
    if (!earlier) listed.set(key, { facts, line })
    else if (earlier.facts.customerId !== facts.customerId) {
      const message = `line ${earlier.line} names another customer for the same value`
      faults.push({ line, field: 'customer_id', message })
    }
  }
  return { identities: [...listed.values()].map(({ facts }) => facts), faults }
}

function readLine(
  { line, fields }: CsvLine,
  accounts: ReadonlySet<string>,
): Result<IdentityFacts, readonly LineFault[]> {
  if (fields === null) {
    const message = 'its quotes do not match, or a value has a line break'
    return err([{ line, field: null, message }])
  }
  if (fields.length !== IDENTITY_COLUMNS.length) {
    const message = `it has ${fields.length} fields instead of ${IDENTITY_COLUMNS.length}`
    return err([{ line, field: null, message }])
  }
  const [account = '', kind = '', value = '', customerId = ''] = fields
  const read = readIdentity({ account, kind, value, customerId }, accounts)
  return read.ok ? read : err(read.error.map((fault) => lineFault(line, fault)))
}

const lineFault = (line: number, { field, message }: IdentityFault): LineFault => ({
  line,
  field: field === 'customerId' ? 'customer_id' : field,
  message,
})
