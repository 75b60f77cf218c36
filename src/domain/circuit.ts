// The circuit of the billing API: after a few calls without an answer, or with a refused key, nobody calls
// it; one caller after another probes, and the first answer lets all go on. A 429 holds everybody back
// until its own time, since the limit is the account's; after it no probe is needed.

import {
  CIRCUIT_FAILURES_MAX,
  CIRCUIT_PROBE_SECONDS_FIRST,
  CIRCUIT_PROBE_SECONDS_MAX,
  CIRCUIT_SPREAD_SECONDS,
  CIRCUIT_WAIT_SECONDS_MAX,
} from './limits.ts'
import type { AdjustmentId } from './ids.ts'
import type { Trouble } from './trouble.ts'
import { unreachable } from './assert.ts'

export type CircuitName = 'billing'

/** Who calls: an adjustment that is issued, or the comparison of the whole record. */
export const COMPARISON = 'reconciliation'
export type CircuitCaller = AdjustmentId | typeof COMPARISON

/** As what the audit log knows it. */
export const CIRCUIT_SUBJECT = 'circuit:billing'

export const CIRCUIT_CAUSES = ['unavailable', 'key_refused', 'rate_limited'] as const
export type CircuitCause = (typeof CIRCUIT_CAUSES)[number]

/** Times in milliseconds since 1970; null while it is closed. */
export type Circuit = {
  /** Callers in a row that had no answer, while it is closed. */
  readonly failures: number
  /** Who had no answer, each once, the last one last; at most CIRCUIT_FAILURES_MAX. */
  readonly failedBy: readonly CircuitCaller[]
  readonly cause: CircuitCause | null
  readonly openedAt: number | null
  /** When the next one may try. */
  readonly probeAt: number | null
  /** Who tries now. */
  readonly probeBy: CircuitCaller | null
  /** Probes that have failed since it opened, one caller's once: they make the time to the next one longer. */
  readonly probes: number
  readonly version: number
}

/** Where there is no row. */
export const NEVER_FAILED: Circuit = {
  failures: 0,
  failedBy: [],
  cause: null,
  openedAt: null,
  probeAt: null,
  probeBy: null,
  probes: 0,
  version: 0,
}

/** What one call has shown of the billing API, whatever it means for its adjustment. */
export type BillingSign =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'key_refused' }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  /** Nothing was sent, or it is not known what came of it. */
  | { readonly kind: 'nothing' }

/** A call that failed, as the billing client tells it. */
export type FailedCall = {
  readonly status: number | null
  readonly code: string
  readonly retryAfterSeconds: number | null
}

/** No envelope of the billing API: somebody between us spoke, or nobody. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'network',
  'timeout',
  'not_json',
  'too_large',
  'unexpected_shape',
  'unexpected_status',
])

export function signOf(step: Trouble['step'], call: FailedCall): BillingSign {
  const { status, code, retryAfterSeconds } = call
  if (status === 401) return { kind: 'key_refused' }
  if (status === 403) {
    // A key may be allowed to post and not to change what was posted: that stops nobody else.
    return step === 'settle' || step === 'void' ? { kind: 'answered' } : { kind: 'key_refused' }
  }
  if (status === 429) {
    // Without Retry-After it isn't the limiter's, but a refusal of this one call.
    if (retryAfterSeconds === null) return { kind: 'answered' }
    return { kind: 'rate_limited', retryAfterSeconds }
  }
  if (NO_ANSWER.has(code) || (status !== null && status >= 500)) {
    return { kind: 'failed', retryAfterSeconds }
  }
  return status === null ? { kind: 'nothing' } : { kind: 'answered' }
}

/** Whether nobody but a probe may call the billing API now. */
export const isOpen = (circuit: Circuit, now: number): boolean =>
  circuit.cause !== null && !isOver(circuit, now)

/** When the last of those that it parks now looks again; now where it parks nobody. */
export const parkedUntil = (circuit: Circuit, now: number): number =>
  isOpen(circuit, now) && circuit.probeAt !== null
    ? Math.max(circuit.probeAt, now) + CIRCUIT_SPREAD_SECONDS * 1_000
    : now

/** A limiter says itself when it is over. A server that is down does not. */
const isOver = ({ cause, probeAt }: Circuit, now: number): boolean =>
  cause === 'rate_limited' && probeAt !== null && probeAt <= now

type Told = { readonly by: CircuitCaller; readonly now: number }

