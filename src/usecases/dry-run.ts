// A payload, or a recorded event, through the present rules: what would be decided, what that would make,
// and what would stand in its way. Each is taken as if it came now and for the first time. Nothing is
// written, and no customer is remembered.

import { findEndpointStart, findUndone, type UndoneByIt } from '../db/ask-dry.ts'
import { findEvent } from '../db/read-events.ts'
import type { Event } from '../db/schema.ts'
import { NO_PAYLOAD } from '../db/pack-payloads.ts'
import type { NewAdjustment, NewUndo, ReceivedEvent } from '../db/pack-delivery.ts'
import {
  isUnreadable,
  type Fate,
  type SourceEvent,
  type Unreadable,
  type UnreadableReason,
} from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import { DRY_RUN_ADJUSTMENTS_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { parseBody, readEvents } from '../sources/open-delivery.ts'
import { decideEvent, type DeliveredWith } from './decide-event.ts'
import { dryAdjustment, type DryAdjustment, type DryContext } from './dry-adjustment.ts'
import { readRecorded, type RecordedTrouble } from './read-recorded.ts'

export type DryInput =
  | { readonly kind: 'recorded'; readonly event: EventId }
  | {
      readonly kind: 'payload'
      readonly endpoint: string
      /** The delivery's body: parsed, or as text where its source parses another form than JSON. */
      readonly payload: unknown
      /** The header that names the type, where the source has it there. */
      readonly type: string | null
    }

export type DryTrouble =
  | RecordedTrouble
  | { readonly reason: 'payload_unreadable'; readonly detail: UnreadableReason }
  | { readonly reason: 'too_many_adjustments'; readonly found: number; readonly max: number }
  | { readonly reason: 'not_configured' }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      readonly status: number | null
    }

export type DryUndo = NewUndo & UndoneByIt

export type DryEvent =
  | { readonly kind: 'unreadable'; readonly reason: UnreadableReason }
  | {
      readonly kind: 'event'
      readonly decided: ReceivedEvent
      /** Null where it is made of the body's bytes, which a parsed payload doesn't have. */
      readonly id: EventId | null
      /** As it was recorded; a delivery of it makes nothing more, whatever the rules say now. */
      readonly recorded: { readonly id: EventId; readonly fate: Fate } | null
      readonly fate: Fate
      readonly undo: DryUndo | null
      readonly adjustments: readonly DryAdjustment[]
    }

export type DryRun = { readonly ruleSet: string; readonly events: readonly DryEvent[] }

type Reading = Pick<Deps, 'config' | 'db' | 'now' | 'ruleSet' | 'billing'>

export async function dryRun(deps: Reading, input: DryInput): Promise<Result<DryRun, DryTrouble>> {
  const read = await (input.kind === 'recorded'
    ? ofRecord(deps, input.event)
    : ofPayload(deps, input))
  if (!read.ok) return read
  const { delivered, recorded } = read.value
  const decided = await decideAll(deps, read.value)
  const found = decided.flatMap((each) => each.decided?.adjustments ?? []).length
  const max = DRY_RUN_ADJUSTMENTS_MAX
  if (found > max) return err({ reason: 'too_many_adjustments', found, max })

  const events: DryEvent[] = []
  const earlier: NewAdjustment[] = []
  const endpointStartedAt = await findEndpointStart(deps.db, delivered.endpoint)
  for (const each of decided) {
    if (each.decided === null) {
      events.push({ kind: 'unreadable', reason: each.unreadable })
      continue
    }
    const event = await dryEvent(deps, each.decided, {
      account: delivered.account,
      recorded,
      earlier,
      endpointStartedAt: endpointStartedAt ?? deps.now(),
    })
    if (!event.ok) return event
    events.push(event.value)
    earlier.push(...each.decided.adjustments)
  }
  return ok({ ruleSet: delivered.ruleSet, events })
}

type Decided =
  | { readonly decided: ReceivedEvent }
  | { readonly decided: null; readonly unreadable: UnreadableReason }

