// One attempt, under a lease: look first where the key may be forgotten, post the frozen request, and
// commit the invoice with its link, or what the trouble means.

import type { BillingError } from '../commet/client.ts'
import type { CreatedInvoice } from '../commet/contract.ts'
import type { Adjustment } from '../db/schema.ts'
import type { Claimed } from '../db/write-claim.ts'
import { hold, postpone, type Hold } from '../db/write-adjustment.ts'
import {
  commitIssued,
  commitIssuedLate,
  recordSecondInvoice,
  type Issued,
} from '../db/write-invoice.ts'
import { idempotencyKey, isClosed, type AnsweredInvoice } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { isAsked } from '../domain/judge-invoice.ts'
import {
  KEY_FORGOTTEN_SECONDS,
  LEASE_LEFT_SECONDS_MIN,
  LEASE_SECONDS,
  LISTING_SETTLE_SECONDS,
  POST_WITHOUT_LOOK_SECONDS,
} from '../domain/limits.ts'
import type { Billing, Deps } from '../deps.ts'
import { issuedBy } from './issued-by.ts'
import { lookForInvoice } from './look-for-invoice.ts'
import { postponeOrFail, type Before } from './postpone-or-fail.ts'
import { newAlarm, raiseAlarm, sayAlarm } from './raise-alarm.ts'

export type AttemptResult =
  | 'issued'
  | 'issued_late'
  | 'postponed'
  | 'failed'
  | 'held'
  | 'stale'
  | 'second_invoice'

type Attempt =
  | { readonly kind: 'issued'; readonly adjustment: Adjustment }
  | { readonly kind: Exclude<AttemptResult, 'issued'> }

/** `claimed`: the row under its lease. `before`: the same row as it was before the claim. */
export async function makeAttempt(
  deps: Deps,
  billing: Billing,
  claimed: Claimed,
  before: Adjustment,
): Promise<Attempt> {
  const { request, leaseUntil, known } = claimed
  assert(request !== null && leaseUntil !== null, 'an attempt without a claim')
  const mayCall = (calls = 1): boolean =>
    deps.now() + calls * LEASE_LEFT_SECONDS_MIN * 1_000 <= leaseUntil
  if (known.length > 0 || isOtherKeyUsed(before) || mayBeForgotten(before, deps.now())) {
    const done = await lookFirst(deps, billing, claimed, before, mayCall)
    if (done) return done
  }
  if (!mayCall()) return { kind: await postponeOrFail(deps, claimed, 'post', LEASE_SHORT, before) }
  const key = idempotencyKey(claimed.id, claimed.generation)
  const answer = await billing.invoices.createAdjustment(request, { idempotencyKey: key })
  if (!answer.ok) return { kind: await postponeOrFail(deps, claimed, 'post', answer.error, before) }
  const { data, requestId } = answer.value
  if (mayCall() && (await isClosedReplay(billing, claimed, data))) {
    const forgottenAt = Date.parse(data.createdAt) + KEY_FORGOTTEN_SECONDS * 1_000
    return waitUntil(deps, claimed, Math.max(forgottenAt, deps.now() + SETTLE_MS), before)
  }
  return commit(deps, claimed, data, { adopted: false, requestId })
}

/**
 * The answer of an earlier post, as it was then, to an invoice that a person has seen closed: nothing new is made
 * before the key is forgotten.
 */
async function isClosedReplay(
  { invoices }: Billing,
  { lookedAt }: Adjustment,
  { id, createdAt }: CreatedInvoice,
): Promise<boolean> {
  if (lookedAt === null || !(Date.parse(createdAt) <= lookedAt)) return false
  const now = await invoices.get(id)
  return now.ok && isClosed(now.value.data.status)
}

/**
 * Whether the invoice may be there under what this attempt's key doesn't stand for: another body, as by a
 * database that has been put back since, or an earlier generation's key, which that database may have posted.
 */
const isOtherKeyUsed = ({ trouble, generation }: Adjustment): boolean =>
  generation > 0 || (trouble?.step === 'post' && trouble.code === 'idempotency_key_mismatch')

/**
 * Whether the billing API may have forgotten the key. A clock that ran backwards is no proof. Attempted,
 * without an attempt or a trouble: a person has sent it again, who found nothing; his word is not enough.
 */
function mayBeForgotten(adjustment: Adjustment, now: number): boolean {
  const { attempts, attemptedAt, trouble } = adjustment
  if (attempts === 0 && attemptedAt !== null && trouble === null) return true
  const ageMs = now - firstSeenAt(adjustment)
  return !(ageMs >= 0 && ageMs < POST_WITHOUT_LOOK_SECONDS * 1_000)
}

