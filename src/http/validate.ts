// What a request may hold. A refusal names the field; what was in it is not repeated.

import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod/mini'
import {
  API_BODY_BYTES_MAX,
  BODY_FAULTS_MAX,
  PAGE_ROWS_DEFAULT,
  PAGE_ROWS_MAX,
  SUBJECT_CHARS_MAX,
  WORD_CHARS_MAX,
} from '../domain/limits.ts'
import { readShape } from '../domain/read-shape.ts'
import { oneLine } from '../domain/text.ts'
import { fail, type Failure } from './answers.ts'
import type { AppEnv } from './context.ts'
import { asking } from './route-facts.ts'

/** How many rows a page has, 1–100; `rows` where nothing is said. */
export function pageLimit(rows: number) {
  const digits = z.string().check(z.regex(/^-?\d{1,15}$/, 'a whole number is wanted'))
  const number = z.pipe(digits, z.transform(Number))
  return z._default(z.pipe(number, z.int().check(z.gte(1), z.lte(PAGE_ROWS_MAX))), rows).check(
    z.meta({
      description: 'Rows of a page.',
      type: 'integer',
      minimum: 1,
      maximum: PAGE_ROWS_MAX,
      default: rows,
    }),
  )
}

/** A page of a list: `limit` 1–100, and the `nextCursor` of the page before. */
const pageQuery = z.strictObject({
  limit: pageLimit(PAGE_ROWS_DEFAULT),
  cursor: z.optional(
    z.pipe(
      z
        .string()
        .check(
          z.regex(/^[1-9]\d{0,14}$/, 'not a cursor of this list'),
          z.meta({ description: 'The nextCursor of the page before.' }),
        ),
      z.transform(Number),
    ),
  ),
})

type Valid<Target extends 'json' | 'query', Schema extends z.core.$ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: Record<Target, z.input<Schema>>; out: Record<Target, z.output<Schema>> }
>

/** A page of a list that has filters: each is a parameter of its own. Then `c.req.valid('query')`. */
export const validPageWith = <Filters extends z.core.$ZodShape>(filters: Filters) =>
  validQuery(z.extend(pageQuery, filters))

/** A parameter that is there more than once is a list, which no schema of one value takes. */
export function validQuery<Schema extends z.core.$ZodType<object>>(
  schema: Schema,
): Valid<'query', Schema> {
  return asking({ asks: 'query', schema }, async (c, next) => {
    const query = Object.entries(c.req.queries()).map(([name, values]) => [
      name,
      values.length === 1 ? values[0] : values,
    ])
    const read = readShape(schema, Object.fromEntries(query))
    if (!read.success) return refuse(c, read.error.issues, 'parameter')
    c.req.addValidatedData('query', read.data)
    return next()
  })
}

/** A filter's value: compared with what is kept, so that it is at most as long as that. */
export const word = z.string().check(z.minLength(1), z.maxLength(SUBJECT_CHARS_MAX))

/** Signed minor units. */
export const signedAmount = z.pipe(
  z.string().check(z.regex(/^-?[1-9]\d{0,12}$/, 'minor units are wanted, such as -2500')),
  z.transform(Number),
)

export const validPage = validPageWith({})

/** 413 for a larger body, before more than that is read. `validBody` does it already. */
export const limitBody = (bytesMax: number): MiddlewareHandler<AppEnv> =>
  asking(
    { asks: 'bytes', bytesMax },
    bodyLimit({
      maxSize: bytesMax,
      onError: (c) =>
        fail(c, {
          status: 413,
          type: 'validation_error',
          code: 'body_too_large',
          message: `A body has at most ${bytesMax} bytes here.`,
        }),
    }),
  )

const NOT_JSON: Failure = {
  status: 400,
  type: 'validation_error',
  code: 'invalid_json',
  message: 'The body is not JSON in UTF-8.',
}

const NOT_SAID_TO_BE_JSON: Failure = {
  status: 415,
  type: 'validation_error',
  code: 'unsupported_media_type',
  message: 'The body is sent as application/json.',
}

/** Says nothing else: `fetch` calls a text `text/plain` where its caller has said nothing. */
const MAY_BE_JSON = /^\s*((application\/(json|[\w.+-]+\+json)|text\/plain)\s*(;|$)|$)/i

/**
 * A JSON body of at most `bytesMax`; then `c.req.valid('json')` is what the schema made of it. 413 where it
 * is larger, 415 where it says that it is something else, 400 where it isn't JSON or isn't what is asked for.
 * Where nothing has to be in it, it may be missing.
 */
export function validBody<Schema extends z.core.$ZodType<object>>(
  schema: Schema,
  bytesMax: number = API_BODY_BYTES_MAX,
): Valid<'json', Schema> {
  const limit = limitBody(bytesMax)
  const missing = readShape(schema, {}).success ? {} : undefined
  const mayBeMissing = missing !== undefined
  return asking({ asks: 'json', schema, bytesMax, mayBeMissing }, async (c, next) => {
    const tooLarge = await limit(c, async () => {})
    if (tooLarge) return tooLarge
    const bytes = await c.req.arrayBuffer()
    const saysItIs = c.req.header('content-type') ?? ''
    if (bytes.byteLength > 0 && !MAY_BE_JSON.test(saysItIs)) return fail(c, NOT_SAID_TO_BE_JSON)
    const body = bytes.byteLength === 0 ? missing : readJson(bytes)
    if (body === undefined) return fail(c, NOT_JSON)
    const read = readShape(schema, body)
    if (!read.success) return refuse(c, read.error.issues, 'field')
    c.req.addValidatedData('json', read.data)
    return next()
  })
}

/** Undefined where the bytes are no JSON. */
function readJson(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}

type Issue = z.core.$ZodIssue

/** `param` is the first field that is wrong; `details` lists the others too. */
function refuse(c: Context, issues: readonly Issue[], noun: 'field' | 'parameter'): Response {
  const details = issues.flatMap((issue) => faultsOf(issue, noun)).slice(0, BODY_FAULTS_MAX)
  const [first] = details
  const { field, message } = first ?? { field: '', message: 'this can not be read' }
  return fail(c, {
    status: 400,
    type: 'validation_error',
    code: 'validation_error',
    message: field === '' ? message : `${field}: ${message}`,
    ...(field === '' ? {} : { param: field }),
    details,
  })
}

function faultsOf(issue: Issue, noun: string): { field: string; message: string }[] {
  const named = (path: readonly PropertyKey[]): string =>
    oneLine(path.map(String).join('.'), WORD_CHARS_MAX)
  if (issue.code !== 'unrecognized_keys') {
    return [{ field: named(issue.path), message: issue.message }]
  }
  return issue.keys
    .slice(0, BODY_FAULTS_MAX)
    .map((key) => ({ field: named([...issue.path, key]), message: `there is no such ${noun}` }))
}
