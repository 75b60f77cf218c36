// The description of every call, OpenAPI 3.1: what its handlers ask for by themselves, and what GROUPS says of it.

import { factsByRoute, type Route, type RouteFact } from '../route-facts.ts'
import type { Answer, Operation } from './operation.ts'
import { withNotes } from './fields.ts'
import { GROUPS } from './operations.ts'
import { ofFact, ofPath } from './parameters.ts'
import { EXAMPLES, JSON_TYPE, refusalsOf, REQUEST_ID } from './refusals.ts'
import {
  billingRefusal,
  exampleOf,
  nameOfShape,
  refusal,
  schemaOf,
  schemaOfAnswer,
  type Components,
  type Json,
} from './schemas.ts'

/** What is referred to from several places. */
export type Found = { readonly shapes: Components; readonly examples: Map<string, Json> }

export const API_KEY = 'apiKey'
const LOGIN = 'login'

const INTRODUCTION = [
  'Every answer of `/api/v1` is JSON in one envelope, and carries an `x-request-id`.',
  'A known address answers 405 `method_not_allowed` with `allow` to a method that it does not take, an unknown one 404 `not_found`.',
  'Money is an integer of minor units with a currency, a credit negative. Times are RFC 3339 in UTC.',
].join(' ')

export type Document = ReturnType<typeof makeDocument>
/** One method of one path, as OpenAPI has it. */
export type Call = ReturnType<typeof describe>

export function makeDocument(routes: readonly Route[]) {
  const facts = factsByRoute(routes)
  const shapes: Components = new Map([
    ['Refusal', schemaOf(refusal, 'output', new Map())],
    ['BillingRefusal', schemaOf(billingRefusal, 'output', new Map())],
  ])
  const found: Found = { shapes, examples: new Map() }
  const paths: Record<string, Record<string, Call>> = {}
  for (const { name: tag, calls } of GROUPS) {
    for (const [route, operation] of Object.entries(calls)) {
      const [method = '', pattern = ''] = route.split(' ')
      const described = { tag, method, operation, facts: facts.get(route) ?? [] }
      for (const path of pathsOf(pattern)) {
        paths[path] = { ...paths[path], [method.toLowerCase()]: describe(described, path, found) }
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Makegood',
      version: 'v1',
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This Makegood.' }],
    tags: GROUPS.map(({ name, about }) => ({ name, description: about })),
    paths,
    components: {
      securitySchemes: {
        [API_KEY]: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'A key has scopes: read, write, approve, admin. No scope includes another.',
        },
        [LOGIN]: {
          type: 'apiKey',
          in: 'header',
          name: 'cf-access-jwt-assertion',
          description:
            'Of a person who is logged in at Cloudflare Access, where that is configured: Cloudflare sets it. His role has the scopes. Where a key is sent too, the key decides.',
        },
      },
      headers: HEADERS,
      schemas: sorted(found.shapes),
      examples: sorted(found.examples),
    },
  }
}

const sorted = (all: ReadonlyMap<string, Json>) =>
  Object.fromEntries([...all].toSorted(([a], [b]) => (a < b ? -1 : 1)))

const HEADERS = {
  'x-request-id': {
    description: 'Of this request; the log’s line of it has it too.',
    schema: { type: 'string' },
  },
  etag: {
    description: 'Of what it is now: If-Match of the next change.',
    schema: { type: 'string' },
  },
  'retry-after': {
    description: 'Seconds after which the same request may succeed.',
    schema: { type: 'integer' },
  },
}

const PARAMETER = /\/:(\w+)(?:\{[^}]*\})?(\?)?/g

/** Of an optional part at its end: without it, and with it. */
export function pathsOf(pattern: string): readonly string[] {
  const whole = pattern.replaceAll(PARAMETER, '/{$1}')
  return pattern.endsWith('?') ? [whole.replace(/\/[^/]*$/, ''), whole] : [whole]
}

type Described = {
  readonly tag: string
  readonly method: string
  readonly operation: Operation
  readonly facts: readonly RouteFact[]
}