/** The earlier of two clocks, since one of them may have run ahead. */
const firstSeenAt = ({ createdAt, firstAttemptedAt }: Adjustment): number =>
  Math.min(createdAt, firstAttemptedAt ?? createdAt)

/** What came of looking; null where no invoice is there, and posting is safe. */
async function lookFirst(
  deps: Deps,
  billing: Billing,
  claimed: Claimed,
  before: Adjustment,
  mayCall: (calls: number) => boolean,
): Promise<Attempt | null> {
  const { id, request, known, lookedAt } = claimed
  assert(request !== null, 'a look without a claim')
  const { customerId } = request
  const createdAt = Math.min(firstSeenAt(before), ...known.map((each) => each.createdAt))
  const wanted = { id, customerId, createdAt, known: known.map((each) => each.id), lookedAt }
  // A person has looked since the last attempt could be seen: where the listing is too long to be read to its end,
  // and what was read shows none, that is all that can be known. Then lease is left to post.
  const isLookedFor = lookedAt !== null && lookedAt >= settledAt(before)
  const look = await lookForInvoice(billing, wanted, () => mayCall(isLookedFor ? 2 : 1))
  switch (look.kind) {
    case 'one': {
      const { invoice, requestId } = look
      if (isAsked(claimed, invoice)) {
        return commit(deps, claimed, invoice, { adopted: true, requestId })
      }
      await raiseAlarm(deps, 'foreign_invoice', { adjustment: claimed.id, invoice: invoice.id })
      return holdUnknown(deps, claimed, { invoiceIds: [invoice.id] })
    }
    case 'several': {
      const { invoiceIds } = look
      await raiseAlarm(deps, 'several_invoices', { adjustment: claimed.id, invoices: invoiceIds })
      return holdUnknown(deps, claimed, { invoiceIds })
    }
    case 'unfinished': {
      if (look.invoiceIds.length === 0 && isLookedFor) return null
      const alarm = await newAlarm(deps, 'outcome_unknown', { adjustment: claimed.id })
      const attempt = await holdUnknown(deps, claimed, { alarm, invoiceIds: look.invoiceIds })
      if (attempt.kind === 'held') await sayAlarm(deps, alarm)
      return attempt
    }
    case 'trouble':
      return { kind: await postponeOrFail(deps, claimed, 'look', look.error, before) }
    case 'none': {
      const wakeAt = settledAt(before)
      if (deps.now() >= wakeAt) return null
      return waitUntil(deps, claimed, Math.min(wakeAt, deps.now() + SETTLE_MS), before)
    }
  }
}

const SETTLE_MS = (LEASE_SECONDS + LISTING_SETTLE_SECONDS) * 1_000

/** Until then an invoice of the last attempt could still be on its way into the listing. */
const settledAt = ({ attemptedAt }: Before): number => (attemptedAt ?? 0) + SETTLE_MS

async function holdUnknown(
  deps: Deps,
  claimed: Adjustment,
  more: Pick<Hold, 'invoiceIds' | 'alarm'>,
): Promise<Attempt> {
  const row = await hold(deps.db, claimed, { reasons: ['outcome_unknown'], ...more }, deps.now())
  return { kind: row ? 'held' : 'stale' }
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
  { attempts, attemptedAt }: Before,
): Promise<Attempt> {
  const postponement = { wakeAt, trouble: null, attempts, attemptedAt }
  const row = await postpone(deps.db, claimed, postponement, deps.now())
  return { kind: row ? 'postponed' : 'stale' }
}

async function commit(
  deps: Deps,
  claimed: Adjustment,
  invoice: AnsweredInvoice,
  how: Pick<Issued, 'adopted' | 'requestId'>,
): Promise<Attempt> {
  const { issued, now } = await issuedBy(deps, claimed, invoice, how)
  // The invoice in hand first: nothing may come between it and its commit.
  const adjustment = await commitIssued(deps.db, claimed, issued, now)
  const late = adjustment ? null : await commitIssuedLate(deps.db, claimed, issued, now)
  if (issued.alarm !== null) await sayAlarm(deps, issued.alarm)
  if (adjustment) return { kind: 'issued', adjustment }
  assert(late !== null, 'an invoice that was committed neither in time nor late')
  if (late.kind === 'committed') return { kind: 'issued_late' }
  if (late.kind === 'known') return { kind: 'stale' }
  // The alarm first: the entry may still fail.
  await raiseAlarm(deps, 'second_invoice', { adjustment: claimed.id, invoice: invoice.id })
  await recordSecondInvoice(deps.db, claimed, issued, late.first, now)
  return { kind: 'second_invoice' }
}
