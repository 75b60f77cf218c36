// The tree's hashes as they are kept: in tiles of 256 (C2SP tlog-tiles), so that a proof costs a few reads. A tile
// of level L holds the roots of trees over 256^L leaves; only complete ones.

import { append, EMPTY_FRONTIER, fold, HASH_BYTES, type Frontier, type ReadNode } from './merkle.ts'

export const TILE_HASHES = 256
const TILE_HEIGHT = 8

export type TileKey = { readonly level: number; readonly idx: number }
export type Tile = TileKey & { readonly hashes: readonly Uint8Array[] }
/** By `tileName`. */
export type Tiles = ReadonlyMap<string, Tile>

export const tileName = ({ level, idx }: TileKey): string => `${level}/${idx}`

export const tilesByName = (tiles: readonly Tile[]): Tiles =>
  new Map(tiles.map((tile) => [tileName(tile), tile]))

/** In which tile the tree of this level begins, and where. */
function placeOf(level: number, index: number) {
  const height = level % TILE_HEIGHT
  const first = index * 2 ** height
  const key = { level: Math.floor(level / TILE_HEIGHT), idx: Math.floor(first / TILE_HASHES) }
  return { key, at: first % TILE_HASHES, width: 2 ** height }
}

/** Reads trees from tiles; a hash that isn't there is `missing`. */
export const readFrom =
  (tiles: Tiles, missing: (key: TileKey) => Uint8Array): ReadNode =>
  (level, index) => {
    const { key, at, width } = placeOf(level, index)
    const hashes = tiles.get(tileName(key))?.hashes.slice(at, at + width) ?? []
    return hashes.length === width ? fold(hashes) : missing(key)
  }

/** The tiles that a proof, or a frontier, is made of. */
export function tilesFor(make: (read: ReadNode) => unknown): TileKey[] {
  const keys = new Map<string, TileKey>()
  const nothing = new Uint8Array(HASH_BYTES)
  make((level, index) => {
    const { key } = placeOf(level, index)
    keys.set(tileName(key), key)
    return nothing
  })
  return [...keys.values()]
}

/** The last tile of each level of a log: what grows. A level that has nothing yet has none. */
export function edgeTiles(size: number): TileKey[] {
  const keys: TileKey[] = []
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / TILE_HASHES)) {
    keys.push({ level, idx: Math.floor((rest - 1) / TILE_HASHES) })
  }
  return keys
}

/**
 * Appends leaves: what the tiles of the edge become, and those that are new. `edge`: the tiles of `edgeTiles`
 * as they are, by name; of any other nothing is read.
 */
export function extendTiles(edge: Tiles, size: number, leaves: readonly Uint8Array[]): Tile[] {
  const grown = new Map<string, TileKey & { readonly hashes: Uint8Array[] }>()
  let [level, start] = [0, size]
  let added = leaves
  while (added.length > 0) {
    const above: Uint8Array[] = []
    for (const [at, hash] of added.entries()) {
      const key = { level, idx: Math.floor((start + at) / TILE_HASHES) }
      const name = tileName(key)
      const hashes = grown.get(name)?.hashes ?? edge.get(name)?.hashes.slice() ?? []
      hashes.push(hash)
      grown.set(name, { ...key, hashes })
      if (hashes.length === TILE_HASHES) above.push(fold(hashes))
    }
    start = Math.floor(start / TILE_HASHES)
    level += 1
    added = above
  }
  return [...grown.values()]
}

export const appendAll = (frontier: Frontier, leaves: readonly Uint8Array[]): Frontier =>
  leaves.reduce(append, frontier)

export const frontierOf = (leaves: readonly Uint8Array[]): Frontier =>
  appendAll(EMPTY_FRONTIER, leaves)

/** As they are stored: one after the other. */
export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * HASH_BYTES)
  for (const [at, hash] of hashes.entries()) joined.set(hash, at * HASH_BYTES)
  return joined
}

export const splitHashes = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, at) =>
    bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  )
