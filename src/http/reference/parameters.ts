// What a call takes beside its body: in its path, its query, its headers.

import type { Condition, RouteFact } from '../route-facts.ts'
import { withNotes } from './fields.ts'
import type { Operation } from './operation.ts'
import { schemaOf, type Components, type Json } from './schemas.ts'

export const ofPath = ({ params = {} }: Operation, path: string, shapes: Components): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const schema = params[name] ? schemaOf(params[name], 'input', shapes) : { type: 'string' }
    return { name, in: 'path', required: true, schema }
  })

export function ofFact(
  fact: RouteFact,
  { example, fields = {} }: Operation,
  shapes: Components,
): Json[] {
  if (fact.asks === 'condition') {
    return fact.names.map((name) => ({
      name,
      in: 'header',
      schema: { type: 'string', description: CONDITIONS[name] },
    }))
  }
  if (fact.asks === 'header' || fact.asks === 'once') {
    const { name } = fact
    const given = example?.headers?.[name.toLowerCase()]
    const shown = given === undefined ? {} : { example: given }
    return [{ name, in: 'header', schema: schemaOf(fact.schema, 'input', shapes), ...shown }]
  }
  if (fact.asks !== 'query') return []
  const { properties = {}, required } = withNotes(schemaOf(fact.schema, 'input', shapes), fields)
  const names: readonly unknown[] = Array.isArray(required) ? required : []
  return Object.entries<Json>(Object(properties)).map(([name, schema]) => {
    const given = example?.query?.[name]
    const shown = schema['type'] === 'integer' ? Number(given) : given
    return {
      name,
      in: 'query',
      ...(names.includes(name) ? { required: true } : {}),
      schema,
      ...(given === undefined ? {} : { example: shown }),
    }
  })
}

const CONDITIONS: Readonly<Record<Condition, string>> = {
  'If-Match': 'Nothing is done unless its etag is one of these; * is any that is there.',
  'If-None-Match': 'With * nothing is done unless there is none.',
}
