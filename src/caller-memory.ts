// Whom an isolate has let into the operator's API lately, by a hash of what he showed. It opens nothing: a key is looked
// up at each request. It only tells who isn't counted as a stranger, and whose use is being written down.

import type { Key } from './db/read-keys.ts'
import {
  CALLER_KNOWN_MS,
  CALLERS_KNOWN_MAX,
  KEY_USE_AGAIN_MS,
  KEY_USE_EVERY_MS,
} from './domain/limits.ts'

export type CallerMemory = {
  isKnown(mark: string, now: number): boolean
  note(mark: string, now: number): void
  /** Whether a key's last use is to be written now; of all who ask at the same time one is told so. */
  takeUse(key: Pick<Key, 'id' | 'lastUsedAt'>, now: number): boolean
}

export function createCallerMemory(): CallerMemory {
  const letInAt = new Map<string, number>()
  const usesTakenAt = new Map<string, number>()
  return {
    isKnown(mark, now) {
      const at = letInAt.get(mark)
      // A clock that went back says nothing.
      return at !== undefined && now >= at && now - at < CALLER_KNOWN_MS
    },
    note(mark, now) {
      remember(letInAt, mark, now)
    },
    takeUse({ id, lastUsedAt }, now) {
      if ((lastUsedAt ?? 0) > now - KEY_USE_EVERY_MS) return false
      const takenAt = usesTakenAt.get(id)
      if (takenAt !== undefined && now >= takenAt && now - takenAt < KEY_USE_AGAIN_MS) return false
      remember(usesTakenAt, id, now)
      return true
    },
  }
}

/** The one that was remembered first is forgotten for it, where there are too many. */
function remember(memory: Map<string, number>, key: string, at: number): void {
  memory.delete(key)
  memory.set(key, at)
  if (memory.size <= CALLERS_KNOWN_MAX) return
  const [first] = memory.keys()
  if (first !== undefined) memory.delete(first)
}
