// A hold's clock: when it reminds, escalates and expires. Times that passed unseen are not made up for
// one by one: what is true now is done once.

import type { AdjustmentState } from './adjustment.ts'
import type { HoldReason } from './hold.ts'
import {
  HOLD_ESCALATE_SECONDS,
  HOLD_EXPIRE_SECONDS,
  HOLD_REMIND_SECONDS,
  MS_PER_DAY,
} from './limits.ts'

/** Times in milliseconds since 1970. */
export type HoldClock = {
  readonly heldAt: number
  /** Which of its times it has been reminded of: the highest one, counted from 1. */
  readonly holdReminders: number
  readonly holdReasons: readonly HoldReason[]
}

export type HoldStep =
  | { readonly kind: 'wait'; readonly wakeAt: number }
  | {
      readonly kind: 'remind' | 'escalate'
      readonly reminders: number
      readonly wakeAt: number
    }
  | { readonly kind: 'expire' }

/** As reminders: the third of a hold's times, after which nobody is asked any more. */
export const EXPIRED_REMINDERS = 3

/** Whether it was rejected by nobody, but by its time. What never expires is not rejected at all. */
export const isExpired = ({
  state,
  holdReminders,
}: {
  readonly state: AdjustmentState
  readonly holdReminders: number
}): boolean => state === 'rejected' && holdReminders >= EXPIRED_REMINDERS

/** Null: it never expires, since an invoice may be there that a person has to look for. */
export const holdExpiresAt = ({
  heldAt,
  holdReasons,
}: Pick<HoldClock, 'heldAt' | 'holdReasons'>): number | null =>
  holdReasons.includes('outcome_unknown') ? null : heldAt + HOLD_EXPIRE_SECONDS * 1_000

/** What is to be done with a hold now, and when to look again. */
export function holdStep(clock: HoldClock, now: number): HoldStep {
  const { heldAt, holdReminders } = clock
  const expiresAt = holdExpiresAt(clock)
  if (expiresAt === null) return dailyStep(clock, now)
  if (now >= expiresAt) return { kind: 'expire' }
  const remindAt = heldAt + HOLD_REMIND_SECONDS * 1_000
  const escalateAt = heldAt + HOLD_ESCALATE_SECONDS * 1_000
  if (now >= escalateAt) {
    return holdReminders < 2
      ? { kind: 'escalate', reminders: 2, wakeAt: expiresAt }
      : { kind: 'wait', wakeAt: expiresAt }
  }
  if (now >= remindAt) {
    return holdReminders < 1
      ? { kind: 'remind', reminders: 1, wakeAt: escalateAt }
      : { kind: 'wait', wakeAt: escalateAt }
  }
  return { kind: 'wait', wakeAt: remindAt }
}

/** After hours, and then each day at that time, for ever. */
function dailyStep({ heldAt, holdReminders }: HoldClock, now: number): HoldStep {
  const firstAt = heldAt + HOLD_REMIND_SECONDS * 1_000
  const passed = now < firstAt ? 0 : Math.floor((now - firstAt) / MS_PER_DAY) + 1
  const wakeAt = firstAt + passed * MS_PER_DAY
  return passed > holdReminders
    ? { kind: 'remind', reminders: passed, wakeAt }
    : { kind: 'wait', wakeAt }
}
