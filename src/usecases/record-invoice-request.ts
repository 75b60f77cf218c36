// That somebody wants an invoice, written down before anything is asked of the billing API: one event, one
// adjustment, their entries. Its key makes it once, for ever.

import type { Database } from '../db/database.ts'
import { findAdjustments } from '../db/read-adjustments.ts'
import { findEvent } from '../db/read-events.ts'
import type { Adjustment } from '../db/schema.ts'
import type { ReceivedEvent } from '../db/pack-delivery.ts'
import { assert } from '../domain/assert.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import type { Mode } from '../domain/event.ts'
import { eventId, type EventId } from '../domain/ids.ts'
import { NATIVE_ID_CHARS_MAX } from '../domain/limits.ts'
import { moneyFromMinorUnits, type AmountTrouble, type Money } from '../domain/money.ts'
import type { Operator } from '../domain/operator.ts'
import {
  adjustAsAsked,
  areSameWords,
  INVOICE_CALL_REASON,
  INVOICE_CALL_RULE,
  INVOICE_CALL_TYPE,
  invoiceOwnId,
  invoiceRequestText,
  wordsOf,
  wordsOfFrozen,
  type InvoiceRequest,
} from '../domain/requested-invoice.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneLine } from '../domain/text.ts'
import type { Deps } from '../deps.ts'
import { commitOperatorsEvent, FROM_OPERATOR } from './commit-operators-event.ts'
import { adjustmentOf } from './decide-event.ts'
import { sealedPayload } from './keep-payload.ts'

export type RecordTrouble =
  | { readonly reason: 'amount_unusable'; readonly amount: AmountTrouble }
  | { readonly reason: 'key_mismatch'; readonly event: EventId }

export const invoiceEventId = (key: string): Promise<EventId> =>
  eventId(OPERATOR_ENDPOINT, invoiceOwnId(key))

/** What this key has made, if it was for the same request; null where it has made nothing yet. */
export async function findRecorded(
  db: Database,
  request: InvoiceRequest,
  key: string,
): Promise<Result<Adjustment, RecordTrouble> | null> {
  const id = await invoiceEventId(key)
  const found = await findEvent(db, id)
  if (found === null) return null
  const { event, payload } = found
  const [adjustment] = await findAdjustments(db, event.decision.adjustments ?? [])
  assert(adjustment !== undefined, 'an invoice was asked for, and its adjustment is gone')
  return isAskedBy(request, adjustment, payload?.body ?? null)
    ? ok(adjustment)
    : err({ reason: 'key_mismatch', event: id })
}

/** Once its words are forgotten, whom and how much it was for is all that there is. */
function isAskedBy(request: InvoiceRequest, made: Adjustment, text: string | null): boolean {
  const frozen = made.request === null ? null : wordsOfFrozen(made.request)
  const words = text === null ? frozen : wordsOf(text)
  return (
    made.amount === request.amount &&
    (made.customerReference ?? request.customerId) === request.customerId &&
    (words === null || areSameWords(words, request))
  )
}

/** `key`: nobody else's, or the same request's. Throws where nothing could be made durable. */
export async function recordInvoiceRequest(
  deps: Deps,
  operator: Operator,
  mode: Mode,
  request: InvoiceRequest,
  key: string,
): Promise<Result<Adjustment, RecordTrouble>> {
  const money = moneyFromMinorUnits(Math.abs(request.amount), deps.config.currency)
  if (!money.ok) return err({ reason: 'amount_unusable', amount: money.error })
  const wanted = { request, money: money.value, key, mode }
  await commitOperatorsEvent(deps, operator, await eventAsked(deps, operator, wanted))
  const recorded = await findRecorded(deps.db, request, key)
  assert(recorded !== null, 'an invoice was asked for, and what was committed is not there')
  return recorded
}

type Wanted = {
  readonly request: InvoiceRequest
  readonly money: Money
  readonly key: string
  readonly mode: Mode
}

/** The caller is maker and asker: he approves nothing of it, and his limit is asked. */
async function eventAsked(
  deps: Pick<Deps, 'config' | 'randomBytes' | 'ruleSet'>,
  { identity }: Operator,
  { request, money, key, mode }: Wanted,
): Promise<ReceivedEvent> {
  const id = await invoiceEventId(key)
  const [proposal] = adjustAsAsked(request, money, { key, asker: identity }).proposals
  assert(proposal !== undefined, 'an invoice that was asked for without a proposal')
  const made = await adjustmentOf(
    deps.config,
    {
      id: INVOICE_CALL_RULE,
      was: [],
      settlement: 'owed',
      reason: INVOICE_CALL_REASON,
      causedBy: 'agent',
      description: null,
    },
    proposal,
    { ...FROM_OPERATOR, ruleSet: await deps.ruleSet(), mode, eventId: id, occurredAt: null },
  )
  const text = invoiceRequestText(request)
  return {
    id,
    ownId: oneLine(invoiceOwnId(key), NATIVE_ID_CHARS_MAX),
    type: INVOICE_CALL_TYPE,
    mode,
    occurredAt: null,
    fate: 'adjusted',
    ruleId: INVOICE_CALL_RULE,
    reason: null,
    decision: { considered: [], adjustments: [made.id] },
    adjustments: [{ ...made, maker: identity }],
    undo: null,
    payload: await sealedPayload(deps, { encoding: 'utf8', body: text, isWhole: true }),
  }
}
