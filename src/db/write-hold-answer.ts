// The answers to a hold, and its clock. Each is conditional on the version that was read, and answers
// the changed row, or null where somebody else was first and nothing was written.

import { and, eq, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Approval } from '../domain/approval.ts'
import type { Alarm } from '../domain/alarm.ts'
import type { Actor, AuditAction, AuditData, AuditEntry } from '../domain/audit.ts'
import { EXPIRED_REMINDERS } from '../domain/hold-clock.ts'
import type { HoldReason } from '../domain/hold.ts'
import type { EventId } from '../domain/ids.ts'
import { WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { commitChange } from './commit.ts'
import { insertEntry } from './insert-entry.ts'
import type { Database } from './database.ts'
import { adjustments, approvals, type Adjustment } from './schema.ts'
import { changed, heldSince, type Columns } from './write-adjustment.ts'
import { toldAfterEntry } from './write-notices.ts'

const operatorOf = ({ name }: Operator): Actor => `operator:${name}`

const entryOf = (
  at: number,
  actor: Actor,
  action: AuditAction,
  { id, source }: Adjustment,
  data: AuditData,
): AuditEntry => ({ at, actor, action, subject: id, data, source })

/** No hold any more: its reasons live on in the audit log. */
const RELEASED = { holdReasons: null, holdDetails: null } satisfies Columns

const dueColumns = (now: number) =>
  ({ ...RELEASED, state: 'due', wakeAt: now + WAKE_AFTER_SECONDS * 1_000 }) satisfies Columns

export type NewApproval = Approval & {
  readonly operator: Operator
  /** How many people it takes. */
  readonly needed: number
  /** Today in the configured time zone, in which it counts once it is approved. */
  readonly day: string
  /** By which it came; null where the person answered here. */
  readonly event: EventId | null
}

/**
 * The approval first, since nothing is cleared without it. From the last one on its amount counts against
 * the limits, and its customer is the one who was seen: whoever the event is said to be of since.
 */
export async function commitApproval(
  db: Database,
  read: Adjustment,
  { operator, reasons, approvals: count, needed, cleared, day, event }: NewApproval,
  now: number,
): Promise<Adjustment | null> {
  const { id, version, holds, amount, currency } = read
  const approvedColumns: Columns = {
    ...dueColumns(now),
    clearedReasons: cleared,
    chosenCustomerId: read.customerId,
    countedAt: read.countedAt ?? now,
    countedDay: read.countedDay ?? day,
  }
  const data = {
    hold: holds,
    approvals: count,
    needed,
    reasons,
    amount,
    currency,
    ...heldSince(read),
    ...(event === null ? {} : { event }),
  }
  const entry = entryOf(now, operatorOf(operator), 'adjustment.approved', read, data)
  const [, rows] = await db.batch([
    db.insert(approvals).select(sql`
      SELECT ${id}, ${holds}, ${operator.identity}, ${operator.name}, ${now}, ${event}
      FROM adjustments
      WHERE id = ${id} AND version = ${version} AND state = 'held' AND holds = ${holds}`),
    db
      .update(adjustments)
      .set({
        ...(cleared === null ? {} : approvedColumns),
        approversNeeded: needed,
        version: version + 1,
      })
      .where(and(eq(adjustments.id, id), eq(adjustments.version, version), AFTER_CHANGE))
      .returning(),
    insertEntry(db, entry, AFTER_CHANGE),
    ...toldAfterEntry(db, entry),
  ])
  return rows[0] ?? null
}

/** Final. It counts against no limit, and nothing looks at it again. */
const rejectedColumns: Columns = {
  ...RELEASED,
  state: 'rejected',
  wakeAt: null,
  countedAt: null,
  countedDay: null,
}

/** `note`: a person's own words, kept with the row and nowhere else. */
export const commitRejection = (
  db: Database,
  read: Adjustment,
  {
    operator,
    reasons,
    note,
  }: { operator: Operator; reasons: readonly HoldReason[]; note: string | null },
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, { ...rejectedColumns, decisionNote: note }),
    entryOf(now, operatorOf(operator), 'adjustment.rejected', read, {
      hold: read.holds,
      reasons,
      ...heldSince(read),
    }),
  )

export const commitExpiry = (
  db: Database,
  read: Adjustment,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, { ...rejectedColumns, holdReminders: EXPIRED_REMINDERS }),
    entryOf(now, 'system:sweep', 'adjustment.expired', read, {
      hold: read.holds,
      reasons: read.holdReasons,
      heldAt: read.heldAt,
    }),
  )

export type Choice = {
  readonly operator: Operator
  readonly customerId: string
  readonly reasons: readonly HoldReason[]
  /** Inserts that remember the choice, each on `changes() = 1`. */
  readonly remembering: readonly BatchItem<'sqlite'>[]
}

/** It is another's money now: what was approved before is cleared no more, and every limit is asked. */
export const commitChoice = (
  db: Database,
  read: Adjustment,
  { operator, customerId, reasons, remembering }: Choice,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, {
      ...dueColumns(now),
      customerId,
      chosenCustomerId: customerId,
      // No attempt was made of it: what is there was kept for its words.
      request: read.request && { ...read.request, customerId },
      clearedReasons: null,
      countedAt: null,
      countedDay: null,
    }),
    entryOf(now, operatorOf(operator), 'adjustment.customer_chosen', read, {
      hold: read.holds,
      reasons,
      customerId,
      before: read.customerId,
      ...heldSince(read),
    }),
    remembering,
  )

export type Reminder = {
  readonly action: 'adjustment.reminded' | 'adjustment.escalated'
  readonly reminders: number
  readonly wakeAt: number
  readonly alarm: Alarm | null
}

/** Leaves the version: a reminder must not make an answer late that was being written. */
export const commitReminder = (
  db: Database,
  read: Adjustment,
  { action, reminders, wakeAt, alarm }: Reminder,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(db, clockSet(db, read, { holdReminders: reminders, wakeAt }), {
    ...entryOf(now, 'system:sweep', action, read, { hold: read.holds, reasons: read.holdReasons }),
    alarm,
  })

/** Nothing is to be done yet: it is looked at again then. */
export async function lookAgainAt(
  db: Database,
  read: Adjustment,
  wakeAt: number,
): Promise<Adjustment | null> {
  const [row] = await clockSet(db, read, { wakeAt })
  return row ?? null
}

/** Of two wake-ups at once one sets the clock; and one that an undo has set meanwhile stands. */
const clockSet = (db: Database, read: Adjustment, columns: Columns) =>
  db
    .update(adjustments)
    .set(columns)
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        eq(adjustments.state, 'held'),
        eq(adjustments.holdReminders, read.holdReminders),
        sql`${adjustments.wakeAt} IS ${read.wakeAt}`,
      ),
    )
    .returning()
