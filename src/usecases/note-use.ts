// When a key was last used, to the hour, so that a key that nobody needs is found. No request waits for it.

import { noteKeyUse } from '../db/write-keys.ts'
import type { Key } from '../db/read-keys.ts'
import type { Deps } from '../deps.ts'
import { KEY_USE_EVERY_MS } from '../domain/limits.ts'

export const isUseOld = ({ lastUsedAt }: Key, now: number): boolean =>
  (lastUsedAt ?? 0) <= now - KEY_USE_EVERY_MS

export const noteUse = ({ db, now }: Pick<Deps, 'db' | 'now'>, { id }: Key): Promise<void> =>
  noteKeyUse(db, id, now())
