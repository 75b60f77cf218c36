// Undos of an adjustment: what is known of them, and what a row's clock has to do with them.

import { and, asc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { events, undos, type Adjustment } from './schema.ts'

/** The event that undid it, where it came from, the rule that said so, and who asked for it. */
export type Undone = {
  readonly eventId: EventId
  readonly endpoint: string
  readonly mode: Mode | null
  readonly ruleId: string | null
  readonly asker: string | null
}

/** What undoes it under one of its rule's ids. Of two modes, the one that is its own comes first. */
export async function findUndo(
  db: Database,
  { account, subject, mode }: Adjustment,
  ruleIds: readonly string[],
): Promise<Undone | null> {
  const [row] = await db
    .select({
      eventId: undos.eventId,
      endpoint: events.endpoint,
      mode: events.mode,
      ruleId: events.ruleId,
      asker: undos.asker,
    })
    .from(undos)
    .innerJoin(events, eq(events.id, undos.eventId))
    .where(
      and(
        eq(undos.account, account),
        eq(undos.subject, subject),
        inArray(undos.ruleId, [...ruleIds]),
      ),
    )
    .orderBy(sql`${undos.mode} <> ${mode ?? ''}`, asc(undos.at), asc(undos.eventId))
    .limit(1)
  return row ?? null
}

/** Of the row of `adjustments` that an UPDATE changes. A reversal is undone by nothing. */
const UNDOS_OF_IT = sql`SELECT 1 FROM undos u WHERE adjustments.reverses IS NULL
  AND u.account = adjustments.account AND u.subject = adjustments.subject`

/**
 * The clock of a row for which nothing else is left to do than what an undo asks, whichever rule that
 * names: who is woken finds out. Asked inside the statement that sets it: an undo that comes a moment
 * before is not overwritten.
 */
export const wakeAtIfUndone = (now: number, otherwise: number | null): SQL =>
  sql`CASE WHEN EXISTS (${UNDOS_OF_IT}) THEN ${now} ELSE ${otherwise} END`

/** The same, of what is invoiced: once it is reversed, its undo is answered. */
export const wakeAtIfToReverse = (now: number, otherwise: number | null): SQL =>
  sql`CASE WHEN adjustments.reversed_by IS NULL AND EXISTS (${UNDOS_OF_IT}) THEN ${now}
    ELSE ${otherwise} END`

/** The same for certain: null where no undo of its rule asks anything of it any more. */
export const wakeAtIfAsked = (now: number, ruleIds: readonly string[]): SQL =>
  sql`CASE WHEN adjustments.reversed_by IS NULL AND EXISTS (${UNDOS_OF_IT}
      AND u.rule_id IN (SELECT value FROM json_each(${JSON.stringify(ruleIds)}))
      AND (adjustments.state = 'invoiced' OR u.mode = coalesce(adjustments.mode, '')))
    THEN ${now} END`
