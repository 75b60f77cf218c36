// Whose key it is. A key is looked up at each request, so revoking works with the next one.

import { findKeyByHash, hasKeys, type Key } from '../db/read-keys.ts'
import type { Deps } from '../deps.ts'
import type { KeyId } from '../domain/ids.ts'
import { BOOTSTRAP, identityOf, isKey, keyHashOf, type Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { isSameBytes, utf8 } from '../sources/bytes.ts'

export type KeyTrouble =
  | { readonly reason: 'key_missing' }
  | { readonly reason: 'key_unknown' }
  | { readonly reason: 'key_revoked'; readonly key: KeyId; readonly revokedAt: number }
  | { readonly reason: 'key_expired'; readonly key: KeyId; readonly expiresAt: number }
  /** No key can be right: there is no bootstrap key, and none was made by it. */
  | { readonly reason: 'no_key_configured' }

export type FoundOperator = {
  readonly operator: Operator
  /** Null for the bootstrap key, which is in no table. */
  readonly key: Key | null
}

/** `presented`: the key as it came. Throws where the database doesn't answer. */
export async function findOperator(
  deps: Deps,
  presented: string | undefined,
): Promise<Result<FoundOperator, KeyTrouble>> {
  const { db, settings } = deps
  const { bootstrapKey } = settings
  const key = presented ?? ''
  if (bootstrapKey !== null && (await isSameBytes(utf8(bootstrapKey), utf8(key)))) {
    return ok({ operator: BOOTSTRAP, key: null })
  }
  const found = isKey(key) ? await findKeyByHash(db, await keyHashOf(key)) : null
  if (found === null) {
    if (bootstrapKey === null && !(await hasKeys(db))) return err({ reason: 'no_key_configured' })
    return err({ reason: key === '' ? 'key_missing' : 'key_unknown' })
  }
  const holder = holderOf(found, deps.now())
  return holder.ok ? ok({ operator: holder.value, key: found }) : holder
}

/** Of a key that was made here, unless it has ended or was revoked. */
export function holderOf(found: Key, now: number): Result<Operator, KeyTrouble> {
  const { id, name, email, scopes, expiresAt, revokedAt } = found
  if (revokedAt !== null) return err({ reason: 'key_revoked', key: id, revokedAt })
  if (expiresAt !== null && expiresAt <= now) {
    return err({ reason: 'key_expired', key: id, expiresAt })
  }
  return ok({ name, identity: identityOf({ name, email }), scopes })
}
