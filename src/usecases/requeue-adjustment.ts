// "Try again": a person sends an adjustment through once more, or all that have failed in one way.

import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitNewKey, commitSameKey, requeueFailed, type FailedOnes } from '../db/write-requeue.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { decideRequeue, type RequeueRefusal } from '../domain/requeue.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { toldSources } from './told-sources.ts'
import { wakeCommitted } from './wake-committed.ts'

export type RequeueTrouble = NotFound | Refused<RequeueRefusal>

/** The adjustment, due again. `looked`: he has looked for its invoice, and found none that stands. */
export async function requeueAdjustment(
  deps: Deps,
  { name }: Operator,
  id: AdjustmentId,
  seen: { readonly version: number; readonly looked: boolean },
): Promise<Result<Adjustment, RequeueTrouble>> {
  const adjustment = await findAdjustment(deps.db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const decided = decideRequeue(adjustment, seen)
  if (!decided.ok) return err({ reason: 'refused', refusal: decided.error, adjustment })
  const commit = decided.value === 'new_key' ? commitNewKey : commitSameKey
  const by = { actor: `operator:${name}`, looked: seen.looked } as const
  const row = await commit(deps.db, adjustment, by, deps.now())
  if (row === null) return movedMeanwhile(deps, adjustment)
  await wakeCommitted(deps, row)
  return ok(row)
}

export type RequeuedMany = {
  readonly requeued: readonly AdjustmentId[]
  /** Of those that were asked for, others still wait as failed. */
  readonly hasMore: boolean
}

/** Of what is named, only what has failed; the oldest first. */
export async function requeueMany(
  deps: Deps,
  { name }: Operator,
  which: FailedOnes,
): Promise<RequeuedMany> {
  const { db, log } = deps
  const by = { actor: `operator:${name}`, sources: toldSources(deps) } as const
  const { wakeUps, hasMore } = await requeueFailed(db, which, by, deps.now())
  try {
    await deps.wake(wakeUps)
  } catch (error) {
    // The sweep finds them.
    log({ event: 'alarm.wake_failed', ...thrownFields(error) })
  }
  return { requeued: wakeUps.map(({ id }) => id), hasMore }
}
