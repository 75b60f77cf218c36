// What the billing API's own calls have in common where they are asked of us: its answers go back as they
// came, and what keeps one from coming is told in its envelope.

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import * as z from 'zod/mini'
import type { Forwarded } from '../../commet/forward.ts'
import { unreachable } from '../../domain/assert.ts'
import { BILLING_ID_CHARS_MAX } from '../../domain/limits.ts'
import type { Result } from '../../domain/result.ts'
import type { ForwardTrouble } from '../../usecases/forward-call.ts'
import { fail, TRY_AGAIN, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { UNKNOWN_WITHOUT_KEY, validKey } from '../idempotency-key.ts'

export const INVALID = {
  status: 400,
  type: 'validation_error',
  code: 'validation_error',
} as const

/** Of a path: no letter of it leads to another call. */
const ID = new RegExp(`^(?!\\.+$)[\\w.:@+~-]{1,${BILLING_ID_CHARS_MAX}}$`)

/** Null where it is none that the billing API could have. */
export function idOf(c: AppContext, name: 'id' | 'code'): string | null {
  const id = c.req.param(name) ?? ''
  return ID.test(id) ? id : null
}

export const refuseId = (c: AppContext, name: 'id' | 'code'): Response =>
  fail(c, { ...INVALID, message: `${name}: this can be no ${name}`, param: name })

/** What a list may be asked for. The billing API says what is wrong with a value. */
export const filter = (description: string) =>
  z.optional(z.string().check(z.maxLength(BILLING_ID_CHARS_MAX), z.meta({ description })))

export const pageFilters = {
  cursor: filter('The nextCursor of the page before.'),
  limit: filter('Rows of a page, as many as the billing API allows.'),
}

/** Without what wasn't given. */
export const given = (
  query: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

/** An object, whatever is in it: the billing API checks it. */
export const anyBody = z.record(z.string(), z.unknown())

/** The names of a body's fields that are among these: what was changed, for the log. */
export const fieldsOf = <Name extends string>(
  body: Readonly<Record<string, unknown>>,
  known: readonly Name[],
): readonly Name[] => known.filter((name) => Object.hasOwn(body, name))

/** Of what is handed on. */
export const keyHandedOn = validKey(
  'Handed on to the billing API, which knows it for 24 hours. Without one, each call is another.',
)

export const keyOf = (c: AppContext): string | null => c.req.header('idempotency-key') ?? null

/** The billing API's own answer, with the request id of ours. */
export function relay(c: AppContext, answer: Forwarded): Response {
  const { status, body, requestId, retryAfterSeconds } = answer
  // The address of a PDF opens for everybody who has it.
  c.header('cache-control', 'no-store')
  c.var.logFields.set('billingRequest', requestId)
  if (answer.code !== null) c.var.logFields.set('reason', answer.code)
  if (retryAfterSeconds !== null) c.header('retry-after', String(retryAfterSeconds))
  return c.json(body, contentful(status))
}

/** `Forwarded` has a body of JSON, and so none of the statuses that have no body. */
const contentful = (status: number): ContentfulStatusCode => status as ContentfulStatusCode

export const answerForwarded = (
  c: AppContext,
  answer: Result<Forwarded, ForwardTrouble>,
): Response => (answer.ok ? relay(c, answer.value) : refuseForwarded(c, answer.error))

export function refuseForwarded(c: AppContext, trouble: ForwardTrouble): Response {
  c.var.logFields.set('reason', trouble.reason)
  if (trouble.reason === 'unanswered') c.var.logFields.set('code', trouble.error.code)
  return fail(c, failureOf(trouble))
}

export const NOT_CONFIGURED: Failure = {
  ...TRY_AGAIN,
  code: 'not_configured',
  message: 'No billing API is configured.',
}

export const KEY_REFUSED: Failure = {
  ...TRY_AGAIN,
  code: 'billing_key_refused',
  message:
    'The billing API refuses the key of this Makegood. Whoever operates it has to mend that.',
}

export const UNAVAILABLE: Failure = {
  ...TRY_AGAIN,
  code: 'billing_unavailable',
  message: 'The billing API could not be asked. Try again.',
}

const UNKNOWN: Failure = {
  status: 500,
  type: 'internal_error',
  code: 'idempotency_unavailable',
  message: 'Nobody knows whether this was done. Look, or ask again with the same Idempotency-Key.',
}

export const KEY_MISMATCH: Failure = {
  status: 409,
  type: 'conflict_error',
  code: 'idempotency_key_mismatch',
  message: 'This Idempotency-Key was used for another request before. Nothing was done.',
}

function failureOf(trouble: ForwardTrouble): Failure {
  switch (trouble.reason) {
    case 'not_configured':
      return NOT_CONFIGURED
    case 'key_mismatch':
      return { ...KEY_MISMATCH, details: { event: trouble.event } }
    case 'unanswered': {
      const { status, code, param, meaning, retryAfterSeconds } = trouble.error
      if (status === 401) return KEY_REFUSED
      if (code === 'invalid_request') {
        const name = param ?? 'body'
        return { ...INVALID, message: `${name}: this can not be asked`, param: name }
      }
      if (trouble.write !== null && meaning === 'ambiguous') {
        return trouble.write === 'keyed' ? UNKNOWN : UNKNOWN_WITHOUT_KEY
      }
      return retryAfterSeconds === null ? UNAVAILABLE : { ...UNAVAILABLE, retryAfterSeconds }
    }
    default:
      return unreachable(trouble)
  }
}
