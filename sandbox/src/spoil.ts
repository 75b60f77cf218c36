// What the faults that struck do to a call: how long it waits, whether it is applied at all, and what
// becomes of its answer. Pure: the object asks, the Worker carries out the `wire`.
import { unreachable } from '../../src/domain/assert.ts'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiReply, Listing, Wire } from './call.ts'
import type { Fault } from './faults.ts'

/** The message of a 500 that nobody asked for. */
export const OWN_FAULT = 'The sandbox has a fault of its own; see its log'

export const WHOLE: Wire = { kind: 'whole' }

/** How a service words what a fault makes it answer. */
export type Voice = {
  readonly tooManyCalls: ApiReply
  readonly outcomeUnknown: ApiReply
  readonly serverError: (status: number) => ApiReply
  /** A success of a shape that nobody expects. */
  readonly otherShape: string
  /** The body of a success with other fields in what was asked for; any other body as it is. */
  readonly withOther: (body: string, other: Readonly<Record<string, unknown>>) => string
}

export const COMMET_VOICE: Voice = {
  tooManyCalls: toReply(refusal('rate_limited', 'Too many requests')),
  outcomeUnknown: toReply(
    refusal('idempotency_unavailable', 'The outcome of this call is unknown'),
  ),
  serverError: (status) =>
    toReply({ ...refusal('internal_error', 'Something went wrong on our side'), status }),
  otherShape: '{"success":true,"data":{"object":"unexpected","id":42}}',
  withOther: (body, other) => withOtherFields(body, 'data', other),
}

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
export function stopBefore(faults: readonly Fault[], voice: Voice): ApiReply | null {
  for (const fault of faults) {
    if (fault.kind === 'rate_limited') return rateLimited(fault.retryAfterSeconds, voice)
    if ('applied' in fault && !fault.applied) {
      return spoilWith(fault, voice.serverError(500), voice)
    }
  }
  return null
}

/** The 429 of the limiter carries Retry-After; one without it comes from elsewhere. */
export function rateLimited(retryAfterSeconds: number | null, voice: Voice): ApiReply {
  const reply = voice.tooManyCalls
  if (retryAfterSeconds === null) return reply
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfterSeconds) } }
}

/** The answer after every fault that struck has had its turn. */
export function spoil(faults: readonly Fault[], reply: ApiReply, voice: Voice): ApiReply {
  return faults.reduce((spoilt, fault) => spoilWith(fault, spoilt, voice), reply)
}

function spoilWith(fault: Fault, reply: ApiReply, voice: Voice): ApiReply {
  switch (fault.kind) {
    case 'latency':
    case 'rate_limited':
    case 'lagging_list':
    case 'repeating_cursor':
      return reply
    case 'server_error':
      return voice.serverError(fault.status)
    case 'idempotency_unavailable':
      return voice.outcomeUnknown
    case 'timeout':
      return { ...reply, wire: { kind: 'silent', ms: fault.ms } }
    case 'reset_body':
      return { ...reply, wire: { kind: 'reset' } }
    case 'html':
      return html(fault.status)
    case 'truncated_json':
      return { ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) }
    case 'wrong_shape':
      return { ...reply, body: voice.otherShape }
    case 'other_answer':
      return { ...reply, body: voice.withOther(reply.body, fault.data) }
    default:
      return unreachable(fault)
  }
}

export function html(status: number): ApiReply {
  const body = `<!doctype html><html><body><h1>${status}</h1><p>gateway</p></body></html>`
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body, wire: WHOLE }
}

/** Only what stands under `name` as an object is changed: a refusal has none, and a list keeps its rows. */
export function withOtherFields(
  body: string,
  name: string,
  other: Readonly<Record<string, unknown>>,
): string {
  const answer: Record<string, unknown> = JSON.parse(body)
  const found = answer[name]
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return body
  return JSON.stringify({ ...answer, [name]: { ...found, ...other } })
}
