// Whether entries are as they were sealed: each against its hash, each tile against the one above it, and the
// right edge against the signed root. Together these are the whole tree; each of them names its place.

import { LOG_LEVELS_MAX } from './limits.ts'
import type { LogFault } from './log-fault.ts'
import { fold, frontierAt, isSameHash, rootOf } from './merkle.ts'
import { entryHash, type EntryRow } from './sealed-entry.ts'
import { readFrom, TILE_HASHES, tileName, type Tile, type TileKey, type Tiles } from './tiles.ts'

/** The tile of a level below in which entry `seq` is, and those above it up to the top. */
export function tilesAbove(size: number, idx: number): TileKey[] {
  const keys: TileKey[] = []
  for (
    let level = 0, at = idx;
    level < LOG_LEVELS_MAX;
    level++, at = Math.floor(at / TILE_HASHES)
  ) {
    if (lengthOf(size, { level, idx: at }) === 0) break
    keys.push({ level, idx: at })
  }
  return keys
}

/** How many hashes a tile of a log of this size has. */
function lengthOf(size: number, { level, idx }: TileKey): number {
  const all = Math.floor(size / TILE_HASHES ** level)
  return Math.max(0, Math.min(TILE_HASHES, all - idx * TILE_HASHES))
}

const firstSeq = ({ level, idx }: TileKey): number => idx * TILE_HASHES ** (level + 1) + 1

const treeChanged = (key: TileKey): LogFault => ({ reason: 'tree_changed', seq: firstSeq(key) })

/** The entries of one tile: `rows` are all of it that there are up to `size`, in order. */
export function checkEntries(
  tiles: Tiles,
  size: number,
  idx: number,
  rows: readonly EntryRow[],
): LogFault | null {
  const key = { level: 0, idx }
  const first = firstSeq(key)
  const stored = tiles.get(tileName(key))?.hashes ?? []
  const length = lengthOf(size, key)
  const hashes: Uint8Array[] = []
  for (const row of rows) if (row.seq === first + hashes.length) hashes.push(entryHash(row))
  const isWhole = hashes.length === length
  const at = hashes.findIndex((hash, index) => !isSame(stored[index], hash))
  if (at >= 0) {
    const isTree = isWhole && (stored.length !== length || leadsUp(tiles, size, { ...key, hashes }))
    return { reason: isTree ? 'tree_changed' : 'entry_changed', seq: first + at }
  }
  if (!isWhole) return { reason: 'entry_missing', seq: first + hashes.length }
  // Hashes of entries that no checkpoint is of: one was removed.
  return stored.length > length ? { reason: 'checkpoint_changed', seq: first + length } : null
}

/** Whether a tile with these hashes would fit what is above it: then the entries are as they were sealed. */
function leadsUp(tiles: Tiles, size: number, tile: Tile): boolean {
  const above = hashAbove(tiles, tile)
  if (above !== null) return isSameHash(above, fold(tile.hashes))
  const root = tiles.get(SIGNED_ROOT)?.hashes[0]
  const made = edgeRoot(new Map([...tiles, [tileName(tile), tile]]), size)
  return isSame(root, made)
}

/** By this name the signed root stands among the tiles. */
const SIGNED_ROOT = 'root'

export const withRoot = (tiles: readonly Tile[], root: Uint8Array): Tiles =>
  new Map([
    ...tiles.map((tile) => [tileName(tile), tile] as const),
    [SIGNED_ROOT, { level: -1, idx: 0, hashes: [root] }],
  ])

/** The hash of a whole tile as the next level has it; null where it is not whole, or there is no such level. */
function hashAbove(tiles: Tiles, { level, idx, hashes }: Tile): Uint8Array | null {
  if (hashes.length < TILE_HASHES) return null
  const key = { level: level + 1, idx: Math.floor(idx / TILE_HASHES) }
  return tiles.get(tileName(key))?.hashes[idx % TILE_HASHES] ?? null
}

/** A tile and those above it, of which each whole one is a hash of the next. */
export function checkTiles(tiles: Tiles, size: number, idx: number): LogFault | null {
  for (const key of tilesAbove(size, idx)) {
    const tile = tiles.get(tileName(key))
    const length = lengthOf(size, key)
    if (!tile || tile.hashes.length < length) return treeChanged(key)
    if (tile.hashes.length > length) {
      const reason = 'checkpoint_changed'
      return { reason, seq: firstSeq(key) + length * TILE_HASHES ** key.level }
    }
    if (length < TILE_HASHES) continue
    const above = hashAbove(tiles, tile)
    if (!above || !isSameHash(above, fold(tile.hashes))) return treeChanged(key)
  }
  return null
}

/** The last tiles of all levels against the signed root. */
export function checkEdge(tiles: Tiles, size: number): LogFault | null {
  const made = edgeRoot(tiles, size)
  return isSame(tiles.get(SIGNED_ROOT)?.hashes[0], made) ? null : { reason: 'tree_changed', seq: 1 }
}

/** Null where a tile has too few hashes. */
function edgeRoot(tiles: Tiles, size: number): Uint8Array | null {
  let isWhole = true
  const nothing = new Uint8Array(0)
  const read = readFrom(tiles, () => {
    isWhole = false
    return nothing
  })
  const root = rootOf(frontierAt(size, (level, index) => read(level, index)))
  return isWhole ? root : null
}

const isSame = (one: Uint8Array | undefined | null, other: Uint8Array | null): boolean =>
  one !== undefined && one !== null && other !== null && isSameHash(one, other)
