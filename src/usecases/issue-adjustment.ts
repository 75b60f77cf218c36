// One wake-up of one adjustment: resolve the customer, claim or hold, post once, commit what came of
// it. Whatever happens between two lines of this file, D1 knows enough to go on.

import { findForIssue, type ForIssue } from '../db/read-for-issue.ts'
import { findPausing, type Pausable } from '../db/read-switches.ts'
import type { Adjustment } from '../db/schema.ts'
import { hold } from '../db/write-adjustment.ts'
import { claim, park, parkUntilCompared, type Claim } from '../db/write-claim.ts'
import { cancel, rest } from '../db/write-reversal.ts'
import { frozenRequest, type ResolvedCustomer } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import type { Mode } from '../domain/event.ts'
import { isRunaway, type HoldReason } from '../domain/hold.ts'
import { isToSettle, isToVoid } from '../domain/reversal.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import type { Billing, Deps } from '../deps.ts'
import { applyUndo, type UndoResult } from './apply-undo.ts'
import { throughCircuit, waitForCircuit, type Parked } from './ask-circuit.ts'
import { askedOf, otherIdsOf, reasonsSeen, ruleFacts } from './ask-limits.ts'
import { findWords, WORDS_FORGOTTEN } from './find-words.ts'
import { makeAttempt, type AttemptResult } from './make-attempt.ts'
import { postponeOrFail } from './postpone-or-fail.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { recordedTwice, type RecordedTwice } from './note-refund.ts'
import { resolveCustomer } from './resolve-customer.ts'
import { resolveOriginal } from './resolve-original.ts'
import { settleAdjustment, type SettleResult } from './settle-adjustment.ts'
import { tendHold, type TendResult } from './tend-hold.ts'
import { voidInvoice, type VoidResult } from './void-invoice.ts'

/** What this wake-up did; `stale`: somebody else did it, or there is nothing to do. */
export type IssueResult =
  | AttemptResult
  | SettleResult
  | TendResult
  | UndoResult
  | VoidResult
  | Parked
  | 'paused'
  | 'record_old'
  | 'not_configured'

export async function issueAdjustment(deps: Deps, wakeUp: WakeUp): Promise<IssueResult> {
  const read = await findForIssue(deps.db, wakeUp.id, deps.billing?.mode ?? null, deps.now())
  if (read?.adjustment.version !== wakeUp.version) return 'stale'
  const { adjustment, circuit } = read
  const { state } = adjustment
  if (state === 'held') return (await applyUndo(deps, adjustment)) ?? tendHold(deps, adjustment)
  if (state === 'failed') return (await applyUndo(deps, adjustment)) ?? restWith(deps, adjustment)
  const { billing } = deps
  if (billing === null) return 'not_configured'
  if (state === 'invoiced') {
    if (adjustment.wakeAt === null) return 'stale'
    return throughCircuit(deps, circuit, { adjustment, billing }, (watched) =>
      tendInvoiced(deps, watched, adjustment),
    )
  }
  if (state !== 'due') return 'stale'
  const { ruleIds } = ruleFacts(deps.config, adjustment.ruleId)
  const pausable = { ...adjustment, ruleIds }
  // A look before the billing API is asked for anything; the claim looks again, for certain.
  const isPaused = (await findPausing(deps.db, pausable)).length > 0
  if (isPaused) return pausedAt(deps, adjustment, pausable)
  if (read.isRecordOld) return waitForRecord(deps, adjustment, billing.mode)
  return throughCircuit(deps, circuit, { adjustment, billing }, (watched) =>
    issueDue(deps, watched, read),
  )
}

function issueDue(deps: Deps, billing: Billing, read: ForIssue): Promise<IssueResult> {
  const { request, reverses, firstAttemptedAt } = read.adjustment
  if (request !== null && firstAttemptedAt !== null) {
    return issueAgain(deps, billing, read.adjustment, request)
  }
  return reverses === null ? issueFirst(deps, billing, read) : issueReversal(deps, billing, read)
}

/** What is left to do once it is invoiced, as its row says. Nothing is posted here, so no pause stops it. */
async function tendInvoiced(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
  otherwise: 'issued' | 'stale' = 'stale',
): Promise<IssueResult> {
  if (adjustment.wakeAt === null) return otherwise
  if (isToVoid(adjustment)) return voidInvoice(deps, billing, adjustment)
  const undone = await applyUndo(deps, adjustment)
  if (undone !== null) return undone
  if (isToSettle(adjustment)) return settleAdjustment(deps, billing, adjustment)
  return restWith(deps, adjustment, otherwise)
}

async function restWith(
  deps: Deps,
  adjustment: Adjustment,
  result: 'issued' | 'stale' = 'stale',
): Promise<'issued' | 'stale'> {
  const { ruleIds } = ruleFacts(deps.config, adjustment.ruleId)
  await rest(deps.db, adjustment, ruleIds, deps.now())
  return result
}

async function issueFirst(deps: Deps, billing: Billing, read: ForIssue): Promise<IssueResult> {
  const { adjustment } = read
  const resolved = await resolveCustomer(deps, billing, adjustment)
  if (!resolved.ok) return postponeOrFail(deps, adjustment, 'resolve', resolved.error, adjustment)
  const twice = await recordedTwice(deps, billing, adjustment, resolved.value)
  if (!twice.ok) return postponeOrFail(deps, adjustment, 'resolve', twice.error, adjustment)
  return claimFirst(deps, billing, read, resolved.value, twice.value)
}

