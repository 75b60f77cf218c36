// The tree over all audit entries, hashed as RFC 9162 (section 2.1) says. A hash is 32 bytes. What is sealed
// is kept as tiles (tiles.ts); everything here is a function of leaf hashes.

import { sha256 } from '@noble/hashes/sha2.js'

export const HASH_BYTES = 32

/** A range of leaves whose width is a power of two, and whose start is a multiple of it. */
export type ReadNode = (level: number, index: number) => Uint8Array

/** The roots of the perfect trees that a log of this size falls into, the largest first. */
export type Frontier = { readonly size: number; readonly peaks: readonly Uint8Array[] }

export const EMPTY_FRONTIER: Frontier = { size: 0, peaks: [] }

const EMPTY_ROOT = sha256(new Uint8Array())

export function leafHash(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + data.length)
  bytes.set(data, 1)
  return sha256(bytes)
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_BYTES)
  return sha256(bytes)
}

/** The cost is that of the new leaf, whatever the size of the log. */
export function append({ size, peaks }: Frontier, leaf: Uint8Array): Frontier {
  const left = peaks.slice()
  let merged = leaf
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    merged = nodeHash(left.pop() ?? EMPTY_ROOT, merged)
  }
  left.push(merged)
  return { size: size + 1, peaks: left }
}

export function rootOf({ peaks }: Frontier): Uint8Array {
  const [last, ...others] = peaks.toReversed()
  return others.reduce((right, left) => nodeHash(left, right), last ?? EMPTY_ROOT)
}

/** The frontier of a log of which every perfect tree can be read. */
export function frontierAt(size: number, read: ReadNode): Frontier {
  const peaks: Uint8Array[] = []
  let start = 0
  for (const level of levelsOf(size)) {
    peaks.push(read(level, start / 2 ** level))
    start += 2 ** level
  }
  return { size, peaks }
}

/** Of the perfect trees of a log, the largest first: a size of 5 is levels 2 and 0. */
function levelsOf(size: number): number[] {
  const levels: number[] = []
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) levels.unshift(level)
  }
  return levels
}

/** Of a perfect tree over these hashes, whose number is a power of two. */
export function fold(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes
  while (row.length > 1) {
    row = row.flatMap((left, at) => {
      const right = row[at + 1]
      return at % 2 === 0 && right ? [nodeHash(left, right)] : []
    })
  }
  return row[0] ?? EMPTY_ROOT
}

/** The root of the leaves from `start` up to and not including `end`; RFC 9162's MTH. */
function rangeHash(read: ReadNode, start: number, end: number): Uint8Array {
  const width = end - start
  const half = largestPowerBelow(width)
  if (half * 2 === width) return read(32 - Math.clz32(half), start / width)
  return nodeHash(rangeHash(read, start, start + half), rangeHash(read, start + half, end))
}

/** The largest power of two that is smaller than `width`; 0.5 for 1. Exact below 2^32. */
const largestPowerBelow = (width: number): number =>
  width === 1 ? 0.5 : 2 ** (31 - Math.clz32(width - 1))

/** That leaf `index` is in the log of this size (2.1.3.1). The hashes go from the leaf up. */
export function inclusionProof(index: number, size: number, read: ReadNode): Uint8Array[] {
  const path: Uint8Array[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start)
    const isLeft = index < middle
    path.unshift(isLeft ? rangeHash(read, middle, end) : rangeHash(read, start, middle))
    if (isLeft) end = middle
    else start = middle
  }
  return path
}

/** The root that a leaf and its proof lead to (2.1.3.2); null where the proof has a wrong length. */
export function rootOfInclusion(
  leaf: Uint8Array,
  { index, size, proof }: { index: number; size: number; proof: readonly Uint8Array[] },
): Uint8Array | null {
  if (index >= size) return null
  let [at, last] = [index, size - 1]
  let root = leaf
  for (const hash of proof) {
    if (last === 0) return null
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else root = nodeHash(root, hash)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 ? root : null
}

/** Nothing of it is secret, so that it may end at the first difference. */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}
