// What was said of a customer holds no more, from the next look-up on.

import type { Identity } from '../db/schema.ts'
import { deleteIdentity } from '../db/write-identities.ts'
import type { Actor } from '../domain/audit.ts'
import type { Deps } from '../deps.ts'

/**
 * `seq`: the identity's number. `seen`: its versions that may be removed; null is all. Null where there is none so; a
 * removed one's number is not given again.
 */
export const removeIdentity = (
  { db, now }: Pick<Deps, 'db' | 'now'>,
  seq: number,
  actor: Actor,
  seen: readonly string[] | null = null,
): Promise<Identity | null> => deleteIdentity(db, seq, actor, now(), seen)
