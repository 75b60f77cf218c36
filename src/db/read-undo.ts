// Undos of an adjustment: what is known of them, and what a row's clock has to do with them.

import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { events, undos, type Adjustment } from './schema.ts'

/** The event that undid it, where it came from, and the rule that said so. */
export type Undone = {
  readonly eventId: EventId
  readonly endpoint: string
  readonly mode: Mode | null
  readonly ruleId: string | null
}

/** An undo names every id of its rule, so the one that made this adjustment is among them. */
export async function findUndo(
  db: Database,
  { account, subject, ruleId }: Adjustment,
): Promise<Undone | null> {
  const [row] = await db
    .select({
      eventId: undos.eventId,
      endpoint: events.endpoint,
      mode: events.mode,
      ruleId: events.ruleId,
    })
    .from(undos)
    .innerJoin(events, eq(events.id, undos.eventId))
    .where(and(eq(undos.account, account), eq(undos.subject, subject), eq(undos.ruleId, ruleId)))
  return row ?? null
}

/** Of the row of `adjustments` that an UPDATE changes. A reversal is undone by nothing. */
const IS_UNDONE = sql`(adjustments.reverses IS NULL AND EXISTS (SELECT 1 FROM undos u
  WHERE u.account = adjustments.account AND u.subject = adjustments.subject
    AND u.rule_id = adjustments.rule_id))`

/**
 * The clock of a row for which nothing else is left to do than what an undo asks. Asked inside the
 * statement that sets it: an undo that comes a moment before is not overwritten.
 */
export const wakeAtIfUndone = (now: number, otherwise: number | null): SQL =>
  sql`CASE WHEN ${IS_UNDONE} THEN ${now} ELSE ${otherwise} END`

/** The same, of what is invoiced: once it is reversed, its undo is answered. */
export const wakeAtIfToReverse = (now: number, otherwise: number | null): SQL =>
  sql`CASE WHEN adjustments.reversed_by IS NULL AND ${IS_UNDONE} THEN ${now} ELSE ${otherwise} END`
