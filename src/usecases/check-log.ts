// Comparing the log with what was sealed of it, a bounded part at a time. Nothing is written here.

import { readSealed, type LogPart, type LogState, type StoredCheckpoint } from '../db/read-seal.ts'
import type { Deps } from '../deps.ts'
import { checkEdge, checkEntries, checkTiles, withRoot } from '../domain/check-tiles.ts'
import { LOG_CHECK_TILES } from '../domain/limits.ts'
import type { LogFault } from '../domain/log-fault.ts'
import type { EntryRow } from '../domain/sealed-entry.ts'
import { decoded, openCheckpoint, publicKeyOf } from '../domain/signed-note.ts'
import { TILE_HASHES, tileName, type Tiles } from '../domain/tiles.ts'

import { reportFault } from './report-fault.ts'

type CheckDeps = Pick<Deps, 'db' | 'settings'>

/** Of the tile that an entry is in. */
export const tileOf = (seq: number): number => Math.floor((seq - 1) / TILE_HASHES)

/**
 * Whether the newest checkpoint says what its row says, and is signed for this log by a key that the environment
 * names. The keys that the database has prove nothing: whoever owns it writes his own beside them.
 */
export async function checkNote(
  { settings }: Pick<Deps, 'settings'>,
  { size, root, note }: StoredCheckpoint,
): Promise<LogFault | null> {
  const own = await Promise.all(settings.auditKeys.map(publicKeyOf))
  const keys = [...own, ...settings.formerAuditKeys]
  const opened = await openCheckpoint(note, keys)
  const isRead = typeof opened === 'object'
  // Former keys may have had other names; the log's is that of the keys that sign.
  const named = own.length > 0 ? own : keys
  const isForeign = isRead && !named.some(({ name }) => name === opened.origin)
  const seq = Math.max(size, 1)
  if (isForeign || opened === 'signed_by_others') return { reason: 'signed_by_others', seq }
  const isSo = isRead && opened.size === size && opened.root.toBase64() === root
  return isSo ? null : { reason: 'checkpoint_changed', seq }
}

/** Whether checkpoints were removed, down to the first, together with the row that says how many there were. */
export const isForgotten = ({ checkpoint, keys, sealing }: LogState): boolean =>
  checkpoint === null && keys > 0 && (sealing === null || sealing.fault === 'checkpoint_changed')

/** What shows before any hash is compared. */
export async function faultOfState(
  deps: Pick<Deps, 'settings'>,
  state: LogState,
): Promise<LogFault | null> {
  const { checkpoint, first, sealing } = state
  if (first < 1) return { reason: 'entry_added', seq: first }
  const size = checkpoint?.size ?? 0
  const isCut = size < Math.max(sealing?.sealedSize ?? 0, sealing?.witnessedSize ?? 0)
  if (isCut || isForgotten(state)) return { reason: 'checkpoint_changed', seq: size + 1 }
  return checkpoint && checkNote(deps, checkpoint)
}

export const treeOf = ({ tiles, checkpoint }: LogPart): Tiles =>
  withRoot(tiles, decoded(checkpoint?.root ?? '') ?? new Uint8Array(0))

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

/** Hashes of a log that has no checkpoint: all of them were removed. */
export const faultOfNothing = (tiles: Tiles): LogFault | null =>
  tiles.has(tileName({ level: 0, idx: 0 })) ? { reason: 'checkpoint_changed', seq: 1 } : null

/** Reads and compares at most `count` tiles from `from` on. `to`: the last of them. */
export async function compareTiles(deps: CheckDeps, from: number, count: number) {
  const part = await readSealed(deps.db, from, count)
  const { checkpoint, rows } = part
  const to = checkpoint === null ? -1 : Math.min(from + count - 1, tileOf(checkpoint.size))
  const tiles = treeOf(part)
  const fault =
    (await faultOfState(deps, part)) ??
    (checkpoint ? faultIn(tiles, checkpoint.size, { from, to, rows }) : faultOfNothing(tiles))
  return { part, fault, to }
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
  /** When the last sealed entry was written, where this call has compared it: the tree has that, not a checkpoint's time. */
  readonly through: number | null
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
  const start = Math.floor(after / TILE_HASHES)
  const { part, fault, to: end } = await compareTiles(deps, start, LOG_CHECK_TILES)
  const { checkpoint, last, rows } = part
  const size = checkpoint?.size ?? 0
  const from = start * TILE_HASHES + 1
  const to = Math.max(from - 1, Math.min((end + 1) * TILE_HASHES, size))
  const newest = rows.at(-1)
  const through = newest?.seq === size ? newest.at : null
  return { checkpoint, from, to, fault, next: !fault && to < size ? to : null, through, last }
}
