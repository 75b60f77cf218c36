import type { Key } from '../db/read-keys.ts'
import { noteUse } from '../usecases/note-use.ts'
import { afterTheAnswer } from './after-the-answer.ts'
import type { AppContext } from './context.ts'

/** At most once in a while, and nobody waits for it. Null for who comes without a key of the table. */
export async function noteCallersKey(c: AppContext, key: Key | null): Promise<void> {
  const { deps } = c.var
  if (key === null || !deps.callers.takeUse(key, deps.now())) return
  await afterTheAnswer(c, () => noteUse(deps, key.id))
}
