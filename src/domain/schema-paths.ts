// The paths that a schema declares, such as `data.object.amount`: what a rule says that it reads. Of a
// record, whose names are known only when something comes, each name is `*`.

import { BODY_PATH_STEPS_MAX, SCHEMA_WRAPPERS_MAX } from './limits.ts'

/**
 * `schema`: one of zod's; anything else declares nothing. Lists and tuples add no step. `around`: the schemas
 * that have the same path, since one may hold itself.
 */
export function schemaPaths(
  schema: unknown,
  path: readonly string[] = [],
  around: readonly unknown[] = [],
): readonly string[] {
  const parts = partsOf(schema)
  if (parts === null || path.length > BODY_PATH_STEPS_MAX) return []
  if (around.includes(schema) || around.length > SCHEMA_WRAPPERS_MAX) return []
  const { shape, getter } = parts
  const own = path.length === 0 ? [] : [path.join('.')]
  const fields = Object.entries(isObject(shape) ? shape : {})
  const below = fields.flatMap(([name, field]) => schemaPaths(field, [...path, name]))
  const named = OF_ANY_NAME.flatMap((name) => schemaPaths(parts[name], [...path, '*']))
  const lazy: unknown = typeof getter === 'function' ? Reflect.apply(getter, undefined, []) : null
  const inside = [lazy, ...INNER.map((name) => parts[name])].flat()
  const same = inside.flatMap((each) => schemaPaths(each, path, [...around, schema]))
  return [...new Set([...own, ...below, ...named, ...same])]
}

/** Where zod keeps what a schema is made of: wrappers, lists, tuples, pipes, unions, intersections. */
const INNER = [
  'innerType',
  'element',
  'items',
  'rest',
  'in',
  'out',
  'options',
  'left',
  'right',
] as const
/** Records, and what an object takes beside its own fields. */
const OF_ANY_NAME = ['valueType', 'catchall'] as const

function partsOf(schema: unknown): Readonly<Record<string, unknown>> | null {
  const inside = isObject(schema) ? schema['_zod'] : null
  const def = isObject(inside) ? inside['def'] : null
  return isObject(def) ? def : null
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
