// A call that is handed on for somebody else: its answer goes back as it came. Only its envelope is read,
// since what no envelope is around was said by somebody between us and the billing API.

import * as z from 'zod/mini'
import { err, ok, type Result } from '../domain/result.ts'
import { retryAfterSeconds } from '../domain/retry-after.ts'
import type { Arrival } from '../exchange.ts'
import { arrivalOf, writing, type Asking, type Connection, type Target } from './ask.ts'
import { codeOf, refused, requestIdOf, type BillingError, type Call } from './trouble.ts'

/** `key`: of a write, and so of everything but a GET. */
export type Forwarding = Target &
  (
    | { readonly method: 'GET' }
    | { readonly method: 'POST' | 'PUT'; readonly key: string; readonly body: unknown }
  )

/** `body`: the whole envelope, unchanged. */
export type Forwarded = {
  readonly status: number
  readonly body: unknown
  /** Of a refusal: what it may be written down as. */
  readonly code: string | null
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
}

/** An error: no answer of the billing API, or one about our key, which is nothing of the caller's. */
export async function forward(
  connection: Connection,
  forwarding: Forwarding,
): Promise<Result<Forwarded, BillingError>> {
  const call = callOf(forwarding)
  const asking = askingOf(call, forwarding)
  if (!asking.ok) return asking
  const arrived = await arrivalOf(connection, asking.value)
  if (!arrived.ok) return arrived
  const answer = forwardedOf(arrived.value)
  if (answer !== null && !isAboutTheKey(answer)) return ok(answer)
  return err(refused(call, arrived.value))
}

const callOf = ({ method, path }: Forwarding): Call => {
  const kind = method === 'GET' ? 'read' : method === 'POST' ? 'create' : 'change'
  return { kind, operation: `${method} ${path}` }
}

function askingOf(call: Call, forwarding: Forwarding): Result<Asking, BillingError> {
  if (forwarding.method === 'GET') return ok({ ...forwarding, call, headers: {}, body: null })
  const { key, ...write } = forwarding
  return writing(call, { ...write, idempotencyKey: key })
}

/** A 403 is about the call: this mode, or this organization, can't have it, whoever asks. */
const isAboutTheKey = ({ status }: Forwarded): boolean => status === 401

const envelope = z.union([
  z.looseObject({ success: z.literal(true) }),
  z.looseObject({ success: z.literal(false), error: z.looseObject({ code: z.string() }) }),
])

/** Null where it is not the billing API's own, or where status and envelope disagree. */
export function forwardedOf(arrival: Arrival): Forwarded | null {
  const { status, headers, body } = arrival
  if (body.kind === 'none') return null
  const read = z.safeParse(envelope, body.value)
  const isSuccess = status >= 200 && status < 300
  if (!read.success || read.data.success !== isSuccess || (!isSuccess && status < 400)) return null
  return {
    status,
    body: body.value,
    code: isSuccess ? null : codeOf(arrival),
    requestId: requestIdOf(headers),
    retryAfterSeconds: isSuccess ? null : retryAfterSeconds(headers),
  }
}
