// Sealing: what is new in the audit log is hashed into its tree, and the tree is signed, in bounded steps. What was
// sealed last is compared first; a log that isn't as it was sealed is not sealed any further, and alarms.

import {
  findNewestCheckpoint,
  findSealing,
  lastSeq,
  readEntries,
  type SealingRow,
  type StoredCheckpoint,
} from '../db/read-seal.ts'
import {
  commitCompared,
  commitFault,
  commitSeal,
  releaseSealing,
  takeSealing,
} from '../db/write-seal.ts'
import type { Deps } from '../deps.ts'
import {
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
import { appendAll, extendTiles, readFrom, TILE_HASHES, tileName } from '../domain/tiles.ts'
import { announceKeys } from './announce-keys.ts'
import { compareTiles, faultIn, readTreeParts, tileOf } from './check-log.ts'
import { reportFault } from './report-fault.ts'
import { witness } from './witness.ts'

export type SealTrouble =
  | { readonly reason: 'not_configured' }
  /** Somebody else seals. */
  | { readonly reason: 'busy' }
  | { readonly reason: 'broken'; readonly fault: LogFault }

/** How many entries are sealed now, and how many of them this call has sealed. */
export type Sealed = { readonly size: number; readonly added: number }

export async function sealLog(deps: Deps): Promise<Result<Sealed, SealTrouble>> {
  const { db, now, settings } = deps
  const [key] = settings.auditKeys
  if (!key) return err({ reason: 'not_configured' })
  const startedAt = now()
  const idle = await sizeWhereIdle(deps, startedAt)
  if (idle !== null) return ok({ size: idle, added: 0 })
  const leaseUntil = startedAt + SEAL_LEASE_SECONDS * 1_000
  const row = await takeSealing(db, { now: startedAt, day: dayOf(startedAt), leaseUntil })
  if (row === null) return err({ reason: 'busy' })
  try {
    if (!(await announceKeys(deps))) return err({ reason: 'not_configured' })
    const before = await findNewestCheckpoint(db)
    const fault =
      (await faultOfBefore(deps, row, before)) ?? (await compareOlder(deps, row, before))
    if (fault) return await stop(deps, fault)
    if (row.fault !== null) await commitFault(db, null, now())
    const sealed = await sealNew(deps, key, startedAt + SEAL_DEADLINE_MS)
    if (!sealed.ok) return await stop(deps, sealed.error)
    await witness(deps, row)
    return sealed
  } finally {
    await releaseSealing(db, row)
  }
}

const dayOf = (at: number): number => Math.floor(at / MS_PER_DAY)

/** Most minutes have nothing to seal, and nothing is written in them. Null where there is something to do. */
async function sizeWhereIdle({ db }: Deps, at: number): Promise<number | null> {
  const row = await findSealing(db)
  const size = (await findNewestCheckpoint(db))?.size ?? 0
  if (row === null || row.fault !== null || (await lastSeq(db)) !== size) return null
  const isTime = at - row.comparedAt >= LOG_COMPARE_SECONDS * 1_000
  return isTime || dayOf(at) > row.witnessedDay ? null : size
}

async function stop(deps: Deps, fault: LogFault): Promise<Result<never, SealTrouble>> {
  await reportFault(deps, fault)
  return err({ reason: 'broken', fault })
}

/** Whether what was wrong still is: a log that is mended is sealed again. */
async function faultOfBefore(
  deps: Deps,
  { faultSeq }: SealingRow,
  checkpoint: StoredCheckpoint | null,
): Promise<LogFault | null> {
  if (faultSeq === null || checkpoint === null) return null
  const { fault } = await compareTiles(
    deps,
    checkpoint,
    tileOf(Math.min(faultSeq, checkpoint.size)),
    1,
  )
  return fault
}

/** Each time some of the older entries, all of them in turn. */
async function compareOlder(
  deps: Deps,
  { nextTile }: SealingRow,
  checkpoint: StoredCheckpoint | null,
): Promise<LogFault | null> {
  if (checkpoint === null) return null
  const last = tileOf(checkpoint.size)
  const from = nextTile > last ? 0 : nextTile
  const { fault, to } = await compareTiles(deps, checkpoint, from, LOG_COMPARE_TILES)
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
  const before = await findNewestCheckpoint(db)
  const size = before?.size ?? 0
  const newest = await lastSeq(db)
  if (newest === size) return ok({ size, added: 0 })
  if (newest < size) return err({ reason: 'entry_missing', seq: newest + 1 })
  const last = Math.max(0, tileOf(size))
  const start = last * TILE_HASHES
  const tiles = await readTreeParts(deps, before ?? { size, root: '' }, last, last)
  const rows = await readEntries(db, start, size - start + SEAL_ENTRIES_PER_STEP)
  const sealedRows = rows.filter(({ seq }) => seq <= size)
  const newRows = rows.slice(sealedRows.length)
  const fault = before
    ? faultIn(tiles, size, { from: last, to: last, rows: sealedRows })
    : faultOfNothing(tiles.has(tileName({ level: 0, idx: 0 })))
  if (fault) return err(fault)
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
  const stored = { size: checkpoint.size, root: root.toBase64(), at: now(), note, keyId: key.id }
  const isOurs = await commitSeal(db, size, stored, grown)
  return ok({ size: checkpoint.size, added: isOurs ? leaves.length : 0 })
}

/** Hashes of a log that has no checkpoint: all of them were removed. */
const faultOfNothing = (isThere: boolean): LogFault | null =>
  isThere ? { reason: 'checkpoint_changed', seq: 1 } : null
