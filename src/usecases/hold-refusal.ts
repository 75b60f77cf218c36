// What an answer to a hold comes back with when it doesn't count.

import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import type { VersionMoved } from '../domain/approval.ts'
import { assert } from '../domain/assert.ts'
import { err, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'

export type NotFound = { readonly reason: 'adjustment_not_found' }

/** `adjustment`: as it is now, so that the answer can say what has moved. */
export type Refused<Refusal> = {
  readonly reason: 'refused'
  readonly refusal: Refusal
  readonly adjustment: Adjustment
}

/** Somebody else was first, between what was read and what was to be written. */
export async function movedMeanwhile(
  { db }: Deps,
  { id, version: seen }: Adjustment,
): Promise<Result<never, Refused<VersionMoved>>> {
  const adjustment = await findAdjustment(db, id)
  assert(adjustment !== null, 'an adjustment that was there is gone')
  const { version } = adjustment
  return err({ reason: 'refused', refusal: { reason: 'version_moved', seen, version }, adjustment })
}
