// Reading and writing what the Zendesk stand-in keeps: JSON documents by kind and id.
import { documents, readSetting, writeSetting } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import type {
  Audit,
  Comment,
  Group,
  Macro,
  Organization,
  Ticket,
  TicketField,
  Trigger,
  User,
  View,
  Webhook,
  WebhookSecret,
} from './shapes.ts'

export type Kinds = {
  ticket: Ticket
  comment: Comment
  audit: Audit
  user: User
  organization: Organization
  group: Group
  ticket_field: TicketField
  macro: Macro
  webhook: Webhook
  webhook_secret: WebhookSecret
  trigger: Trigger
  view: View
}

export function findRecord<K extends keyof Kinds>(
  store: Store,
  kind: K,
  id: number | string,
): Kinds[K] | null {
  const select = 'SELECT document FROM zendesk_records WHERE kind = ? AND id = ?'
  return documents<Kinds[K]>(store, select, kind, String(id))[0] ?? null
}

/** Oldest first. */
export function allRecords<K extends keyof Kinds>(store: Store, kind: K): Kinds[K][] {
  const select = 'SELECT document FROM zendesk_records WHERE kind = ? ORDER BY sequence'
  return documents<Kinds[K]>(store, select, kind)
}

/** Those of one parent, such as a ticket's comments, oldest first. */
export function recordsOf<K extends keyof Kinds>(
  store: Store,
  kind: K,
  parent: number | string,
): Kinds[K][] {
  const select = `SELECT document FROM zendesk_records WHERE kind = ? AND parent = ?
    ORDER BY sequence`
  return documents<Kinds[K]>(store, select, kind, String(parent))
}

/** Adds the record, or replaces the one that has its id. */
export function writeRecord<K extends keyof Kinds>(
  store: Store,
  kind: K,
  record: Kinds[K],
  parent: number | string | null = null,
): void {
  store.sql.exec(
    `INSERT INTO zendesk_records (kind, id, parent, document) VALUES (?, ?, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document`,
    kind,
    String(record.id),
    parent === null ? null : String(parent),
    JSON.stringify(record),
  )
}

/** False where there was none. */
export function deleteRecord(store: Store, kind: keyof Kinds, id: number | string): boolean {
  const remove = 'DELETE FROM zendesk_records WHERE kind = ? AND id = ? RETURNING id'
  return store.sql.exec(remove, kind, String(id)).toArray().length > 0
}

/** Counts up from `first`, which is the first id of its kind after a reset. */
export function nextId(store: Store, name: string, first: number): number {
  const setting = `zendesk_next_${name}`
  const id = Number(readSetting(store.sql, setting) ?? String(first))
  writeSetting(store.sql, setting, String(id + 1))
  return id
}

/** ISO 8601 to the second, as Zendesk writes times. */
export function zendeskTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
