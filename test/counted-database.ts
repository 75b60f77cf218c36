// The tests' database, which counts what D1 itself says of each statement.

import { env } from 'cloudflare:workers'
import { openDatabase } from '../src/db/database.ts'

/** `calls`: of the database; a batch is one, however many statements it has. */
export type Counts = { rowsRead: number; rowsWritten: number; queries: string[]; calls: number }

export function countedDatabase(tells: (source: string) => boolean = () => false) {
  const counts: Counts = { rowsRead: 0, rowsWritten: 0, queries: [], calls: 0 }
  const count = (query: string, meta: D1Meta): void => {
    counts.queries.push(query)
    counts.rowsRead += meta.rows_read
    counts.rowsWritten += meta.rows_written
  }
  /** What happens between a statement's end and its answer; batches leave it out. */
  const hooks = { afterRead: async (): Promise<void> => {} }
  const originals = new WeakMap<object, { made: D1PreparedStatement; query: string }>()
  const counted = (made: D1PreparedStatement, query: string): D1PreparedStatement => {
    const all = async () => {
      counts.calls += 1
      const result = await made.all<Record<string, unknown>>()
      count(query, result.meta)
      await hooks.afterRead()
      return result
    }
    const replaced: Readonly<Record<string, unknown>> = {
      bind: (...values: unknown[]) => counted(made.bind(...values), query),
      all,
      run: all,
      // D1 says nothing of what `raw` has read. A read of joined tables has two columns of one name, which only
      // `raw` keeps apart, so it is made twice and counted once.
      raw: async () => {
        const { results } = await all()
        return /^\s*select\b/i.test(query) ? made.raw() : results.map((row) => Object.values(row))
      },
      first: async () => (await all()).results[0] ?? null,
    }
    const statement = new Proxy(made, {
      get: (target, name) => replaced[String(name)] ?? Reflect.get(target, name),
    })
    originals.set(statement, { made, query })
    return statement
  }
  const replaced: Readonly<Record<string, unknown>> = {
    prepare: (query: string) => counted(env.DB.prepare(query), query),
    batch: async (statements: D1PreparedStatement[]) => {
      const known = statements.map((each) => originals.get(each)!)
      counts.calls += 1
      const results = await env.DB.batch(known.map(({ made }) => made))
      for (const [index, { meta }] of results.entries()) count(known[index]!.query, meta)
      return results
    },
  }
  const d1 = new Proxy(env.DB, {
    get: (target, name) => replaced[String(name)] ?? Reflect.get(target, name),
  })
  const reset = () => Object.assign(counts, { rowsRead: 0, rowsWritten: 0, queries: [], calls: 0 })
  return { db: openDatabase(d1, tells), counts, hooks, reset }
}
