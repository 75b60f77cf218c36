// What a held adjustment is woken for: a reminder, an alarm after a day, its end. Notices to the one
// who asked are made of the same entries.

import type { Adjustment } from '../db/schema.ts'
import { commitExpiry, commitReminder, lookAgainAt } from '../db/write-hold-answer.ts'
import { assert } from '../domain/assert.ts'
import { holdStep, type HoldStep } from '../domain/hold-clock.ts'
import type { Deps } from '../deps.ts'
import { raiseAlarm } from './raise-alarm.ts'

export type TendResult = 'held' | 'reminded' | 'escalated' | 'expired' | 'stale'

export async function tendHold(deps: Deps, adjustment: Adjustment): Promise<TendResult> {
  const { holdReasons, heldAt, holdReminders } = adjustment
  assert(holdReasons !== null && heldAt !== null, 'held without reasons, or since never')
  const step = holdStep({ heldAt, holdReminders, holdReasons }, deps.now())
  const result = await commitStep(deps, adjustment, step)
  if (result === 'stale') return result
  const told = { adjustment: adjustment.id, reasons: holdReasons, heldAt }
  if (holdReasons.includes('outcome_unknown') && result === 'reminded') {
    await raiseAlarm(deps, 'outcome_unknown', told)
  }
  if (result === 'escalated') await raiseAlarm(deps, 'hold_escalated', told)
  const { reverses: original } = adjustment
  if (result === 'expired' && original !== null) {
    // What the source has taken back is still given, and no undo asks for it again.
    deps.log({ event: 'alarm.reversal_expired', ...told, original })
  }
  return result
}

async function commitStep(deps: Deps, read: Adjustment, step: HoldStep): Promise<TendResult> {
  const { db } = deps
  const now = deps.now()
  switch (step.kind) {
    case 'wait':
      return (await lookAgainAt(db, read, step.wakeAt)) ? 'held' : 'stale'
    case 'remind': {
      const reminder = { ...step, action: 'adjustment.reminded' } as const
      return (await commitReminder(db, read, reminder, now)) ? 'reminded' : 'stale'
    }
    case 'escalate': {
      const reminder = { ...step, action: 'adjustment.escalated' } as const
      return (await commitReminder(db, read, reminder, now)) ? 'escalated' : 'stale'
    }
    case 'expire':
      return (await commitExpiry(db, read, now)) ? 'expired' : 'stale'
  }
}
