// One event through the rules: what becomes of it, as the door writes it down. Nothing is read and
// nothing written, so that a dry run and a backtest ask the same.

import type { KeptPayload } from '../db/pack-payloads.ts'
import type { NewAdjustment, NewUndo, ReceivedEvent } from '../db/pack-delivery.ts'
import type { RecordedDecision } from '../db/schema.ts'
import { assert, unreachable } from '../domain/assert.ts'
import { decide, type Decision } from '../domain/decide.ts'
import { descriptionOf } from '../domain/description.ts'
import type { Mode, SourceEvent } from '../domain/event.ts'
import { adjustmentId, eventId, type EventId } from '../domain/ids.ts'
import { EVENT_TYPE_CHARS_MAX, NATIVE_ID_CHARS_MAX } from '../domain/limits.ts'
import type { Proposal, Seen } from '../domain/outcome.ts'
import { ownIds, type Rule } from '../domain/rule.ts'
import { oneLine } from '../domain/text.ts'
import type { Config } from '../config.ts'

/** What the delivery says of all its events. `mode`: the endpoint's; the event's own comes first. */
export type DeliveredWith = {
  readonly endpoint: string
  readonly account: string
  readonly source: string
  readonly ruleSet: string
  readonly mode: Mode | null
  /** SHA-256 of the event's bytes: its id where its sender gives none. */
  readonly hash: string
}

/** What else an event does, before it is committed: `take-effect.ts`. Nothing of it is stored as it is. */
export type EventEffect =
  | {
      readonly kind: 'approve'
      readonly subject: string
      readonly ruleIds: readonly string[]
      /** The approver's e-mail, in small letters. */
      readonly by: string
    }
  | Seen

export type DecidedEvent = ReceivedEvent & { readonly effect: EventEffect | null }

export async function decideEvent(
  { config }: { readonly config: Config },
  delivered: DeliveredWith,
  event: SourceEvent,
  payload: KeptPayload,
): Promise<DecidedEvent> {
  const mode = event.mode ?? delivered.mode
  const decision = decide(config.rules, delivered.source, event)
  const id = await eventId(delivered.account, event.ownId ?? `sha256:${delivered.hash}`)
  const adjustments = await adjustmentsOf(config, decision, {
    ...delivered,
    eventId: id,
    mode,
    occurredAt: event.occurredAt,
  })
  const undo = undoOf(config.rules, decision)
  const effect = effectOf(config.rules, decision)
  return {
    id,
    ownId: event.ownId === null ? null : oneLine(event.ownId, NATIVE_ID_CHARS_MAX),
    type: oneLine(event.type, EVENT_TYPE_CHARS_MAX),
    mode,
    occurredAt: event.occurredAt,
    fate: fateOf(decision),
    ruleId: decision.kind === 'ignored' ? null : decision.rule.id,
    reason: reasonOf(decision),
    decision: recorded(decision, adjustments, undo, effect),
    adjustments,
    undo,
    payload,
    effect,
  }
}

function fateOf({ kind }: Decision): ReceivedEvent['fate'] {
  switch (kind) {
    case 'adjust':
    case 'undo':
    case 'approve':
      return 'adjusted'
    case 'seen':
      return 'ignored'
    case 'ignored':
    case 'shadow':
    case 'undecided':
      return kind
    default:
      return unreachable(kind)
  }
}

const undecidedFacts = ({ detail, subject }: Extract<Decision, { kind: 'undecided' }>) => ({
  detail,
  ...(subject === null ? {} : { subject }),
})

function reasonOf(decision: Decision): string | null {
  if (decision.kind === 'seen') return decision.fact.what
  return decision.kind === 'ignored' || decision.kind === 'undecided' ? decision.reason : null
}

