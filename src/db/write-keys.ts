// Keys are made and revoked, never changed or removed: a name stands for one holder for ever.

import { and, eq, isNull, sql } from 'drizzle-orm'
import type { AuditEntry } from '../domain/audit.ts'
import type { KeyId } from '../domain/ids.ts'
import { KEY_USE_EVERY_MS } from '../domain/limits.ts'
import type { Operator, Scope } from '../domain/operator.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { KEY_COLUMNS, type Key } from './read-keys.ts'
import { keys } from './schema.ts'

export type NewKey = {
  readonly id: KeyId
  readonly name: string
  readonly email: string | null
  readonly hash: string
  readonly scopes: readonly Scope[]
  /** Milliseconds since 1970; null for a key without an end. */
  readonly expiresAt: number | null
}

/** Null where the name was ever given before. */
export function insertKey(
  db: Database,
  { id, name, email, hash, scopes, expiresAt }: NewKey,
  maker: Operator,
  now: number,
): Promise<Key | null> {
  const insert = db
    .insert(keys)
    .select(
      sql`
      SELECT NULL, ${id}, ${name}, ${email}, ${hash}, ${JSON.stringify(scopes)},
        ${now}, ${maker.name}, ${expiresAt}, NULL, NULL
      WHERE NOT EXISTS (SELECT 1 FROM keys WHERE name = ${name})`,
    )
    .returning(KEY_COLUMNS)
  return commitChange(
    db,
    insert,
    entry(now, maker, 'key.made', id, { id, name, scopes, expiresAt }),
  )
}

/** Null where there is no such key, or it was revoked before. */
export function revokeKey(
  db: Database,
  id: KeyId,
  revoker: Operator,
  now: number,
): Promise<Key | null> {
  const update = db
    .update(keys)
    .set({ revokedAt: now })
    .where(and(eq(keys.id, id), isNull(keys.revokedAt)))
    .returning(KEY_COLUMNS)
  return commitChange(db, update, entry(now, revoker, 'key.revoked', id, { id }))
}

/** No change of what it may do, so it has no entry. Of two at once one writes. */
export async function noteKeyUse(db: Database, id: KeyId, now: number): Promise<void> {
  await db
    .update(keys)
    .set({ lastUsedAt: now })
    .where(and(eq(keys.id, id), sql`ifnull(${keys.lastUsedAt}, 0) <= ${now - KEY_USE_EVERY_MS}`))
}

const entry = (
  at: number,
  { name }: Operator,
  action: AuditEntry['action'],
  id: KeyId,
  data: AuditEntry['data'],
): AuditEntry => ({ at, actor: `operator:${name}`, action, subject: id, data })
