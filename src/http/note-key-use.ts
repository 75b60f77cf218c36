import type { Key } from '../db/read-keys.ts'
import { noteKeyUse } from '../db/write-keys.ts'
import { afterTheAnswer } from './after-the-answer.ts'
import type { AppContext } from './context.ts'

/** At most once in a while, and nobody waits for it. Null for who comes without a key of the table. */
export async function noteUse(c: AppContext, key: Key | null): Promise<void> {
  const { deps } = c.var
  const now = deps.now()
  if (key === null || !deps.callers.takeUse(key, now)) return
  await afterTheAnswer(c, () => noteKeyUse(deps.db, key.id, now))
}
