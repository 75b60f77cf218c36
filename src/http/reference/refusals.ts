// How a call can refuse: with which codes, and what such an answer looks like.

import { unreachable } from '../../domain/assert.ts'
import type { RouteFact } from '../route-facts.ts'
import { ERRORS, type ErrorCode } from './errors.ts'
import { REFUSING, type Operation, type Refusing } from './operation.ts'
import type { Json } from './schemas.ts'

export const EXAMPLES = '#/components/examples/'
export const JSON_TYPE = 'application/json'
export const REQUEST_ID = { 'x-request-id': { $ref: '#/components/headers/x-request-id' } }

type Codes = { readonly [Status in Refusing]?: readonly ErrorCode[] }

/** What a handler refuses by itself. */
export function codesOfFact(fact: RouteFact): Codes {
  switch (fact.asks) {
    case 'patience':
      return { 429: ['rate_limited'] }
    case 'key':
      return {
        401: ['unauthorized'],
        403: ['role_missing', 'cross_site_request'],
        503: ['not_configured'],
      }
    case 'scope':
      return { 403: ['forbidden'] }
    case 'query':
    case 'header':
      return { 400: ['validation_error'] }
    case 'once':
      return {
        400: ['validation_error'],
        409: ['idempotency_key_mismatch', 'idempotency_in_progress', 'idempotency_answer_gone'],
        413: ['body_too_large'],
        429: ['idempotency_keys_used_up'],
      }
    case 'condition':
      return { 412: ['precondition_failed'] }
    case 'json':
      return {
        400: ['validation_error', 'invalid_json'],
        413: ['body_too_large'],
        415: ['unsupported_media_type'],
      }
    case 'bytes':
      return { 413: ['body_too_large'] }
    default:
      return unreachable(fact)
  }
}

/** By status: all codes that a call may refuse with. */
export function codesOf({ errors = {} }: Operation, facts: readonly RouteFact[]) {
  const all: readonly Codes[] = [...facts.map(codesOfFact), errors, { 503: ['unavailable'] }]
  return REFUSING.flatMap((status) => {
    const codes = [...new Set(all.flatMap((each) => each[status] ?? []))]
    return codes.length === 0 ? [] : [{ status, codes }]
  })
}

export function refusalsOf(
  operation: Operation,
  facts: readonly RouteFact[],
  examples: Map<string, Json>,
): Json {
  const { isHandedOn = false } = operation
  const own = codesOf(operation, facts).map(({ status, codes }) => [
    status,
    {
      description: [
        ...codes.map((code) => `\`${code}\`: ${ERRORS[code].means}`),
        ...(isHandedOn ? ['Or a code of the billing API’s own.'] : []),
      ].join(' '),
      headers: WAITED_FOR.has(status)
        ? { ...REQUEST_ID, 'retry-after': { $ref: '#/components/headers/retry-after' } }
        : REQUEST_ID,
      content: {
        [JSON_TYPE]: {
          schema: isHandedOn ? { anyOf: [OURS, THEIRS] } : OURS,
          examples: Object.fromEntries(
            codes.map((code) => [code, { $ref: exampleRef(status, code, examples) }]),
          ),
        },
      },
    },
  ])
  return Object.fromEntries(isHandedOn ? [...own, ['default', HANDED_ON]] : own)
}

/** Statuses of which the headers may say when to ask again. */
const WAITED_FOR: ReadonlySet<Refusing> = new Set([409, 429, 500, 503])

const OURS = { $ref: '#/components/schemas/Refusal' }
const THEIRS = { $ref: '#/components/schemas/BillingRefusal' }

const HANDED_ON = {
  description:
    'A refusal of the billing API, handed on as it came: with its status, code and doc_url.',
  headers: REQUEST_ID,
  content: { [JSON_TYPE]: { schema: THEIRS } },
}

function exampleRef(status: Refusing, code: ErrorCode, examples: Map<string, Json>): string {
  const name = `${code}_${status}`
  const error = { type: typeOf(status), code, message: ERRORS[code].means }
  examples.set(name, { value: { success: false, error } })
  return EXAMPLES + name
}

function typeOf(status: Refusing): string {
  if (status >= 500) return 'internal_error'
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  if (status === 404 || status === 410) return 'not_found_error'
  return status === 409 || status === 412 ? 'conflict_error' : 'validation_error'
}
