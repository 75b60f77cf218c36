// What a person may answer to a hold, and why not: approve, reject, choose the customer. Each answer
// names what was seen; if that has moved, nothing is answered.

import type { AdjustmentState } from './adjustment.ts'
import { isApprovable, type HoldReason } from './hold.ts'
import { holdExpiresAt } from './hold-clock.ts'
import { err, ok, type Result } from './result.ts'
import type { Causer, Settlement } from './rule.ts'

/** The adjustment as it is now. */
export type Answerable = {
  readonly state: AdjustmentState
  readonly version: number
  /** Signed minor units. */
  readonly amount: number
  readonly currency: string
  readonly holdReasons: readonly HoldReason[] | null
  /** Milliseconds since 1970. */
  readonly heldAt: number | null
  readonly approversNeeded: number
  readonly clearedReasons: readonly HoldReason[] | null
  readonly maker: string | null
  readonly asker: string | null
  readonly firstAttemptedAt: number | null
  readonly reverses: string | null
}

/** What the approver had before his eyes. */
export type Seen = {
  readonly version: number
  readonly amount: number
  readonly currency: string
}

/** `reasons`: of the hold as it is now. */
export type Held = { readonly reasons: readonly HoldReason[] }

export type VersionMoved = {
  readonly reason: 'version_moved'
  readonly seen: number
  readonly version: number
}

type Moved = VersionMoved | { readonly reason: 'not_held'; readonly state: AdjustmentState }

type Expired = { readonly reason: 'hold_expired'; readonly expiredAt: number }

/** Maker and asker are compared as identities: an e-mail or a program's name, in small letters. */
export type OwnRefusal = { readonly reason: 'approver_is_maker' | 'approver_is_asker' }

export type ApprovalRefusal =
  | Moved
  | Expired
  | OwnRefusal
  | { readonly reason: 'amount_moved'; readonly seen: number; readonly amount: number }
  | { readonly reason: 'currency_moved'; readonly seen: string; readonly currency: string }
  | { readonly reason: 'not_approvable'; readonly reasons: readonly HoldReason[] }
  | { readonly reason: 'already_approved'; readonly at: number }

export type RejectionRefusal = Moved | { readonly reason: 'outcome_unknown' }

export type ChoiceRefusal =
  | Moved
  | Expired
  | OwnRefusal
  | { readonly reason: 'attempt_made'; readonly at: number }
  | { readonly reason: 'customer_certain'; readonly reasons: readonly HoldReason[] }

export type Approval = Held & {
  /** Of this hold, with this one. */
  readonly approvals: number
  /** All that is let through from now on; null while more people have to approve. */
  readonly cleared: readonly HoldReason[] | null
}

/** Those of the present hold. `at`: milliseconds since 1970. */
export type Approved = { readonly identity: string; readonly at: number }

/** Whether this person's yes counts. */
export function decideApproval(
  adjustment: Answerable,
  seen: Seen,
  identity: string,
  approved: readonly Approved[],
  now: number,
): Result<Approval, ApprovalRefusal> {
  const held = stillHeld(adjustment, seen.version)
  if (!held.ok) return held
  const { reasons } = held.value
  const { amount, currency } = adjustment
  if (seen.amount !== amount) return err({ reason: 'amount_moved', seen: seen.amount, amount })
  if (seen.currency !== currency) {
    return err({ reason: 'currency_moved', seen: seen.currency, currency })
  }
  const expired = expiry(adjustment, reasons, now)
  if (expired) return err(expired)
  const barred = reasons.filter((reason) => !isApprovable(reason))
  if (barred.length > 0) return err({ reason: 'not_approvable', reasons: barred })
  const own = ownRefusal(adjustment, identity)
  if (own) return err(own)
  const before = approved.find((approval) => isSamePerson(approval.identity, identity))
  if (before) return err({ reason: 'already_approved', at: before.at })
  const approvals = approved.length + 1
  const isEnough = approvals >= adjustment.approversNeeded
  const cleared = [...new Set([...(adjustment.clearedReasons ?? []), ...reasons])]
  return ok({ reasons, approvals, cleared: isEnough ? cleared : null })
}

/** No is no, also after its time, and from anybody; but what may be invoiced is not rejected. */
export function decideRejection(
  adjustment: Answerable,
  seenVersion: number,
): Result<Held, RejectionRefusal> {
  const held = stillHeld(adjustment, seenVersion)
  if (held.ok && held.value.reasons.includes('outcome_unknown')) {
    return err({ reason: 'outcome_unknown' })
  }
  return held
}

/**
 * Another customer helps only where he is the doubt, and only before anything was sent for him. It lets
 * the adjustment go as an approval does, so it is no more open to who made it or asked for it.
 */
export function decideChoice(
  adjustment: Answerable,
  seenVersion: number,
  identity: string,
  now: number,
): Result<Held, ChoiceRefusal> {
  const held = stillHeld(adjustment, seenVersion)
  if (!held.ok) return held
  const { reasons } = held.value
  const { firstAttemptedAt, reverses } = adjustment
  const expired = expiry(adjustment, reasons, now)
  if (expired) return err(expired)
  if (firstAttemptedAt !== null) return err({ reason: 'attempt_made', at: firstAttemptedAt })
  // A reversal's customer is the one whose invoice it undoes.
  const isInDoubt = reasons.some((reason) => CUSTOMER_DOUBTS.has(reason)) && reverses === null
  if (!isInDoubt) return err({ reason: 'customer_certain', reasons })
  const own = ownRefusal(adjustment, identity)
  return own ? err(own) : held
}

const CUSTOMER_DOUBTS: ReadonlySet<HoldReason> = new Set([
  'customer_unresolved',
  'currency_mismatch',
] as const)

function stillHeld(
  { state, version, holdReasons }: Answerable,
  seenVersion: number,
): Result<Held, Moved> {
  if (state !== 'held') return err({ reason: 'not_held', state })
  if (seenVersion !== version) return err({ reason: 'version_moved', seen: seenVersion, version })
  return ok({ reasons: holdReasons ?? [] })
}

/** Also if the sweep is late: an expired hold is answered by nobody. */
function expiry(
  { heldAt }: Answerable,
  reasons: readonly HoldReason[],
  now: number,
): Expired | null {
  const expiredAt = heldAt === null ? null : holdExpiresAt({ heldAt, holdReasons: reasons })
  return expiredAt !== null && now >= expiredAt ? { reason: 'hold_expired', expiredAt } : null
}

/** Who made it or asked for it is not who answers it. */
export function ownRefusal(
  { maker, asker }: Pick<Answerable, 'maker' | 'asker'>,
  identity: string,
): OwnRefusal | null {
  if (isSamePerson(maker, identity)) return { reason: 'approver_is_maker' }
  return isSamePerson(asker, identity) ? { reason: 'approver_is_asker' } : null
}

/**
 * Whether some agent asked whom nobody can tell from an approver, since the source doesn't name him by his
 * e-mail. Then two approve: one of them is not he. Who made it by hand is known, and a record is no request.
 */
export const isAskerHidden = ({ maker, causedBy, settlement, asker }: Requested): boolean =>
  maker === null && causedBy === 'agent' && settlement === 'owed' && asker?.includes('@') !== true

type Requested = {
  readonly maker: string | null
  readonly causedBy: Causer
  readonly settlement: Settlement
  readonly asker: string | null
}

const isSamePerson = (one: string | null, other: string): boolean =>
  one !== null && one.toLowerCase() === other.toLowerCase()
