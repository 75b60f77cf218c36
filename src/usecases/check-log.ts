// Comparing the log with what was sealed of it, a bounded part at a time. Nothing is written here.

import {
  findNewestCheckpoint,
  lastSeq,
  readEntries,
  readKeys,
  readTiles,
  type StoredCheckpoint,
} from '../db/read-seal.ts'
import type { Deps } from '../deps.ts'
import { checkEdge, checkEntries, checkTiles, tilesAbove, withRoot } from '../domain/check-tiles.ts'
import { LOG_CHECK_TILES } from '../domain/limits.ts'
import type { LogFault } from '../domain/log-fault.ts'
import type { EntryRow } from '../domain/sealed-entry.ts'
import { decoded, openCheckpoint, readPublicKey } from '../domain/signed-note.ts'
import { edgeTiles, TILE_HASHES, tileName, type TileKey, type Tiles } from '../domain/tiles.ts'

import { reportFault } from './report-fault.ts'

type CheckDeps = Pick<Deps, 'db'>

/** Of the tile that an entry is in. */
export const tileOf = (seq: number): number => Math.floor((seq - 1) / TILE_HASHES)

/** Whether the newest checkpoint says what its row says, and is signed by a key that ever signed. */
export async function checkNote(
  { db }: CheckDeps,
  { size, root, note }: StoredCheckpoint,
): Promise<LogFault | null> {
  const keys = (await readKeys(db)).flatMap((key) => readPublicKey(key.public) ?? [])
  const opened = await openCheckpoint(note, keys)
  const isSo = typeof opened === 'object' && opened.size === size && opened.root.toBase64() === root
  return isSo ? null : { reason: 'checkpoint_changed', seq: Math.max(size, 1) }
}

/** The tiles from `from` to `to`, inclusive, all that is above them, and the right edge. */
export async function readTreeParts(
  { db }: CheckDeps,
  { size, root }: Pick<StoredCheckpoint, 'size' | 'root'>,
  from: number,
  to: number,
): Promise<Tiles> {
  const keys = new Map<string, TileKey>()
  // The tile behind the last one is there only where a checkpoint is missing.
  const all = [...edgeTiles(size), { level: 0, idx: tileOf(size) + 1 }]
  for (let idx = from; idx <= to; idx++) all.push(...tilesAbove(size, idx))
  for (const key of all) keys.set(tileName(key), key)
  const tiles = await readTiles(db, [...keys.values()])
  return withRoot(tiles, decoded(root) ?? new Uint8Array(0))
}

/** The first fault of the tiles from `from` to `to`, inclusive, with the entries of these. */
export function faultIn(
  tiles: Tiles,
  size: number,
  {
    from,
    to,
    rows,
  }: { readonly from: number; readonly to: number; readonly rows: readonly EntryRow[] },
): LogFault | null {
  let start = 0
  for (let idx = from; idx <= to; idx++) {
    const end = idx * TILE_HASHES + TILE_HASHES
    let next = start
    while (rows[next] !== undefined && (rows[next]?.seq ?? end) <= end) next++
    const fault = checkEntries(tiles, size, idx, rows.slice(start, next))
    if (fault) return fault
    start = next
  }
  for (let idx = from; idx <= to; idx++) {
    const fault = checkTiles(tiles, size, idx)
    if (fault) return fault
  }
  const behind = tiles.get(tileName({ level: 0, idx: tileOf(size) + 1 }))
  if (behind) return { reason: 'checkpoint_changed', seq: size + 1 }
  return checkEdge(tiles, size)
}

/** Reads and compares at most `count` tiles from `from` on. */
export async function compareTiles(
  deps: CheckDeps,
  checkpoint: StoredCheckpoint,
  from: number,
  count: number,
): Promise<{ readonly fault: LogFault | null; readonly to: number }> {
  const { size } = checkpoint
  const to = Math.min(from + count - 1, tileOf(size))
  const tiles = await readTreeParts(deps, checkpoint, from, to)
  const after = from * TILE_HASHES
  const rows = await readEntries(deps.db, after, Math.min((to + 1) * TILE_HASHES, size) - after)
  const fault = (await checkNote(deps, checkpoint)) ?? faultIn(tiles, size, { from, to, rows })
  return { fault, to }
}

export type LogCheck = {
  /** Null where nothing is sealed yet. */
  readonly checkpoint: StoredCheckpoint | null
  /** The entries that this call has compared, from and to. */
  readonly from: number
  readonly to: number
  readonly fault: LogFault | null
  /** Entry behind which the next call goes on; null at the end. */
  readonly next: number | null
  /** Of the newest entry, sealed or not. */
  readonly last: number
}

/** One step of comparing all of the log, for a person. A fault stops the sealing, and alarms. */
export async function verifyLog(deps: Deps, after: number): Promise<LogCheck> {
  const checked = await checkLog(deps, after)
  if (checked.fault) await reportFault(deps, checked.fault)
  return checked
}

/** `after`: `next` of the step before, or 0. */
export async function checkLog(deps: CheckDeps, after: number): Promise<LogCheck> {
  const checkpoint = await findNewestCheckpoint(deps.db)
  const last = await lastSeq(deps.db)
  const size = checkpoint?.size ?? 0
  const from = Math.floor(after / TILE_HASHES)
  const first = from * TILE_HASHES + 1
  if (checkpoint === null || first > size) {
    return { checkpoint, from: first, to: first - 1, fault: null, next: null, last }
  }
  const { fault, to } = await compareTiles(deps, checkpoint, from, LOG_CHECK_TILES)
  const end = Math.min((to + 1) * TILE_HASHES, size)
  const next = fault === null && end < size ? end : null
  return { checkpoint, from: first, to: end, fault, next, last }
}
