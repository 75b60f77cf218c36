// What is sealed of the audit log, and what is not.

import { and, asc, desc, eq, gt, lte, sql } from 'drizzle-orm'
import type { EntryRow } from '../domain/sealed-entry.ts'
import { splitHashes, type Tile, type TileKey } from '../domain/tiles.ts'
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

/** At most `count` entries behind `after`, oldest first. */
export const readEntries = (
  db: Database,
  after: number,
  count: number,
): Promise<readonly EntryRow[]> =>
  db
    .select()
    .from(auditEntries)
    .where(and(gt(auditEntries.seq, after), lte(auditEntries.seq, after + count)))
    .orderBy(asc(auditEntries.seq))

/** Those of them that are there. Hexadecimal on the way, since D1 gives bytes as lists of numbers. */
export async function readTiles(db: Database, keys: readonly TileKey[]): Promise<readonly Tile[]> {
  const wanted = JSON.stringify(keys.map(({ level, idx }) => ({ level, idx })))
  const rows = await db
    .select({
      level: auditTiles.level,
      idx: auditTiles.idx,
      hex: sql<string>`hex(${auditTiles.hashes})`,
    })
    .from(auditTiles)
    .where(
      sql`(${auditTiles.level}, ${auditTiles.idx}) IN
        (SELECT value ->> 'level', value ->> 'idx' FROM json_each(${wanted}))`,
    )
  return rows.map(({ hex, ...key }) => ({ ...key, hashes: splitHashes(Uint8Array.fromHex(hex)) }))
}

/** How far the log is sealed: the row of the job, the newest checkpoint, and what is behind it. */
export async function findSealState(db: Database) {
  const newest = db
    .select({ size: auditCheckpoints.size, at: auditCheckpoints.at })
    .from(auditCheckpoints)
    .orderBy(desc(auditCheckpoints.size))
    .limit(1)
  const [[row], [checkpoint], [last], [open]] = await db.batch([
    db.select().from(auditSealing),
    newest,
    db
      .select({ seq: auditEntries.seq })
      .from(auditEntries)
      .orderBy(desc(auditEntries.seq))
      .limit(1),
    db
      .select({ at: auditEntries.at })
      .from(auditEntries)
      .where(gt(auditEntries.seq, sql`coalesce((SELECT max(size) FROM audit_checkpoints), 0)`))
      .orderBy(asc(auditEntries.seq))
      .limit(1),
  ])
  const size = checkpoint?.size ?? 0
  return {
    size,
    sealedAt: checkpoint?.at ?? null,
    unsealed: Math.max(0, (last?.seq ?? 0) - size),
    /** When the oldest of these was written. */
    waitingSince: open?.at ?? null,
    fault: row?.fault ?? null,
    faultSeq: row?.faultSeq ?? null,
    faultAt: row?.faultAt ?? null,
  }
}

export type StoredKey = typeof auditKeys.$inferSelect

/** Every key that has ever signed, oldest first. */
export const readKeys = (db: Database): Promise<readonly StoredKey[]> =>
  db.select().from(auditKeys).orderBy(asc(auditKeys.firstSeenAt), asc(auditKeys.id))
