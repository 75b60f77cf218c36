// Who operates it, and which customer is who.

import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { CUSTOMER_KINDS, type CustomerKind } from '../domain/customer.ts'
import type { KeyId } from '../domain/ids.ts'
import type { Scope } from '../domain/operator.ts'
import { forMigrations } from './for-migrations.ts'
import { oneOf } from './one-of.ts'

/** Keys of the operator's API. Only the key's hash is kept. */
export const keys = sqliteTable(
  'keys',
  {
    seq: integer('seq').primaryKey(),
    id: text('id').$type<KeyId>().notNull(),
    /** By which the audit log knows its holder: never given twice. */
    name: text('name').notNull(),
    /** The person's e-mail, small letters; null for a program. */
    email: text('email'),
    hash: text('hash').notNull(),
    scopes: text('scopes', { mode: 'json' }).$type<readonly Scope[]>().notNull(),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    expiresAt: integer('expires_at'),
    revokedAt: integer('revoked_at'),
    /** To the hour: it is written at most once in one. */
    lastUsedAt: integer('last_used_at'),
  },
  forMigrations((table) => [
    uniqueIndex('keys_id').on(table.id),
    uniqueIndex('keys_name').on(table.name),
    uniqueIndex('keys_hash').on(table.hash),
    check('keys_id_form', sql`${table.id} GLOB 'key_?*'`),
    check('keys_scopes', sql`json_array_length(${table.scopes}) > 0`),
  ]),
)

/** Which customer of the billing API a source's customer is. */
export const identities = sqliteTable(
  'identities',
  {
    seq: integer('seq').primaryKey(),
    /** Empty: in every account. */
    account: text('account').notNull(),
    kind: text('kind').$type<CustomerKind>().notNull(),
    value: text('value').notNull(),
    customerId: text('customer_id').notNull(),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
  },
  forMigrations((table) => [
    uniqueIndex('identities_value').on(table.value, table.kind, table.account),
    check('identities_kind', oneOf(table.kind, CUSTOMER_KINDS)),
    check('identities_value', sql`${table.value} <> '' AND ${table.customerId} <> ''`),
  ]),
)

/** What the billing API last said of a customer, to be believed until its end. */
export const knownCustomers = sqliteTable('known_customers', {
  /** A hash of the question: which billing address and mode, his id or external id. */
  reference: text('reference').primaryKey(),
  customerId: text('customer_id').notNull(),
  currency: text('currency').notNull(),
  until: integer('until').notNull(),
})

/** Sessions of the dashboard that were ended before their time; kept until that. */
export const endedSessions = sqliteTable(
  'ended_sessions',
  {
    /** A hash of the session's nonce, or of the login at Access. */
    id: text('id').primaryKey(),
    /** From then on it is over by itself. */
    until: integer('until').notNull(),
  },
  forMigrations((table) => [index('ended_sessions_until').on(table.until)]),
)
