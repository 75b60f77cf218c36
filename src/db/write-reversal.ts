// What becomes of what is undone: cancelled before it went out, or reversed after it. Each is
// conditional on the version that was read, and answers null where somebody else was first.

import { and, eq, isNull, sql } from 'drizzle-orm'
import type { AdjustmentFacts } from '../domain/adjustment.ts'
import type { Actor, AuditEntry } from '../domain/audit.ts'
import type { EventId } from '../domain/ids.ts'
import { WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import { isToSettle } from '../domain/reversal.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { commitChange } from './commit.ts'
import { insertEntry } from './insert-entry.ts'
import type { Database } from './database.ts'
import { newAdjustment } from './insert-adjustments.ts'
import { wakeAtIfAsked } from './read-undo.ts'
import { adjustments, type Adjustment } from './schema.ts'
import { changed, heldSince } from './write-adjustment.ts'
import { toldAfterEntry } from './write-notices.ts'

export type NewReversal = {
  readonly facts: AdjustmentFacts
  readonly cause: 'undone' | 'by_hand'
  /** The event that asked for it; null where a person did. */
  readonly event: EventId | null
  readonly actor: Actor
}

/**
 * The link to the reversal first: it is what only one can write. Then the reversal itself, due. The
 * original keeps its clock while it still has to be marked paid.
 */
export async function commitReversal(
  db: Database,
  original: Adjustment,
  { facts, cause, event, actor }: NewReversal,
  now: number,
): Promise<Adjustment | null> {
  const {
    id: reversal,
    eventId,
    ruleId: rule,
    ruleSet: rules,
    amount,
    currency,
    settlement,
  } = facts
  const by = event === null ? {} : { event }
  const reversed: AuditEntry = {
    at: now,
    actor,
    action: 'adjustment.reversed',
    subject: original.id,
    data: { reversal, cause, ...by },
    source: original.source,
  }
  const [, , rows] = await db.batch([
    db
      .update(adjustments)
      .set({
        reversedBy: reversal,
        version: original.version + 1,
        ...(isToSettle(original) ? {} : { wakeAt: null }),
      })
      .where(
        and(
          eq(adjustments.id, original.id),
          eq(adjustments.version, original.version),
          eq(adjustments.state, 'invoiced'),
          isNull(adjustments.reversedBy),
        ),
      )
      .returning({ id: adjustments.id }),
    insertEntry(db, reversed, AFTER_CHANGE),
    db
      .insert(adjustments)
      .select(
        sql`SELECT ${newAdjustment(now, now + WAKE_AFTER_SECONDS * 1_000)}
          FROM json_each(${JSON.stringify([facts])}) a WHERE ${AFTER_CHANGE}`,
      )
      .returning(),
    insertEntry(
      db,
      {
        at: now,
        actor,
        action: 'adjustment.created',
        subject: reversal,
        data: { event: eventId, rule, rules, amount, currency, settlement, reverses: original.id },
      },
      AFTER_CHANGE,
    ),
    ...toldAfterEntry(db, reversed),
  ])
  return rows[0] ?? null
}

export type Cancellation =
  | { readonly cause: 'undone'; readonly event: EventId }
  /** The invoice that a reversal was to undo is open no more. */
  | {
      readonly cause: 'original_closed'
      readonly original: string
      readonly invoice: string
      readonly status: string
    }

/** What nothing of has gone out. It counts against no limit from now on. */
export const cancel = (
  db: Database,
  read: Adjustment,
  data: Cancellation,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, {
      state: 'cancelled',
      holdReasons: null,
      holdDetails: null,
      wakeAt: null,
      countedAt: null,
      countedDay: null,
    }),
    {
      at: now,
      actor: 'system:undo',
      action: 'adjustment.cancelled',
      subject: read.id,
      data: { ...data, ...heldSince(read) },
      source: read.source,
    },
  )

/** It was woken, and nothing is left to do. No change of state, so no entry. `ruleIds`: its rule's. */
export async function rest(
  db: Database,
  read: Adjustment,
  ruleIds: readonly string[],
  now: number,
): Promise<void> {
  await db
    .update(adjustments)
    .set({ wakeAt: wakeAtIfAsked(now, ruleIds) })
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        eq(adjustments.state, read.state),
      ),
    )
}
