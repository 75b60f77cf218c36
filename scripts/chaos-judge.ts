// Counts a chaos run: what the senders were answered against the billing API's ledger, and what the app says
// of each event. Pure; it believes the app only where the app says that something waits or was refused.

import * as z from 'zod'

export const toldEventSchema = z.object({
  id: z.string(),
  fate: z.string(),
  decision: z.object({ adjustments: z.array(z.string()).optional() }),
})
export const toldAdjustmentSchema = z.object({
  id: z.string(),
  state: z.string(),
  version: z.number(),
  rule: z.string(),
  subject: z.string(),
  amount: z.number(),
  currency: z.string(),
  settlement: z.string(),
  reverses: z.string().nullable(),
  holdReasons: z.array(z.string()).nullable(),
  wakeAt: z.string().nullable(),
  invoice: z.object({ id: z.string(), status: z.string() }).nullable(),
})
export const ledgerInvoiceSchema = z.object({
  id: z.string(),
  subtotal: z.number(),
  status: z.string(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})

export type ToldEvent = z.output<typeof toldEventSchema>
export type ToldAdjustment = z.output<typeof toldAdjustmentSchema>
export type LedgerInvoice = z.output<typeof ledgerInvoiceSchema>

/** One fact of a sender, and the ids of its events that were answered with 2xx. */
export type SentFact = {
  readonly expects: 'adjustment' | 'nothing'
  readonly subject: string
  /** Signed minor units. */
  readonly amount: number
  readonly acknowledged: readonly string[]
}

export type RunRecord = {
  readonly facts: readonly SentFact[]
  readonly events: readonly ToldEvent[]
  readonly adjustments: readonly ToldAdjustment[]
  readonly ledger: readonly LedgerInvoice[]
  /** Ids of adjustments one of whose attempts ended without an answer that says whether it was done. */
  readonly ambiguous: readonly string[]
}

export type Verdict = {
  readonly acknowledged: number
  /** A sentence each. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Invoices that carry our metadata and belong to nothing, or differ from what was asked. */
  readonly strange: readonly string[]
  readonly ambiguous: number
  readonly unresolved: readonly string[]
  /** Of acknowledged events: by what became of each. */
  readonly outcomes: ReadonlyMap<string, number>
}

const VISIBLE = new Set(['held', 'rejected', 'failed', 'cancelled'])

const metadataOf = ({ metadata }: LedgerInvoice, name: string): string =>
  String(metadata?.[`makegood_${name}`] ?? '')

export const isOurs = (invoice: LedgerInvoice): boolean =>
  metadataOf(invoice, 'adjustment_id') !== ''

export function judge({ facts, events, adjustments, ledger, ambiguous }: RunRecord): Verdict {
  const ours = ledger.filter(isOurs)
  const byAdjustment = Map.groupBy(ours, (invoice) => metadataOf(invoice, 'adjustment_id'))
  const known = new Map(adjustments.map((each) => [each.id, each]))
  const told = new Map(events.map((each) => [each.id, each]))
  const outcomes = new Map<string, number>()
  const lost: string[] = []
  for (const fact of facts) {
    for (const id of fact.acknowledged) {
      const { outcome, isLost } = outcomeOf(fact, told.get(id), known, byAdjustment)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (isLost) lost.push(`${id} of ${fact.subject}: ${outcome}`)
    }
  }
  const unresolved = ambiguous.filter((id) => !isResolved(known.get(id), byAdjustment.get(id)))
  return {
    acknowledged: facts.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    lost,
    doubled: doubledOf(ours),
    strange: ours.flatMap((invoice) => strangeness(invoice, facts, known)),
    ambiguous: ambiguous.length,
    unresolved: unresolved.map((id) => `${id}: ${known.get(id)?.state ?? 'not known'}`),
    outcomes,
  }
}

type Outcome = { readonly outcome: string; readonly isLost: boolean }

/** What became of an acknowledged event: its invoice, or what the app says in place of it. */
function outcomeOf(
  fact: SentFact,
  event: ToldEvent | undefined,
  known: ReadonlyMap<string, ToldAdjustment>,
  byAdjustment: ReadonlyMap<string, readonly LedgerInvoice[]>,
): Outcome {
  if (event === undefined) return { outcome: 'not known to the app', isLost: true }
  const { fate, decision } = event
  if (fact.expects === 'nothing') {
    return { outcome: fate, isLost: fate !== 'undecided' && fate !== 'ignored' }
  }
  const wanted = decision.adjustments ?? []
  // An undo, or what came after one, makes none of its own.
  if (wanted.length === 0)
    return { outcome: `${fate}, no adjustment of its own`, isLost: fate === 'ignored' }
  const states = wanted.map((id) => {
    const adjustment = known.get(id)
    if (adjustment === undefined) return 'lost: its adjustment is missing'
    const { state } = adjustment
    if (VISIBLE.has(state)) return state
    if (state !== 'invoiced') return `lost: it is still ${state}`
    const invoices = byAdjustment.get(id) ?? []
    if (!invoices.some((each) => each.id === adjustment.invoice?.id)) return 'lost: no invoice'
    return adjustment.settlement === 'already_paid' && adjustment.invoice?.status !== 'paid'
      ? 'lost: not marked paid'
      : 'invoiced'
  })
  const bad = states.find((state) => state.startsWith('lost'))
  const outcome = bad ?? `${fate === 'adjusted' ? '' : `${fate} of one that is `}${states.join()}`
  return { outcome, isLost: bad !== undefined }
}

/** Two invoices for one adjustment, or for one subject by one rule, whatever the app believes. */
function doubledOf(ours: readonly LedgerInvoice[]): string[] {
  const keys = [
    (each: LedgerInvoice) => metadataOf(each, 'adjustment_id'),
    (each: LedgerInvoice) =>
      ['rule', 'subject', 'reverses'].map((name) => metadataOf(each, name)).join(' '),
  ]
  const more = keys.flatMap((keyOf) =>
    [...Map.groupBy(ours, keyOf)].flatMap(([key, [first, ...others]]) =>
      others.map(({ id }): [string, string] => [id, `${key}: ${first?.id} and ${id}`]),
    ),
  )
  return [...new Map(more.toReversed()).values()]
}

function strangeness(
  invoice: LedgerInvoice,
  facts: readonly SentFact[],
  known: ReadonlyMap<string, ToldAdjustment>,
): string[] {
  const [adjustment, subject] = [
    known.get(metadataOf(invoice, 'adjustment_id')),
    metadataOf(invoice, 'subject'),
  ]
  const where = `${invoice.id} for ${subject}`
  if (adjustment === undefined) return [`${where}: of no adjustment`]
  if (adjustment.invoice?.id !== invoice.id) {
    return [`${where}: its adjustment is ${adjustment.state}, and does not know it`]
  }
  const fact = facts.find((each) => each.subject === subject)
  if (fact === undefined) return [`${where}: nobody asked for it`]
  const asked = adjustment.reverses === null ? fact.amount : -fact.amount
  if (invoice.subtotal !== asked) return [`${where}: ${invoice.subtotal} instead of ${asked}`]
  return []
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
