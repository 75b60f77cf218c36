// The paths that a schema declares, such as `data.object.amount`: what a rule says that it reads. Of a
// record, whose names are known only when something comes, it is the record's own path.

import { BODY_PATH_STEPS_MAX } from './limits.ts'

/** `schema`: one of zod's; anything else declares nothing. Lists add no step. */
export function schemaPaths(schema: unknown, path: readonly string[] = []): readonly string[] {
  const parts = partsOf(schema)
  if (parts === null || path.length > BODY_PATH_STEPS_MAX) return []
  const { shape, ...inner } = parts
  const own = path.length === 0 ? [] : [path.join('.')]
  const fields = Object.entries(isObject(shape) ? shape : {})
  const below = fields.flatMap(([name, field]) => schemaPaths(field, [...path, name]))
  const inside = INNER.flatMap((name) => {
    const part: unknown = inner[name]
    return (Array.isArray(part) ? part : [part]).flatMap((each) => schemaPaths(each, path))
  })
  return [...new Set([...own, ...below, ...inside])]
}

/** Where zod keeps what a schema is made of: wrappers, lists, pipes, unions, intersections. */
const INNER = ['innerType', 'element', 'in', 'options', 'left', 'right'] as const

function partsOf(schema: unknown): Readonly<Record<string, unknown>> | null {
  const inside = isObject(schema) ? schema['_zod'] : null
  const def = isObject(inside) ? inside['def'] : null
  return isObject(def) ? def : null
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
