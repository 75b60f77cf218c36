// An adjustment by hand, through the same door as every other: one event, one adjustment, their entries,
// in one batch. Its key makes it once, however often it is asked for.

import type { Database } from '../db/database.ts'
import { findAdjustments, findAnswers } from '../db/read-adjustments.ts'
import { findEvent } from '../db/read-events.ts'
import type { Adjustment, Event } from '../db/schema.ts'
import type { ReceivedEvent } from '../db/pack-delivery.ts'
import { assert } from '../domain/assert.ts'
import {
  adjustByHand,
  BY_HAND_RULE,
  BY_HAND_TYPE,
  keyByHand,
  OPERATOR_ENDPOINT,
  requestText,
  type ByHandRequest,
} from '../domain/by-hand.ts'
import { isDismissable, type Fate, type Mode } from '../domain/event.ts'
import { eventId, type AdjustmentId, type EventId } from '../domain/ids.ts'
import { NATIVE_ID_CHARS_MAX } from '../domain/limits.ts'
import { moneyFromMinorUnits, type AmountTrouble, type Money } from '../domain/money.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneLine } from '../domain/text.ts'
import type { Deps } from '../deps.ts'
import { commitOperatorsEvent, FROM_OPERATOR } from './commit-operators-event.ts'
import { adjustmentOf } from './decide-event.ts'
import { sealedPayload } from './keep-payload.ts'
import { wakeCommitted } from './wake-committed.ts'

export type MakeTrouble =
  | { readonly reason: 'not_configured' }
  | { readonly reason: 'reason_unknown'; readonly known: readonly string[] }
  | { readonly reason: 'currency_not_billed'; readonly billed: string }
  | { readonly reason: 'amount_unusable'; readonly amount: AmountTrouble }
  | { readonly reason: 'conflict_unknown' }
  | { readonly reason: 'no_conflict'; readonly fate: Fate }
  | { readonly reason: 'conflict_answered'; readonly by: AdjustmentId }
  | { readonly reason: 'key_mismatch'; readonly event: EventId }

export type Made = { readonly adjustment: Adjustment; readonly isNew: boolean }

/**
 * `key`: the caller's idempotency key. Without one each call makes another. A conflict is answered once,
 * also by two people with keys of their own, and is settled by it. Throws where nothing could be made durable.
 */
export async function makeAdjustment(
  deps: Deps,
  operator: Operator,
  request: ByHandRequest,
  key: string | null,
): Promise<Result<Made, MakeTrouble>> {
  const { billing, db } = deps
  if (billing === null) return err({ reason: 'not_configured' })
  const ownKey = keyByHand(request, key, deps.newId)
  const id = await eventId(OPERATOR_ENDPOINT, ownKey)
  const payload = requestText(request)
  const before = await madeBefore(db, id, request)
  if (before !== null) return before
  const money = checked(deps, request)
  if (!money.ok) return money
  const { mode } = billing
  const wanted = { id, ownKey, operator, request, money: money.value, payload, mode }
  const event = await eventByHand(deps, wanted)
  const answered = await answeredBy(deps, wanted)
  if (!answered.ok) return (await madeBefore(db, id, request)) ?? answered
  const isNew = await commitOperatorsEvent(deps, operator, event, answered.value)
  // Who dismissed the event, sent it through again, or answered it meanwhile, was first.
  if (isNew === null) return (await madeBefore(db, id, request)) ?? movedOn(deps, request)
  const made = await madeBefore(db, id, request)
  assert(made !== null, 'an event by hand was committed and is not there')
  if (!isNew || !made.ok) return made
  await wakeCommitted(deps, made.value.adjustment)
  return ok({ ...made.value, isNew })
}

/** What this key has made, if it was for the same request; null where it has made nothing yet. */
async function madeBefore(
  db: Database,
  id: EventId,
  request: ByHandRequest,
): Promise<Result<Made, MakeTrouble> | null> {
  const found = await findEvent(db, id)
  if (found === null) return null
  const { conflict, again } = request
  const { answers } = found.event.decision
  const [adjustment] = await findAdjustments(db, found.event.decision.adjustments ?? [])
  assert(adjustment !== undefined, 'an event by hand without its adjustment')
  if ((answers ?? null) === conflict && isAskedBy(request, adjustment)) {
    return ok({ adjustment, isNew: false })
  }
  const isAnswered = conflict !== null && !again && answers === conflict
  return isAnswered
    ? err({ reason: 'conflict_answered', by: adjustment.id })
    : err({ reason: 'key_mismatch', event: id })
}

