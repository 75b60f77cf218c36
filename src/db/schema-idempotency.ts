// What was asked of the operator's API with an Idempotency-Key, and what it was answered. Only hashes tell whose it is;
// an answer is sealed. Adjustments by hand and invoices have keys of their own, which are kept for ever.

import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { forMigrations } from './for-migrations.ts'

export const idempotency = sqliteTable(
  'idempotency',
  {
    /** A hash of the operator's identity and his key. */
    id: text('id').primaryKey(),
    /** A hash of his identity. */
    operator: text('operator').notNull(),
    /** A hash of method, path, condition and body. */
    request: text('request').notNull(),
    /** When it was last begun. */
    at: integer('at').notNull(),
    /** Null until it is answered. */
    status: integer('status'),
    /** Sealed; without its text where that is shown once only, or too large. Null until it is answered, or without a LINK_KEY. */
    answer: text('answer'),
    /** Written no more: the id of what was made is sealed with the answer. */
    made: text('made'),
  },
  forMigrations((table) => [
    index('idempotency_at').on(table.at),
    check(
      'idempotency_answer',
      sql`${table.status} IS NOT NULL OR (${table.answer} IS NULL AND ${table.made} IS NULL)`,
    ),
    check('idempotency_made', sql`${table.answer} IS NULL OR ${table.made} IS NULL`),
  ]),
)

/** How many of them an operator has, kept by triggers. */
export const idempotencyCounts = sqliteTable(
  'idempotency_counts',
  {
    operator: text('operator').primaryKey(),
    keys: integer('keys').notNull(),
  },
  forMigrations((table) => [check('idempotency_counts_keys', sql`${table.keys} >= 0`)]),
)