function describe({ tag, method, operation, facts }: Described, path: string, found: Found) {
  const { does, more } = operation
  const scopes = facts.flatMap((fact) => (fact.asks === 'scope' ? fact.scopes : []))
  const needsKey = facts.some(({ asks }) => asks === 'key')
  const parameters = [
    ...ofPath(operation, path, found.shapes),
    ...facts.flatMap((fact) => ofFact(fact, operation, found.shapes)),
  ]
  const requestBody = bodyOf(facts, operation, found)
  return {
    operationId: nameOf(method, path),
    tags: [tag],
    summary: does,
    ...(more === undefined ? {} : { description: more }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === null ? {} : { requestBody }),
    responses: merged(answersOf(operation, found), refusalsOf(operation, facts, found.examples)),
    security: needsKey
      ? [API_KEY, LOGIN].flatMap((by) => scopes.map((scope) => ({ [by]: [scope] })))
      : [],
  }
}

const nameOf = (method: string, path: string): string =>
  method.toLowerCase() +
  path
    .replace('/api/v1', '')
    .split(/[^a-zA-Z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

function bodyOf(facts: readonly RouteFact[], { example, fields = {} }: Operation, found: Found) {
  for (const fact of facts) {
    if (fact.asks === 'json') {
      const { schema, bytesMax, mayBeMissing } = fact
      const content = {
        schema: withNotes(schemaOf(schema, 'input', found.shapes), fields),
        ...(example?.body === undefined ? {} : { example: example.body }),
      }
      return {
        required: !mayBeMissing,
        description: `At most ${bytesMax} bytes.`,
        content: { [JSON_TYPE]: content },
      }
    }
    if (fact.asks === 'bytes' && example?.text) {
      const { type, body } = example.text
      return {
        required: true,
        description: `At most ${fact.bytesMax} bytes.`,
        content: { [type]: { schema: { type: 'string' }, example: body } },
      }
    }
  }
  return null
}

function answersOf({ answers, hasTag = false }: Operation, found: Found): Json {
  const headers = hasTag
    ? { ...REQUEST_ID, etag: { $ref: '#/components/headers/etag' } }
    : REQUEST_ID
  return Object.fromEntries(
    Object.entries(answers).map(([status, given]) => {
      const all: readonly Answer[] = [given].flat()
      const content = Object.assign({}, ...all.map((answer) => contentOf(answer, found)))
      const said = all.flatMap((answer) => (answer.as === 'other' ? [answer.says] : []))
      const description = said.length === all.length ? said.join(' ') : 'Done.'
      const hasContent = Object.keys(content).length > 0
      return [status, { description, headers, ...(hasContent ? { content } : {}) }]
    }),
  )
}

function contentOf(answer: Answer, { shapes, examples }: Found): Json {
  if (answer.as === 'other') {
    return Object.fromEntries(answer.types.map((type) => [type, { schema: { type: 'string' } }]))
  }
  const schema = schemaOfAnswer(answer, shapes)
  const shape = nameOfShape(answer.shape)
  const name = shape === undefined ? undefined : `${shape}_${answer.as}`
  if (name === undefined) return { [JSON_TYPE]: { schema, example: exampleOf(schema, shapes) } }
  if (!examples.has(name)) examples.set(name, { value: exampleOf(schema, shapes) })
  return { [JSON_TYPE]: { schema, examples: { [name]: { $ref: EXAMPLES + name } } } }
}

/** A status that is an answer as well as a refusal: either of the two bodies. */
function merged(answers: Json, refusals: Json): Json {
  const both = Object.keys(refusals).filter((status) => status in answers)
  const either = both.map((status): readonly [string, Json] => {
    const [answer, refusal] = [Object(answers[status]), Object(refusals[status])]
    const [schema, other] = [answer, refusal].map(({ content }) => content[JSON_TYPE].schema)
    const { examples } = refusal.content[JSON_TYPE]
    const content = { [JSON_TYPE]: { schema: { anyOf: [schema, other] }, examples } }
    return [
      status,
      { ...refusal, description: `${answer.description} ${refusal.description}`, content },
    ]
  })
  return { ...answers, ...refusals, ...Object.fromEntries(either) }
}
