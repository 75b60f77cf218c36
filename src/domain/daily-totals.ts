// What happened on each day, added up from the audit log: its entries never change, and what an adjustment is never
// does, so the same entries make the same sums, whenever they are added up. Pure.

import type { AuditAction } from './audit.ts'
import type { Fate, Mode } from './event.ts'
import type { Settlement } from './rule.ts'

/** What can become of an adjustment on a day. Of a voided one its invoice stays counted where it was made. */
export const ADJUSTMENT_FACTS = [
  'made',
  'held',
  'invoiced',
  'rejected',
  'cancelled',
  'failed',
  'voided',
] as const
export type AdjustmentFact = (typeof ADJUSTMENT_FACTS)[number]

/** What an event can be when it comes. That a person dismisses it, or has it decided again, changes no day. */
export const RECEIVED_FATES = [
  'adjusted',
  'duplicate',
  'conflict',
  'ignored',
  'shadow',
  'undecided',
] as const satisfies readonly Fate[]
export type ReceivedFate = (typeof RECEIVED_FATES)[number]

const FACT_OF: Readonly<Partial<Record<AuditAction, AdjustmentFact>>> = {
  'adjustment.created': 'made',
  'adjustment.held': 'held',
  'adjustment.invoiced': 'invoiced',
  'adjustment.adopted': 'invoiced',
  'adjustment.rejected': 'rejected',
  'adjustment.expired': 'rejected',
  'adjustment.cancelled': 'cancelled',
  'adjustment.failed': 'failed',
}

type Origin = { readonly mode: Mode | null; readonly source: string; readonly endpoint: string }

/** An entry of the log, with the unchanging parts of what it is about; null where it is about something else. */
export type CountedEntry = {
  readonly seq: number
  readonly at: number
  readonly action: string
  readonly subject: string
  readonly adjustment:
    | (Origin & {
        readonly ruleId: string
        readonly settlement: Settlement
        readonly amount: number
        readonly currency: string
      })
    | null
  readonly event: (Origin & { readonly fate: string; readonly ruleId: string | null }) | null
  /** The first that says of its invoice that it is void, whoever made it so. */
  readonly isVoiding: boolean
}

/** Minor units, without a sign. */
export type FactSum = { count: number; sum: number }

export type AdjustmentSums = {
  readonly mode: Mode
  readonly day: string
  readonly source: string
  readonly endpoint: string
  readonly ruleId: string
  readonly settlement: Settlement
  readonly direction: 'credit' | 'charge'
  readonly currency: string
  readonly facts: Record<AdjustmentFact, FactSum>
}

export type EventSums = {
  readonly mode: Mode
  readonly day: string
  readonly source: string
  readonly endpoint: string
  /** Empty where no rule took it. */
  readonly ruleId: string
  readonly fates: Record<ReceivedFate, number>
}

export type DaySums = {
  readonly adjustments: readonly AdjustmentSums[]
  readonly events: readonly EventSums[]
}

/** `dayOf`: in the configured time zone. What says no mode counts as a test, as it does for the limits. */
export function addUp(entries: readonly CountedEntry[], dayOf: (ms: number) => string): DaySums {
  const adjustments = new Map<string, AdjustmentSums>()
  const events = new Map<string, EventSums>()
  for (const entry of entries) {
    const day = dayOf(entry.at)
    countAdjustment(adjustments, entry, day)
    countEvent(events, entry, day)
  }
  return { adjustments: [...adjustments.values()], events: [...events.values()] }
}

function countAdjustment(sums: Map<string, AdjustmentSums>, entry: CountedEntry, day: string) {
  const { adjustment, action, isVoiding } = entry
  const own = Object.hasOwn(FACT_OF, action) ? FACT_OF[action as AuditAction] : undefined
  const fact = isVoiding ? 'voided' : own
  if (adjustment === null || fact === undefined) return
  const { mode, source, endpoint, ruleId, settlement, amount, currency } = adjustment
  const direction = amount < 0 ? 'credit' : 'charge'
  const key = {
    mode: mode ?? 'test',
    day,
    source,
    endpoint,
    ruleId,
    settlement,
    direction,
    currency,
  } as const
  const name = JSON.stringify(key)
  const sum = sums.get(name) ?? { ...key, facts: noFacts() }
  sum.facts[fact].count += 1
  sum.facts[fact].sum += Math.abs(amount)
  sums.set(name, sum)
}

function countEvent(sums: Map<string, EventSums>, { event, action }: CountedEntry, day: string) {
  if (event === null || action !== ('event.received' satisfies AuditAction)) return
  const fate = RECEIVED_FATES.find((each) => each === event.fate)
  if (fate === undefined) return
  const { mode, source, endpoint } = event
  const key = { mode: mode ?? 'test', day, source, endpoint, ruleId: event.ruleId ?? '' } as const
  const name = JSON.stringify(key)
  const own = sums.get(name) ?? { ...key, fates: noFates() }
  own.fates[fate] += 1
  sums.set(name, own)
}

const noFacts = (): Record<AdjustmentFact, FactSum> => ({
  made: { count: 0, sum: 0 },
  held: { count: 0, sum: 0 },
  invoiced: { count: 0, sum: 0 },
  rejected: { count: 0, sum: 0 },
  cancelled: { count: 0, sum: 0 },
  failed: { count: 0, sum: 0 },
  voided: { count: 0, sum: 0 },
})

const noFates = (): Record<ReceivedFate, number> => ({
  adjusted: 0,
  duplicate: 0,
  conflict: 0,
  ignored: 0,
  shadow: 0,
  undecided: 0,
})
