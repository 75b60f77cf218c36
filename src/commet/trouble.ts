// What an answer that isn't a success means for the one who asked. Pure: no I/O, no clock.
//
//   permanent   it was certainly not done, and asking the same again is refused again
//   transient   it was certainly not done (or was a read), and may be done later
//   ambiguous   a write that may have happened: ask again with the same key, or look
//
// In doubt a write is ambiguous. Only a refusal in Commet's own envelope is a definite one.

import * as z from 'zod/mini'

import { WORD_CHARS_MAX } from '../domain/limits.ts'
import { retryAfterSeconds } from '../domain/retry-after.ts'
import type { Arrival } from '../exchange.ts'

export type BillingMeaning = 'permanent' | 'transient' | 'ambiguous'

export type BillingError = {
  readonly meaning: BillingMeaning
  /** Null: no answer came, or nothing was sent (`invalid_request`). */
  readonly status: number | null
  /** Commet's code, or one of `OwnCode`. */
  readonly code: string
  /** Safe to keep: made of our own words, a status and a code; never a body, a key, or customer data. */
  readonly message: string
  /** The name of the field that Commet refused, or that was missing or wrong in its answer. */
  readonly param: string | null
  readonly requestId: string | null
  /** Whole seconds, 1 to `RETRY_AFTER_SECONDS_MAX`. */
  readonly retryAfterSeconds: number | null
}

export type OwnCode =
  | 'invalid_request'
  | 'network'
  | 'timeout'
  | 'not_json'
  | 'too_large'
  | 'unexpected_shape'
  | 'unexpected_status'
  | 'cursor_repeated'

export type Call = {
  /** A `create` (POST) makes a new thing; a `change` (PUT, DELETE) sets the state of one that is there. */
  readonly kind: 'read' | 'create' | 'change'
  /** For messages, without ids: `POST /invoices`. */
  readonly operation: string
}

/** A failure as Commet tells it. */
const refusal = z.object({
  success: z.literal(false),
  error: z.object({
    type: z.string(),
    code: z.string(),
    param: z.nullish(z.string()),
    details: z.optional(z.unknown()),
  }),
})

export type Refusal = z.infer<typeof refusal>

const fieldDetails = z.array(z.object({ field: z.string() })).check(z.minLength(1))

/** A read that would be answered likewise if it were asked again, while the key and the rest of the API are well. */
export const isOfThisAlone = ({ meaning, code, status }: BillingError): boolean =>
  (meaning === 'permanent' && status !== 401 && status !== 403) ||
  (code === 'unexpected_shape' && status !== null && status < 300)

/** No answer came: the request may have arrived all the same. */
export function noAnswer(call: Call, code: 'network' | 'timeout'): BillingError {
  const message = `${call.operation}: ${code}, no answer`
  return blank({ meaning: unknownOutcome(call), code, message })
}

/** Nothing was sent: the request itself is wrong. `param` names the field. */
export function notSent(call: Call, param: string): BillingError {
  const message = `${call.operation}: not sent, ${param} is not allowed`
  return blank({ meaning: 'permanent', code: 'invalid_request', message, param })
}

/** A success that cannot be used. `param` is the path of the field that is missing or wrong, if it is one. */
export function unusable(
  call: Call,
  arrival: Arrival,
  code: 'unexpected_shape' | 'cursor_repeated',
  param: string | null,
): BillingError {
  return describe(call, arrival, { meaning: unknownOutcome(call), code, param })
}

/** Every answer but a 2xx with a JSON body. */
export function refused(call: Call, arrival: Arrival): BillingError {
  const said = commetRefusal(arrival)
  const code = said?.code ?? bodyTrouble(arrival)
  const meaning = meaningOf(call, arrival, said?.code ?? null)
  return describe(call, arrival, { meaning, code, param: said?.param ?? null })
}

function meaningOf(call: Call, arrival: Arrival, code: string | null): BillingMeaning {
  const { status } = arrival
  // Without Commet's envelope somebody between us spoke, perhaps after the write.
  if (code === null) return unknownOutcome(call)
  // Another call with this key is running, was answered, or can't be looked up: perhaps our own.
  if (code.startsWith('idempotency_')) return unknownOutcome(call)
  // Without Retry-After it isn't the limiter's: a write is refused for good, a read is asked again.
  if (status === 429) {
    const isLimiter = retryAfterSeconds(arrival.headers) !== null
    return isLimiter || call.kind === 'read' ? 'transient' : 'permanent'
  }
  if (status === 401 || status === 403) return 'permanent'
  // The request timed out, a server or a proxy failed, it is a redirect or no JSON: it may be done.
  if (status === 408 || status >= 500 || status < 400) return unknownOutcome(call)
  // What was to be made may be there already; a change that conflicts was not made.
  if (status === 409 && call.kind === 'create') return 'ambiguous'
  return 'permanent'
}

function unknownOutcome(call: Call): BillingMeaning {
  return call.kind === 'read' ? 'transient' : 'ambiguous'
}

function commetRefusal(arrival: Arrival): { code: string; param: string | null } | null {
  if (arrival.body.kind !== 'json') return null
  const parsed = refusal.safeParse(arrival.body.value)
  if (!parsed.success) return null
  const { code, param, details } = parsed.data.error
  const fields = fieldDetails.safeParse(details)
  const named = param ?? (fields.success ? fields.data[0]?.field : null)
  return { code: plainWord(code) ?? 'unknown', param: plainWord(named ?? null) }
}

/** Of a refusal in Commet's envelope. */
export const codeOf = (arrival: Arrival): string | null => commetRefusal(arrival)?.code ?? null

function bodyTrouble(arrival: Arrival): OwnCode {
  if (arrival.status >= 300 && arrival.status < 400) return 'unexpected_status'
  return arrival.body.kind === 'none' ? arrival.body.code : 'unexpected_shape'
}

function describe(
  call: Call,
  arrival: Arrival,
  what: { meaning: BillingMeaning; code: string; param: string | null },
): BillingError {
  const field = what.param === null ? '' : ` (${what.param})`
  return {
    ...what,
    status: arrival.status,
    message: `${call.operation}: ${arrival.status} ${what.code}${field}`,
    requestId: requestIdOf(arrival.headers),
    retryAfterSeconds: retryAfterSeconds(arrival.headers),
  }
}

function blank(what: {
  meaning: BillingMeaning
  code: OwnCode
  message: string
  param?: string
}): BillingError {
  return { param: null, ...what, status: null, requestId: null, retryAfterSeconds: null }
}

export function requestIdOf(headers: Headers): string | null {
  return plainWord(headers.get('x-request-id'))
}

/** A key's beginning, or nothing but as many digits as a card number has. */
const LIKE_A_SECRET = /ck_|whsec_|^\d{13,19}$/

// What is kept of foreign text is a short word of harmless characters, so it can carry no sentence.
function plainWord(text: string | null): string | null {
  const isWord = text !== null && text.length <= WORD_CHARS_MAX && /^[\w.:[\]-]+$/.test(text)
  return isWord && !LIKE_A_SECRET.test(text) ? text : null
}
