// A D1 that counts: its statements, and the rows that they read and write.

import { env } from 'cloudflare:workers'
import { openDatabase, type Database } from '../src/db/database.ts'

export type Metered = {
  readonly statements: number
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** What `use` costs. A statement of its own goes as a batch of one, since only a batch tells its costs. */
export async function metered(use: (db: Database) => Promise<void>): Promise<Metered> {
  const total = { statements: 0, rowsRead: 0, rowsWritten: 0 }
  const inner = new WeakMap<object, D1PreparedStatement>()
  const run = async (statements: readonly object[]) => {
    const results = await env.DB.batch<Record<string, unknown>>(
      statements.map((each) => {
        const statement = inner.get(each)
        if (!statement) throw new Error('not a statement of this database')
        return statement
      }),
    )
    for (const { meta } of results) {
      total.statements += 1
      total.rowsRead += meta.rows_read
      total.rowsWritten += meta.rows_written
    }
    return results
  }
  const wrap = (statement: D1PreparedStatement): object => {
    const one = async () => (await run([wrapped]))[0]!
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: one,
      run: one,
      raw: async () => (await one()).results.map((row) => Object.values(row)),
    }
    inner.set(wrapped, statement)
    return wrapped
  }
  const database: any = { prepare: (query: string) => wrap(env.DB.prepare(query)), batch: run }
  await use(openDatabase(database))
  return total
}
