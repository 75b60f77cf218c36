// Whom an isolate has let into the operator's API lately, by a hash of what he showed. It opens nothing: a key is looked
// up at each request. It only tells who isn't counted as a stranger.

import { CALLER_KNOWN_MS, CALLERS_KNOWN_MAX } from './domain/limits.ts'

export type CallerMemory = {
  isKnown(mark: string, now: number): boolean
  note(mark: string, now: number): void
}

export function createCallerMemory(): CallerMemory {
  const letInAt = new Map<string, number>()
  return {
    isKnown(mark, now) {
      const at = letInAt.get(mark)
      // A clock that went back says nothing.
      return at !== undefined && now >= at && now - at < CALLER_KNOWN_MS
    },
    note(mark, now) {
      letInAt.delete(mark)
      letInAt.set(mark, now)
      if (letInAt.size <= CALLERS_KNOWN_MAX) return
      const [first] = letInAt.keys()
      if (first !== undefined) letInAt.delete(first)
    },
  }
}