async function decideAll(deps: Reading, { delivered, events }: Read): Promise<Decided[]> {
  const all: Decided[] = []
  for (const event of events) {
    all.push(
      isUnreadable(event)
        ? { decided: null, unreadable: event.unreadable }
        : { decided: await decideEvent(deps, delivered, event, NO_PAYLOAD) },
    )
  }
  return all
}

type Read = {
  readonly delivered: DeliveredWith
  readonly events: readonly (SourceEvent | Unreadable)[]
  readonly recorded: Event | null
}

async function ofRecord(deps: Reading, id: EventId): Promise<Result<Read, DryTrouble>> {
  const read = await readRecorded(deps, id)
  if (!read.ok) return read
  const { delivered, event, recorded } = read.value
  return ok({ delivered, events: [event], recorded })
}

async function ofPayload(
  deps: Reading,
  { endpoint: name, payload, type }: Extract<DryInput, { kind: 'payload' }>,
): Promise<Result<Read, DryTrouble>> {
  const endpoint = deps.config.endpoints.get(name)
  if (!endpoint) return err({ reason: 'endpoint_unknown' })
  const { source, account, mode } = endpoint
  const unreadable = (detail: UnreadableReason) =>
    err({ reason: 'payload_unreadable', detail } as const)
  const parsed =
    typeof payload === 'string'
      ? parseBody(source, { encoding: 'utf8', body: payload })
      : ok(payload)
  if (!parsed.ok) return unreadable(parsed.error)
  const facts = { signed: { id: null, timestamp: null }, unsignedHeader: () => type }
  const events = readEvents(source, parsed.value, facts)
  if (!events.ok) return unreadable(events.error)
  const ruleSet = await deps.ruleSet()
  const delivered = {
    endpoint: name,
    account: account ?? name,
    source: source.name,
    mode,
    // Of an event without an id of its own the body's bytes make one, and these aren't here.
    hash: '',
    ruleSet,
  }
  return ok({ delivered, events: events.value, recorded: null })
}

type Around = Pick<DryContext, 'earlier' | 'endpointStartedAt'> & {
  readonly account: string
  readonly recorded: Event | null
}

async function dryEvent(
  deps: Reading,
  decided: ReceivedEvent,
  { account, recorded, earlier, endpointStartedAt }: Around,
): Promise<Result<DryEvent, DryTrouble>> {
  const { billing, db } = deps
  const adjustments: DryAdjustment[] = []
  for (const made of decided.adjustments) {
    if (billing === null) return err({ reason: 'not_configured' })
    const recordedAs = recorded?.id ?? null
    const dry = await dryAdjustment(deps, made, {
      billing,
      recordedAs,
      parts: decided.adjustments,
      earlier,
      endpointStartedAt,
    })
    if (!dry.ok) {
      const { code, status } = dry.error
      return err({ reason: 'billing_unavailable', code, status })
    }
    adjustments.push(dry.value)
  }
  const { undo: wanted } = decided
  const undo = wanted && { ...wanted, ...(await findUndone(db, account, wanted, decided.mode)) }
  const id = recorded?.id ?? (decided.ownId === null ? null : decided.id)
  const before = recorded ?? (id === null ? null : ((await findEvent(db, id))?.event ?? null))
  return ok({
    kind: 'event',
    decided,
    id,
    recorded: before && { id: before.id, fate: before.fate },
    fate: fateOf(decided, adjustments, undo, recorded?.id ?? null),
    undo,
    adjustments,
  })
}

/** As the door finds it out, once it has inserted what is new. `own`: the event that is run again. */
function fateOf(
  { fate, decision }: ReceivedEvent,
  adjustments: readonly DryAdjustment[],
  undo: DryUndo | null,
  own: EventId | null,
): Fate {
  if (fate !== 'adjusted') return fate
  if (adjustments.some(({ would }) => would === 'conflict')) return 'conflict'
  const isMade = adjustments.some((each) => each.isNew || each.would === 'exists')
  const isUndone = undo !== null && (undo.undoneBy === null || undo.undoneBy === own)
  // Whether an approval counts is found out only when it is one.
  const isApproval = decision.approves !== undefined
  return isMade || isUndone || isApproval ? 'adjusted' : 'duplicate'
}
