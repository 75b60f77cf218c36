// A dry run as it is answered: facts and codes, in the words of events and adjustments.

import { amountText } from '../../domain/adjustment.ts'
import type { DryAdjustment } from '../../usecases/dry-adjustment.ts'
import type { DryEvent, DryRun, DryUndo } from '../../usecases/dry-run.ts'

export const presentDryRun = ({ ruleSet, events }: DryRun) => ({
  object: 'dry_run',
  ruleSet,
  /** Of limits that add up: several that fit one by one may not fit together. */
  limitsAskedFor: 'each_alone',
  events: events.map(presentEvent),
})

function presentEvent(event: DryEvent) {
  if (event.kind === 'unreadable') return { object: 'unreadable', reason: event.reason } as const
  const { decided, id, recorded, fate, undo, adjustments } = event
  const { type, mode, occurredAt, ruleId, reason, decision } = decided
  return {
    object: 'dry_event' as const,
    id,
    /** What became of it when it came; a delivery of it would make nothing more. */
    recorded,
    type,
    mode,
    occurredAt: occurredAt === null ? null : new Date(occurredAt).toISOString(),
    fate,
    rule: ruleId,
    reason,
    detail: decision.detail ?? null,
    considered: decision.considered,
    shadows: decision.shadows ?? [],
    /** Whose, for which subject; a dry run doesn't ask who may, and approves nothing. */
    ...(decision.approves ? { approves: decision.approves } : {}),
    adjustments: adjustments.map(presentAdjustment),
    undo: undo && presentUndo(undo),
  }
}

const presentUndo = ({ subject, ruleIds, undoneBy, adjustments }: DryUndo) => ({
  subject,
  rules: ruleIds,
  undoneBy,
  adjustments: adjustments.map(({ id, state, amount, currency, reversedBy }) => ({
    id,
    state,
    amount,
    currency,
    reversedBy,
  })),
})

function presentAdjustment(dry: DryAdjustment) {
  const { made, would } = dry
  return {
    object: 'dry_adjustment',
    id: made.id,
    would,
    amount: made.amount,
    currency: made.currency,
    amountText: amountText(made),
    settlement: made.settlement,
    reason: made.reason,
    subject: made.subject,
    part: made.part,
    rule: made.ruleId,
    asker: made.asker,
    originalInvoice: made.originalInvoice,
    description: made.description,
    customer: {
      reference: made.customerReference,
      kind: made.customerReference === null ? null : made.customerKind,
      ...(dry.isNew ? { id: dry.customer.customerId, billedIn: dry.customer.currency } : {}),
    },
    ...(dry.isNew ? presentProspect(dry) : presentStanding(dry)),
  }
}

const presentProspect = (dry: Extract<DryAdjustment, { isNew: true }>) => ({
  holdReasons: dry.holdReasons,
  approversNeeded: dry.approversNeeded,
  pausedBy: dry.pausedBy.map(({ kind, key }) => ({ kind, key: key === '' ? null : key })),
})

const presentStanding = ({ standing, differences }: Extract<DryAdjustment, { isNew: false }>) => ({
  /** Without a state: it comes earlier in the same payload. */
  standing: {
    adjustment: standing.id,
    event: standing.state === null ? null : standing.eventId,
    state: standing.state,
    reversedBy: standing.reversedBy,
  },
  differences,
})
