// What an API call answers: Commet's envelope with its status. The codes and types are those of the
// vendor's error reference; a code that is not in this table cannot be sent.
import type { Listing } from './call.ts'

type ErrorType =
  | 'validation_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'internal_error'

const ERRORS = {
  validation_error: { status: 422, type: 'validation_error' },
  invalid_json: { status: 400, type: 'validation_error' },
  unauthorized: { status: 401, type: 'authentication_error' },
  not_found: { status: 404, type: 'not_found_error' },
  customer_not_found: { status: 404, type: 'not_found_error' },
  invoice_not_found: { status: 404, type: 'not_found_error' },
  feature_not_found: { status: 404, type: 'not_found_error' },
  webhook_not_found: { status: 404, type: 'not_found_error' },
  endpoint_not_available: { status: 404, type: 'not_found_error' },
  duplicate: { status: 409, type: 'conflict_error' },
  invoice_not_outstanding: { status: 409, type: 'conflict_error' },
  idempotency_key_mismatch: { status: 409, type: 'conflict_error' },
  idempotency_in_progress: { status: 409, type: 'conflict_error' },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  idempotency_unavailable: { status: 500, type: 'internal_error' },
  internal_error: { status: 500, type: 'internal_error' },
} as const satisfies Record<string, { status: number; type: ErrorType }>

export type ErrorCode = keyof typeof ERRORS

export type FieldError = { readonly field: string; readonly message: string }

export type Answer = {
  readonly status: number
  readonly body: unknown
}

/** A success. A list says by its next cursor whether there is more; no cursor means the end. */
export function success(data: unknown): Answer {
  return { status: 200, body: { success: true, data } }
}

export function created(data: unknown): Answer {
  return { status: 201, body: { success: true, data } }
}

/** The asked page of `rows`, which hold one row more than `limit` where there is more. */
export function pageOf<T>(
  rows: readonly T[],
  asked: { readonly limit: number; readonly cursor?: string | undefined },
  cursorOf: (row: T) => string,
  listing: Listing,
): Page {
  const shown = rows.slice(0, asked.limit)
  const last = shown.at(-1)
  const lastCursor = last === undefined ? null : cursorOf(last)
  const repeated = listing.repeatsCursor ? (asked.cursor ?? lastCursor) : null
  return { rows: shown, nextCursor: repeated ?? (rows.length > asked.limit ? lastCursor : null) }
}

export type Page = { readonly rows: readonly unknown[]; readonly nextCursor: string | null }

export function list(page: Page): Answer {
  const more = page.nextCursor === null ? {} : { nextCursor: page.nextCursor }
  const hasMore = page.nextCursor !== null
  return { status: 200, body: { success: true, data: page.rows, hasMore, ...more } }
}

/**
 * A refusal. `param` is the first field that is wrong; only a validation_error lists all of them in
 * `details`, as the vendor's page says. The anchor of `doc_url` is this sandbox's guess.
 */
export function refusal(
  code: ErrorCode,
  message: string,
  fields: readonly FieldError[] = [],
): Answer {
  const { status, type } = ERRORS[code]
  const first = fields[0]
  const param = first === undefined ? {} : { param: first.field }
  const details = first !== undefined && code === 'validation_error' ? { details: fields } : {}
  const docUrl = `https://commet.co/docs/errors#${code}`
  const error = { type, code, message, ...param, ...details, doc_url: docUrl }
  return { status, body: { success: false, error } }
}
