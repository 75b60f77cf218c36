// A database as D1 has it, on Node's own SQLite and in memory: the same SQL, values and errors. What is
// asynchronous about D1 is d1.ts.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

export type Statement = { readonly sql: string; readonly params: readonly unknown[] }

export type Executed = {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
  /** As D1 counts: rows that triggers changed among them. */
  readonly changes: number
}

export type Sqlite = {
  /** All or nothing. Throws an Error that reads as D1's. */
  readonly execute: (statements: readonly Statement[]) => readonly Executed[]
  /** For the judge: rows as objects. */
  readonly rows: <Row>(sql: string, ...params: readonly SQLInputValue[]) => Row[]
  readonly serialize: () => Uint8Array
  readonly close: () => void
}

type Prepared = {
  readonly statement: StatementSync
  readonly columns: readonly string[]
  readonly isRead: boolean
}

/** A statement that begins so changes nothing. */
export const READS = /^\s*select\b/i

/**
 * SQLite makes the plan of a statement anew for each value of a bare parameter behind LIMIT, which takes
 * longer than to run it, with all triggers of its table.
 */
const withSteadyPlan = (sql: string): string =>
  sql.replaceAll(/\blimit \?/gi, 'LIMIT CAST(? AS INTEGER)')

/** `image`: what `serialize` answered. */
export function openSqlite(image: Uint8Array): Sqlite {
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true })
  database.deserialize(image)
  const prepared = new Map<string, Prepared>()
  const prepare = (sql: string): Prepared => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(withSteadyPlan(sql))
    const columns = statement.columns().map(({ name }) => name)
    statement.setReturnArrays(true)
    const made = { statement, columns, isRead: READS.test(sql) }
    prepared.set(sql, made)
    return made
  }
  const [begin, commit, rollback] = ['BEGIN', 'COMMIT', 'ROLLBACK'].map((sql) =>
    database.prepare(sql),
  )
  const total = database.prepare('SELECT total_changes() AS total')
  const changesSoFar = (): number => Number(total.get()?.['total'])

  const run = ({ sql, params }: Statement): Executed => {
    const { statement, columns, isRead } = prepare(sql)
    const before = isRead ? 0 : changesSoFar()
    const rows: unknown = statement.all(...params.map(bound))
    return { columns, rows: asRows(rows), changes: isRead ? 0 : changesSoFar() - before }
  }
  const execute = (statements: readonly Statement[]): Executed[] => {
    const [only] = statements
    try {
      // One statement is all or nothing by itself, its triggers with it.
      if (only !== undefined && statements.length === 1) return [run(only)]
      begin?.run()
      const done = statements.map(run)
      commit?.run()
      return done
    } catch (error) {
      if (database.isTransaction) rollback?.run()
      throw d1Error(error)
    }
  }
  const looked = new Map<string, StatementSync>()
  const look = (sql: string): StatementSync => {
    const statement = looked.get(sql) ?? database.prepare(sql)
    looked.set(sql, statement)
    return statement
  }
  return {
    execute,
    rows: <Row>(sql: string, ...params: readonly SQLInputValue[]) =>
      look(sql).all(...params) as Row[],
    serialize: () => database.serialize(),
    close: () => database.close(),
  }
}

/** An empty database with every migration applied. */
export function migratedImage(folder: string): Uint8Array {
  const database = new DatabaseSync(':memory:')
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.sql'))
  for (const file of files.toSorted()) {
    database.exec(fs.readFileSync(path.join(folder, file), 'utf8'))
  }
  const image = database.serialize()
  database.close()
  return image
}

/** JS numbers bind as REAL at both; D1 takes booleans for numbers. */
function bound(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'boolean') return Number(value)
  const bytes = bytesOf(value)
  if (bytes !== null) return bytes
  throw new Error(
    `D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${String(value)}'`,
  )
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  return Array.isArray(value) ? Uint8Array.from(value) : null
}

/** Bytes come back from D1 as lists of numbers. */
function asRows(rows: unknown): unknown[][] {
  if (!Array.isArray(rows)) return []
  return rows.map((row: unknown) => (Array.isArray(row) ? row.map(asAnswered) : []))
}

const asAnswered = (value: unknown): unknown =>
  value instanceof Uint8Array ? Array.from(value) : value

const CONSTRAINT = 19
const EXTENDED: ReadonlyMap<number, string> = new Map([
  [275, 'SQLITE_CONSTRAINT_CHECK'],
  [787, 'SQLITE_CONSTRAINT_FOREIGNKEY'],
  [1299, 'SQLITE_CONSTRAINT_NOTNULL'],
  [1555, 'SQLITE_CONSTRAINT_PRIMARYKEY'],
  [1811, 'SQLITE_CONSTRAINT_TRIGGER'],
  [2067, 'SQLITE_CONSTRAINT_UNIQUE'],
  [3091, 'SQLITE_CONSTRAINT_DATATYPE'],
])

/** The wording of D1, whose end names SQLite's code. */
function d1Error(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`D1_ERROR: ${String(error)}`)
  if (error.message.startsWith('D1_')) return error
  const code: unknown = Reflect.get(error, 'errcode')
  const extended = typeof code === 'number' ? EXTENDED.get(code) : undefined
  const isConstraint = typeof code === 'number' && (code & 0xff) === CONSTRAINT
  const kind = isConstraint ? 'SQLITE_CONSTRAINT' : 'SQLITE_ERROR'
  const suffix = extended === undefined ? kind : `${kind} (extended: ${extended})`
  return new Error(`D1_ERROR: ${error.message}: ${suffix}`, { cause: error })
}
