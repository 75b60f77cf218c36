// What a seed is about: when it begins, how long it lasts, what the billing API is like and when, which
// limits there are, how often people and deployments come.

import type { LimitOptions } from '../src/domain/money-limits.ts'
import { usd } from '../src/domain/money.ts'
import type { Climate } from './commet-faults.ts'
import { createRandom, type Random } from './random.ts'

export const FAULT_KINDS = [
  'crash',
  'commet',
  'd1',
  'queue',
  'clock',
  'network',
  'deploy',
  'restore',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export type Period<Kind> = { readonly from: number; readonly to: number; readonly kind: Kind }

export type Scenario = {
  readonly seed: number
  readonly startMs: number
  /** In which the events happen at their sources. */
  readonly spanMs: number
  /** What happens at the sources: everything, or only what asks for a credit and gets it. */
  readonly facts: 'all' | 'credits'
  /** Calls that the billing API allows; null is all. */
  readonly callsPerMinute: number | null
  readonly climates: readonly Period<Climate>[]
  /** When the database takes no writes. */
  readonly fullDisk: readonly Period<'full'>[]
  readonly limits: LimitOptions
  readonly tells: boolean
  readonly creditStartsAs: 'outstanding' | 'paid'
  readonly taxRate: number
  /** The billing API tells of its invoices, which people change there, too. */
  readonly hasBillingWebhooks: boolean
  /** Processes that run at the same time. */
  readonly isolates: number
  /** How often people look at what waits. */
  readonly looks: number
  /** The database is set back, then, to what it was before: an hour at most, or days. */
  readonly restore: Restore | null
  readonly deployments: readonly number[]
  readonly faults: ReadonlySet<FaultKind>
  /** How old the oldest duplicate is, milliseconds. */
  readonly oldestDuplicateMs: number
}

/** What people do then: they pause everything, have it compared, or don't think of anything. */
export type Restore = {
  readonly takenAt: number
  readonly at: number
  readonly answer: 'pause' | 'compare' | 'nothing'
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export function scenarioOf(seed: number, faults: ReadonlySet<FaultKind>): Scenario {
  const random = createRandom(seed, 'scenario')
  const startMs = Date.UTC(2027, random.below(12), random.between(1, 28), random.below(24), 30)
  const spanMs = random.pick([10 * MINUTE, 2 * HOUR, 12 * HOUR, 2 * DAY, 6 * DAY])
  return {
    seed,
    startMs,
    spanMs,
    facts: 'all',
    callsPerMinute: null,
    climates: faults.has('commet') ? climatesOf(random, startMs, spanMs) : [],
    fullDisk:
      faults.has('d1') && random.chance(0.3)
        ? [period(random, startMs, spanMs, 'full', [MINUTE, 20 * MINUTE])]
        : [],
    limits: limitsOf(random),
    tells: random.chance(0.4),
    creditStartsAs: random.pick(['outstanding', 'paid']),
    taxRate: random.chance(0.08) ? 0.19 : 0,
    hasBillingWebhooks: random.chance(0.4),
    isolates: random.between(1, 3),
    looks: random.between(2, 14),
    restore:
      faults.has('restore') && random.chance(0.25) ? restoreOf(random, startMs, spanMs) : null,
    deployments: faults.has('deploy')
      ? Array.from({ length: random.below(4) }, () => startMs + random.below(spanMs))
      : [],
    faults,
    oldestDuplicateMs: random.chance(0.06)
      ? 400 * DAY
      : random.pick([HOUR, 25 * HOUR, 72 * HOUR, 14 * DAY]),
  }
}

function climatesOf(random: Random, startMs: number, spanMs: number): Period<Climate>[] {
  const kinds = ['flaky', 'flaky', 'flaky', 'down', 'refused', 'limited'] as const
  const climates = Array.from({ length: random.between(0, 4) }, () => {
    const kind = random.pick(kinds)
    // A key that is refused is asked with every few minutes, for each adjustment anew.
    const isAsked = kind === 'refused' || kind === 'limited'
    const long = isAsked ? [10 * MINUTE] : [3 * HOUR, 26 * HOUR, spanMs / 2]
    return period(random, startMs, spanMs, kind, [2 * MINUTE, HOUR, ...long])
  })
  const whole: Period<Climate> = { from: startMs, to: startMs + 2 * spanMs, kind: 'flaky' }
  return random.chance(0.15) ? [...climates, whole] : climates
}

function period<Kind>(
  random: Random,
  startMs: number,
  spanMs: number,
  kind: Kind,
  lengths: readonly [number, ...number[]],
): Period<Kind> {
  const from = startMs + random.below(spanMs)
  return { from, to: from + Math.ceil(random.pick(lengths) * (0.5 + random.next())), kind }
}

function restoreOf(random: Random, startMs: number, spanMs: number): Restore {
  if (spanMs >= 2 * DAY && random.chance(0.7)) return deepRestoreOf(random, startMs, spanMs)
  // Within the hour that the billing API knows a key for longer than it is used without a look.
  const at = startMs + Math.floor(spanMs * (0.2 + 0.6 * random.next()))
  const takenAt = Math.max(startMs, at - random.between(MINUTE, 55 * MINUTE))
  return { at, takenAt, answer: random.pick(['pause', 'pause', 'compare']) }
}

/** The billing API has forgotten most of the lost time's keys. */
function deepRestoreOf(random: Random, startMs: number, spanMs: number): Restore {
  const at = startMs + Math.floor(spanMs * (0.6 + 0.3 * random.next()))
  const takenAt = Math.max(startMs + 2 * HOUR, at - random.between(25 * HOUR, 72 * HOUR))
  return { at, takenAt, answer: random.pick(['nothing', 'nothing', 'compare', 'pause']) }
}

function limitsOf(random: Random): LimitOptions {
  const open = { duplicateHours: 0, olderThanEndpoint: 'allow', holdAbove: usd(1_000) } as const
  if (random.chance(0.35)) return { ...open, charges: random.pick(['hold', 'allow']) }
  return {
    ...open,
    charges: random.pick(['hold', 'allow']),
    duplicateHours: random.pick([0, 24]),
    holdAbove: usd(100),
    twoApproversAbove: usd(200),
    perCustomer: { amount: usd(random.pick([120, 300])), days: random.pick([1, 30]) },
    perAsker: { amount: usd(150), days: 1 },
    perDay: usd(random.pick([250, 800])),
    ...(random.chance(0.3) ? { perHourPerRule: usd(200) } : {}),
    ...(random.chance(0.5) ? { alreadyPaid: { holdAbove: usd(90), perDay: usd(400) } } : {}),
  }
}

export function kindAt<Kind>(periods: readonly Period<Kind>[], now: number, otherwise: Kind): Kind {
  return periods.find(({ from, to }) => now >= from && now < to)?.kind ?? otherwise
}
