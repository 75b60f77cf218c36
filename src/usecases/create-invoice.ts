// The billing API's own `POST /invoices`, asked of us: the intent first, then its claim with all limits and
// its post, at once, and the billing API's answer as it came. If this dies anywhere, the sweep goes on.

import type { BillingError } from '../commet/client.ts'
import { forwardedOf, type Forwarded } from '../commet/forward.ts'
import { findKnownCurrency } from '../db/known-customers.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { assert } from '../domain/assert.ts'
import { INVOICE_ATTEMPTS_ASKED_MAX, INVOICE_WAITS_MS } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import type { InvoiceRequest } from '../domain/requested-invoice.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'
import { createdInvoiceOf } from './created-invoice-of.ts'
import { issueAdjustment } from './issue-adjustment.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { postponeThrown } from './postpone-thrown.ts'
import { findRecorded, recordInvoiceRequest, type RecordTrouble } from './record-invoice-request.ts'
import { wakeToTell } from './wake-committed.ts'

export type CreateTrouble =
  | { readonly reason: 'not_configured' }
  | RecordTrouble
  /** Nothing was asked for: who is billed could not be looked up. */
  | { readonly reason: 'billing_unavailable'; readonly error: BillingError }
  | { readonly reason: InvoiceTrouble; readonly adjustment: Adjustment }
  /** It is there, and can't be shown now. */
  | { readonly reason: 'invoice_unread'; readonly adjustment: Adjustment; readonly code: string }

/** Why an adjustment that is written down has no invoice to answer with. */
type InvoiceTrouble =
  | 'held'
  | 'rejected'
  | 'cancelled'
  | 'refused'
  /** Not done, or nobody knows: it goes on by itself, and the same key answers it later. */
  | 'unknown'
  | 'in_progress'
  | 'key_refused'

/** `key`: the caller's idempotency key. Without one each call makes another. */
export async function createInvoice(
  deps: Deps,
  operator: Operator,
  request: InvoiceRequest,
  key: string | null,
): Promise<Result<Forwarded, CreateTrouble>> {
  const { billing, db } = deps
  if (billing === null) return err({ reason: 'not_configured' })
  const ownKey = key ?? deps.newId()
  const before = await findRecorded(db, request, ownKey)
  if (before === null) {
    const refused = await findNoCustomer(deps, billing, request.customerId)
    if (refused !== null) return refused
  }
  const recorded =
    before ?? (await recordInvoiceRequest(deps, operator, billing.mode, request, ownKey))
  if (!recorded.ok) return recorded
  const { value: adjustment } = recorded
  const arrived = isToIssue(adjustment, deps.now()) ? await issue(deps, billing, adjustment) : null
  return answerOf(deps, billing, adjustment, arrived)
}

/** A customer who isn't there is refused as the billing API refuses him, and nothing is held for it. */
async function findNoCustomer(
  { db, now }: Deps,
  billing: Billing,
  customerId: string,
): Promise<Result<Forwarded, CreateTrouble> | null> {
  const { baseUrl, mode } = billing
  const known = await findKnownCurrency(db, { baseUrl, mode, customerId }, now())
  if (known !== null) return null
  const asked = { method: 'GET', path: '/customers/{id}', id: customerId } as const
  const answer = await billing.forward(asked)
  if (!answer.ok) {
    return err({ reason: 'billing_unavailable', error: answer.error })
  }
  return answer.value.status < 400 ? null : answer
}

/** Who asks again doesn't wait for the clock, unless the billing API has asked for that, or he asks too often. */
const isToIssue = ({ state, attempts, wakeAt, trouble }: Adjustment, now: number): boolean =>
  state === 'due' &&
  ((wakeAt !== null && wakeAt <= now) ||
    (attempts < INVOICE_ATTEMPTS_ASKED_MAX && !isWaitAskedFor(trouble)))

const isWaitAskedFor = (trouble: Adjustment['trouble']): boolean =>
  trouble?.status === 429 || trouble?.retryAfterSeconds !== undefined

type Arrived = { readonly answer: Forwarded | null; readonly isOver: boolean }

/** What the post was answered, if there was one. `isOver`: nobody else is at it. */
async function issue(deps: Deps, billing: Billing, adjustment: Adjustment): Promise<Arrived> {
  const { id, version } = adjustment
  let answer: Forwarded | null = null
  const seen = (arrival: Parameters<typeof forwardedOf>[0]) => {
    answer = forwardedOf(arrival)
  }
  const witnessed: Billing = {
    ...billing,
    invoices: {
      ...billing.invoices,
      createAdjustment: (body, options) =>
        billing.invoices.createAdjustment(body, { ...options, seen }),
    },
  }
  try {
    const result = await issueAdjustment({ ...deps, billing: witnessed }, { id, version })
    deps.log({ event: 'invoice_call', adjustment: id, result })
    await wakeToTell(deps, id)
    return { answer, isOver: result !== 'stale' }
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', adjustment: id, ...thrownFields(error) })
    await postponeThrown(deps, { id, version }).catch((second: unknown) => {
      deps.log({ event: 'alarm.message_threw', adjustment: id, ...thrownFields(second) })
    })
    return { answer: null, isOver: true }
  }
}

/** Waits while somebody else is at it. */
async function answerOf(
  deps: Deps,
  billing: Billing,
  asked: Adjustment,
  arrived: Arrived | null,
): Promise<Result<Forwarded, CreateTrouble>> {
  const waits = arrived?.isOver === true ? [] : INVOICE_WAITS_MS
  for (const wait of [0, ...waits]) {
    await new Promise((resolve) => setTimeout(resolve, wait))
    const adjustment = await findAdjustment(deps.db, asked.id)
    assert(adjustment !== null, 'an invoice was asked for, and its adjustment is gone')
    if (adjustment.state !== 'issuing') return ended(billing, adjustment, arrived?.answer ?? null)
    asked = adjustment
  }
  return err({ reason: arrived?.isOver === true ? 'unknown' : 'in_progress', adjustment: asked })
}

async function ended(
  billing: Billing,
  adjustment: Adjustment,
  answer: Forwarded | null,
): Promise<Result<Forwarded, CreateTrouble>> {
  const trouble = (reason: InvoiceTrouble) => err({ reason, adjustment } as const)
  switch (adjustment.state) {
    case 'invoiced':
      return createdInvoiceOf(billing, adjustment, answer)
    case 'held':
      return trouble(adjustment.holdReasons?.includes('outcome_unknown') ? 'unknown' : 'held')
    case 'failed':
      // What the post was refused with; else only its codes are kept.
      return answer !== null && answer.status >= 400 ? ok(answer) : trouble('refused')
    case 'rejected':
    case 'cancelled':
      return trouble(adjustment.state)
    case 'due':
    case 'issuing':
      return trouble(isAboutOurKey(adjustment) ? 'key_refused' : 'unknown')
  }
}

const isAboutOurKey = ({ trouble }: Adjustment): boolean =>
  trouble !== null && isKeyTrouble(trouble)
