import { and, asc, eq, getTableColumns, gte, lt, sql } from 'drizzle-orm'
import { answerSubject, OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { PAGE_ROWS_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { adjustments, events, type Adjustment } from './schema.ts'

export async function findAdjustment(db: Database, id: AdjustmentId): Promise<Adjustment | null> {
  const [row] = await db.select().from(adjustments).where(eq(adjustments.id, id))
  return row ?? null
}

/**
 * Of one event: those that it made, and those of others that it asked for again. One parameter, since
 * its parts under all former ids of their rule are more than D1 binds.
 */
export const findAdjustments = (
  db: Database,
  ids: readonly AdjustmentId[],
): Promise<readonly Adjustment[]> =>
  db
    .select()
    .from(adjustments)
    .where(sql`${adjustments.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)

/** What undoes each of these, or was to; whatever became of it. */
export const findReversals = (
  db: Database,
  ids: readonly AdjustmentId[],
): Promise<readonly Reversal[]> =>
  db
    .select({ id: adjustments.id, state: adjustments.state, reverses: adjustments.reverses })
    .from(adjustments)
    .where(sql`${adjustments.reverses} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)

export type Reversal = Pick<Adjustment, 'id' | 'state' | 'reverses'>

export async function findReversal(db: Database, id: AdjustmentId): Promise<Reversal | null> {
  const [reversal] = await findReversals(db, [id])
  return reversal ?? null
}

/** What people made by hand in answer to a conflict, the oldest first, at most PAGE_ROWS_MAX. */
export const findAnswers = (db: Database, conflict: EventId): Promise<readonly Adjustment[]> => {
  const subject = answerSubject(conflict)
  return db
    .select(getTableColumns(adjustments))
    .from(adjustments)
    .innerJoin(events, eq(events.id, adjustments.eventId))
    .where(
      and(
        eq(adjustments.account, OPERATOR_ENDPOINT),
        // The colon of further ones comes directly before the semicolon.
        gte(adjustments.subject, subject),
        lt(adjustments.subject, `${subject};`),
        sql`${events.decision} ->> 'answers' = ${conflict}`,
      ),
    )
    .orderBy(asc(adjustments.seq))
    .limit(PAGE_ROWS_MAX)
}
