// Ten thousand ways to change an export: whatever touches what the checkpoint is of is found. The seed is fixed, so
// that a failure comes again.

import { describe, expect, it } from 'vitest'
import {
  endLine,
  EXPORT_FORMAT,
  hashesLine,
  headLine,
  proofLine,
  unsealedLine,
} from '../../src/domain/export-format.ts'
import { inclusionProof, rootOf } from '../../src/domain/merkle.ts'
import { entryHash, entryLine, type EntryRow } from '../../src/domain/sealed-entry.ts'
import {
  publicKeyOf,
  signCheckpoint,
  type PublicKey,
  type SigningKey,
} from '../../src/domain/signed-note.ts'
import {
  extendTiles,
  frontierOf,
  readFrom,
  TILE_HASHES,
  tilesByName,
} from '../../src/domain/tiles.ts'
import {
  finishVerification,
  openExport,
  takeLine,
  type ExportFault,
  type ExportReport,
} from '../../src/domain/verify-export.ts'

const encoder = new TextEncoder()

/** mulberry32: numbers from 0 to 1, the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
const random = randomFrom(20_261_026)
const upTo = (count: number): number => Math.floor(random() * count)
const pick = <Value>(values: readonly Value[]): Value => values[upTo(values.length)]!

const KEY: SigningKey = { name: 'makegood.example/audit', seed: new Uint8Array(32).fill(7) }
const OTHER: SigningKey = { name: 'makegood.example/audit', seed: new Uint8Array(32).fill(8) }
const PUBLIC: PublicKey = await publicKeyOf(KEY)

const row = (seq: number): EntryRow => ({
  seq,
  at: 1_793_000_000_000 + seq * 1_000,
  actor: pick(['operator:anna', 'source:zendesk', 'system:issuer']),
  action: pick(['adjustment.held', 'adjustment.claimed', 'event.received']),
  subject: `adj_${upTo(1_000_000)}`,
  data: JSON.stringify({
    amount: -upTo(100_000),
    currency: 'usd',
    note: pick(['ä', '€', '"', '\\']),
  }),
})

const noteOf = (rows: readonly EntryRow[], key: SigningKey = KEY): Promise<string> => {
  const root = rootOf(frontierOf(rows.map(entryHash)))
  return signCheckpoint({ origin: KEY.name, size: rows.length, root }, [key])
}

const headOf = (checkpoint: string, isFiltered: boolean): string =>
  headLine({
    format: EXPORT_FORMAT,
    at: '2026-10-26T07:33:12.000Z',
    filter: isFiltered ? { actor: 'operator:anna' } : null,
    checkpoint,
    keys: [],
  })

/** As `exportLog` writes it: the first `size` of the rows are sealed. */
async function exportOf(
  rows: readonly EntryRow[],
  size: number,
  key: SigningKey = KEY,
): Promise<string[]> {
  const sealed = rows.slice(0, size)
  const hashes = sealed.map(entryHash)
  const lines = [headOf(await noteOf(sealed, key), false)]
  for (const [at, each] of rows.entries()) {
    if (at < size && at % TILE_HASHES === 0)
      lines.push(hashesLine(at + 1, hashes.slice(at, at + TILE_HASHES)))
    if (at === size) lines.push(unsealedLine(size))
    lines.push(entryLine(each))
  }
  return [...lines, endLine(rows.length)]
}

async function filteredExportOf(rows: readonly EntryRow[], size: number): Promise<string[]> {
  const sealed = rows.slice(0, size)
  const tiles = tilesByName(extendTiles(new Map(), 0, sealed.map(entryHash)))
  const read = readFrom(tiles, () => expect.unreachable())
  const lines = [headOf(await noteOf(sealed), true)]
  const chosen = sealed.filter(({ actor }) => actor === 'operator:anna')
  for (const each of chosen) {
    lines.push(entryLine(each), proofLine(each.seq, inclusionProof(each.seq - 1, size, read)))
  }
  return [...lines, endLine(chosen.length)]
}

