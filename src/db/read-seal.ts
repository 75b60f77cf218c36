// What is sealed of the audit log, and what is not.

import { and, asc, desc, eq, gt, lte, sql, type SQL } from 'drizzle-orm'
import { LOG_LEVELS_MAX } from '../domain/limits.ts'
import type { EntryRow } from '../domain/sealed-entry.ts'
import { splitHashes, TILE_HASHES, type Tile, type TileKey } from '../domain/tiles.ts'
import type { Database } from './database.ts'
import { auditCheckpoints, auditEntries, auditKeys, auditSealing, auditTiles } from './schema.ts'

export type StoredCheckpoint = typeof auditCheckpoints.$inferSelect
export type SealingRow = typeof auditSealing.$inferSelect

export async function findNewestCheckpoint(db: Database): Promise<StoredCheckpoint | null> {
  const [row] = await db
    .select()
    .from(auditCheckpoints)
    .orderBy(desc(auditCheckpoints.size))
    .limit(1)
  return row ?? null
}

export async function findCheckpoint(db: Database, size: number): Promise<StoredCheckpoint | null> {
  const [row] = await db.select().from(auditCheckpoints).where(eq(auditCheckpoints.size, size))
  return row ?? null
}

/** Null before anything was sealed. */
export async function findSealing(db: Database): Promise<SealingRow | null> {
  const [row] = await db.select().from(auditSealing)
  return row ?? null
}

/** Of the newest entry; 0 where there is none. */
export async function lastSeq(db: Database): Promise<number> {
  const [row] = await db
    .select({ seq: auditEntries.seq })
    .from(auditEntries)
    .orderBy(desc(auditEntries.seq))
    .limit(1)
  return row?.seq ?? 0
}

/** When an entry was written; null where there is none of that number. */
export async function findEntryTime(db: Database, seq: number): Promise<number | null> {
  const [row] = await db
    .select({ at: auditEntries.at })
    .from(auditEntries)
    .where(eq(auditEntries.seq, seq))
  return row?.at ?? null
}

/** Those of them that are there. */
export const readTiles = async (db: Database, keys: readonly TileKey[]): Promise<readonly Tile[]> =>
  (await selectTiles(db, wantedKeys(keys))).map(tileOfRow)

const wantedKeys = (keys: readonly TileKey[]): SQL => {
  const wanted = JSON.stringify(keys.map(({ level, idx }) => ({ level, idx })))
  return sql`SELECT value ->> 'level', value ->> 'idx' FROM json_each(${wanted})`
}

/** Hexadecimal on the way, since D1 gives bytes as lists of numbers. */
const selectTiles = (db: Database, wanted: SQL) =>
  db
    .select({
      level: auditTiles.level,
      idx: auditTiles.idx,
      hex: sql<string>`hex(${auditTiles.hashes})`,
    })
    .from(auditTiles)
    .where(sql`(${auditTiles.level}, ${auditTiles.idx}) IN (${wanted})`)

const tileOfRow = ({ hex, ...key }: TileKey & { readonly hex: string }): Tile => ({
  ...key,
  hashes: splitHashes(Uint8Array.fromHex(hex)),
})

/** How the log and its sealing stand. */
export type LogState = {
  /** Null before anything was sealed. */
  readonly sealing: SealingRow | null
  readonly checkpoint: StoredCheckpoint | null
  /** Of the oldest entry, and of the newest: 1 and 0 where there is none. */
  readonly first: number
  readonly last: number
  /** How many keys are known. */
  readonly keys: number
}

const selectState = (db: Database) =>
  [
    db.select().from(auditSealing),
    db.select().from(auditCheckpoints).orderBy(desc(auditCheckpoints.size)).limit(1),
    db
      .select({
        first: sql<number>`coalesce((SELECT min(seq) FROM audit_entries), 1)`,
        last: sql<number>`coalesce((SELECT max(seq) FROM audit_entries), 0)`,
        keys: sql<number>`(SELECT count(*) FROM audit_keys)`,
      })
      .from(sql`(SELECT 1)`),
  ] as const

