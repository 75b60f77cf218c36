// What the faults that struck do to a call: how long it waits, whether it is applied at all, and what
// becomes of its answer. Pure: the object asks, the Worker carries out the `wire`.
import { unreachable } from '../../src/domain/assert.ts'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiReply, Listing, Wire } from './call.ts'
import type { Fault } from './faults.ts'

/** The message of a 500 that nobody asked for. */
export const OWN_FAULT = 'The sandbox has a fault of its own; see its log'

const WHOLE: Wire = { kind: 'whole' }

export function toReply(answer: Answer): ApiReply {
  return { status: answer.status, headers: {}, body: JSON.stringify(answer.body), wire: WHOLE }
}

export function latencyMs(faults: readonly Fault[]): number {
  return faults.reduce((sum, fault) => sum + (fault.kind === 'latency' ? fault.ms : 0), 0)
}

export function listingOf(faults: readonly Fault[]): Listing {
  const lags = faults.map((fault) => (fault.kind === 'lagging_list' ? fault.ms : 0))
  const repeatsCursor = faults.some(({ kind }) => kind === 'repeating_cursor')
  return { lagMs: Math.max(0, ...lags), repeatsCursor }
}

/** The answer in place of the call, which is then not applied; null where no fault stops it. */
export function stopBefore(faults: readonly Fault[]): ApiReply | null {
  for (const fault of faults) {
    if (fault.kind === 'rate_limited') return rateLimited(fault.retryAfterSeconds)
    if ('applied' in fault && !fault.applied) return spoilWith(fault, toReply(internalError(500)))
  }
  return null
}

/** The 429 of the limiter carries Retry-After; one without it comes from elsewhere. */
export function rateLimited(retryAfterSeconds: number | null): ApiReply {
  const reply = toReply(refusal('rate_limited', 'Too many requests'))
  if (retryAfterSeconds === null) return reply
  return { ...reply, headers: { 'retry-after': String(retryAfterSeconds) } }
}

/** The answer after every fault that struck has had its turn. */
export function spoil(faults: readonly Fault[], reply: ApiReply): ApiReply {
  return faults.reduce((spoilt, fault) => spoilWith(fault, spoilt), reply)
}

function spoilWith(fault: Fault, reply: ApiReply): ApiReply {
  switch (fault.kind) {
    case 'latency':
    case 'rate_limited':
    case 'lagging_list':
    case 'repeating_cursor':
      return reply
    case 'server_error':
      return toReply(internalError(fault.status))
    case 'idempotency_unavailable':
      return toReply(refusal('idempotency_unavailable', 'The outcome of this call is unknown'))
    case 'timeout':
      return { ...reply, wire: { kind: 'silent', ms: fault.ms } }
    case 'reset_body':
      return { ...reply, wire: { kind: 'reset' } }
    case 'html':
      return html(fault.status)
    case 'truncated_json':
      return { ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) }
    case 'wrong_shape':
      return { ...reply, body: '{"success":true,"data":{"object":"unexpected","id":42}}' }
    case 'other_answer':
      return { ...reply, body: withOtherData(reply.body, fault.data) }
    default:
      return unreachable(fault)
  }
}

function internalError(status: number): Answer {
  return { ...refusal('internal_error', 'Something went wrong on our side'), status }
}

export function html(status: number): ApiReply {
  const body = `<!doctype html><html><body><h1>${status}</h1><p>gateway</p></body></html>`
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body, wire: WHOLE }
}

/** A refusal has no data to change, and a list keeps its rows. */
function withOtherData(body: string, other: Readonly<Record<string, unknown>>): string {
  const answer: { data?: unknown } = JSON.parse(body)
  const { data } = answer
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return body
  return JSON.stringify({ ...answer, data: { ...data, ...other } })
}
