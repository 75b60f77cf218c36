// What the dashboard's first pages show: what waits for a person, and what a customer had before. Each read is bounded,
// and none adds up what isn't added up already.

import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNotNull,
  max,
  ne,
  sql,
  type SQL,
} from 'drizzle-orm'
import type { AdjustmentId } from '../domain/ids.ts'
import {
  HISTORY_ROWS_MAX,
  TIMELINE_ENTRIES_MAX,
  TIMELINE_SUBJECTS_MAX,
  WAITING_COUNT_MAX,
} from '../domain/limits.ts'
import type { EntryRow } from '../domain/sealed-entry.ts'
import type { Database } from './database.ts'
import { IS_INDEXED } from './read-audit.ts'
import {
  adjustments,
  approvals,
  auditEntries,
  events,
  type Adjustment,
  type Event,
} from './schema.ts'

/** As the partial index has it, word for word. */
const IS_WAITING = sql`fate IN ('conflict', 'undecided')`
const isIn = (state: 'held' | 'failed') => sql`state IN ('held', 'failed') AND state = ${state}`

/** `since`: when the oldest of those that were counted began to wait, milliseconds; null where none waits. */
export type Waiting = { readonly count: number; readonly since: number | null }

const oldest = (at: SQL.Aliased<number>) => sql<number | null>`min(${at})`

/** Each of at most WAITING_COUNT_MAX and one more, by which is seen that there are more. */
export async function findWaiting(db: Database): Promise<{
  readonly held: Waiting
  readonly failed: Waiting
  readonly events: Waiting
}> {
  const some = WAITING_COUNT_MAX + 1
  const held = db
    .select({ at: sql<number>`${adjustments.heldAt}`.as('at') })
    .from(adjustments)
    .where(isIn('held'))
    .limit(some)
    .as('held')
  const failed = db
    .select({ at: sql<number>`${adjustments.createdAt}`.as('at') })
    .from(adjustments)
    .where(isIn('failed'))
    .limit(some)
    .as('failed')
  const open = db
    .select({ at: sql<number>`${events.receivedAt}`.as('at') })
    .from(events)
    .where(IS_WAITING)
    .orderBy(asc(events.receivedAt))
    .limit(some)
    .as('open')
  const [[h], [f], [e]] = await db.batch([
    db.select({ count: count(), since: oldest(held.at) }).from(held),
    db.select({ count: count(), since: oldest(failed.at) }).from(failed),
    db.select({ count: count(), since: oldest(open.at) }).from(open),
  ])
  const none = { count: 0, since: null }
  return { held: h ?? none, failed: f ?? none, events: e ?? none }
}

/** Of all that waits, no more than one beyond this. */
export async function findWaitingCount(db: Database, most: number): Promise<number> {
  const [row] = await db.all<{ waiting: number }>(sql`SELECT count(*) AS waiting FROM (
    SELECT 1 FROM (SELECT 1 FROM adjustments WHERE ${isIn('held')} LIMIT ${most + 1})
    UNION ALL SELECT 1 FROM (SELECT 1 FROM adjustments WHERE ${isIn('failed')} LIMIT ${most + 1})
    UNION ALL SELECT 1 FROM (SELECT 1 FROM events WHERE ${IS_WAITING} LIMIT ${most + 1}))`)
  return Math.min(row?.waiting ?? 0, most + 1)
}

/** Those first whose time comes next: to be reminded of, or to end. */
export const listWaiting = (
  db: Database,
  state: 'held' | 'failed',
  limit: number,
): Promise<readonly Adjustment[]> =>
  db.select().from(adjustments).where(isIn(state)).orderBy(asc(adjustments.wakeAt)).limit(limit)

/** Conflicts and undecided ones, the oldest first. */
export const listWaitingEvents = (db: Database, limit: number): Promise<readonly Event[]> =>
  db.select().from(events).where(IS_WAITING).orderBy(asc(events.receivedAt)).limit(limit)

export type Past = Pick<
  Adjustment,
  'id' | 'amount' | 'currency' | 'settlement' | 'state' | 'subject' | 'source' | 'countedAt'
>

/** The newest that count, of each of these customers at billing: the adjustment itself is left out. */
export async function findPast(
  db: Database,
  of: readonly Pick<Adjustment, 'id' | 'customerId'>[],
): Promise<ReadonlyMap<AdjustmentId, readonly Past[]>> {
  const known = of.flatMap(({ id, customerId }) =>
    customerId === null ? [] : [{ id, customerId }],
  )
  const [first, ...others] = known.map(({ id, customerId }) =>
    db
      .select({
        id: adjustments.id,
        amount: adjustments.amount,
        currency: adjustments.currency,
        settlement: adjustments.settlement,
        state: adjustments.state,
        subject: adjustments.subject,
        source: adjustments.source,
        countedAt: adjustments.countedAt,
      })
      .from(adjustments)
      .where(
        and(
          eq(adjustments.customerId, customerId),
          isNotNull(adjustments.countedAt),
          ne(adjustments.id, id),
        ),
      )
      .orderBy(desc(adjustments.countedAt))
      .limit(HISTORY_ROWS_MAX),
  )
  if (first === undefined) return new Map()
  const found = await db.batch([first, ...others])
  return new Map(known.map(({ id }, at) => [id, found[at] ?? []]))
}

/** Who has approved the present hold of each, by the names that the audit log has. */
export async function findApprovers(
  db: Database,
  of: readonly AdjustmentId[],
): Promise<ReadonlyMap<AdjustmentId, readonly string[]>> {
  const rows = await db
    .select({ id: approvals.adjustmentId, operator: approvals.operator })
    .from(approvals)
    .innerJoin(
      adjustments,
      and(eq(adjustments.id, approvals.adjustmentId), eq(adjustments.holds, approvals.hold)),
    )
    .where(inArray(approvals.adjustmentId, [...of]))
  const byId = Map.groupBy(rows, ({ id }) => id)
  return new Map([...byId].map(([id, each]) => [id, each.map(({ operator }) => operator)]))
}

/** The newest entries of each of these subjects, all together oldest first. */
export async function findTimeline(
  db: Database,
  subjects: readonly string[],
): Promise<readonly EntryRow[]> {
  const [first, ...others] = subjects.slice(0, TIMELINE_SUBJECTS_MAX).map((subject) =>
    db
      .select()
      .from(auditEntries)
      .where(and(eq(auditEntries.subject, subject), IS_INDEXED, gte(auditEntries.seq, 1)))
      .orderBy(desc(auditEntries.seq))
      .limit(TIMELINE_ENTRIES_MAX),
  )
  if (first === undefined) return []
  const found = await db.batch([first, ...others])
  return found.flat().toSorted((a, b) => a.seq - b.seq)
}

/** Whether anything was ever invoiced, by the index of what is. */
export async function findNewestInvoice(db: Database): Promise<number | null> {
  const [row] = await db
    .select({ at: max(adjustments.invoicedAt) })
    .from(adjustments)
    .where(isNotNull(adjustments.invoicedAt))
  return row?.at ?? null
}