const recorded = (
  decision: Decision,
  adjustments: readonly NewAdjustment[],
  undo: NewUndo | null,
  effect: EventEffect | null,
): RecordedDecision => ({
  considered: decision.considered,
  ...(decision.kind === 'undecided' ? undecidedFacts(decision) : {}),
  ...(decision.kind === 'adjust'
    ? { adjustments: adjustments.flatMap((each) => [each.id, ...each.formerIds]) }
    : {}),
  ...(undo ? { undoes: { subject: undo.subject, ruleIds: undo.ruleIds } } : {}),
  ...(effect?.kind === 'approve'
    ? { approves: { subject: effect.subject, ruleIds: effect.ruleIds } }
    : {}),
  ...(decision.shadows.length > 0
    ? {
        shadows: decision.shadows.flatMap(({ rule, proposals }) =>
          proposals.map(({ subject, part, amount, currency }) => ({
            rule: rule.id,
            subject,
            part,
            amount,
            currency,
          })),
        ),
      }
    : {}),
})

/** Limits and approvals compare people: one person has one spelling. */
const onePerson = (asker: string | null): string | null => asker?.toLowerCase() ?? null

function undoOf(rules: readonly Rule[], decision: Decision): NewUndo | null {
  if (decision.kind !== 'undo') return null
  const { subject, of, asker } = decision
  return { subject, ruleIds: idsOf(rules, of), asker: onePerson(asker) }
}

function effectOf(rules: readonly Rule[], decision: Decision): EventEffect | null {
  if (decision.kind === 'seen') return { kind: 'seen', fact: decision.fact }
  if (decision.kind !== 'approve') return null
  const { kind, subject, by, of } = decision
  return { kind, subject, by, ruleIds: idsOf(rules, of) }
}

/** A rule that isn't configured any more is still known by the id that is named. */
function idsOf(rules: readonly Rule[], named: string): readonly string[] {
  const rule = rules.find((each) => ownIds(each).includes(named))
  return rule ? ownIds(rule) : [named]
}

export type MadeOf = Omit<DeliveredWith, 'hash'> & {
  readonly eventId: EventId
  readonly occurredAt: number | null
}

function adjustmentsOf(
  config: Config,
  decision: Decision,
  facts: MadeOf,
): Promise<NewAdjustment[]> {
  if (decision.kind !== 'adjust') return Promise.resolve([])
  const { rule, proposals } = decision
  return Promise.all(proposals.map((proposal) => adjustmentOf(config, rule, proposal, facts)))
}

/** What of a rule goes into its adjustments; also of those that no rule makes. */
export type Maker = Pick<Rule, 'id' | 'was' | 'settlement' | 'reason' | 'causedBy' | 'description'>

export async function adjustmentOf(
  config: Config,
  rule: Maker,
  proposal: Proposal,
  facts: MadeOf,
): Promise<NewAdjustment> {
  const { account, endpoint, source, eventId: madeBy, mode, ruleSet, occurredAt } = facts
  const { subject, part, customer, originalInvoice } = proposal
  const reason = config.reasons.get(rule.reason)
  assert(reason !== undefined, 'a rule with a reason that the configuration let through')
  const idUnder = (ruleId: string) => adjustmentId(ruleId, account, subject, part)
  return {
    id: await idUnder(rule.id),
    formerIds: await Promise.all(rule.was.map(idUnder)),
    eventId: madeBy,
    ruleId: rule.id,
    account,
    endpoint,
    source,
    subject,
    part,
    mode,
    settlement: rule.settlement,
    reason: rule.reason,
    causedBy: rule.causedBy,
    amount: proposal.amount,
    currency: proposal.currency,
    customerReference: customer?.value ?? null,
    customerKind: customer?.kind ?? 'external_id',
    asker: onePerson(proposal.asker),
    originalInvoice,
    description: descriptionOf(rule.description, reason.label, originalInvoice),
    happenedAt: proposal.happenedAt ?? occurredAt,
    ruleHold: proposal.hold,
    ruleSet,
    maker: null,
    reverses: null,
  }
}
