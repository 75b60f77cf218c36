// Where a process dies. Each await point can be one, before what it asks for has happened or after it, and
// before the answer is there. Which of them a seed prefers is drawn once for each label, so that over many
// seeds also those that are rarely reached are crashed at.

import { createRandom, hashOf } from './random.ts'

export type CrashMoment = 'before' | 'after'

export type CrashCount = { reached: number; before: number; after: number }

export type Crashes = {
  /** Null: it goes on. Counts that it was reached, while processes die at all. */
  readonly decide: (label: string) => CrashMoment | null
  /** Another death may have come first: only this counts. */
  readonly happened: (label: string, moment: CrashMoment) => void
  readonly counts: ReadonlyMap<string, CrashCount>
}

/** Of labels that a seed prefers, and of the others: how likely the first time there is the last. */
const PREFERRED_CHANCE = 0.85
const OTHER_CHANCE = 0.02
const PREFERRED_SHARE = 0.5
/** What few seeds come to at all, nearly each of them prefers. */
const RARE_SHARE = 0.95
/** By how much each crash at a label makes the next one less likely. */
const TIRES = 8
const RARE_TIRES = 0.4
const RARE =
  /& adjustment\.(cancelled|reversed|void|settle|customer_chosen|rejected|expired|failed|held($|\|alarm)|invoiced\|switch)|given_up|alarms|tags|dead|customers\/|switch\.|approvals|links$|notices: send|door: select|operator: (insert|update|send|GET|select (approvals|switches|events))|identities &/

/** `isOn`: whether processes die at all, now. */
export function createCrashes(seed: number, isOn: () => boolean): Crashes {
  const random = createRandom(seed, 'crashes')
  const counts = new Map<string, CrashCount>()
  const isPreferred = (label: string): boolean =>
    hashOf(`${seed}/${label}`) % 1_000 < (RARE.test(label) ? RARE_SHARE : PREFERRED_SHARE) * 1_000
  return {
    counts,
    decide: (label) => {
      const count = counts.get(label) ?? { reached: 0, before: 0, after: 0 }
      counts.set(label, count)
      if (!isOn()) return null
      count.reached += 1
      const first = isPreferred(label) ? PREFERRED_CHANCE : OTHER_CHANCE
      const crashed = count.before + count.after
      const tires = RARE.test(label) ? RARE_TIRES : TIRES
      if (!random.chance(first / (1 + tires * crashed))) return null
      return random.chance(0.5) ? 'before' : 'after'
    },
    happened: (label, moment) => {
      const count = counts.get(label)
      if (count !== undefined) count[moment] += 1
    },
  }
}