type StateRows = readonly [
  readonly SealingRow[],
  readonly StoredCheckpoint[],
  readonly Pick<LogState, 'first' | 'last' | 'keys'>[],
]

const stateOf = ([[sealing], [checkpoint], [log]]: StateRows): LogState => ({
  first: 1,
  last: 0,
  keys: 0,
  ...log,
  sealing: sealing ?? null,
  checkpoint: checkpoint ?? null,
})

export const readLogState = async (db: Database): Promise<LogState> =>
  stateOf(await db.batch(selectState(db)))

/** With tiles and entries that belong to that very checkpoint, since no sealing comes between. */
export type LogPart = LogState & {
  readonly tiles: readonly Tile[]
  readonly rows: readonly EntryRow[]
}

const SIZE = sql`(SELECT coalesce(max(size), 0) FROM audit_checkpoints)`
/** The right edge, and the tile behind the last one, which is there only where a checkpoint is missing. */
const EDGE = sql`SELECT l.value, ((s.size >> (8 * l.value)) - 1) >> 8
  FROM (SELECT ${SIZE} AS size) s, json_each('[0,1,2,3,4]') l WHERE s.size >> (8 * l.value) > 0
  UNION ALL SELECT 0, ((${SIZE} - 1) >> 8) + 1`

/** Of `count` tiles of entries from `from` on: their sealed entries, and all tiles above them. */
export function readSealed(db: Database, from: number, count: number): Promise<LogPart> {
  const keys: TileKey[] = []
  let [first, last] = [from, from + count - 1]
  for (let level = 0; level < LOG_LEVELS_MAX; level++) {
    for (let idx = first; idx <= last; idx++) keys.push({ level, idx })
    ;[first, last] = [Math.floor(first / TILE_HASHES), Math.floor(last / TILE_HASHES)]
  }
  const after = from * TILE_HASHES
  const through = sql`min(${after + count * TILE_HASHES}, ${SIZE})`
  return readPart(db, sql`${wantedKeys(keys)} UNION ALL ${EDGE}`, sql`${after}`, through)
}

/** The entries of the last tile, and at most `count` that are not sealed. */
export const readUnsealed = (db: Database, count: number): Promise<LogPart> =>
  readPart(db, EDGE, sql`(max(${SIZE} - 1, 0) >> 8 << 8)`, sql`${SIZE} + ${count}`)

async function readPart(db: Database, keys: SQL, after: SQL, through: SQL): Promise<LogPart> {
  const rows = db
    .select()
    .from(auditEntries)
    .where(and(gt(auditEntries.seq, after), lte(auditEntries.seq, through)))
    .orderBy(asc(auditEntries.seq))
  const [sealing, checkpoints, log, tiles, entries] = await db.batch([
    ...selectState(db),
    selectTiles(db, keys),
    rows,
  ])
  return {
    ...stateOf([sealing, checkpoints, log]),
    tiles: tiles.map(tileOfRow),
    rows: entries,
  }
}

/** How far the log is sealed: the row of the job, the newest checkpoint, and what is behind it. */
export async function findSealState(db: Database) {
  const open = db
    .select({ at: auditEntries.at })
    .from(auditEntries)
    .where(gt(auditEntries.seq, SIZE))
    .orderBy(asc(auditEntries.seq))
    .limit(1)
  const [sealing, checkpoints, log, [waiting]] = await db.batch([...selectState(db), open])
  const { sealing: row, checkpoint, last } = stateOf([sealing, checkpoints, log])
  const size = checkpoint?.size ?? 0
  return {
    size,
    sealedAt: checkpoint?.at ?? null,
    unsealed: Math.max(0, last - size),
    /** When the oldest of these was written. */
    waitingSince: waiting?.at ?? null,
    fault: row?.fault ?? null,
    faultSeq: row?.faultSeq ?? null,
    faultAt: row?.faultAt ?? null,
  }
}

export type StoredKey = typeof auditKeys.$inferSelect

/** Every key that has ever signed, oldest first. */
export const readKeys = (db: Database): Promise<readonly StoredKey[]> =>
  db.select().from(auditKeys).orderBy(asc(auditKeys.firstSeenAt), asc(auditKeys.id))