/**
 * The circuit after a call of `by`; null where nothing changes. While it is open only the probe's own
 * calls say anything: all others began before.
 */
export function circuitAfter(circuit: Circuit, sign: BillingSign, told: Told): Circuit | null {
  const { by, now } = told
  if (circuit.cause === null) return afterClosed(circuit, sign, told)
  if (isOver(circuit, now)) {
    return sign.kind === 'nothing'
      ? null
      : (afterClosed(closed(circuit), sign, told) ?? closed(circuit))
  }
  if (sign.kind === 'rate_limited' && circuit.cause === 'rate_limited') {
    const probeAt = Math.max(circuit.probeAt ?? 0, now + waitMs(sign))
    return probeAt === circuit.probeAt
      ? null
      : { ...circuit, probeAt, version: circuit.version + 1 }
  }
  return circuit.probeBy === by ? afterProbe(circuit, sign, told) : null
}

function afterClosed(circuit: Circuit, sign: BillingSign, { by, now }: Told): Circuit | null {
  switch (sign.kind) {
    case 'nothing':
      return null
    case 'answered':
      return circuit.failures === 0 ? null : closed(circuit)
    case 'failed': {
      // The same one again says nothing new: it may be the only one whose calls fail.
      if (circuit.failedBy.includes(by)) return null
      const failures = circuit.failures + 1
      const failedBy = failedLast(circuit, by)
      const counted = { ...circuit, failures, failedBy, version: circuit.version + 1 }
      if (failures < CIRCUIT_FAILURES_MAX) return counted
      const probeAt = now + Math.max(probeMs(0), waitMs(sign))
      return { ...counted, cause: 'unavailable', openedAt: now, probeAt, probes: 0 }
    }
    case 'key_refused':
      return opened(circuit, sign.kind, { probeAt: now + probeMs(0), by, now })
    case 'rate_limited':
      return opened(circuit, sign.kind, { probeAt: now + waitMs(sign), by, now })
    default:
      return unreachable(sign)
  }
}

function afterProbe(circuit: Circuit, sign: BillingSign, { by, now }: Told): Circuit {
  // Who alone fails again and again makes nobody else wait longer. A refused key is everybody's.
  const isNews = sign.kind === 'key_refused' || !circuit.failedBy.includes(by)
  const probes = circuit.probes + (isNews ? 1 : 0)
  const failedBy = failedLast(circuit, by)
  const failed = { ...circuit, failedBy, probes, probeBy: null, version: circuit.version + 1 }
  switch (sign.kind) {
    case 'answered':
      return closed(circuit)
    case 'nothing':
      // It came to nothing before it could tell: the next one may try at once.
      return { ...failed, failedBy: circuit.failedBy, probes: circuit.probes, probeAt: now }
    case 'failed':
      return {
        ...failed,
        cause: 'unavailable',
        probeAt: now + Math.max(probeMs(probes), waitMs(sign)),
      }
    case 'key_refused':
      return { ...failed, cause: sign.kind, probeAt: now + probeMs(probes) }
    case 'rate_limited':
      return { ...failed, cause: sign.kind, probeAt: now + waitMs(sign) }
    default:
      return unreachable(sign)
  }
}

const closed = ({ version }: Circuit): Circuit => ({ ...NEVER_FAILED, version: version + 1 })

/** Each once, the last one last. */
const failedLast = ({ failedBy }: Circuit, by: CircuitCaller): CircuitCaller[] =>
  [...failedBy.filter((each) => each !== by), by].slice(-CIRCUIT_FAILURES_MAX)

const opened = (
  circuit: Circuit,
  cause: CircuitCause,
  { probeAt, by, now }: Told & { readonly probeAt: number },
): Circuit => ({
  failures: circuit.failures,
  failedBy: failedLast(circuit, by),
  cause,
  openedAt: now,
  probeAt,
  probeBy: null,
  probes: 0,
  version: circuit.version + 1,
})

/** Doubling from half a minute to five. */
const probeMs = (probes: number): number =>
  Math.min(CIRCUIT_PROBE_SECONDS_FIRST * 2 ** Math.min(probes, 10), CIRCUIT_PROBE_SECONDS_MAX) *
  1_000

const waitMs = ({ retryAfterSeconds }: { readonly retryAfterSeconds: number | null }): number =>
  Math.min(retryAfterSeconds ?? 0, CIRCUIT_WAIT_SECONDS_MAX) * 1_000
