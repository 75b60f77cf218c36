// The envelope of every JSON answer: the billing API's own, so that its clients read ours.

import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Deps } from '../deps.ts'
import type { AppContext } from './context.ts'
import type { ErrorCode } from './reference/errors.ts'

export type ErrorType =
  | 'validation_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'internal_error'

/** A code of the billing API, told again: no page of ours says what it means. */
export type ForeignCode = { readonly foreign: string }

export type Failure = {
  readonly status: ContentfulStatusCode
  readonly type: ErrorType
  /** Its page under /docs/errors says what to do. */
  readonly code: ErrorCode | ForeignCode
  readonly message: string
  readonly param?: string
  /** Codes, ids and numbers that a program can act on; no secret, and nothing of another's. */
  readonly details?: unknown
  readonly retryAfterSeconds?: number
}

export function fail(c: Context, failure: Failure): Response {
  const { status, type, code, message, param, details, retryAfterSeconds } = failure
  if (retryAfterSeconds !== undefined) c.header('retry-after', String(retryAfterSeconds))
  const isOurs = typeof code === 'string'
  const page = isOurs ? docPage(c, code) : null
  const error = {
    type,
    code: isOurs ? code : code.foreign,
    message,
    ...(param === undefined ? {} : { param }),
    ...(details === undefined ? {} : { details }),
    ...(page === null ? {} : { doc_url: page }),
  }
  return c.json({ success: false, error }, status)
}

/** Whole, since it is read in logs far from here. Null where the request itself has no address to go by. */
function docPage(c: Context, code: ErrorCode): string | null {
  // The deps themselves may be what threw.
  const deps: Deps | undefined = c.var.deps
  const asked = URL.canParse(c.req.url) ? new URL(c.req.url).origin : null
  const base = deps?.settings.publicUrl ?? asked
  return base === null ? null : `${base}/docs/errors/${code}`
}

export const succeed = (
  c: AppContext,
  data: unknown,
  status: ContentfulStatusCode = 200,
): Response => c.json({ success: true, data }, status)

/** A page of a list; `nextCursor` is there only where there is more. */
export function succeedPage<Row extends { readonly seq: number }>(
  c: AppContext,
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => unknown,
): Response {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rows.length > limit
  return c.json({
    success: true,
    data: page.map(present),
    hasMore,
    ...(hasMore && last ? { nextCursor: String(last.seq) } : {}),
  })
}

/** The same of a list that says itself where its next page begins, be this one short. */
export const succeedFound = <Row>(
  c: AppContext,
  { rows, next }: { readonly rows: readonly Row[]; readonly next: number | null },
  present: (row: Row) => unknown,
): Response =>
  c.json({
    success: true,
    data: rows.map(present),
    hasMore: next !== null,
    ...(next === null ? {} : { nextCursor: String(next) }),
  })

export const NOT_FOUND: Failure = {
  status: 404,
  type: 'not_found_error',
  code: 'not_found',
  message: 'There is nothing at this address.',
}

/** Nothing was made durable, or nothing can be answered now: the same request may succeed later. */
export const TRY_AGAIN: Failure = {
  status: 503,
  type: 'internal_error',
  code: 'unavailable',
  message: 'This could not be done now. Try again.',
  retryAfterSeconds: 30,
}

export const wrongMethod = (allow: string): Failure => ({
  status: 405,
  type: 'validation_error',
  code: 'method_not_allowed',
  message: `This address answers ${allow} only.`,
})

export function methodNotAllowed(c: AppContext, allow: string): Response {
  c.header('allow', allow)
  return fail(c, wrongMethod(allow))
}
