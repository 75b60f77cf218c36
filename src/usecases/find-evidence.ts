// One adjustment from its delivery to its entries in the log, for somebody who checks it later: as it was
// decided, with what is still kept.

import { findAdjustment } from '../db/read-adjustments.ts'
import { findEvent, type Payload } from '../db/read-events.ts'
import { findByInvoice, findRecorded } from '../db/read-evidence.ts'
import { findNewestCheckpoint, type StoredCheckpoint } from '../db/read-seal.ts'
import { findRuleSet } from '../db/rule-sets.ts'
import type { Adjustment, Event, NoticeRow } from '../db/schema.ts'
import { assert } from '../domain/assert.ts'
import type { AuditAction } from '../domain/audit.ts'
import { isAdjustmentId, type AdjustmentId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { hashOfRules } from '../domain/rule-set.ts'
import { dataOf, type EntryRow } from '../domain/sealed-entry.ts'
import type { Deps } from '../deps.ts'
import { explainEvent } from './explain-event.ts'
import { placeEntries, type PlacedEntry } from './prove-entries.ts'

export type DecidingRules = {
  readonly hash: string
  readonly gitCommit: string | null
  readonly firstSeenAt: number
  /** `[rules, [limits, reasons]]`: the very text that the hash is over. */
  readonly text: string
  /** Whether the text has this hash, and the log's entry of the adjustment names it. */
  readonly isAsRecorded: boolean
}

export type Evidence = {
  readonly adjustment: Adjustment
  readonly event: Event
  /** Null once it was forgotten. */
  readonly payload: Payload | null
  readonly why: readonly string[]
  /** Null where they decided before rules were kept. */
  readonly rules: DecidingRules | null
  /** Of the adjustment and of its event, in the log's order, each with its place there. */
  readonly entries: readonly PlacedEntry[]
  /** What the places are proven by; null where nothing is sealed yet. */
  readonly checkpoint: StoredCheckpoint | null
  readonly notices: readonly NoticeRow[]
  /** Whether there are more entries or notices than are listed. */
  readonly isCut: boolean
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
  const { entries: rows, notices, isCut } = await findRecorded(db, adjustment)
  const rules = await decidingRules(deps, adjustment, rows)
  const checkpoint = await findNewestCheckpoint(db)
  const entries = await placeEntries(deps, rows, checkpoint)
  return ok({ adjustment, event, payload, why, rules, entries, checkpoint, notices, isCut })
}

async function decidingRules(
  { db }: Pick<Deps, 'db'>,
  { ruleSet }: Adjustment,
  entries: readonly EntryRow[],
): Promise<DecidingRules | null> {
  const found = ruleSet === null ? null : await findRuleSet(db, ruleSet)
  if (found === null) return null
  const created = entries.find(({ action }) => action === CREATED)
  const named: unknown = Reflect.get(Object(dataOf(created?.data ?? '')), 'rules')
  const isAsRecorded = named === found.hash && (await hashOfRules(found.text)) === found.hash
  return { ...found, isAsRecorded }
}

const CREATED: AuditAction = 'adjustment.created'
