// What Stripe's lists and refusals have in common: newest first, on from `starting_after`.
import type { Answer } from '../src/answer.ts'
import type { Listing } from '../src/call.ts'

const PAGE_ROWS_DEFAULT = 10
const PAGE_ROWS_MAX = 100

/** A query or a form-encoded body, read. */
export type Form = Readonly<Record<string, unknown>>

export const problem = (status: number, message: string): Answer => ({
  status,
  body: { error: { type: 'invalid_request_error', message } },
})

/** `all`: newest first. */
export function stripePage(
  all: readonly { readonly id: string }[],
  url: string,
  input: Form,
  { repeatsCursor }: Listing,
): Answer {
  const limit = Number(input['limit'] ?? PAGE_ROWS_DEFAULT)
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= PAGE_ROWS_MAX)) {
    return problem(400, 'Invalid integer: limit')
  }
  const after = input['starting_after']
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && start === 0) return problem(404, `No such object: '${String(after)}'`)
  const data = all.slice(repeatsCursor ? 0 : start).slice(0, limit)
  const more = repeatsCursor || start + limit < all.length
  return { status: 200, body: { object: 'list', url, has_more: more, data } }
}
