// The fields of a schema as rows of a table.

import type { Json } from './schemas.ts'

export type Field = {
  readonly name: string
  readonly type: string
  /** A shape that has a name and a table of its own. */
  readonly shape: string | null
  readonly isRequired: boolean
  readonly note: string
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** With those of the objects inside it, by path; of a list, `[]` stands for any of its items. */
export function fieldsOf(schema: unknown, prefix = ''): Field[] {
  if (!isJson(schema)) return []
  const { properties, required, anyOf, items } = schema
  if (Array.isArray(anyOf)) return anyOf.flatMap((each) => fieldsOf(each, prefix))
  if (items !== undefined) return fieldsOf(items, `${prefix}[]`)
  if (!isJson(properties)) return []
  const names: readonly unknown[] = Array.isArray(required) ? required : []
  return Object.entries(properties).flatMap(([name, field]) => {
    if (!isJson(field)) return []
    const path = prefix === '' ? name : `${prefix}.${name}`
    const row = {
      name: path,
      ...typeOf(field),
      isRequired: names.includes(name),
      note: noteOf(field),
    }
    return [row, ...fieldsOf(field, path)]
  })
}

const LISTED_MAX = 16

function typeOf(field: Json): Pick<Field, 'type' | 'shape'> {
  const { $ref, anyOf, type, const: only, items, format } = field
  if (typeof $ref === 'string') return { type: '', shape: $ref.split('/').at(-1) ?? null }
  if (only !== undefined) return { type: JSON.stringify(only), shape: null }
  if (Array.isArray(anyOf)) {
    const parts = anyOf.filter(isJson).map(typeOf)
    const shape = parts.find((part) => part.shape !== null)?.shape ?? null
    const rest = [...new Set(parts.map((part) => part.type).filter((each) => each !== ''))].join(
      ' or ',
    )
    return { type: shape === null || rest === '' ? rest : `${rest} or `, shape }
  }
  if (isJson(items)) {
    const inner = typeOf(items)
    return { type: `list of ${inner.type}`, shape: inner.shape }
  }
  const kinds = [type].flat().filter((kind) => typeof kind === 'string')
  const said = kinds.join(' or ') || 'anything'
  return { type: format === 'date-time' ? said.replace('string', 'time') : said, shape: null }
}

function noteOf({
  description,
  enum: list,
  minimum,
  maximum,
  minLength,
  maxLength,
  ...rest
}: Json): string {
  const said = typeof description === 'string' ? [description] : []
  if (Array.isArray(list) && list.length <= LISTED_MAX) {
    said.push(`One of ${list.map(String).join(', ')}.`)
  }
  if (typeof maximum === 'number') said.push(`${Number(minimum ?? 0)} to ${maximum}.`)
  if (typeof maxLength === 'number')
    said.push(`${Number(minLength ?? 0)} to ${maxLength} characters.`)
  if (rest['default'] !== undefined) said.push(`Left out: ${JSON.stringify(rest['default'])}.`)
  return said.join(' ')
}

/** The same schema with these descriptions, where it has none of its own. */
export function withNotes(
  schema: Json,
  notes: Readonly<Record<string, string>>,
  prefix = '',
): Json {
  const { properties, anyOf, items } = schema
  if (Array.isArray(anyOf)) {
    const each = anyOf.map((one: unknown) => (isJson(one) ? withNotes(one, notes, prefix) : one))
    return { ...schema, anyOf: each }
  }
  if (isJson(items)) return { ...schema, items: withNotes(items, notes, prefix) }
  if (!isJson(properties)) return schema
  const noted = Object.entries(properties).map(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const { [path]: description } = notes
    if (!isJson(field)) return [name, field]
    const inner = withNotes(field, notes, path)
    return [name, description === undefined ? inner : { description, ...inner }]
  })
  return { ...schema, properties: Object.fromEntries(noted) }
}
