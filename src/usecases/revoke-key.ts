// A key ends now, also the caller's own. Doing it again changes nothing and is no trouble.

import { findKey, type Key } from '../db/read-keys.ts'
import { revokeKey as commitRevocation } from '../db/write-keys.ts'
import type { Deps } from '../deps.ts'
import type { KeyId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'

/** The revoked key; null where there is none with this id. */
export const revokeKey = async (deps: Deps, id: KeyId, revoker: Operator): Promise<Key | null> =>
  (await commitRevocation(deps.db, id, revoker, deps.now())) ?? (await findKey(deps.db, id))
