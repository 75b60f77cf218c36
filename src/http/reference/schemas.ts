// From the schemas that check requests and answers to the JSON Schema of the document, with an example of each.

import * as z from 'zod/mini'
import type { Answer } from './operation.ts'

export type Json = { [name: string]: unknown }

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Shapes with a name of their own, as they were met. */
export type Components = Map<string, Json>

const REF = '#/components/schemas/'

export function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output', found: Components): Json {
  const { $defs, ...made }: Json = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => tidy(jsonSchema),
  })
  delete made['$schema']
  const shown = withRefs({ $defs, made })
  if (isJson(shown.$defs)) {
    for (const [name, shape] of Object.entries(shown.$defs)) {
      if (!isJson(shape)) continue
      delete shape['id']
      found.set(name, shape)
    }
  }
  return isJson(shown.made) ? shown.made : {}
}

const withRefs = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', REF))

/** As people write it: a form in place of its pattern, `[type, "null"]`, no bound that no number passes. */
function tidy(schema: Json): void {
  if (schema['format'] !== undefined) delete schema['pattern']
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum']
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum']
  const { anyOf } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return
  const [first, second]: readonly unknown[] = anyOf
  if (!isJson(first) || !isJson(second) || second['type'] !== 'null') return
  if (typeof first['type'] !== 'string' || first['const'] !== undefined) return
  delete schema['anyOf']
  Object.assign(schema, first, { type: [first['type'], 'null'] })
  if (Array.isArray(first['enum'])) schema['enum'] = [...first['enum'], null]
}

/** What the body of an answer is checked against; null where it is no JSON. */
export function envelopeOf(answer: Answer): z.core.$ZodType | null {
  if (answer.as === 'other') return null
  const { as, shape } = answer
  if (as === 'json') return shape
  const success = z.literal(true)
  if (as === 'one') return z.strictObject({ success, data: shape })
  const data = as === 'page' ? z.array(shape) : shape
  return z.strictObject({ success, data, hasMore, nextCursor: z.optional(nextCursor) })
}

const hasMore = z.boolean().check(z.meta({ examples: [false] }))
const nextCursor = z
  .string()
  .check(z.meta({ description: 'Only where there is more.', examples: ['1204'] }))

/** The same as JSON Schema. A shape with a name is read once, and then only named. */
export function schemaOfAnswer(answer: Exclude<Answer, { as: 'other' }>, found: Components): Json {
  const { as, shape } = answer
  const data = refOf(shape, found)
  if (as === 'json') return data
  const isOne = as === 'one'
  return {
    type: 'object',
    properties: {
      success: { type: 'boolean', const: true },
      data: as === 'page' ? { type: 'array', items: data } : data,
      ...(isOne
        ? {}
        : {
            hasMore: schemaOf(hasMore, 'output', found),
            nextCursor: schemaOf(nextCursor, 'output', found),
          }),
    },
    required: isOne ? ['success', 'data'] : ['success', 'data', 'hasMore'],
    additionalProperties: false,
  }
}

export const nameOfShape = (shape: z.core.$ZodType): string | undefined =>
  z.globalRegistry.get(shape)?.id

function refOf(shape: z.core.$ZodType, found: Components): Json {
  const name = nameOfShape(shape)
  if (name === undefined) return schemaOf(shape, 'output', found)
  // Once it is read, it is among those that were met.
  return found.has(name) ? { $ref: REF + name } : schemaOf(shape, 'output', found)
}

export const refusal = z.strictObject({
  success: z.literal(false),
  error: z.strictObject({
    type: z.enum([
      'validation_error',
      'authentication_error',
      'permission_error',
      'not_found_error',
      'conflict_error',
      'rate_limit_error',
      'internal_error',
    ]),
    code: z.string().check(z.meta({ description: 'What programs act on.' })),
    message: z.string().check(z.meta({ description: 'For people; it may change.' })),
    param: z.optional(
      z.string().check(z.meta({ description: 'The first field or parameter that is wrong.' })),
    ),
    details: z.optional(z.unknown()),
    doc_url: z.optional(z.string().check(z.meta({ description: 'The page of the code.' }))),
  }),
})

/** Handed on as it came, so no more is said of it than the billing API says itself. */
export const billingRefusal = z.looseObject({
  success: z.literal(false),
  error: z.looseObject({
    code: z.string().check(z.meta({ description: 'The billing API’s own.' })),
    type: z.optional(z.string()),
    message: z.optional(z.string()),
    param: z.optional(z.string()),
    details: z.optional(z.unknown()),
    doc_url: z.optional(z.string().check(z.meta({ description: 'Its page of the code.' }))),
  }),
})

/** Made of the examples of its parts. */
export function exampleOf(schema: unknown, found: Components): unknown {
  if (!isJson(schema)) return {}
  const {
    $ref,
    const: only,
    examples,
    enum: list,
    anyOf,
    type,
    properties,
    items,
    required,
  } = schema
  if (typeof $ref === 'string') return exampleOf(found.get($ref.slice(REF.length)), found)
  if (only !== undefined) return only
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (Array.isArray(list)) return list[0]
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0], found)
  const [kind]: readonly unknown[] = [type].flat()
  switch (kind) {
    case 'object': {
      const names = Array.isArray(required) ? required : []
      const fields = isJson(properties) ? Object.entries(properties) : []
      return Object.fromEntries(
        fields
          .filter(([name]) => names.includes(name))
          .map(([name, field]) => [name, exampleOf(field, found)]),
      )
    }
    case 'array':
      return [exampleOf(items, found)]
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'string':
      return 'text'
    default:
      return {}
  }
}
