// The sums of days, and what of the audit log is not in them yet.

import { and, asc, desc, eq, gt, gte, lt, sql, type SQL } from 'drizzle-orm'
import type { CountedEntry } from '../domain/daily-totals.ts'
import type { Mode } from '../domain/event.ts'
import type { Database } from './database.ts'
import {
  adjustments,
  auditEntries,
  dailyEvents,
  dailyProgress,
  dailyTotals,
  events,
} from './schema.ts'

export type DayTotals = typeof dailyTotals.$inferSelect
export type DayEvents = typeof dailyEvents.$inferSelect

/** The last entry that is in the sums; 0 before the first. `at`: when it was written. */
export async function findDayProgress(
  db: Database,
): Promise<{ readonly seq: number; readonly at: number | null }> {
  const [row] = await db.select().from(dailyProgress)
  return row ?? { seq: 0, at: null }
}

/** Voided here, seen to be void at the billing API, or found so by a voiding that was refused. */
const isVoiding = (entry: string) => `(${entry}.action = 'adjustment.voided' OR (
  ${entry}.action IN ('adjustment.invoice_status_seen', 'adjustment.void_failed')
  AND ${entry}.data ->> 'status' = 'void'))`

/** Who voids an invoice hears of it too, and is often told first: only the first entry counts. */
const IS_FIRST_VOIDING = sql<boolean>`${sql.raw(isVoiding('audit_entries'))} AND NOT EXISTS (
  SELECT 1 FROM audit_entries e WHERE e.subject = audit_entries.subject
    AND (e.action <> 'event.received' OR e.data ->> 'fate' <> 'ignored')
    AND e.seq < audit_entries.seq AND ${sql.raw(isVoiding('e'))})`

/** The entries behind this one, the oldest first. */
export const listUncounted = (
  db: Database,
  after: number,
  limit: number,
): Promise<readonly CountedEntry[]> =>
  db
    .select({
      seq: auditEntries.seq,
      at: auditEntries.at,
      action: auditEntries.action,
      subject: auditEntries.subject,
      adjustment: {
        mode: adjustments.mode,
        source: adjustments.source,
        endpoint: adjustments.endpoint,
        ruleId: adjustments.ruleId,
        settlement: adjustments.settlement,
        amount: adjustments.amount,
        currency: adjustments.currency,
      },
      event: {
        mode: events.mode,
        source: events.source,
        endpoint: events.endpoint,
        // As it was when it came: the event itself may have been decided again since.
        fate: sql<string>`${auditEntries.data} ->> 'fate'`,
        ruleId: sql<string | null>`${auditEntries.data} ->> 'rule'`,
      },
      isVoiding: IS_FIRST_VOIDING.mapWith(Boolean),
    })
    .from(auditEntries)
    .leftJoin(adjustments, eq(adjustments.id, sql`${auditEntries.subject}`))
    .leftJoin(
      events,
      and(eq(events.id, sql`${auditEntries.subject}`), eq(auditEntries.action, 'event.received')),
    )
    .where(gt(auditEntries.seq, after))
    .orderBy(asc(auditEntries.seq))
    .limit(limit) as Promise<readonly CountedEntry[]>

type Asked = {
  readonly mode: Mode
  readonly currency: string
  /** `YYYY-MM-DD`. */
  readonly from: string
}

/** Of the newest days; where there are `limit` rows, the oldest of them may not be whole. */
export const listDayTotals = (
  db: Database,
  { mode, currency, from }: Asked,
  limit: number,
): Promise<readonly DayTotals[]> =>
  db
    .select()
    .from(dailyTotals)
    .where(
      and(
        eq(dailyTotals.mode, mode),
        eq(dailyTotals.currency, currency),
        gte(dailyTotals.day, from),
      ),
    )
    .orderBy(desc(dailyTotals.day))
    .limit(limit)

/** What the sums lack. `waitingSince`: of the oldest entry that is not in them; null where all are. */
export type SumsState = {
  readonly waitingSince: number | null
  readonly hasOtherCurrencies: boolean
}

/** At most four rows, each by an index. */
export async function findSumsState(
  db: Database,
  { mode, currency }: Pick<Asked, 'mode' | 'currency'>,
): Promise<SumsState> {
  const ofMode = (other: SQL) =>
    db
      .select({ currency: dailyTotals.currency })
      .from(dailyTotals)
      .where(and(eq(dailyTotals.mode, mode), other))
      .limit(1)
  const [[waiting], below, above] = await db.batch([
    db
      .select({ at: auditEntries.at })
      .from(auditEntries)
      .where(sql`${auditEntries.seq} > coalesce((SELECT seq FROM daily_progress), 0)`)
      .orderBy(asc(auditEntries.seq))
      .limit(1),
    ofMode(lt(dailyTotals.currency, currency)),
    ofMode(gt(dailyTotals.currency, currency)),
  ])
  return {
    waitingSince: waiting?.at ?? null,
    hasOtherCurrencies: below.length + above.length > 0,
  }
}

/** The same of events. */
export const listDayEvents = (
  db: Database,
  { mode, from }: Omit<Asked, 'currency'>,
  limit: number,
): Promise<readonly DayEvents[]> =>
  db
    .select()
    .from(dailyEvents)
    .where(and(eq(dailyEvents.mode, mode), gte(dailyEvents.day, from)))
    .orderBy(desc(dailyEvents.day))
    .limit(limit)
