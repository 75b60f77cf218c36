// Every change of an adjustment's state: conditional on the version that was read, with its entry.
// Each answers the changed row, or null where somebody else was first and nothing was written.

import { and, eq, gt, isNull, or } from 'drizzle-orm'
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core'
import type { Alarm } from '../domain/alarm.ts'
import type { HoldReason } from '../domain/hold.ts'
import type { AuditAction, AuditData, AuditEntry } from '../domain/audit.ts'
import { HOLD_REMIND_SECONDS } from '../domain/limits.ts'
import type { Trouble } from '../domain/trouble.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { wakeAtIfUndone } from './read-undo.ts'
import { adjustments, type Adjustment } from './schema.ts'
import { delayedByPostponement } from './tell-delayed.ts'

/** `status`: of the invoice, as it was answered. */
export type FailedChange = WithAlarm & {
  readonly trouble: Trouble
  readonly status: string | null
}

/** Told at once, and committed with the change. */
export type WithAlarm = { readonly alarm: Alarm }

export type Columns = SQLiteUpdateSetSource<typeof adjustments>

export const entry = (
  now: number,
  action: AuditAction,
  adjustment: Adjustment,
  data: AuditData,
): AuditEntry => ({
  at: now,
  actor: 'system:issuer',
  action,
  subject: adjustment.id,
  data,
  source: adjustment.source,
})

/** In an entry by which a hold is left: since when it had been one. A report finds it here a year later. */
export const heldSince = ({ state, heldAt }: Adjustment): AuditData =>
  state === 'held' ? { heldAt } : {}

/** UPDATE … RETURNING, if the row is still what was read. */
export const changed = (db: Database, read: Adjustment, columns: Columns) =>
  db
    .update(adjustments)
    .set({ ...columns, version: read.version + 1 })
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        eq(adjustments.state, read.state),
      ),
    )
    .returning()

/** `trouble`: the refusal that led to it, if one did; `invoiceIds`: those that are there already. */
export type Hold = {
  readonly reasons: readonly HoldReason[]
  readonly trouble?: Trouble
  readonly invoiceIds?: readonly string[]
  readonly alarm?: Alarm
}

/** A hold begins: its reminders are counted anew, and approvals of an earlier one count no more. */
export const heldColumns = (read: Adjustment, now: number) =>
  ({
    state: 'held',
    heldAt: now,
    holds: read.holds + 1,
    holdReminders: 0,
    wakeAt: now + HOLD_REMIND_SECONDS * 1_000,
  }) satisfies Columns

/** Held though an attempt was made, or may have been: it still counts against the limits. */
export function hold(
  db: Database,
  read: Adjustment,
  { reasons, trouble, invoiceIds, alarm }: Hold,
  now: number,
): Promise<Adjustment | null> {
  const columns: Columns = {
    ...heldColumns(read, now),
    holdReasons: reasons,
    holdDetails: reasons.map((reason) => ({ reason })),
    leaseUntil: null,
    trouble: trouble ?? read.trouble,
  }
  return commitChange(db, changed(db, read, columns), {
    ...entry(now, 'adjustment.held', read, {
      reasons,
      ...(trouble ? { trouble } : {}),
      ...(invoiceIds ? { invoiceIds } : {}),
    }),
    alarm: alarm ?? null,
  })
}

export type Postponement = {
  readonly wakeAt: number
  /** Null where it waits without trouble: for the listing to settle, or for another lease. */
  readonly trouble: Trouble | null
  readonly attempts: number
  /** The start of the last attempt that may have reached the billing API. */
  readonly attemptedAt: number | null
}

/** Back to `due` (or still `invoiced`, where it waits to be settled), to be woken later. */
export function postpone(
  db: Database,
  read: Adjustment,
  { wakeAt, trouble, attempts, attemptedAt }: Postponement,
  now: number,
): Promise<Adjustment | null> {
  const state = read.state === 'issuing' ? 'due' : read.state
  const columns: Columns = { state, leaseUntil: null, wakeAt, trouble, attempts, attemptedAt }
  return commitChange(
    db,
    changed(db, read, columns),
    entry(now, 'adjustment.postponed', read, { wakeAt, attempts, trouble }),
    delayedByPostponement(db, read, wakeAt, now),
  )
}

export function fail(
  db: Database,
  read: Adjustment,
  { trouble, attempts, attemptedAt, alarm }: Omit<Postponement, 'wakeAt'> & WithAlarm,
  now: number,
): Promise<Adjustment | null> {
  const columns: Columns = {
    state: 'failed',
    leaseUntil: null,
    // What was undone meanwhile is cancelled, so that nobody sends it through again.
    wakeAt: wakeAtIfUndone(now, null),
    trouble,
    attempts,
    attemptedAt,
    countedAt: null,
    countedDay: null,
  }
  return commitChange(db, changed(db, read, columns), {
    ...entry(now, 'adjustment.failed', read, { attempts, trouble }),
    alarm,
  })
}

/** No change of its state: its clock alone, if it isn't earlier anyhow. It keeps its version. */
export async function wakeNow(db: Database, read: Adjustment, now: number): Promise<void> {
  await db
    .update(adjustments)
    .set({ wakeAt: now })
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        or(isNull(adjustments.wakeAt), gt(adjustments.wakeAt, now)),
      ),
    )
}
