// Faults on demand: which are on, and which of them strike a call. Each strikes by probability with a
// seed, or for the next N calls, on one method or path or on all. Their state is stored, so that a run
// with the same seed repeats itself even over a restart.
import * as z from 'zod'
import { FAULTS_MAX, LATENCY_MS_MAX } from './limits.ts'
import { isFakePath, matchPath } from './path.ts'
import { readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'

const scope = {
  /**
   * Only calls of this path: below /api/v1, or the whole path at another service. `*` stands for one
   * segment, `**` at the end for all the rest. Without it, any call of Commet's API.
   */
  path: z.string().startsWith('/').exactOptional(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).exactOptional(),
  /** Only the next calls that it strikes; without it, until it is taken away. */
  times: z.int().min(1).exactOptional(),
  probability: z.number().min(0).max(1).default(1),
  seed: z.int().min(0).default(1),
}
/** Whether the write happened before the answer went wrong. */
const applied = z.boolean().default(false)
const milliseconds = z.int().min(0).max(LATENCY_MS_MAX)

const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('latency'), ms: milliseconds, ...scope }),
  /** `retryAfterSeconds: null` is the 429 that does not come from the limiter. */
  z.strictObject({
    kind: z.literal('rate_limited'),
    retryAfterSeconds: z.int().min(0).nullable().default(1),
    ...scope,
  }),
  z.strictObject({
    kind: z.literal('server_error'),
    status: z.literal([408, 500, 502, 503, 504]).default(500),
    applied,
    ...scope,
  }),
  z.strictObject({ kind: z.literal('idempotency_unavailable'), applied, ...scope }),
  z.strictObject({
    kind: z.literal('timeout'),
    applied,
    ms: milliseconds.default(60_000),
    ...scope,
  }),
  z.strictObject({ kind: z.literal('reset_body'), ...scope }),
  z.strictObject({
    kind: z.literal('html'),
    status: z.literal([200, 403, 502, 503]).default(502),
    applied,
    ...scope,
  }),
  z.strictObject({ kind: z.literal('truncated_json'), ...scope }),
  z.strictObject({ kind: z.literal('wrong_shape'), ...scope }),
  /** Replaces fields of the answer's data: another total, currency or customer than was asked. */
  z.strictObject({
    kind: z.literal('other_answer'),
    data: z.record(z.string(), z.unknown()),
    ...scope,
  }),
  z.strictObject({ kind: z.literal('lagging_list'), ms: z.int().min(1), ...scope }),
  z.strictObject({ kind: z.literal('repeating_cursor'), ...scope }),
])

export const faultsSchema = z.strictObject({ faults: z.array(faultSchema).max(FAULTS_MAX) })

export type Fault = z.infer<typeof faultSchema>

/** A fault that is on, how many strikes it has left, and the state of its random numbers. */
export type ArmedFault = {
  readonly fault: Fault
  readonly left: number | null
  readonly random: number
}

export function readFaults(store: Store): ArmedFault[] {
  const armed: ArmedFault[] = JSON.parse(readSetting(store.sql, 'faults') ?? '[]')
  return armed
}

export function armFaults(store: Store, faults: readonly Fault[]): void {
  const armed = faults.map((fault): ArmedFault => {
    return { fault, left: fault.times ?? null, random: fault.seed }
  })
  writeSetting(store.sql, 'faults', JSON.stringify(armed))
}

/** The calls that a listing fault can strike: on any other it would do nothing and be used up. */
const LISTS: Partial<Readonly<Record<Fault['kind'], RegExp>>> = {
  lagging_list: /^\/invoices$|^\/zendesk\/api\/v2\/search(\.json)?$/,
  repeating_cursor:
    /^\/(invoices|customers|webhooks)$|^\/zendesk\/api\/v2\/(ticket_fields|macros|webhooks|triggers|views)(\.json)?$|^\/stripe\/v1\/(webhook_endpoints|events)$/,
}

type Called = { readonly method: string; readonly path: string }

function concerns(fault: Fault, call: Called): boolean {
  const lists = LISTS[fault.kind]
  if (lists !== undefined && !(call.method === 'GET' && lists.test(call.path))) return false
  if (fault.method !== undefined && fault.method !== call.method) return false
  if (fault.path === undefined) return !isFakePath(call.path)
  return matchPath(fault.path, call.path) !== null
}

/** One step of the mulberry32 generator: the next state and a number in [0, 1). */
function nextRandom(state: number): { readonly state: number; readonly value: number } {
  const next = (state + 0x6d2b79f5) | 0
  const mixed = Math.imul(next ^ (next >>> 15), next | 1)
  const value = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61))
  return { state: next, value: ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296 }
}

/** These go together with any other fault; of the rest, a call meets one. */
const ACCOMPANYING: ReadonlySet<Fault['kind']> = new Set([
  'latency',
  'lagging_list',
  'repeating_cursor',
])

/**
 * The faults that strike this call, in the order they were set. The first that is not an accompanying
 * one ends the search, and those after it keep their counts: so a list is a script, call by call.
 */
export function drawFaults(store: Store, call: Called): Fault[] {
  const armed = readFaults(store)
  if (armed.length === 0) return []
  const struck: Fault[] = []
  const after = armed.map((one): ArmedFault => {
    const accompanies = ACCOMPANYING.has(one.fault.kind)
    const decided = struck.some(({ kind }) => !ACCOMPANYING.has(kind))
    if (one.left === 0 || !concerns(one.fault, call) || (decided && !accompanies)) return one
    const { state, value } = nextRandom(one.random)
    const strikes = value < one.fault.probability
    if (strikes) struck.push(one.fault)
    const left = one.left === null || !strikes ? one.left : one.left - 1
    return { ...one, random: state, left }
  })
  writeSetting(store.sql, 'faults', JSON.stringify(after))
  return struck
}
