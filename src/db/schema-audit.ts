// What seals the audit log: the tree's hashes, signed checkpoints, and the state of the job that makes them.
// Triggers keep all but the last from being changed.

import { sql } from 'drizzle-orm'
import { blob, check, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { LOG_FAULTS, type LogFaultReason } from '../domain/log-fault.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

/** 256 hashes of the tree, of 32 bytes each; only the last tile of a level has fewer, and grows. */
export const auditTiles = sqliteTable(
  'audit_tiles',
  {
    /** A hash of level L is of 256^L entries. */
    level: integer('level').notNull(),
    idx: integer('idx').notNull(),
    hashes: blob('hashes').$type<Uint8Array>().notNull(),
  },
  forMigrations((table) => [
    primaryKey({ columns: [table.level, table.idx] }),
    check(
      'audit_tiles_hashes',
      sql`length(${table.hashes}) BETWEEN 32 AND 8192 AND length(${table.hashes}) % 32 = 0`,
    ),
  ]),
)

/** A signed statement over the first `size` entries. */
export const auditCheckpoints = sqliteTable('audit_checkpoints', {
  size: integer('size').primaryKey(),
  /** Base64. */
  root: text('root').notNull(),
  at: integer('at').notNull(),
  /** C2SP signed note. */
  note: text('note').notNull(),
})

/** Every key that has ever signed: its public half, as Go's sumdb/note writes it. */
export const auditKeys = sqliteTable('audit_keys', {
  id: text('id').primaryKey(),
  public: text('public').notNull(),
  firstSeenAt: integer('first_seen_at').notNull(),
  /** Since when it signs no more. */
  retiredAt: integer('retired_at'),
})

/** The job that seals: one row. */
export const auditSealing = sqliteTable(
  'audit_sealing',
  {
    name: text('name').$type<'log'>().primaryKey(),
    /** Nobody else seals until then. */
    leaseUntil: integer('lease_until').notNull(),
    /** The next of the older tiles to be compared with its entries, and when one was. */
    nextTile: integer('next_tile').notNull(),
    comparedAt: integer('compared_at').notNull(),
    /** The day, since 1970 in UTC, whose checkpoint went out last, and that one's size. */
    witnessedDay: integer('witnessed_day').notNull(),
    witnessedSize: integer('witnessed_size').notNull(),
    /** Of the newest checkpoint: if there is none of that size, somebody has removed it. */
    sealedSize: integer('sealed_size').notNull(),
    /** Why nothing is sealed any more; null while all is well. */
    fault: text('fault').$type<LogFaultReason>(),
    /** The first entry that is not as it was sealed. */
    faultSeq: integer('fault_seq'),
    faultAt: integer('fault_at'),
  },
  forMigrations((table) => [
    check('audit_sealing_name', sql`${table.name} = 'log'`),
    check('audit_sealing_fault', oneOf(table.fault, LOG_FAULTS)),
    check('audit_sealing_fault_seq', sql`(${table.fault} IS NULL) = (${table.faultSeq} IS NULL)`),
  ]),
)
