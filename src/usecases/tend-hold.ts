// What a held adjustment is woken for: a reminder, an alarm after a day, its end. Notices to the one
// who asked are made of the same entries.

import type { Adjustment } from '../db/schema.ts'
import { commitExpiry, commitReminder, lookAgainAt } from '../db/write-hold-answer.ts'
import type { Alarm, AlarmCause } from '../domain/alarm.ts'
import { assert } from '../domain/assert.ts'
import type { HoldReason } from '../domain/hold.ts'
import { holdStep, type HoldStep } from '../domain/hold-clock.ts'
import type { Deps } from '../deps.ts'
import { newAlarm, sayAlarm } from './raise-alarm.ts'

export type TendResult = 'held' | 'reminded' | 'escalated' | 'expired' | 'stale'

export async function tendHold(deps: Deps, adjustment: Adjustment): Promise<TendResult> {
  const { holdReasons, heldAt, holdReminders } = adjustment
  assert(holdReasons !== null && heldAt !== null, 'held without reasons, or since never')
  const step = holdStep({ heldAt, holdReminders, holdReasons }, deps.now())
  const told = { adjustment: adjustment.id, reasons: holdReasons, heldAt }
  const cause = causeOf(step, holdReasons)
  const alarm = cause && (await newAlarm(deps, cause, told))
  const result = await commitStep(deps, adjustment, step, alarm)
  if (result === 'stale') return result
  if (alarm !== null) await sayAlarm(deps, alarm)
  const { reverses: original } = adjustment
  if (result === 'expired' && original !== null) {
    // What the source has taken back is still given, and no undo asks for it again.
    deps.log({ event: 'alarm.reversal_expired', ...told, original })
  }
  return result
}

function causeOf({ kind }: HoldStep, reasons: readonly HoldReason[]): AlarmCause | null {
  if (kind === 'escalate') return 'hold_escalated'
  return kind === 'remind' && reasons.includes('outcome_unknown') ? 'outcome_unknown' : null
}

async function commitStep(
  deps: Deps,
  read: Adjustment,
  step: HoldStep,
  alarm: Alarm | null,
): Promise<TendResult> {
  const { db } = deps
  const now = deps.now()
  switch (step.kind) {
    case 'wait':
      return (await lookAgainAt(db, read, step.wakeAt)) ? 'held' : 'stale'
    case 'remind': {
      const reminder = { ...step, alarm, action: 'adjustment.reminded' } as const
      return (await commitReminder(db, read, reminder, now)) ? 'reminded' : 'stale'
    }
    case 'escalate': {
      const reminder = { ...step, alarm, action: 'adjustment.escalated' } as const
      return (await commitReminder(db, read, reminder, now)) ? 'escalated' : 'stale'
    }
    case 'expire':
      return (await commitExpiry(db, read, now)) ? 'expired' : 'stale'
  }
}
