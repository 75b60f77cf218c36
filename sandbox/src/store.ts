// The storage of one organization: its tables, its settings and its clock. Everything that survives a
// restart goes through here; the Durable Object makes each call's reads and writes one transaction.
import { NOTE_TABLES } from '../notes/tables.ts'
import { SLACK_TABLES } from '../slack/tables.ts'
import { STRIPE_TABLES } from '../stripe/tables.ts'
import { ZENDESK_TABLES } from '../zendesk/tables.ts'

export type Store = {
  readonly sql: SqlStorage
  /** False in the sandbox mode (`ck_sandbox_` keys), true in the live mode (`ck_live_` keys). */
  readonly livemode: boolean
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS customers (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     external_id TEXT UNIQUE, address TEXT, document TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS invoices (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     customer_id TEXT NOT NULL, subscription_id TEXT, status TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL UNIQUE, document TEXT NOT NULL) STRICT`,
  `CREATE INDEX IF NOT EXISTS invoices_by_customer ON invoices (customer_id, created_at_ms)`,
  `CREATE TABLE IF NOT EXISTS features (sequence INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE,
     document TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS webhook_endpoints (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     secret TEXT NOT NULL, failed_in_a_row INTEGER NOT NULL, document TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS webhook_deliveries (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     endpoint_id TEXT NOT NULL, event_id TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL,
     attempts INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('due', 'delivered', 'failed')),
     due_at_ms INTEGER NOT NULL, last_outcome TEXT) STRICT`,
  `CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (due_at_ms)
     WHERE state = 'due'`,
  `CREATE TABLE IF NOT EXISTS idempotency_answers (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL,
     status INTEGER NOT NULL, body TEXT NOT NULL, expires_at_ms INTEGER NOT NULL) STRICT`,
  `CREATE INDEX IF NOT EXISTS idempotency_answers_expiry ON idempotency_answers (expires_at_ms)`,
  `CREATE TABLE IF NOT EXISTS requests (sequence INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT`,
  ...ZENDESK_TABLES,
  ...SLACK_TABLES,
  ...STRIPE_TABLES,
  ...NOTE_TABLES,
] as const

const TABLE_NAMES = [
  'settings',
  'customers',
  'invoices',
  'features',
  'webhook_endpoints',
  'webhook_deliveries',
  'idempotency_answers',
  'requests',
  'outbox',
  'zendesk_records',
  'zendesk_invocations',
  'slack_messages',
  'stripe_endpoints',
  'stripe_events',
  'notes',
] as const

export function createTables(sql: SqlStorage): void {
  for (const statement of TABLES) sql.exec(statement)
}

export function emptyTables(sql: SqlStorage): void {
  for (const table of TABLE_NAMES) sql.exec(`DELETE FROM ${table}`)
}

/** The text of the setting, or null where it was never written. */
export function readSetting(sql: SqlStorage, name: string): string | null {
  const row = sql.exec<{ value: string }>('SELECT value FROM settings WHERE name = ?', name)
  return row.toArray()[0]?.value ?? null
}

export function writeSetting(sql: SqlStorage, name: string, value: string): void {
  const upsert = 'ON CONFLICT (name) DO UPDATE SET value = excluded.value'
  sql.exec(`INSERT INTO settings (name, value) VALUES (?, ?) ${upsert}`, name, value)
}

/** The organization's time in milliseconds: the real one plus what the clock control has added. */
export function nowMs(store: Store): number {
  return Date.now() + Number(readSetting(store.sql, 'clock_offset_ms') ?? '0')
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** An id in the vendor's form, for example `inv_4k2m9x7q1c8v5b3n`. */
export function newId(prefix: string): string {
  const alphabet = '0123456789abcdefghijklmnopqrstuv'
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `${prefix}_${[...bytes].map((byte) => alphabet.charAt(byte & 31)).join('')}`
}

/** The documents of one statement's rows; the statement selects a column `document`. */
export function documents<T>(store: Store, statement: string, ...bound: SqlStorageValue[]): T[] {
  const rows = store.sql.exec<{ document: string }>(statement, ...bound).toArray()
  return rows.map((row): T => JSON.parse(row.document))
}
