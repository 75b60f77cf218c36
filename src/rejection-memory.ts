// What an isolate has rejected and not written down yet. It is lost with the isolate, so the counts are approximate: a
// flood of forged deliveries must not be a flood of writes.

import { MS_PER_HOUR, REJECTIONS_EVERY_MS, REJECTIONS_REMEMBERED_MAX } from './domain/limits.ts'
import type { RejectionReason, Rejections } from './domain/rejection.ts'

export type RejectionMemory = {
  note(endpoint: string, reason: RejectionReason, now: number): void
  /** What is to be written now; empty where some was within the last minute. Who gets it writes it. */
  take(now: number): readonly Rejections[]
  /** What could not be written counts later. */
  putBack(counts: readonly Rejections[]): void
}

export function createRejectionMemory(): RejectionMemory {
  const counts = new Map<string, Rejections>()
  let takenAt: number | null = null
  const add = (more: Rejections) => {
    const key = `${more.endpoint} ${more.reason} ${more.hour}`
    const known = counts.get(key)
    if (known === undefined && counts.size >= REJECTIONS_REMEMBERED_MAX) return
    counts.set(key, {
      ...more,
      count: more.count + (known?.count ?? 0),
      lastAt: Math.max(more.lastAt, known?.lastAt ?? 0),
    })
  }
  return {
    note: (endpoint, reason, now) =>
      add({ endpoint, reason, hour: Math.floor(now / MS_PER_HOUR), count: 1, lastAt: now }),
    take(now) {
      if (counts.size === 0) return []
      // A clock that went back says nothing.
      const isTooSoon = takenAt !== null && now >= takenAt && now - takenAt < REJECTIONS_EVERY_MS
      if (isTooSoon) return []
      takenAt = now
      const taken = [...counts.values()]
      counts.clear()
      return taken
    },
    putBack: (taken) => taken.forEach(add),
  }
}
