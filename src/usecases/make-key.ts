// A new key of the operator's API. Only its hash is stored: this answer is the one time that it is seen.

import type { Key } from '../db/read-keys.ts'
import { insertKey } from '../db/write-keys.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY, OPERATOR_KEY_BYTES, OPERATOR_KEY_DAYS_MAX } from '../domain/limits.ts'
import {
  BOOTSTRAP,
  keyHashOf,
  keyIdOf,
  keyOf,
  SCOPES,
  type Operator,
  type Scope,
} from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'

export type KeyWanted = {
  readonly name: string
  readonly email: string | null
  readonly scopes: readonly Scope[]
  /** Milliseconds since 1970; null for a key without an end. */
  readonly expiresAt: number | null
}

export type MakeKeyTrouble =
  | { readonly reason: 'name_taken' }
  | { readonly reason: 'name_reserved' }
  | { readonly reason: 'end_in_the_past'; readonly expiresAt: number; readonly now: number }
  | { readonly reason: 'end_too_far'; readonly expiresAt: number; readonly now: number }

export async function makeKey(
  deps: Deps,
  { name, email, scopes, expiresAt }: KeyWanted,
  maker: Operator,
): Promise<Result<{ readonly key: Key; readonly secret: string }, MakeKeyTrouble>> {
  const now = deps.now()
  if (name === BOOTSTRAP.name) return err({ reason: 'name_reserved' })
  if (expiresAt !== null) {
    if (expiresAt <= now) return err({ reason: 'end_in_the_past', expiresAt, now })
    const latest = now + OPERATOR_KEY_DAYS_MAX * MS_PER_DAY
    if (expiresAt > latest) return err({ reason: 'end_too_far', expiresAt, now })
  }
  const secret = keyOf(deps.randomBytes(OPERATOR_KEY_BYTES))
  const key = await insertKey(
    deps.db,
    {
      id: keyIdOf(deps.randomBytes(OPERATOR_KEY_BYTES)),
      name,
      email: email === null ? null : email.toLowerCase(),
      hash: await keyHashOf(secret),
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      expiresAt,
    },
    maker,
    now,
  )
  return key === null ? err({ reason: 'name_taken' }) : ok({ key, secret })
}
