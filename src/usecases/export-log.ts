// The log as a stream of texts, whatever its size: a part is read when the reader has taken the one before. What was
// sealed comes with the hashes that prove it; what was changed in the database is exported as it is, and shows.

import { readMatching, seqsBetween, type AuditFilter } from '../db/read-audit.ts'
import { findNewestCheckpoint, readKeys, readTiles } from '../db/read-seal.ts'
import { commitEntry } from '../db/commit.ts'
import type { Deps } from '../deps.ts'
import { csvHead, csvLine } from '../domain/export-csv.ts'
import {
  endLine,
  EXPORT_FORMAT,
  hashesLine,
  headLine,
  proofLine,
  unsealedLine,
  type ExportFilter,
  type ExportHead,
} from '../domain/export-format.ts'
import { EXPORT_TILES } from '../domain/limits.ts'
import { HASH_BYTES, inclusionProof } from '../domain/merkle.ts'
import type { Operator } from '../domain/operator.ts'
import { entryLine, type EntryRow } from '../domain/sealed-entry.ts'
import {
  readFrom,
  TILE_HASHES,
  tileName,
  tilesByName,
  tilesFor,
  type TileKey,
} from '../domain/tiles.ts'
import { filterOf, type LogQuery } from './list-log.ts'
import { sealLog } from './seal-log.ts'

export const EXPORT_KINDS = ['ndjson', 'csv'] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]

/** Writes down who exports what, seals what is new, and begins. */
export async function exportLog(
  deps: Deps,
  operator: Operator,
  kind: ExportKind,
  query: LogQuery,
): Promise<AsyncGenerator<string>> {
  const { db, now, log } = deps
  const asked = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  await commitEntry(db, {
    at: now(),
    actor: `operator:${operator.name}`,
    action: 'audit.exported',
    subject: 'audit:log',
    data: { format: kind, filters: asked.map(([name]) => name) },
  })
  const sealed = await sealLog(deps)
  if (!sealed.ok) log({ event: 'export_not_sealed', reason: sealed.error.reason })
  const checkpoint = await findNewestCheckpoint(db)
  const keys = (await readKeys(db)).map((key) => key.public)
  const filter: ExportFilter = asked.length === 0 ? null : Object.fromEntries(asked)
  const head: ExportHead = {
    format: EXPORT_FORMAT,
    at: new Date(now()).toISOString(),
    filter,
    checkpoint: checkpoint?.note ?? null,
    keys,
  }
  const size = checkpoint?.size ?? 0
  if (kind === 'csv') return csv(deps, head, size, await filterOf(deps, query))
  return filter === null
    ? whole(deps, head, size)
    : filtered(deps, head, size, await filterOf(deps, query))
}

const WINDOW = EXPORT_TILES * TILE_HASHES

/** Ranges of at most WINDOW entries, oldest first, in step with the tiles. */
async function* windows(deps: Deps, filter: AuditFilter): AsyncGenerator<readonly EntryRow[]> {
  const { start, end } = await seqsBetween(deps.db, filter)
  for (let from = start; from < end;) {
    const to = Math.min(end, (Math.floor((from - 1) / WINDOW) + 1) * WINDOW + 1)
    yield await readMatching(deps.db, filter, { start: from, end: to })
    from = to
  }
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

async function* whole(deps: Deps, head: ExportHead, size: number): AsyncGenerator<string> {
  yield text([headLine(head)])
  let [from, entries] = [1, 0]
  let isMarked = false
  for await (const rows of windows(deps, {})) {
    const first = Math.floor((from - 1) / TILE_HASHES)
    const hashes = await hashesOf(deps, first, size)
    for (let at = 0; at < EXPORT_TILES; at++) {
      const start = (first + at) * TILE_HASHES
      const sealed = hashes[at] ?? []
      const own = rows.filter(({ seq }) => seq > start && seq <= start + TILE_HASHES)
      const lines = sealed.length > 0 ? [hashesLine(start + 1, sealed)] : []
      for (const row of own) {
        if (row.seq > size && !isMarked) lines.push(unsealedLine(size))
        isMarked ||= row.seq > size
        lines.push(entryLine(row))
      }
      entries += own.length
      yield text(lines)
    }
    from += WINDOW
  }
  yield text([endLine(entries)])
}

/** The leaf hashes of the tiles of one window; of one that isn't there nothing, which shows. */
async function hashesOf(
  { db }: Deps,
  first: number,
  size: number,
): Promise<readonly (readonly Uint8Array[])[]> {
  const keys = Array.from({ length: EXPORT_TILES }, (_, at) => ({ level: 0, idx: first + at }))
  const tiles = tilesByName(await readTiles(db, keys))
  return keys.map((key) => {
    const count = Math.max(0, size - key.idx * TILE_HASHES)
    return tiles.get(tileName(key))?.hashes.slice(0, count) ?? []
  })
}

async function* filtered(
  deps: Deps,
  head: ExportHead,
  size: number,
  filter: AuditFilter,
): AsyncGenerator<string> {
  yield text([headLine(head)])
  let entries = 0
  let isMarked = false
  for await (const rows of windows(deps, filter)) {
    const sealed = rows.filter(({ seq }) => seq <= size)
    const proofs = await proofsOf(deps, sealed, size)
    const lines = sealed.flatMap((row, at) => [
      entryLine(row),
      proofLine(row.seq, proofs[at] ?? []),
    ])
    const rest = rows.slice(sealed.length)
    if (rest.length > 0 && !isMarked) lines.push(unsealedLine(size))
    isMarked ||= rest.length > 0
    lines.push(...rest.map(entryLine))
    entries += rows.length
    yield text(lines)
  }
  yield text([endLine(entries)])
}

/** Of neighbours most tiles are the same: they are read once. */
async function proofsOf(
  { db }: Deps,
  rows: readonly EntryRow[],
  size: number,
): Promise<readonly (readonly Uint8Array[])[]> {
  const keys = new Map<string, TileKey>()
  for (const { seq } of rows) {
    for (const key of tilesFor((read) => inclusionProof(seq - 1, size, read))) {
      keys.set(tileName(key), key)
    }
  }
  const tiles = tilesByName(await readTiles(db, [...keys.values()]))
  const nothing = new Uint8Array(HASH_BYTES)
  const read = readFrom(tiles, () => nothing)
  return rows.map(({ seq }) => inclusionProof(seq - 1, size, read))
}

async function* csv(
  deps: Deps,
  head: ExportHead,
  size: number,
  filter: AuditFilter,
): AsyncGenerator<string> {
  yield csvHead(head)
  for await (const rows of windows(deps, filter)) {
    yield rows.map((row) => csvLine(row, row.seq <= size)).join('')
  }
}
