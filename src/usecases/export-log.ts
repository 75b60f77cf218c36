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
import type { Operator } from '../domain/operator.ts'
import { ok, type Result } from '../domain/result.ts'
import { entryLine, type EntryRow } from '../domain/sealed-entry.ts'
import { TILE_HASHES, tileName, tilesByName } from '../domain/tiles.ts'
import { filterOf, type FilterTrouble, type LogQuery } from './list-log.ts'
import { proofsOf } from './prove-entries.ts'
import { sealLog } from './seal-log.ts'

export const EXPORT_KINDS = ['ndjson', 'csv', 'zip'] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]

export type Export = {
  readonly head: ExportHead
  /** In UTF-8. */
  readonly parts: AsyncGenerator<Uint8Array>
}

/** Writes down who exports what, seals what is new, and begins. A ZIP holds what `ndjson` is. */
export async function exportLog(
  deps: Deps,
  operator: Operator,
  kind: ExportKind,
  query: LogQuery,
): Promise<Result<Export, FilterTrouble>> {
  const { db, now, log } = deps
  const wanted = await filterOf(deps, query)
  if (!wanted.ok) return wanted
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
  const lines =
    kind === 'csv'
      ? csv(deps, head, size, wanted.value)
      : filter === null
        ? whole(deps, head, size)
        : filtered(deps, head, size, wanted.value)
  return ok({ head, parts: encoded(lines) })
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const text of texts) yield encoder.encode(text)
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

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

async function* whole(deps: Deps, head: ExportHead, size: number): AsyncGenerator<string> {
  yield textOf([headLine(head)])
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
      yield textOf(lines)
    }
    from += WINDOW
  }
  yield textOf([endLine(entries)])
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
  yield textOf([headLine(head)])
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
    yield textOf(lines)
  }
  yield textOf([endLine(entries)])
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
