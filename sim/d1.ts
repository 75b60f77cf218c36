// D1 as its client sees it: every call is one await point, whose effect the simulator performs when it
// decides that the call arrives.

import type { D1Database, D1PreparedStatement, D1Result } from '@cloudflare/workers-types'
import type { Executed, Statement } from './sqlite.ts'

/** One or several statements, all or nothing; who is handed them decides when, and if at all. */
export type D1Port = (statements: readonly Statement[]) => Promise<readonly Executed[]>

export function createD1(port: D1Port): D1Database {
  const prepare = (sql: string): Prepared => prepared(port, { sql, params: [] })
  const unsupported = (name: string) => (): never => {
    throw new Error(`${name} of D1 is not simulated`)
  }
  return {
    prepare,
    async batch<Row>(statements: D1PreparedStatement[]): Promise<D1Result<Row>[]> {
      const executed = await port(statements.map(statementOf))
      return executed.map((each) => resultOf<Row>(each))
    },
    exec: unsupported('exec'),
    dump: unsupported('dump'),
    withSession: unsupported('withSession'),
  }
}

type Prepared = D1PreparedStatement & { readonly statement: Statement }

function statementOf(prepared: D1PreparedStatement): Statement {
  if (!('statement' in prepared)) throw new Error('a statement of another database')
  return (prepared as Prepared).statement
}

function prepared(port: D1Port, statement: Statement): Prepared {
  const one = async (): Promise<Executed> => {
    const [executed] = await port([statement])
    if (executed === undefined) throw new Error('a statement without its result')
    return executed
  }
  async function first<Value>(column?: string): Promise<Value | null> {
    const [row] = objectsOf<Record<string, unknown>>(await one())
    if (row === undefined) return null
    return (column === undefined ? row : (row[column] ?? null)) as Value
  }
  async function raw<Row>(): Promise<Row[]> {
    return (await one()).rows as Row[]
  }
  return {
    statement,
    bind: (...params: unknown[]) => prepared(port, { ...statement, params }),
    first,
    run: async <Row>() => resultOf<Row>(await one()),
    all: async <Row>() => resultOf<Row>(await one()),
    raw: raw as Prepared['raw'],
  }
}

const resultOf = <Row>(executed: Executed): D1Result<Row> => ({
  success: true,
  results: objectsOf<Row>(executed),
  meta: {
    duration: 0,
    size_after: 0,
    rows_read: 0,
    rows_written: 0,
    last_row_id: 0,
    changed_db: executed.changes > 0,
    changes: executed.changes,
  },
})

/** Of two columns of one name the last one is answered, as by D1. */
const objectsOf = <Row>({ columns, rows }: Executed): Row[] =>
  rows.map((row) => {
    const read: Record<string, unknown> = {}
    for (const [at, name] of columns.entries()) read[name] = row[at]
    return read as Row
  })
