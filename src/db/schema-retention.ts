// What is forgotten: how far the clock has come with it, and the customers whom somebody had erased. And
// the rule sets that have decided, which are kept.

import { sql } from 'drizzle-orm'
import {
  check,
  customType,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { Actor } from '../domain/audit.ts'
import { CUSTOMER_KINDS, type CustomerKind } from '../domain/customer.ts'
import {
  NOTHING_ERASED,
  readErasedCustomer,
  type ErasedCustomer,
  type ErasureCounts,
  type ErasurePhase,
  type ErasureReason,
} from '../domain/erasure.ts'
import type { ErasureId } from '../domain/ids.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

/** `clock`: when what is too old is forgotten next. Each row says how far that is. */
export const retentionProgress = sqliteTable('retention_progress', {
  name: text('name').$type<'clock' | 'openings'>().primaryKey(),
  /** Nobody begins before; a runner puts it off by his lease. */
  wakeAt: integer('wake_at').notNull(),
  /** Payloads of ignored events up to this one are forgotten; of `openings`, links up to this one are looked at. */
  ignoredThrough: integer('ignored_through').notNull(),
})

/** JSON, in which a version before may have said less. */
const filledIn = <Data>(read: (kept: Partial<Data>) => Data) =>
  customType<{ data: Data; driverData: string }>({
    dataType: () => 'text',
    toDriver: (data) => JSON.stringify(data),
    fromDriver: (kept) => read(JSON.parse(kept)),
  })
const erasedCustomerColumn = filledIn<ErasedCustomer>(readErasedCustomer)
const countsColumn = filledIn<ErasureCounts>((kept) => ({ ...NOTHING_ERASED, ...kept }))

/** A customer whose personal text is to be taken out of everything. It goes on from its progress. */
export const erasures = sqliteTable(
  'erasures',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').$type<ErasureId>().notNull(),
    /** By what he is found; null once it has ended. */
    customer: erasedCustomerColumn('customer'),
    reason: text('reason').$type<ErasureReason>().notNull(),
    askedBy: text('asked_by').$type<Actor>().notNull(),
    requestedAt: integer('requested_at').notNull(),
    /** The newest event that is part of it: what came later is not. */
    throughEvent: integer('through_event').notNull(),
    /** The last adjustment that this round has looked at. */
    throughAdjustment: integer('through_adjustment').notNull(),
    phase: text('phase').$type<ErasurePhase>().notNull(),
    /** The last payload that this round has looked at, by its event. */
    after: integer('after').notNull(),
    /** How much goes on, found in this round, for which text of his has to stay. */
    waiting: integer('waiting').notNull(),
    counts: countsColumn('counts').notNull(),
    /** Nobody goes on before; null once it has ended. The only clock. */
    wakeAt: integer('wake_at'),
    finishedAt: integer('finished_at'),
  },
  forMigrations((table) => [
    uniqueIndex('erasures_id').on(table.id),
    index('erasures_wake')
      .on(table.wakeAt)
      .where(sql`${table.wakeAt} IS NOT NULL`),
    check('erasures_id_form', sql`${table.id} GLOB 'era_?*'`),
    check('erasures_open', sql`(${table.finishedAt} IS NULL) = (${table.wakeAt} IS NOT NULL)`),
    check(
      'erasures_customer',
      sql`(${table.finishedAt} IS NULL) = (${table.customer} IS NOT NULL)`,
    ),
  ]),
)

/**
 * What is left of an erased identity: its text is found again. Who has the secret beside it can try out short texts;
 * it is kept so that nobody else is paid. Nobody is looked up by it until that account says again who it is.
 */
export const erasedIdentities = sqliteTable(
  'erased_identities',
  {
    /** Empty: in every account. */
    account: text('account').notNull(),
    kind: text('kind').$type<CustomerKind>().notNull(),
    /** HMAC-SHA-256 of the value, hex, under the secret of this database. */
    hash: text('hash').notNull(),
    at: integer('at').notNull(),
  },
  forMigrations((table) => [
    primaryKey({ columns: [table.account, table.kind, table.hash] }),
    check('erased_identities_kind', oneOf(table.kind, CUSTOMER_KINDS)),
    check('erased_identities_hash', sql`length(${table.hash}) = 64`),
  ]),
)

/** One row, which the database draws for itself: what rotates would lose what was erased. */
export const erasureSecrets = sqliteTable(
  'erasure_secrets',
  {
    one: integer('one').primaryKey(),
    /** 32 random bytes, hex. */
    secret: text('secret').notNull(),
  },
  forMigrations((table) => [
    check('erasure_secrets_one', sql`${table.one} = 1 AND length(${table.secret}) = 64`),
  ]),
)

/** The rules, limits and reasons behind a hash, as they were when they first decided something. */
export const ruleSets = sqliteTable(
  'rule_sets',
  {
    hash: text('hash').primaryKey(),
    /** JSON for people: names of secrets at most, never a secret. */
    text: text('text').notNull(),
    /** The git commit of the deployment, where the build said it. */
    gitCommit: text('git_commit'),
    firstSeenAt: integer('first_seen_at').notNull(),
  },
  forMigrations((table) => [check('rule_sets_text', sql`json_valid(${table.text})`)]),
)
