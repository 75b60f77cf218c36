// Every fault that the sandbox can have, and the mix of one round: some of them, each now and then.

import type { Random } from './fuzz-requests.ts'

export type FaultSetting = { readonly kind: string; readonly [setting: string]: unknown }

const ANY = [true, false]

/** Before the write, and after it. */
const either = (fault: FaultSetting): FaultSetting[] =>
  ANY.map((applied) => ({ ...fault, applied }))

const POSTING = { path: '/invoices', method: 'POST' }

/** By kind and settings. The answer of a wrong currency or sum stops its rule until a person looks. */
export const ALL_FAULTS: readonly FaultSetting[] = [
  { kind: 'rate_limited', retryAfterSeconds: 1 },
  { kind: 'rate_limited', retryAfterSeconds: null },
  ...[408, 500, 502, 503, 504].flatMap((status) => either({ kind: 'server_error', status })),
  ...either({ kind: 'idempotency_unavailable' }),
  ...either({ kind: 'timeout', ms: 400 }),
  { kind: 'reset_body' },
  ...[200, 403, 502, 503].flatMap((status) => either({ kind: 'html', status })),
  { kind: 'truncated_json' },
  { kind: 'wrong_shape' },
  { kind: 'other_answer', data: { currency: 'eur' }, ...POSTING },
  { kind: 'other_answer', data: { total: -1 }, ...POSTING },
]

/** These go together with any other, and are always on. */
const accompanying = (random: Random): FaultSetting[] => [
  { kind: 'latency', ms: 20 + random.below(80), probability: 0.5 },
  { kind: 'latency', ms: 150 + random.below(250), probability: 0.6, ...POSTING },
  { kind: 'lagging_list', ms: 60_000, probability: 0.5 },
  { kind: 'repeating_cursor', probability: 0.05 },
]

/** Two rounds have all of them; the sandbox takes twenty at a time. */
const OTHERS_PER_ROUND = 14
const PROBABILITY = 0.02

/** The faults of each round, in an order that the seed draws. */
export function drawMixes(random: Random): (round: number) => FaultSetting[] {
  const left = [...ALL_FAULTS]
  const order = ALL_FAULTS.flatMap(() => left.splice(random.below(left.length), 1))
  return (round) => {
    const from = (round * OTHERS_PER_ROUND) % order.length
    const others = [...order, ...order].slice(from, from + OTHERS_PER_ROUND)
    const scattered = others.map((fault) => ({ probability: PROBABILITY, ...fault }))
    return [...accompanying(random), ...scattered].map((fault) => {
      return { ...fault, seed: random.below(1_000_000) }
    })
  }
}
