// One adjustment from its delivery to its entries in the log, for somebody who checks it later: as it was
// decided, with what is still kept.

import { findAdjustment } from '../db/read-adjustments.ts'
import { findEvent, type Payload } from '../db/read-events.ts'
import { findByInvoice, findRecorded, type Recorded } from '../db/read-evidence.ts'
import { findRuleSet } from '../db/rule-sets.ts'
import type { Adjustment, Event } from '../db/schema.ts'
import { assert } from '../domain/assert.ts'
import { isAdjustmentId, type AdjustmentId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { explainEvent } from './explain-event.ts'

export type DecidingRules = {
  readonly hash: string
  readonly gitCommit: string | null
  readonly firstSeenAt: number
  /** `[rules, [limits, reasons]]`: the very text that the hash is over. */
  readonly text: string
}

export type Evidence = Recorded & {
  readonly adjustment: Adjustment
  readonly event: Event
  /** Null once it was forgotten. */
  readonly payload: Payload | null
  readonly why: readonly string[]
  /** Null where they decided before rules were kept. */
  readonly rules: DecidingRules | null
}

export type EvidenceTrouble =
  | { readonly reason: 'adjustment_not_found' }
  | { readonly reason: 'invoice_ambiguous'; readonly adjustments: readonly AdjustmentId[] }

/** `named`: the adjustment's id, or the number of its invoice. */
export async function findEvidence(
  deps: Deps,
  named: string,
): Promise<Result<Evidence, EvidenceTrouble>> {
  const { db } = deps
  const ids = isAdjustmentId(named) ? [named] : (await findByInvoice(db, named)).map(({ id }) => id)
  const [id] = ids
  if (ids.length > 1) return err({ reason: 'invoice_ambiguous', adjustments: ids })
  const adjustment = id === undefined ? null : await findAdjustment(db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const found = await findEvent(db, adjustment.eventId)
  assert(found !== null, 'an adjustment without its event')
  const { event, payload } = found
  const { why } = await explainEvent(deps, { event, payload, adjustments: [adjustment] })
  const rules = adjustment.ruleSet === null ? null : await findRuleSet(db, adjustment.ruleSet)
  return ok({ adjustment, event, payload, why, rules, ...(await findRecorded(db, adjustment)) })
}
