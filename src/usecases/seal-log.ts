// Sealing: what is new in the audit log is hashed into its tree, and the tree is signed, in bounded steps. What was
// sealed last is compared first; a log that isn't as it was sealed is not sealed any further, and alarms.

import { readLogState, readUnsealed, type LogState, type SealingRow } from '../db/read-seal.ts'
import {
  commitCompared,
  commitFault,
  commitSeal,
  releaseSealing,
  takeSealing,
} from '../db/write-seal.ts'
import type { Deps } from '../deps.ts'
import {
  LOG_CHECK_TILES,
  LOG_COMPARE_SECONDS,
  LOG_COMPARE_TILES,
  MS_PER_DAY,
  SEAL_DEADLINE_MS,
  SEAL_ENTRIES_PER_STEP,
  SEAL_LEASE_SECONDS,
  SEAL_STEPS_MAX,
} from '../domain/limits.ts'
import type { LogFault } from '../domain/log-fault.ts'
import { EMPTY_FRONTIER, frontierAt, rootOf } from '../domain/merkle.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { entryHash } from '../domain/sealed-entry.ts'
import { readCheckpoint, signCheckpoint, type NamedKey } from '../domain/signed-note.ts'
import { appendAll, extendTiles, readFrom, tileName } from '../domain/tiles.ts'
import { announceKeys } from './announce-keys.ts'
import {
  compareTiles,
  faultIn,
  faultOfNothing,
  faultOfState,
  isForgotten,
  tileOf,
  treeOf,
} from './check-log.ts'
import { reportFault } from './report-fault.ts'
import { isWitnessDue, witness } from './witness.ts'

export type SealTrouble =
  | { readonly reason: 'not_configured' }
  /** Somebody else seals. */
  | { readonly reason: 'busy' }
  | { readonly reason: 'broken'; readonly fault: LogFault }

/** How many entries are sealed now, at least, and how many of them this call has sealed. */
export type Sealed = { readonly size: number; readonly added: number }

/** `minute`: most have nothing new, and then no entry is compared. `asked`: somebody wants to know. */
type SealOccasion = 'minute' | 'asked'

export async function sealLog(
  deps: Deps,
  occasion: SealOccasion = 'minute',
): Promise<Result<Sealed, SealTrouble>> {
  const { db, now, settings } = deps
  const [key] = settings.auditKeys
  if (!key) return err({ reason: 'not_configured' })
  const startedAt = now()
  const state = await readLogState(db)
  const idle = occasion === 'minute' ? sizeWhereIdle(state, startedAt) : null
  const isIdle = idle !== null && (await faultOfState(deps, state)) === null
  if (isIdle) return ok({ size: idle, added: 0 })
  const leaseUntil = startedAt + SEAL_LEASE_SECONDS * 1_000
  const row = await takeSealing(db, { now: startedAt, day: dayOf(startedAt), leaseUntil })
  if (row === null) return err({ reason: 'busy' })
  try {
    const announced = await announceKeys(deps, row)
    if (announced !== 'announced') return err({ reason: announced })
    if (isForgotten(state)) return await stop(deps, { reason: 'checkpoint_changed', seq: 1 })
    const size = state.checkpoint?.size ?? 0
    const tiles = occasion === 'asked' ? LOG_CHECK_TILES : LOG_COMPARE_TILES
    const fault =
      (await faultOfBefore(deps, row, size)) ?? (await compareOlder(deps, row, size, tiles))
    if (fault) return await stop(deps, fault)
    const sealed = await sealNew(deps, key, startedAt + SEAL_DEADLINE_MS)
    if (!sealed.ok) return await stop(deps, sealed.error)
    // Not before: a gap in what is new stays what it is, with its time.
    if (row.fault !== null) await commitFault(db, null, now())
    await witness(deps, row)
    return sealed
  } finally {
    await releaseSealing(db, row)
  }
}

const dayOf = (at: number): number => Math.floor(at / MS_PER_DAY)

