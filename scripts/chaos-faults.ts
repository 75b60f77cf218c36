// The faults of one round of a chaos run: some of all that there are, each now and then.

import { EVERY_FAULT, POSTING, type FaultSetting } from '../sandbox/every-fault.ts'
import type { Random } from './fuzz-requests.ts'

/** These go together with any other, and are always on. */
const accompanying = (random: Random): FaultSetting[] => [
  { kind: 'latency', ms: 20 + random.below(80), probability: 0.5 },
  { kind: 'latency', ms: 150 + random.below(250), probability: 0.6, ...POSTING },
  { kind: 'lagging_list', ms: 60_000, probability: 0.5 },
  { kind: 'repeating_cursor', probability: 0.05 },
]

/** Two rounds have all of them; the sandbox takes twenty at a time. */
const OTHERS_PER_ROUND = 14
/** Mostly where an answer that is missed would cost money, and seldom enough that the circuit closes again. */
const PLACES: readonly FaultSetting[] = [
  ...Array.from({ length: 4 }, () => ({ kind: 'posting', ...POSTING, probability: 0.04 })),
  { kind: 'settling', method: 'PUT', probability: 0.06 },
  { kind: 'reading', method: 'GET', probability: 0.01 },
]

/** The faults of each round, in an order that the seed draws. */
export function drawMixes(random: Random): (round: number) => FaultSetting[] {
  const left = [...EVERY_FAULT]
  const order = EVERY_FAULT.flatMap(() => left.splice(random.below(left.length), 1))
  return (round) => {
    const from = (round * OTHERS_PER_ROUND) % order.length
    const others = [...order, ...order].slice(from, from + OTHERS_PER_ROUND)
    const placed = others.map((fault) => ({ ...random.pick(PLACES), ...fault }))
    return [...accompanying(random), ...placed].map((fault) => {
      return { ...fault, seed: random.below(1_000_000) }
    })
  }
}
