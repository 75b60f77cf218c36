// What an await point is called: what is asked for, without ids and amounts.

import type { Statement } from './sqlite.ts'

const ACTION = /^(event|adjustment|identity|key|switch|notice|alarm|circuit|link)\.[a-z_]+$/
const TABLES = /\b(from|join|into|update)\s+["`]?([a-z_]+)["`]?/gi
const VERB = /^\s*(with|select|insert|update|delete)/i

const shapes = new Map<string, string>()

/** `update adjustments`; a function of a table's name, such as `json_each`, is no table. */
function shapeOf(sql: string): string {
  const known = shapes.get(sql)
  if (known !== undefined) return known
  const verb = VERB.exec(sql)?.[1]?.toLowerCase() ?? '?'
  const named = [...sql.matchAll(TABLES)].map((match) => match[2]?.toLowerCase() ?? '')
  const tables = [...new Set(named)].filter((name) => name !== '' && name !== 'json_each')
  const told = verb === 'select' ? tables : tables.slice(0, 1)
  // Of what is only asked of a value, its name is what is left.
  const shape = `${verb} ${told.slice(0, 3).join('+') || (/\w+\s*$/.exec(sql)?.[0] ?? '')}`
  shapes.set(sql, shape)
  return shape
}

/** A batch by the facts that it writes down, where it writes any. */
export function labelOfStatements(statements: readonly Statement[]): string {
  const [first] = statements
  if (statements.length === 1 || first === undefined) return shapeOf(first?.sql ?? '')
  const actions = new Set<string>()
  for (const { sql, params } of statements) {
    if (!sql.includes('audit_entries')) continue
    for (const param of params) {
      if (typeof param === 'string' && param.length < 40 && ACTION.test(param)) actions.add(param)
    }
  }
  const facts = [...actions].slice(0, 3).join('|')
  return `${shapeOf(first.sql)} & ${facts || `${statements.length} statements`}`
}

/** Ids in a path are left out. */
export const labelOfRequest = (method: string, url: URL): string =>
  `${method} ${url.host}${url.pathname.replaceAll(/\/(inv|cus)_[^/]+|\/\d+(?=\.|\/|$)/g, '/{id}')}`
