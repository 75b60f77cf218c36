// Who may approve, known by an e-mail that a source has authenticated: whoever has a live key of that
// person's with the scope `approve`. Looked up for each event, so revoking works with the next one.

import { findKeysOf } from '../db/read-keys.ts'
import type { Deps } from '../deps.ts'
import { identityOf, type Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'

export type ApproverUnknown = {
  readonly reason: 'approver_unknown'
  /** Of this person's keys. */
  readonly keys: number
  readonly revoked: number
  readonly expired: number
}

/** `email`: in small letters. */
export async function findApprover(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  email: string,
): Promise<Result<Operator, ApproverUnknown>> {
  const keys = await findKeysOf(db, email)
  const at = now()
  const isExpired = (expiresAt: number | null) => expiresAt !== null && expiresAt <= at
  const live = keys.filter((key) => key.revokedAt === null && !isExpired(key.expiresAt))
  const key = live.find(({ scopes }) => scopes.includes('approve'))
  if (key) {
    return ok({ name: key.name, identity: identityOf(key), scopes: key.scopes })
  }
  return err({
    reason: 'approver_unknown',
    keys: keys.length,
    revoked: keys.filter(({ revokedAt }) => revokedAt !== null).length,
    expired: keys.filter(({ expiresAt }) => isExpired(expiresAt)).length,
  })
}
