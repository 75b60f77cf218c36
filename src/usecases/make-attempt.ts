// One attempt, under a lease: look first where the key may be forgotten, post the frozen request, and
// commit the invoice with its link, or what the trouble means.

import type { BillingClient, BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { hold, postpone } from '../db/write-adjustment.ts'
import { commitIssued, commitIssuedLate, type Issued, type NewLink } from '../db/write-invoice.ts'
import { answerDifferences, idempotencyKey, type AnsweredInvoice } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { linkId } from '../domain/ids.ts'
import {
  LEASE_LEFT_SECONDS_MIN,
  LEASE_SECONDS,
  LISTING_SETTLE_SECONDS,
  POST_WITHOUT_LOOK_SECONDS,
  WAKE_AFTER_SECONDS,
} from '../domain/limits.ts'
import { slugHashOf, slugOf } from '../domain/link.ts'
import type { Deps } from '../deps.ts'
import { lookForInvoice } from './look-for-invoice.ts'
import { postponeOrFail, type Before } from './postpone-or-fail.ts'

export type AttemptResult = 'issued' | 'postponed' | 'failed' | 'held' | 'stale' | 'second_invoice'

type Attempt =
  | { readonly kind: 'issued'; readonly adjustment: Adjustment }
  | { readonly kind: Exclude<AttemptResult, 'issued'> }

/** `claimed`: the row under its lease. `attemptedBefore`: when an earlier attempt may have arrived. */
export async function makeAttempt(
  deps: Deps,
  billing: BillingClient,
  claimed: Adjustment,
  attemptedBefore: number | null,
): Promise<Attempt> {
  const { request, leaseUntil } = claimed
  assert(request !== null && leaseUntil !== null, 'an attempt without a claim')
  const before = { attempts: claimed.attempts - 1, attemptedAt: attemptedBefore }
  const mayCall = (): boolean => deps.now() + LEASE_LEFT_SECONDS_MIN * 1_000 <= leaseUntil

  if (deps.now() - claimed.createdAt >= POST_WITHOUT_LOOK_SECONDS * 1_000) {
    const wanted = { id: claimed.id, customerId: request.customerId, createdAt: claimed.createdAt }
    const look = await lookForInvoice(billing, wanted, mayCall)
    switch (look.kind) {
      case 'one':
        return commit(deps, claimed, look.invoice, { adopted: true, requestId: look.requestId })
      case 'several':
      case 'unfinished':
        return {
          kind: (await hold(deps.db, claimed, ['outcome_unknown'], deps.now())) ? 'held' : 'stale',
        }
      case 'trouble':
        return { kind: await postponeOrFail(deps, claimed, 'look', look.error, before) }
      case 'none': {
        // An invoice of the last attempt could still be on its way into the listing.
        const settledAt = (attemptedBefore ?? 0) + (LEASE_SECONDS + LISTING_SETTLE_SECONDS) * 1_000
        if (deps.now() < settledAt) return waitUntil(deps, claimed, settledAt, before)
      }
    }
  }
  if (!mayCall()) return { kind: await postponeOrFail(deps, claimed, 'post', LEASE_SHORT, before) }
  const key = idempotencyKey(claimed.id, claimed.generation)
  const answer = await billing.invoices.createAdjustment(request, { idempotencyKey: key })
  if (!answer.ok) return { kind: await postponeOrFail(deps, claimed, 'post', answer.error, before) }
  const { data, requestId } = answer.value
  return commit(deps, claimed, data, { adopted: false, requestId })
}

/** The look took nearly all of the lease: nothing was posted, and it is tried again. */
const LEASE_SHORT: BillingError = {
  meaning: 'transient',
  status: null,
  code: 'lease_short',
  message: 'too little of the lease was left to post',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
}

async function waitUntil(
  deps: Deps,
  claimed: Adjustment,
  wakeAt: number,
  before: Before,
): Promise<Attempt> {
  const postponement = { ...before, wakeAt, trouble: null }
  const row = await postpone(deps.db, claimed, postponement, deps.now())
  return { kind: row ? 'postponed' : 'stale' }
}

async function commit(
  deps: Deps,
  claimed: Adjustment,
  invoice: AnsweredInvoice,
  how: Pick<Issued, 'adopted' | 'requestId'>,
): Promise<Attempt> {
  const { request } = claimed
  assert(request !== null, 'an invoice without a request')
  const now = deps.now()
  const isToSettle = claimed.settlement === 'already_paid' && invoice.status === 'outstanding'
  const issued: Issued = {
    ...how,
    invoice,
    differences: answerDifferences(request, claimed.currency, invoice),
    link: await newLink(deps, invoice.id, now),
    wakeAt: isToSettle ? now + WAKE_AFTER_SECONDS * 1_000 : null,
  }
  const adjustment = await commitIssued(deps.db, claimed, issued, now)
  if (adjustment) return { kind: 'issued', adjustment }
  const late = await commitIssuedLate(deps.db, claimed, issued, now)
  if (late !== 'second') return { kind: 'stale' }
  deps.log({ event: 'alarm.second_invoice', adjustment: claimed.id, invoice: invoice.id })
  return { kind: 'second_invoice' }
}

/** Null without a link key: the invoice stands, and its link can be made later. */
async function newLink(deps: Deps, invoiceId: string, now: number): Promise<NewLink | null> {
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined) return null
  const id = await linkId(invoiceId)
  const slugHash = await slugHashOf(await slugOf(id, linkKey))
  return { id, slugHash, expiresAt: now + deps.config.links.expireAfterDays * 86_400_000 }
}