/** All that a request says stands in what it has made, also once its payload is forgotten; but for an erased name. */
const isAskedBy = (
  { customer, direction, amount, currency, reason, settlement, originalInvoice }: ByHandRequest,
  made: Adjustment,
): boolean =>
  made.amount === (direction === 'credit' ? -amount : amount) &&
  made.currency === currency &&
  made.reason === reason &&
  made.settlement === settlement &&
  made.originalInvoice === originalInvoice &&
  made.customerKind === customer.kind &&
  (made.customerReference ?? customer.value) === customer.value

/** The amount as money, once nothing of the request is refused. */
function checked(
  { config }: Pick<Deps, 'config'>,
  request: ByHandRequest,
): Result<Money, MakeTrouble> {
  if (!config.reasons.has(request.reason)) {
    return err({ reason: 'reason_unknown', known: [...config.reasons.keys()] })
  }
  // What is in another currency could only be held, and never let through: he is told at once.
  if (request.currency !== config.currency) {
    return err({ reason: 'currency_not_billed', billed: config.currency })
  }
  const money = moneyFromMinorUnits(request.amount, request.currency)
  return money.ok ? money : err({ reason: 'amount_unusable', amount: money.error })
}

/**
 * The event that is settled by this; null where none is, or where it is by an earlier answer. What is undecided and
 * answered must not be decided any more, so both are one batch.
 */
async function answeredBy(
  { db }: Pick<Deps, 'db'>,
  { request: { conflict, again } }: Wanted,
): Promise<Result<Event | null, MakeTrouble>> {
  if (conflict === null) return ok(null)
  const found = await findEvent(db, conflict)
  if (found === null) return err({ reason: 'conflict_unknown' })
  const { event } = found
  if (isDismissable(event.fate)) return ok(event)
  const isOneMore = again && event.fate === 'dismissed'
  if (isOneMore && (await findAnswers(db, conflict)).length > 0) return ok(null)
  return err({ reason: 'no_conflict', fate: event.fate })
}

async function movedOn(
  { db }: Pick<Deps, 'db'>,
  { conflict }: ByHandRequest,
): Promise<Result<never, MakeTrouble>> {
  const found = conflict === null ? null : await findEvent(db, conflict)
  assert(found !== null, 'an event that was answered is never removed')
  return err({ reason: 'no_conflict', fate: found.event.fate })
}

type Wanted = {
  readonly id: EventId
  readonly ownKey: string
  readonly operator: Operator
  readonly request: ByHandRequest
  readonly money: Money
  readonly payload: string
  readonly mode: Mode
}

async function eventByHand(
  deps: Pick<Deps, 'config' | 'randomBytes' | 'ruleSet'>,
  { id, ownKey, operator, request, money, payload, mode }: Wanted,
): Promise<ReceivedEvent> {
  const { reason, settlement, conflict } = request
  const { identity } = operator
  const [proposal] = adjustByHand(request, money, { key: ownKey, asker: identity }).proposals
  assert(proposal !== undefined, 'an adjustment by hand without a proposal')
  const made = await adjustmentOf(
    deps.config,
    { id: BY_HAND_RULE, was: [], settlement, reason, causedBy: 'agent', description: null },
    proposal,
    { ...FROM_OPERATOR, ruleSet: await deps.ruleSet(), mode, eventId: id, occurredAt: null },
  )
  const answers = conflict === null ? {} : { answers: conflict }
  return {
    id,
    ownId: oneLine(ownKey, NATIVE_ID_CHARS_MAX),
    type: BY_HAND_TYPE,
    mode,
    occurredAt: null,
    fate: 'adjusted',
    ruleId: BY_HAND_RULE,
    reason: null,
    decision: { considered: [], adjustments: [made.id], ...answers },
    adjustments: [{ ...made, maker: identity }],
    undo: null,
    payload: await sealedPayload(deps, { encoding: 'utf8', body: payload, isWhole: true }),
  }
}
