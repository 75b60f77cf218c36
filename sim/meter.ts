// The billing API's own limit: so many calls in a minute, and what comes too soon is told when to come again.

import type { Timeline } from './timeline.ts'

const MINUTE = 60_000

export type Meter = {
  /** Null: it is let in. Else the seconds after which it may come again. */
  readonly refuse: () => number | null
  /** Calls by the minute in which they came, also those that were told to come again. */
  readonly calls: ReadonlyMap<number, number>
}

/** `max`: calls of a minute; null lets all in. */
export function createMeter({ now }: Pick<Timeline, 'now'>, max: number | null): Meter {
  const calls = new Map<number, number>()
  return {
    calls,
    refuse: () => {
      const minute = Math.floor(now() / MINUTE)
      const count = (calls.get(minute) ?? 0) + 1
      calls.set(minute, count)
      return max !== null && count > max ? Math.ceil(((minute + 1) * MINUTE - now()) / 1_000) : null
    },
  }
}
