// Sealing: a checkpoint and the tiles that it is of commit together, and only on top of the one that was read.
// None of it is an entry of the log, since each would have to be sealed in its turn; a change of keys is one.

import { and, eq, gt, inArray, lt, lte, or, sql } from 'drizzle-orm'
import type { AuditAction, AuditEntry } from '../domain/audit.ts'
import { ALARM_SOURCE } from '../domain/alarm.ts'
import type { LogFault } from '../domain/log-fault.ts'
import { joinHashes, type Tile } from '../domain/tiles.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { insertEntry } from './insert-entry.ts'
import type { SealingRow, StoredCheckpoint, StoredKey } from './read-seal.ts'
import {
  auditCheckpoints,
  auditEntries,
  auditKeys,
  auditSealing,
  auditTiles,
  notices,
} from './schema.ts'

/** Null where somebody else seals. `day`: since 1970; the first checkpoint goes out on the next one. */
export async function takeSealing(
  db: Database,
  {
    now,
    day,
    leaseUntil,
  }: { readonly now: number; readonly day: number; readonly leaseUntil: number },
): Promise<SealingRow | null> {
  const [, [row]] = await db.batch([
    db.insert(auditSealing).select(
      sql`SELECT 'log', 0, 0, ${now}, ${day}, 0, 0, NULL, NULL, NULL
        WHERE NOT EXISTS (SELECT 1 FROM audit_sealing)`,
    ),
    db
      .update(auditSealing)
      .set({ leaseUntil })
      .where(lte(auditSealing.leaseUntil, now))
      .returning(),
  ])
  return row ?? null
}

/** Unless the lease has become somebody else's meanwhile. */
export async function releaseSealing(db: Database, { leaseUntil }: SealingRow): Promise<void> {
  await db
    .update(auditSealing)
    .set({ leaseUntil: 0 })
    .where(eq(auditSealing.leaseUntil, leaseUntil))
}

/**
 * Commits a checkpoint on top of the one of `before` entries, with what its tiles have become. Whether it did:
 * of two who seal at once, one does. `known`: how many hashes each tile had, by its place in `tiles`.
 */
export async function commitSeal(
  db: Database,
  before: number,
  checkpoint: StoredCheckpoint,
  tiles: readonly { readonly tile: Tile; readonly had: number }[],
): Promise<boolean> {
  const { size, root, at, note } = checkpoint
  const [rows] = await db.batch([
    db
      .insert(auditCheckpoints)
      .select(
        sql`SELECT CAST(${size} AS INTEGER), ${root}, ${at}, ${note}
          WHERE coalesce((SELECT max(size) FROM audit_checkpoints), 0) = ${before}`,
      )
      .returning({ size: auditCheckpoints.size }),
    ...tiles.map(({ tile, had }) => (had === 0 ? insertTile(db, tile) : growTile(db, tile))),
    db.update(auditSealing).set({ sealedSize: size }).where(AFTER_CHANGE),
  ])
  return rows.length > 0
}

const insertTile = (db: Database, { level, idx, hashes }: Tile) =>
  db
    .insert(auditTiles)
    .select(sql`SELECT ${level}, ${idx}, unhex(${hexOf(hashes)}) WHERE ${AFTER_CHANGE}`)

const growTile = (db: Database, { level, idx, hashes }: Tile) =>
  db
    .update(auditTiles)
    .set({ hashes: sql`unhex(${hexOf(hashes)})` })
    .where(and(eq(auditTiles.level, level), eq(auditTiles.idx, idx), AFTER_CHANGE))

const hexOf = (hashes: readonly Uint8Array[]): string => joinHashes(hashes).toHex()

/** Null: it is as it was sealed again. What is known stays as it is, with its time. */
export async function commitFault(
  db: Database,
  fault: LogFault | null,
  now: number,
): Promise<void> {
  const { reason = null, seq = null } = fault ?? {}
  await db
    .update(auditSealing)
    .set({ fault: reason, faultSeq: seq, faultAt: fault === null ? null : now })
    .where(sql`fault IS NOT ${reason} OR fault_seq IS NOT ${seq}`)
}

/** The tile that is compared next, after one was. */
export async function commitCompared(db: Database, nextTile: number, now: number): Promise<void> {
  await db.update(auditSealing).set({ nextTile, comparedAt: now })
}

/** `added` were never seen, `back` sign again, `retired` sign no more. */
export type KeyChange = {
  readonly added: readonly StoredKey[]
  readonly back: readonly string[]
  readonly retired: readonly string[]
}

/** Whether it did: only who still has the lease, since another announces the same as soon as he has it. */
export async function commitKeys(
  db: Database,
  { leaseUntil }: SealingRow,
  { added, back, retired }: KeyChange,
  entry: AuditEntry,
): Promise<boolean> {
  const ifOurs = sql`EXISTS (SELECT 1 FROM audit_sealing WHERE lease_until = ${leaseUntil})`
  const retiring = (ids: readonly string[], retiredAt: number | null) =>
    db
      .update(auditKeys)
      .set({ retiredAt })
      .where(and(inArray(auditKeys.id, [...ids]), ifOurs))
  const [written] = await db.batch([
    insertEntry(db, entry, ifOurs).returning({ seq: auditEntries.seq }),
    ...added.map((key) =>
      db
        .insert(auditKeys)
        .select(sql`SELECT ${key.id}, ${key.public}, ${key.firstSeenAt}, NULL WHERE ${ifOurs}`),
    ),
    retiring(back, null),
    retiring(retired, entry.at),
  ])
  return written.length > 0
}

/**
 * Once a day, what was sealed last goes out. Whether it is this call that has it told. A day that is still to come
 * is no reason for silence: somebody has written it there.
 */
export async function commitWitness(
  db: Database,
  { size, day, at }: { readonly size: number; readonly day: number; readonly at: number },
): Promise<boolean> {
  const isTold = db.tells(ALARM_SOURCE)
  const action: AuditAction = 'audit.witnessed'
  const [rows] = await db.batch([
    db
      .update(auditSealing)
      .set({ witnessedDay: day, witnessedSize: size })
      .where(or(lt(auditSealing.witnessedDay, day), gt(auditSealing.witnessedDay, day + 1)))
      .returning({ day: auditSealing.witnessedDay }),
    ...(isTold
      ? [
          db
            .insert(notices)
            .select(
              sql`SELECT NULL, ${`checkpoint:${size}`}, ${action}, ${at}, ${at}, 0, '{}' WHERE ${AFTER_CHANGE}`,
            ),
        ]
      : []),
  ])
  return isTold && rows.length > 0
}
