// Chance that repeats itself: everything that a run draws comes from its seed.

export type Random = {
  /** 0 ≤ x < 1. */
  readonly next: () => number
  /** A whole number from 0 to `below` - 1. */
  readonly below: (below: number) => number
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <Item>(items: readonly [Item, ...Item[]]) => Item
  /** As many bytes. */
  readonly bytes: (count: number) => Uint8Array<ArrayBuffer>
}

/**
 * `stream`: what the numbers are for. Each purpose has a stream of its own, so that one more draw for one
 * of them leaves the others as they were.
 */
export function createRandom(seed: number, stream: string): Random {
  let state = mixed(hashOf(`${seed}:${stream}`))
  // mulberry32, as in the sandbox's faults.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    return mixed(state) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  }
}

function mixed(state: number): number {
  const first = Math.imul(state ^ (state >>> 15), state | 1)
  const second = first ^ (first + Math.imul(first ^ (first >>> 7), first | 61))
  return (second ^ (second >>> 14)) >>> 0
}

/** FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return hash >>> 0
}
