// Statements whose text is written once. Drizzle writes a statement's text anew each time, which for those of the door
// was a good part of what a delivery cost the Worker; what changes is only what is bound.

import { fillPlaceholders, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'

type Values = Readonly<Record<string, unknown>>

/** Values that stand for themselves by their names, for a statement that is told its values later. */
export const placeholders = <Named extends object>(known: Partial<Named>): Named =>
  new Proxy(known as Named, {
    get: (_, name) => Reflect.get(known, name) ?? sql.placeholder(String(name)),
  })

/** For `batch` only. `query`: built with `placeholders` in the place of values. */
export function keepStatement<Query extends BatchItem<'sqlite'>>(
  query: Query,
): (values: Values) => Query {
  const prepared = preparedOf(query)
  const { sql: text, params } = prepared.getQuery()
  return (values) => {
    const filled = { sql: text, params: fillPlaceholders(params, values) }
    const bound = Object.create(prepared, { getQuery: { value: () => filled } })
    return Object.create(query, { _prepare: { value: () => bound } })
  }
}

type Prepared = { getQuery(): { readonly sql: string; readonly params: unknown[] } }

/** `batch` asks a query for nothing but `_prepare`, and that for its text, its values and how its rows are read. */
function preparedOf(query: object): Prepared {
  const runnable = query as { _prepare(): Prepared }
  return runnable._prepare()
}
