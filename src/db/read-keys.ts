import { asc, desc, eq, isNotNull, lt } from 'drizzle-orm'
import type { KeyId } from '../domain/ids.ts'
import { PAGE_ROWS_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { keys } from './schema.ts'

/** A key without its hash, which nobody but the look-up needs. */
export type Key = Omit<typeof keys.$inferSelect, 'hash'>

export const KEY_COLUMNS = {
  seq: keys.seq,
  id: keys.id,
  name: keys.name,
  email: keys.email,
  scopes: keys.scopes,
  createdAt: keys.createdAt,
  createdBy: keys.createdBy,
  expiresAt: keys.expiresAt,
  revokedAt: keys.revokedAt,
  lastUsedAt: keys.lastUsedAt,
}

export async function findKeyByHash(db: Database, hash: string): Promise<Key | null> {
  const [row] = await db.select(KEY_COLUMNS).from(keys).where(eq(keys.hash, hash))
  return row ?? null
}

/** With its hash, of which a session's proof is made. */
export async function findKeyWithHash(
  db: Database,
  id: KeyId,
): Promise<(Key & { readonly hash: string }) | null> {
  const [row] = await db
    .select({ ...KEY_COLUMNS, hash: keys.hash })
    .from(keys)
    .where(eq(keys.id, id))
  return row ?? null
}

export async function findKey(db: Database, id: KeyId): Promise<Key | null> {
  const [row] = await db.select(KEY_COLUMNS).from(keys).where(eq(keys.id, id))
  return row ?? null
}

/** `email`: in small letters. Those that aren't revoked first, the newest of each first, at most PAGE_ROWS_MAX. */
export const findKeysOf = (db: Database, email: string): Promise<readonly Key[]> =>
  db
    .select(KEY_COLUMNS)
    .from(keys)
    .where(eq(keys.email, email))
    .orderBy(asc(isNotNull(keys.revokedAt)), desc(keys.seq))
    .limit(PAGE_ROWS_MAX)

export const listKeys = (db: Database, { before, limit }: Page): Promise<readonly Key[]> =>
  db
    .select(KEY_COLUMNS)
    .from(keys)
    .where(before === null ? undefined : lt(keys.seq, before))
    .orderBy(desc(keys.seq))
    .limit(limit)

/** Whether one was ever made. */
export async function hasKeys(db: Database): Promise<boolean> {
  const rows = await db.select({ seq: keys.seq }).from(keys).limit(1)
  return rows.length > 0
}
