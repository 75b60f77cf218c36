// Where a process dies. Each await point can be one, before what it asks for has happened or after it, and
// before the answer is there. awaits.txt says how often a seed comes to each: the more seldom, the likelier
// it dies there, so that over many seeds each await is crashed at about as often.

import { expectedReach } from './awaits.ts'
import { createRandom } from './random.ts'

export type CrashMoment = 'before' | 'after'

export type CrashCount = { reached: number; before: number; after: number }

export type Crashes = {
  /** Null: it goes on. Counts that it was reached, while processes die at all. */
  readonly decide: (label: string) => CrashMoment | null
  /** Another death may have come first: only this counts. */
  readonly happened: (label: string, moment: CrashMoment) => void
  readonly counts: ReadonlyMap<string, CrashCount>
}

/** How often a seed is to die at each await, where it comes there often enough. */
const WANTED_PER_SEED = 2
/** Nobody dies there each time: what comes after it is to be reached as well. */
const CHANCE_MAX = 0.8
/** By how much each crash of a seed at an await makes its next one less likely. */
const TIRES = 0.5
/** Some seeds come to a rare await over and over, most never: the first times count for more than the mean says. */
const RARE_PER_SEED = 25
const FIRST_TIMES = 4
const FIRST_CHANCE = 0.4

/** `isOn`: whether processes die at all, now. */
export function createCrashes(seed: number, isOn: () => boolean): Crashes {
  const random = createRandom(seed, 'crashes')
  const counts = new Map<string, CrashCount>()
  return {
    counts,
    decide: (label) => {
      const count = counts.get(label) ?? { reached: 0, before: 0, after: 0 }
      counts.set(label, count)
      if (!isOn()) return null
      count.reached += 1
      const expected = expectedReach.get(label) ?? 1
      const isNew = expected < RARE_PER_SEED && count.reached <= FIRST_TIMES
      const wanted = Math.max(WANTED_PER_SEED / expected, isNew ? FIRST_CHANCE : 0)
      const crashed = count.before + count.after
      if (!random.chance(Math.min(CHANCE_MAX, wanted) / (1 + TIRES * crashed))) return null
      return random.chance(0.5) ? 'before' : 'after'
    },
    happened: (label, moment) => {
      const count = counts.get(label)
      if (count !== undefined) count[moment] += 1
    },
  }
}
