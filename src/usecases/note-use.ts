// When a key was last used, to the hour, so that one that nobody needs is found. No answer waits for it.

import { noteKeyUse } from '../db/write-keys.ts'
import type { Deps } from '../deps.ts'
import type { KeyId } from '../domain/ids.ts'

export const noteUse = ({ db, now }: Pick<Deps, 'db' | 'now'>, id: KeyId): Promise<void> =>
  noteKeyUse(db, id, now())