async function verify(text: Uint8Array, older: string | null): Promise<ExportFault | ExportReport> {
  const lines: Uint8Array[] = []
  for (let start = 0; start < text.length;) {
    const found = text.indexOf(10, start)
    const end = found < 0 ? text.length : found
    lines.push(text.subarray(start, end))
    start = end + 1
  }
  const [head = new Uint8Array(), ...rest] = lines
  const opened = await openExport(head, [PUBLIC], older)
  if (!opened.ok) return { seq: null, what: opened.error }
  for (const line of rest) takeLine(opened.value, line)
  const report = finishVerification(opened.value)
  return report.fault ?? report
}

const bytesOf = (lines: readonly string[]): Uint8Array =>
  encoder.encode(lines.map((line) => `${line}\n`).join(''))
const isFault = (outcome: object): outcome is ExportFault => 'what' in outcome

/** Most are short, some have edges of tiles, few are long. */
const sizeOf = (): number => pick([1, 2, 5, 20, 40, 60, 60, 60, 80, 120, 255, 256, 257, 300, 520])

type World = {
  readonly rows: readonly EntryRow[]
  readonly size: number
  readonly lines: readonly string[]
  readonly older: string
  readonly olderSize: number
}

async function newWorld(): Promise<World> {
  const size = sizeOf()
  const rows = Array.from({ length: size + upTo(4) }, (_, at) => row(at + 1))
  const olderSize = 1 + upTo(size)
  const older = await noteOf(rows.slice(0, olderSize))
  return { rows, size, lines: await exportOf(rows, size), older, olderSize }
}

/** Lines from the first hashes to the last sealed entry. */
const lastSealed = ({ size }: World): number => size + Math.ceil(size / TILE_HASHES)

type Mutation = (world: World) => Uint8Array | Promise<Uint8Array>

const withLines = (world: World, change: (lines: string[]) => void): Uint8Array => {
  const lines = world.lines.slice()
  change(lines)
  return bytesOf(lines)
}

/** A log that is another from some entry on, sealed by the very key. */
async function forked({ rows, size }: World, from: number): Promise<Uint8Array> {
  const other = rows.map((each) => (each.seq < from ? each : { ...each, actor: 'operator:eve' }))
  return bytesOf(await exportOf(other, size))
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a bit is flipped': (world) => {
    const bytes = bytesOf(world.lines)
    const head = encoder.encode(world.lines[0]).length + 1
    const end = bytesOf(world.lines.slice(0, lastSealed(world) + 1)).length
    const at = head + upTo(end - head)
    bytes[at]! ^= 1 << upTo(8)
    return bytes
  },
  'a bit of the checkpoint is flipped': (world) => {
    const bytes = bytesOf(world.lines)
    const [head = ''] = world.lines
    const start = encoder.encode(head.slice(0, head.indexOf('"checkpoint":"') + 14)).length
    const end = encoder.encode(head.slice(0, head.indexOf('","filter"'))).length
    bytes[start + upTo(end - start)]! ^= 1 << upTo(8)
    return bytes
  },
  'a line is deleted': (world) =>
    withLines(world, (lines) => lines.splice(1 + upTo(lastSealed(world)), 1)),
  'a line is there twice': (world) =>
    withLines(world, (lines) => {
      const at = 1 + upTo(lastSealed(world))
      lines.splice(at, 0, lines[at]!)
    }),
  'an entry is inserted': (world) =>
    withLines(world, (lines) =>
      lines.splice(1 + upTo(lastSealed(world)), 0, entryLine(row(1 + upTo(world.size)))),
    ),
  'two lines are swapped': (world) =>
    withLines(world, (lines) => {
      const one = 1 + upTo(lastSealed(world))
      const other = 1 + ((one + upTo(lastSealed(world) - 1)) % lastSealed(world))
      ;[lines[one], lines[other]] = [lines[other]!, lines[one]!]
    }),
  'the last lines are cut': (world) => {
    const least = world.lines.length - 1 - lastSealed(world)
    const count = least + upTo(lastSealed(world))
    return withLines(world, (lines) => lines.splice(-count, count, endLine(0)))
  },
  'the file ends in the middle': (world) => {
    const bytes = bytesOf(world.lines)
    return bytes.subarray(0, upTo(bytes.length - 1))
  },
  'an entry is changed with its hash': (world) =>
    withLines(world, (lines) => {
      const changed = world.rows.slice(0, world.size)
      const at = upTo(world.size)
      changed[at] = { ...changed[at]!, actor: 'operator:eve' }
      const tile = Math.floor(at / TILE_HASHES)
      const start = tile * TILE_HASHES
      const hashes = changed.slice(start, start + TILE_HASHES).map(entryHash)
      lines[1 + start + tile] = hashesLine(start + 1, hashes)
      lines[2 + at + tile] = entryLine(changed[at])
    }),
  'the log is a fork': (world) => forked(world, 1 + upTo(world.olderSize)),
  'it is signed by another key': async (world) =>
    bytesOf(await exportOf(world.rows, world.size, OTHER)),
  'it is of an older checkpoint': async (world) => {
    if (world.olderSize < 2) return forked(world, 1)
    return bytesOf(
      await exportOf(world.rows.slice(0, world.olderSize - 1), upTo(world.olderSize - 1)),
    )
  },
}

