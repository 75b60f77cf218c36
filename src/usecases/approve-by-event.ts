// A person's yes that came as an event, such as a lead's macro on the ticket. It lets through what was held
// there when he acted, as what it is now. An approval names its event, so a crash before the event is
// committed repeats nothing, and the event never approves a later hold.

import { findApprovedBy, listOfSubject } from '../db/read-approvals.ts'
import type { ApprovalRecord } from '../db/schema-events.ts'
import type { Adjustment } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { ApprovalRefusal } from '../domain/approval.ts'
import { assert, unreachable } from '../domain/assert.ts'
import type { Mode } from '../domain/event.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { APPROVAL_READS_MAX } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import type { ApprovalFailure } from '../domain/outcome.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { approveAdjustment } from './approve-adjustment.ts'
import { findApprover } from './find-approver.ts'

export type ApprovingEvent = {
  readonly event: EventId
  readonly account: string
  readonly endpoint: string
  readonly mode: Mode | null
  /** When the person acted, milliseconds since 1970; null where the source doesn't say. */
  readonly occurredAt: number | null
  readonly subject: string
  readonly ruleIds: readonly string[]
  /** His e-mail, in small letters. */
  readonly by: string
}

/** `detail`: numbers and codes, for the operator. */
export type ApprovalTrouble = { readonly reason: ApprovalFailure; readonly detail: string }

/** What it has approved, this time or before a crash: at least one. */
export async function approveByEvent(
  deps: Deps,
  approving: ApprovingEvent,
): Promise<Result<ApprovalRecord, ApprovalTrouble>> {
  const { subject, ruleIds, event } = approving
  const all = await listOfSubject(deps.db, approving)
  const rows = all.filter(({ mode }) => mode === approving.mode)
  const ids = rows.map(({ id }) => id)
  const approved = new Set(await findApprovedBy(deps.db, event, ids))
  const held = rows.filter(({ id, state }) => state === 'held' && !approved.has(id))
  const refused: (ApprovalTrouble & { adjustment: AdjustmentId })[] = []
  const approver = await approverOf(deps, approving)
  if (!approver.ok && approved.size === 0) return approver
  for (const row of approver.ok ? held : []) {
    const trouble = approver.ok ? await approveHeld(deps, approver.value, row, approving) : null
    if (trouble === null) approved.add(row.id)
    else refused.push({ adjustment: row.id, ...trouble })
  }
  if (approved.size === 0) {
    const [first] = refused
    return err(
      first
        ? { reason: first.reason, detail: first.detail }
        : { reason: 'nothing_held', detail: `${rows.length} for this subject, none is held` },
    )
  }
  return ok({
    subject,
    ruleIds,
    adjustments: [...approved],
    refused: refused.map(({ adjustment, reason }) => ({ adjustment, reason })),
  })
}

/** Where nothing proves who wrote the event, nothing proves who approves. */
async function approverOf(
  deps: Deps,
  { endpoint, by, occurredAt }: ApprovingEvent,
): Promise<Result<Operator, ApprovalTrouble>> {
  if (deps.config.endpoints.get(endpoint)?.holdsAll ?? true) {
    return err({ reason: 'approver_unproven', detail: 'this endpoint proves no body' })
  }
  if (occurredAt === null) {
    return err({ reason: 'approval_undated', detail: 'the event has no time (updated_at)' })
  }
  const found = await findApprover(deps, by)
  if (found.ok) return found
  const { reason, keys, revoked, expired } = found.error
  return err({ reason, detail: `${keys} keys: ${revoked} revoked, ${expired} expired` })
}

/** Null: approved. What moved meanwhile is read again, and it may be this event that has moved it. */
async function approveHeld(
  deps: Deps,
  operator: Operator,
  read: Adjustment,
  { event, occurredAt }: ApprovingEvent,
): Promise<ApprovalTrouble | null> {
  let seen = read
  for (let reads = 1; reads <= APPROVAL_READS_MAX; reads += 1) {
    const { heldAt } = seen
    // Sources write whole seconds.
    if (heldAt !== null && inSeconds(heldAt) > inSeconds(occurredAt ?? 0)) {
      return { reason: 'held_since', detail: `heldAt ${heldAt}, the event ${occurredAt}` }
    }
    const approved = await approveAdjustment(deps, operator, seen.id, seen, event)
    if (approved.ok) return null
    assert(approved.error.reason === 'refused', 'an adjustment that was there is gone')
    const { refusal, adjustment } = approved.error
    if ((await findApprovedBy(deps.db, event, [seen.id])).size > 0) return null
    if (refusal.reason !== 'version_moved') return troubleOf(refusal)
    seen = adjustment
  }
  return { reason: 'approval_moved', detail: `version ${seen.version} after ${APPROVAL_READS_MAX}` }
}

const inSeconds = (ms: number): number => Math.floor(ms / 1_000)

function troubleOf(refusal: ApprovalRefusal): ApprovalTrouble {
  switch (refusal.reason) {
    case 'version_moved':
      return { reason: 'approval_moved', detail: `version ${refusal.version}` }
    case 'not_held':
      return { reason: 'nothing_held', detail: `it is ${refusal.state}` }
    case 'amount_moved':
    case 'currency_moved':
      return { reason: 'approval_moved', detail: refusal.reason }
    case 'hold_expired':
      return { reason: refusal.reason, detail: `expiredAt ${refusal.expiredAt}` }
    case 'not_approvable':
      return { reason: refusal.reason, detail: refusal.reasons.join(', ') }
    case 'already_approved':
      return { reason: refusal.reason, detail: `at ${refusal.at}` }
    case 'approver_is_maker':
    case 'approver_is_asker':
      return { reason: refusal.reason, detail: 'the same person' }
    default:
      return unreachable(refusal)
  }
}
