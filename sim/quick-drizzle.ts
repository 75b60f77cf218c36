// Drizzle asks of each part of each statement what it is, by walking up its classes, and joins as many little
// queries as there are parts: a third of a run. With this the answers are kept, by prototype, and the parts are
// written behind each other. Loaded before Drizzle is: who needs it imports everything else dynamically.

import { registerHooks } from 'node:module'

const KEPT = `
const answers = new Map()
let lastPrototype = null
let ofLast = new Map()
export function is(value, type) {
  if (!value || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== lastPrototype) {
    lastPrototype = prototype
    ofLast = answers.get(prototype)
    if (ofLast === undefined) answers.set(prototype, (ofLast = new Map()))
  }
  let answer = ofLast.get(type)
  if (answer === undefined) ofLast.set(type, (answer = isWalked(value, type)))
  return answer
}
`

/** The kinds of parts that are written at once; each other one is left to Drizzle. */
const WRITTEN = `
const built = SQL.prototype.buildQueryFromSourceParams
const kinds = new Map()
function kindOf(chunk) {
  const prototype = Object.getPrototypeOf(chunk)
  let kind = kinds.get(prototype)
  if (kind === undefined) {
    const found = [StringChunk, Name, SQL, Table, Column].findIndex((type) => is(chunk, type))
    kind = found >= 0 ? found : is(chunk, View) ? -1 : is(chunk, Param) ? 5 : -1
    kinds.set(prototype, kind)
  }
  return kind
}
function write(sql, chunks, config, into) {
  for (const chunk of chunks) {
    const isObject = chunk !== null && typeof chunk === 'object' && !Array.isArray(chunk)
    switch (isObject ? kindOf(chunk) : -1) {
      case 0:
        into.sql += chunk.value.length === 1 ? chunk.value[0] : chunk.value.join('')
        break
      case 1:
        into.sql += config.escapeName(chunk.value)
        break
      case 2: {
        const inlineParams = config.inlineParams || chunk.shouldInlineParams
        const own = inlineParams === config.inlineParams ? config : { ...config, inlineParams }
        write(sql, chunk.queryChunks, own, into)
        break
      }
      case 3: {
        const schema = chunk[Table.Symbol.Schema]
        const name = config.escapeName(chunk[Table.Symbol.Name])
        const isBare = schema === undefined || chunk[IsAlias]
        into.sql += isBare ? name : config.escapeName(schema) + '.' + name
        break
      }
      case 4: {
        const column = config.escapeName(config.casing.getColumnCasing(chunk))
        const schema = chunk.table[Table.Symbol.Schema]
        const table = config.escapeName(chunk.table[Table.Symbol.Name])
        const isBare = chunk.table[IsAlias] || schema === undefined
        into.sql += (isBare ? '' : config.escapeName(schema) + '.') + table + '.' + column
        break
      }
      case 5: {
        if (is(chunk.value, Placeholder)) {
          leave(sql, chunk, config, into)
          break
        }
        const value = chunk.value === null ? null : chunk.encoder.mapToDriverValue(chunk.value)
        if (is(value, SQL)) write(sql, [value], config, into)
        else if (config.inlineParams) into.sql += sql.mapInlineParam(value, config)
        else {
          into.sql += config.escapeParam(config.paramStartIndex.value++, value)
          into.params.push(value)
          into.typings.push(config.prepareTyping ? config.prepareTyping(chunk.encoder) : 'none')
        }
        break
      }
      default:
        leave(sql, chunk, config, into)
    }
  }
}
function leave(sql, chunk, config, into) {
  const query = built.call(sql, [chunk], config)
  into.sql += query.sql
  into.params.push(...query.params)
  if (query.typings) into.typings.push(...query.typings)
}
SQL.prototype.buildQueryFromSourceParams = function (chunks, given) {
  if (given.invokeSource === 'indexes') return built.call(this, chunks, given)
  const config = Object.assign({}, given, {
    inlineParams: given.inlineParams || this.shouldInlineParams,
    paramStartIndex: given.paramStartIndex || { value: 0 },
  })
  const into = { sql: '', params: [], typings: [] }
  write(this, chunks, config, into)
  return into.typings.length > 0 ? into : { sql: into.sql, params: into.params }
}
`

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const source = String(loaded.source ?? '')
    if (url.endsWith('/drizzle-orm/sql/sql.js')) return { ...loaded, source: source + WRITTEN }
    if (!url.endsWith('/drizzle-orm/entity.js')) return loaded
    const walked = source.replace('function is(', 'function isWalked(').replace(/^ *is,?$/m, '')
    // Another version of Drizzle than this was made for runs as it is.
    return walked.includes('isWalked') ? { ...loaded, source: walked + KEPT } : loaded
  },
})