const RUNS = 10_000
const PER_WORLD = 50

describe('ten thousand changes of exports', () => {
  it('are all found, each kind of them', { timeout: 240_000 }, async () => {
    const counts = new Map<string, number>()
    const missed: string[] = []
    const kinds = Object.entries(MUTATIONS)
    for (let run = 0; run < RUNS; run += PER_WORLD) {
      const world = await newWorld()
      const original = bytesOf(world.lines)
      for (let nth = 0; nth < PER_WORLD; nth++) {
        const [name, mutate] = kinds[(run + nth) % kinds.length]!
        const bytes = await mutate(world)
        // Some swaps and double flips are none.
        if (Buffer.compare(bytes, original) === 0) continue
        counts.set(name, (counts.get(name) ?? 0) + 1)
        const outcome = await verify(bytes, world.older)
        if (!isFault(outcome)) missed.push(`${name}, run ${run + nth}, ${world.size} entries`)
      }
    }
    expect(missed).toEqual([])
    expect([...counts.keys()]).toEqual(Object.keys(MUTATIONS))
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
    expect(all).toBeGreaterThan(RUNS * 0.97)
  })

  it('name the entry, where one was changed', async () => {
    for (let run = 0; run < 200; run++) {
      const world = await newWorld()
      const at = upTo(world.size)
      const lines = world.lines.slice()
      const changed = { ...world.rows[at]!, subject: 'adj_x' }
      lines[2 + at + Math.floor(at / TILE_HASHES)] = entryLine(changed)
      const outcome = await verify(bytesOf(lines), world.older)
      expect(outcome).toEqual({ seq: at + 1, what: `entry ${at + 1} is not as it was sealed` })
    }
  })

  it(
    'are found in filtered exports too, but for one that is left out',
    { timeout: 60_000 },
    async () => {
      let checked = 0
      for (let run = 0; run < 60; run++) {
        const { rows, size } = await newWorld()
        const lines = await filteredExportOf(rows, size)
        expect(isFault(await verify(bytesOf(lines), null))).toBe(false)
        if (lines.length < 3) continue
        for (let nth = 0; nth < 10; nth++) {
          const at = 1 + upTo(lines.length - 2)
          const cut = lines.toSpliced(at, 1)
          const flipped = bytesOf(lines)
          const start = bytesOf(lines.slice(0, 1)).length
          const end = bytesOf(lines.slice(0, -1)).length
          flipped[start + upTo(end - start)]! ^= 1 << upTo(8)
          expect(isFault(await verify(bytesOf(cut), null))).toBe(true)
          expect(isFault(await verify(flipped, null))).toBe(true)
          checked += 2
        }
      }
      expect(checked).toBeGreaterThan(500)
    },
  )
})

describe('what was not changed', () => {
  it('is intact: a hundred exports, and what is not sealed yet is counted', async () => {
    for (let run = 0; run < 100; run++) {
      const { rows, size, lines, older } = await newWorld()
      expect(await verify(bytesOf(lines), older)).toEqual({
        fault: null,
        size,
        sealed: size,
        through: rows[size - 1]!.at,
        unsealed: rows.length - size,
        isFiltered: false,
      })
    }
  })
})