async function issueReversal(deps: Deps, billing: Billing, read: ForIssue): Promise<IssueResult> {
  const { adjustment } = read
  const resolved = await resolveOriginal(deps, billing, adjustment)
  if (!resolved.ok) return postponeOrFail(deps, adjustment, 'resolve', resolved.error, adjustment)
  if (resolved.value.kind === 'customer') {
    return claimFirst(deps, billing, read, resolved.value.customer)
  }
  const { original, invoice, status } = resolved.value
  const closed = { cause: 'original_closed', original, invoice, status } as const
  return (await cancel(deps.db, adjustment, closed, deps.now())) ? 'cancelled' : 'stale'
}

async function claimFirst(
  deps: Deps,
  billing: Billing,
  { adjustment, endpointStartedAt }: ForIssue,
  customer: ResolvedCustomer,
  { doubts, compared }: RecordedTwice = { doubts: [], compared: null },
): Promise<IssueResult> {
  const { config } = deps
  const seen = reasonsSeen(config, billing.mode, adjustment, customer, endpointStartedAt)
  const found = [...seen, ...doubts]
  const { customerId } = customer
  const otherIds = await otherIdsOf(config, adjustment)
  const { mode } = billing
  const asked = askedOf(deps, adjustment, { customer: customerId, found, mode, otherIds })
  const words = customerId === null ? null : await findWords(deps.db, adjustment)
  if (words === 'forgotten') {
    return postponeOrFail(deps, adjustment, 'resolve', WORDS_FORGOTTEN, adjustment)
  }
  return claimAndAttempt(deps, billing, adjustment, {
    asked,
    request: customerId === null ? null : frozenRequest(adjustment, customerId, words),
    compared,
    mode,
  })
}

/**
 * A frozen request's customer is decided: asking again could hold what was already posted. Only the
 * billing key may have become another one since, and then nothing may be posted with it.
 */
async function issueAgain(
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
  request: NonNullable<Adjustment['request']>,
): Promise<IssueResult> {
  if (adjustment.mode === billing.mode) {
    const asked = askedOf(deps, adjustment, { customer: request.customerId, found: [] })
    return claimAndAttempt(deps, billing, adjustment, {
      asked,
      request,
      compared: null,
      mode: billing.mode,
    })
  }
  const mayHaveArrived = adjustment.attemptedAt !== null
  const reasons: HoldReason[] = ['mode_mismatch', ...(mayHaveArrived ? OUTCOME_UNKNOWN : [])]
  if (!(await hold(deps.db, adjustment, { reasons }, deps.now()))) return 'stale'
  if (mayHaveArrived) await raiseAlarm(deps, 'outcome_unknown', { adjustment: adjustment.id })
  return 'held'
}

const OUTCOME_UNKNOWN: readonly HoldReason[] = ['outcome_unknown']

async function claimAndAttempt(
  deps: Deps,
  billing: Billing,
  read: Adjustment,
  what: Omit<Claim, 'rules'>,
): Promise<IssueResult> {
  const claimed = await claim(deps.db, read, { ...what, rules: await deps.ruleSet() })
  if (!claimed) {
    const pausable = { ...what.asked, customerId: what.asked.customer }
    return stoppedAt(deps, read, pausable, billing.mode)
  }
  if (claimed.state === 'cancelled') return 'cancelled'
  if (claimed.state === 'held') return told(deps, claimed)
  assert(claimed.request !== null, 'claimed without a request')
  const result = await makeAttempt(deps, billing, claimed, read)
  if (result.kind !== 'issued') return result.kind
  return tendInvoiced(deps, billing, result.adjustment, 'issued')
}

async function told(deps: Deps, { id, ruleId, holdDetails }: Adjustment): Promise<'held'> {
  if (isRunaway(holdDetails ?? [])) {
    await raiseAlarm(deps, 'rule_paused', { rule: ruleId, adjustment: id }, ruleId)
  }
  return 'held'
}

/** Not claimed: paused, the record has to be compared first, or the circuit has opened since. */
async function stoppedAt(
  deps: Deps,
  read: Adjustment,
  what: Pausable,
  mode: Mode,
): Promise<'paused' | 'record_old' | Parked> {
  const paused = await pausedAt(deps, read, what)
  if (paused === 'paused') return paused
  const waiting = await waitForRecord(deps, read, mode)
  return waiting === 'record_old' ? waiting : waitForCircuit(deps, read)
}

/** Nothing is asked of the billing API, nor claimed, before our record has been compared with it. */
const waitForRecord = async (
  deps: Deps,
  read: Adjustment,
  mode: Mode,
): Promise<'record_old' | 'stale'> =>
  (await parkUntilCompared(deps.db, read, mode, deps.now())) === null ? 'stale' : 'record_old'

/** Paused, unless somebody was first, or a refund was seen meanwhile: the sweep asks again. */
const pausedAt = async (
  deps: Deps,
  read: Adjustment,
  what: Pausable,
): Promise<'paused' | 'stale'> =>
  (await park(deps.db, read, what, deps.now())) === null ? 'stale' : 'paused'