/** Most minutes have nothing to seal, and nothing is written in them. Null where there is something to do. */
function sizeWhereIdle({ sealing: row, checkpoint, last }: LogState, at: number): number | null {
  const size = checkpoint?.size ?? 0
  if (row === null || row.fault !== null || last !== size) return null
  const isTime = at - row.comparedAt >= LOG_COMPARE_SECONDS * 1_000
  return isTime || isWitnessDue(row, dayOf(at)) ? null : size
}

async function stop(deps: Deps, fault: LogFault): Promise<Result<never, SealTrouble>> {
  await reportFault(deps, fault)
  return err({ reason: 'broken', fault })
}

/** Whether what was wrong still is: a log that is mended is sealed again. */
async function faultOfBefore(
  deps: Deps,
  { faultSeq }: SealingRow,
  size: number,
): Promise<LogFault | null> {
  if (faultSeq === null) return null
  return (await compareTiles(deps, tileOf(Math.max(1, Math.min(faultSeq, size))), 1)).fault
}

/** Each time `count` tiles of the older entries, all of them in turn; of a log that has no more, all of it. */
async function compareOlder(
  deps: Deps,
  { nextTile }: SealingRow,
  size: number,
  count: number,
): Promise<LogFault | null> {
  const last = tileOf(size)
  const from = last < count || nextTile > last ? 0 : nextTile
  const { fault, to } = await compareTiles(deps, from, count)
  if (fault === null) await commitCompared(deps.db, to >= last ? 0 : to + 1, deps.now())
  return fault
}

async function sealNew(
  deps: Deps,
  key: NamedKey,
  deadline: number,
): Promise<Result<Sealed, LogFault>> {
  let [size, added] = [0, 0]
  for (let steps = 0; steps < SEAL_STEPS_MAX; steps++) {
    const step = await sealStep(deps, key)
    if (!step.ok) return step
    size = step.value.size
    added += step.value.added
    if (step.value.added < SEAL_ENTRIES_PER_STEP || deps.now() >= deadline) break
  }
  return ok({ size, added })
}

async function sealStep(deps: Deps, key: NamedKey): Promise<Result<Sealed, LogFault>> {
  const { db, now, settings } = deps
  const part = await readUnsealed(db, SEAL_ENTRIES_PER_STEP)
  const { checkpoint: before, last: newest, rows } = part
  const size = before?.size ?? 0
  if (newest < size) return err({ reason: 'entry_missing', seq: newest + 1 })
  const from = Math.max(0, tileOf(size))
  const tiles = treeOf(part)
  const sealedRows = rows.filter(({ seq }) => seq <= size)
  const newRows = rows.slice(sealedRows.length)
  const fault =
    (await faultOfState(deps, part)) ??
    (before ? faultIn(tiles, size, { from, to: from, rows: sealedRows }) : faultOfNothing(tiles))
  if (fault) return err(fault)
  if (newest === size) return ok({ size, added: 0 })
  const gap = newRows.findIndex(({ seq }, at) => seq !== size + 1 + at)
  if (gap >= 0) return err({ reason: 'entry_missing', seq: size + 1 + gap })
  // None of the next ones is there, and later ones are.
  if (newRows.length === 0) return err({ reason: 'entry_missing', seq: size + 1 })

  const leaves = newRows.map(entryHash)
  const nothing = new Uint8Array(0)
  const frontier = before
    ? frontierAt(
        size,
        readFrom(tiles, () => nothing),
      )
    : EMPTY_FRONTIER
  const root = rootOf(appendAll(frontier, leaves))
  const origin = (before && readCheckpoint(before.note)?.checkpoint.origin) ?? key.name
  const checkpoint = { origin, size: size + leaves.length, root }
  const note = await signCheckpoint(checkpoint, settings.auditKeys)
  const grown = extendTiles(tiles, size, leaves).map((tile) => ({
    tile,
    had: tiles.get(tileName(tile))?.hashes.length ?? 0,
  }))
  const stored = { size: checkpoint.size, root: root.toBase64(), at: now(), note }
  const isOurs = await commitSeal(db, size, stored, grown)
  return ok(isOurs ? { size: checkpoint.size, added: leaves.length } : { size, added: 0 })
}
