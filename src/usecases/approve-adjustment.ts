// A person's yes to one hold of one adjustment, at the version and amount that he saw.

import { findApproversNeeded, findWithApprovals } from '../db/read-approvals.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitApproval } from '../db/write-hold-answer.ts'
import { decideApproval, type ApprovalRefusal, type Seen } from '../domain/approval.ts'
import { dayOf } from '../domain/day.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { askedOf } from './ask-limits.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { wakeCommitted, wakeToTell } from './wake-committed.ts'

export type ApprovalTrouble = NotFound | Refused<ApprovalRefusal>

/**
 * The adjustment after it: due once enough people have approved, until then still held. Of two who
 * approve at once, one is told that the version has moved. `event`: by which the yes came, if by one.
 */
export async function approveAdjustment(
  deps: Deps,
  operator: Operator,
  id: AdjustmentId,
  seen: Seen,
  event: EventId | null = null,
): Promise<Result<Adjustment, ApprovalTrouble>> {
  const { db, config } = deps
  const found = await findWithApprovals(db, id)
  if (found === null) return err({ reason: 'adjustment_not_found' })
  const { adjustment, approved } = found
  const now = deps.now()
  // Today's configuration may want more people than the one of the day on which it was held; never fewer.
  const asked = askedOf(deps, adjustment, { customer: adjustment.customerId, found: [] })
  const needed = Math.max(adjustment.approversNeeded, await findApproversNeeded(db, asked))
  const answerable = { ...adjustment, approversNeeded: needed }
  const decided = decideApproval(answerable, seen, operator.identity, approved, now)
  if (!decided.ok) return err({ reason: 'refused', refusal: decided.error, adjustment })
  const approval = { ...decided.value, needed, operator, event, day: dayOf(now, config.timeZone) }
  const row = await commitApproval(db, adjustment, approval, now)
  if (row === null) return movedMeanwhile(deps, adjustment)
  await (row.state === 'due' ? wakeCommitted(deps, row) : wakeToTell(deps, row.id))
  return ok(row)
}
