// The reversal of an adjustment: a second one of the opposite amount, which goes the way of any other,
// through the same limits and holds. An undo at the source asks for it, or a person does.

import { findAdjustment, findReversal } from '../db/read-adjustments.ts'
import type { Undone } from '../db/read-undo.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitReversal } from '../db/write-reversal.ts'
import type { AdjustmentFacts } from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { descriptionOf } from '../domain/description.ts'
import { adjustmentId, type AdjustmentId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { refusalToUndo, REVERSAL_RULE_ID, type UndoRefusal } from '../domain/reversal.ts'
import { ownIds } from '../domain/rule.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { movedMeanwhile, type NotFound, type Refused } from './hold-refusal.ts'
import { wakeCommitted } from './wake-committed.ts'

export type UndoTrouble = NotFound | Refused<UndoRefusal>

/** Why an adjustment is reversed. */
export type ReversalCause =
  | { readonly kind: 'undone'; readonly undone: Undone }
  | { readonly kind: 'by_hand'; readonly operator: Operator }

/** The new reversal, due. Null where the original has changed since it was read. */
export async function reverseAdjustment(
  deps: Deps,
  original: Adjustment,
  cause: ReversalCause,
): Promise<Adjustment | null> {
  const facts = await reversalOf(deps, original, cause)
  const reversal = await commitReversal(
    deps.db,
    original,
    cause.kind === 'undone'
      ? { facts, cause: 'undone', event: cause.undone.eventId, actor: 'system:undo' }
      : { facts, cause: 'by_hand', event: null, actor: `operator:${cause.operator.name}` },
    deps.now(),
  )
  if (reversal) await wakeCommitted(deps, reversal)
  return reversal
}

/** The same, for a person who saw `version` of it. */
export async function reverseByHand(
  deps: Deps,
  operator: Operator,
  id: AdjustmentId,
  { version }: { readonly version: number },
): Promise<Result<Adjustment, UndoTrouble>> {
  const original = await findAdjustment(deps.db, id)
  if (original === null) return err({ reason: 'adjustment_not_found' })
  const before = await findReversal(deps.db, id)
  const refusal = refusalToUndo(original, 'reversal', version, before)
  if (refusal) return err({ reason: 'refused', refusal, adjustment: original })
  const reversal = await reverseAdjustment(deps, original, { kind: 'by_hand', operator })
  return reversal ? ok(reversal) : movedMeanwhile(deps, original)
}

async function reversalOf(
  { config, ruleSet }: Deps,
  original: Adjustment,
  cause: ReversalCause,
): Promise<AdjustmentFacts> {
  const { account, source, mode, settlement, reason, amount, currency } = original
  const { customerReference, customerKind, invoiceNumber, invoiceId } = original
  const originalInvoice = invoiceNumber ?? invoiceId
  assert(originalInvoice !== null, 'a reversal of what is not invoiced')
  const subject = `${REVERSAL_RULE_ID}:${original.id}`
  const label = config.reasons.get(reason)?.label ?? reason
  return {
    id: await adjustmentId(REVERSAL_RULE_ID, account, subject, ''),
    ruleId: REVERSAL_RULE_ID,
    account,
    source,
    subject,
    part: '',
    mode,
    settlement,
    reason,
    amount: -amount,
    currency,
    customerReference,
    customerKind,
    originalInvoice,
    description: descriptionOf('Reversal of invoice {original_invoice}', label, originalInvoice),
    // It is about the original, whose age was asked already.
    happenedAt: null,
    ruleSet: await ruleSet(),
    reverses: original.id,
    ...causeFacts(config, original, cause),
  }
}

type CauseFacts = Pick<
  AdjustmentFacts,
  'eventId' | 'endpoint' | 'causedBy' | 'asker' | 'maker' | 'ruleHold'
>

/** What holds an event holds the reversal that it causes: where it came in, and who can make it happen. */
function causeFacts(config: Config, original: Adjustment, cause: ReversalCause): CauseFacts {
  const differs = original.answerDifferences === null ? null : 'original_differs'
  if (cause.kind === 'by_hand') {
    const { identity } = cause.operator
    const { eventId, endpoint } = original
    const person = { causedBy: 'agent', asker: identity, maker: identity } as const
    return { eventId, endpoint, ...person, ruleHold: differs }
  }
  const { eventId, endpoint, mode, ruleId, asker } = cause.undone
  const rule = config.rules.find((each) => ruleId !== null && ownIds(each).includes(ruleId))
  const otherMode = mode === original.mode ? null : 'undone_in_other_mode'
  return {
    eventId,
    endpoint,
    // A rule that is configured no more can't say who can make its events happen.
    causedBy: rule?.causedBy ?? 'customer',
    asker,
    maker: null,
    ruleHold: differs ?? otherMode,
  }
}
