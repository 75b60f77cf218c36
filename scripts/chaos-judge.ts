// Counts a chaos run: what the senders meant, and were answered, against the billing API's whole ledger, and what
// the app says of each event. Pure; it believes the app only where it says that something waits for a person whom
// the fact needs, or was undone.

import {
  doubledIn,
  isOurs,
  metadataOf,
  strangeIn,
  subjectsOf,
  unbalancedIn,
} from './chaos-ledger.ts'
import {
  isPlain,
  type LedgerInvoice,
  type RunRecord,
  type SentFact,
  type ToldAdjustment,
  type ToldEvent,
} from './chaos-told.ts'

/** Enough kills for each kind of trouble to come about. */
const KILLS_THAT_SHOW = 20

export type Verdict = {
  readonly acknowledged: number
  /** Facts that were acknowledged, need no person, and were not undone; how many of them are invoiced. */
  readonly plain: number
  readonly billed: number
  /** Facts whose undo was acknowledged. */
  readonly undone: number
  /** A sentence each. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Invoices that belong to nothing, differ from what was meant, or needed a person. */
  readonly strange: readonly string[]
  /** Customers whose invoices since the beginning have another sum than was meant. */
  readonly unbalanced: readonly string[]
  readonly ambiguous: number
  readonly unresolved: readonly string[]
  /** Of acknowledged events: by what became of each. */
  readonly outcomes: ReadonlyMap<string, number>
}

const VISIBLE = new Set(['held', 'rejected', 'failed', 'cancelled'])

type Known = {
  readonly adjustments: ReadonlyMap<string, ToldAdjustment>
  readonly invoices: ReadonlyMap<string, readonly LedgerInvoice[]>
}

export function judge(record: RunRecord): Verdict {
  const { facts, events, adjustments, ambiguous } = record
  const ours = record.ledger.filter(isOurs)
  const invoices = Map.groupBy(ours, (invoice) => metadataOf(invoice, 'adjustment_id'))
  const known: Known = {
    adjustments: new Map(adjustments.map((each) => [each.id, each])),
    invoices,
  }
  const told = new Map(events.map((each) => [each.id, each]))
  const outcomes = new Map<string, number>()
  const lost: string[] = []
  for (const fact of facts) {
    for (const id of fact.acknowledged) {
      const { outcome, isLost } = outcomeOf(fact, told.get(id), known)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (isLost) lost.push(`${id} of ${fact.subject}: ${outcome}`)
    }
    if (fact.undo === 'acknowledged') lost.push(...notUndone(fact, adjustments))
  }
  const [plain, invoiced] = [facts.filter(isPlain), subjectsOf(ours)]
  const unresolved = ambiguous.filter((id) => {
    return !isResolved(known.adjustments.get(id), invoices.get(id))
  })
  return {
    acknowledged: facts.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    plain: plain.length,
    billed: plain.filter(({ subject }) => invoiced.has(subject)).length,
    undone: facts.filter(({ undo }) => undo === 'acknowledged').length,
    lost,
    doubled: doubledIn(record),
    strange: strangeIn(record),
    unbalanced: unbalancedIn(record),
    ambiguous: ambiguous.length,
    unresolved: unresolved.map((id) => `${id}: ${known.adjustments.get(id)?.state ?? 'not known'}`),
    outcomes,
  }
}

type Outcome = { readonly outcome: string; readonly isLost: boolean }

/** What became of an acknowledged event: its invoice, or what the app says in place of it. */
function outcomeOf(fact: SentFact, event: ToldEvent | undefined, known: Known): Outcome {
  if (event === undefined) return { outcome: 'not known to the app', isLost: true }
  const { fate, decision } = event
  if (fact.expects === 'nothing') {
    return { outcome: fate, isLost: fate !== 'undecided' && fate !== 'ignored' }
  }
  const wanted = decision.adjustments ?? []
  if (wanted.length === 0) {
    // Only an undo, and what comes after one, make none of their own.
    const isLost = fact.undo === 'none' || fate === 'ignored' || fate === 'undecided'
    return { outcome: `${fate}, no adjustment of its own`, isLost }
  }
  const states = wanted.map((id) => stateOf(fact, id, known))
  const bad = states.find((state) => state.startsWith('lost'))
  const outcome = bad ?? `${fate === 'adjusted' ? '' : `${fate} of one that is `}${states.join()}`
  return { outcome, isLost: bad !== undefined }
}

function stateOf(fact: SentFact, id: string, known: Known): string {
  const adjustment = known.adjustments.get(id)
  if (adjustment === undefined) return 'lost: its adjustment is missing'
  const { state, invoice } = adjustment
  if (VISIBLE.has(state)) return isPlain(fact) ? `lost: ${state}, and nobody was needed` : state
  if (state !== 'invoiced') return `lost: it is still ${state}`
  const found = known.invoices.get(id)?.find((each) => each.id === invoice?.id)
  if (found === undefined) return 'lost: no invoice'
  return fact.settlement === 'already_paid' && found.status !== 'paid'
    ? 'lost: not marked paid'
    : 'invoiced'
}

/** What was taken back is stopped, or a charge of the same amount waits for a person. */
function notUndone({ subject }: SentFact, adjustments: readonly ToldAdjustment[]): string[] {
  return adjustments.flatMap((original) => {
    const { id, state, amount } = original
    if (original.subject !== subject || state === 'cancelled' || state === 'rejected') return []
    const reversal = adjustments.find(({ reverses }) => reverses === id)
    const isAnswered = reversal?.state === 'held' && reversal.amount === -amount
    if (state === 'invoiced' && isAnswered) return []
    return [
      `${subject}: it was undone, and is ${state}, its reversal ${reversal?.state ?? 'missing'}`,
    ]
  })
}

function isResolved(
  adjustment: ToldAdjustment | undefined,
  invoices: readonly LedgerInvoice[] = [],
): boolean {
  if (adjustment === undefined) return false
  if (adjustment.state === 'invoiced') return invoices.length === 1
  const isOpen = ['due', 'issuing'].includes(adjustment.state)
  const isUnknown = adjustment.holdReasons?.includes('outcome_unknown') ?? false
  return !isOpen && !isUnknown && invoices.length === 0
}

export const isBad = (verdict: Verdict): boolean =>
  verdict.lost.length +
    verdict.doubled.length +
    verdict.strange.length +
    verdict.unbalanced.length +
    verdict.unresolved.length >
  0

/** A run in which too little happened shows nothing, whatever it has found. */
export function unshownBy({ plain, undone, ambiguous }: Verdict, kills: number): string[] {
  const wanted: readonly (readonly [string, number])[] = [
    ['no fact that needs nobody was acknowledged', plain],
    ...(kills < KILLS_THAT_SHOW
      ? []
      : ([
          ['no attempt had an outcome that nobody knew', ambiguous],
          ['no fact was taken back', undone],
        ] as const)),
  ]
  return wanted.flatMap(([what, count]) => (count === 0 ? [what] : []))
}
