// What was held or had failed at a moment that is over. What still waits is in the index of that; what has gone on since
// then left an entry, by which it is found; and when its waiting began, an earlier entry says.

import { and, asc, desc, eq, gt, gte, not, sql, type SQL } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { ENTRY_CLOCKS_APART_SECONDS, REPORT_ENTRIES_BEFORE } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { IS_INDEXED, seqsBetween } from './read-audit.ts'
import { adjustments, auditEntries, type Adjustment } from './schema.ts'

/** The indexes of what waits, and of these entries, are of exactly these, word for word. */
const WAITS = sql`"adjustments"."state" IN ('held', 'failed')`
const LEFT = sql`("action" IN ('adjustment.approved', 'adjustment.rejected', 'adjustment.expired', 'adjustment.customer_chosen', 'adjustment.requeued', 'adjustment.adopted', 'adjustment.cancelled') OR ("action" = 'adjustment.invoiced' AND ("data" ->> 'was' IS NOT NULL OR "data" ->> 'late')))`

const APPROVED: AuditAction = 'adjustment.approved'

/** The first of two approvals leaves it where it was. */
const LEAVES_IT = not(
  sql`("action" = ${APPROVED} AND coalesce("data" ->> 'approvals' < "data" ->> 'needed', false))`,
)

export type StoppedRows = {
  readonly rows: readonly Adjustment[]
  /** The newest entry when they were read, and whether behind `leftUntil` something had gone on. */
  readonly lastSeq: number
  readonly hasLeft: boolean
}

/** In the order in which they were recorded, behind `after`, with where the log was at that moment. */
export async function readStopped(
  db: Database,
  state: 'held' | 'failed',
  { after, leftUntil }: { readonly after: number; readonly leftUntil: number },
  limit: number,
): Promise<StoppedRows> {
  const [rows, [last], left] = await db.batch([
    db
      .select()
      .from(adjustments)
      .where(and(WAITS, eq(adjustments.state, state), gt(adjustments.seq, after)))
      .orderBy(asc(adjustments.seq))
      .limit(limit),
    db
      .select({ seq: auditEntries.seq })
      .from(auditEntries)
      .orderBy(desc(auditEntries.seq))
      .limit(1),
    db
      .select({ seq: auditEntries.seq })
      .from(auditEntries)
      .where(and(LEFT, LEAVES_IT, gte(auditEntries.seq, leftUntil + 1)))
      .limit(1),
  ])
  return { rows, lastSeq: last?.seq ?? 0, hasLeft: left.length > 0 }
}

export type LeftEntry = {
  readonly seq: number
  readonly at: number
  readonly subject: AdjustmentId
  /** Since when it had been held; null where it wasn't, and in entries of before this was written. */
  readonly heldAt: number | null
}

/** Before the first entry of which anything can have gone on at that time or later. */
export const seqBefore = async (db: Database, at: number): Promise<number> =>
  (await seqsBetween(db, { from: at - ENTRY_CLOCKS_APART_SECONDS })).start - 1

export const readLeft = (
  db: Database,
  after: number,
  limit: number,
): Promise<readonly LeftEntry[]> =>
  db
    .select({
      seq: auditEntries.seq,
      at: auditEntries.at,
      subject: sql<AdjustmentId>`${auditEntries.subject}`,
      heldAt: sql<number | null>`"data" ->> 'heldAt'`,
    })
    .from(auditEntries)
    .where(and(LEFT, LEAVES_IT, gte(auditEntries.seq, after + 1)))
    .orderBy(asc(auditEntries.seq))
    .limit(limit)

const HELD: AuditAction = 'adjustment.held'
const FAILED: AuditAction = 'adjustment.failed'

const IS_CHANGE: SQL = sql`(e.action IN (${HELD}, ${FAILED}) OR (e.is_left AND ${LEAVES_IT}))`

export type Stop = { readonly state: 'held' | 'failed'; readonly at: number }

/** Before which entry, whose: what it was waiting as then, and since when. None where it was not. */
export async function readStops(
  db: Database,
  before: readonly { readonly subject: AdjustmentId; readonly seq: number }[],
): Promise<readonly (Stop | null)[]> {
  if (before.length === 0) return []
  const rows = await db.all<{ action: string | null; at: number | null }>(sql`
    SELECT p.action, p.at FROM json_each(${JSON.stringify(before)}) b
    LEFT JOIN audit_entries p ON p.seq = (SELECT e.seq FROM (
      SELECT seq, action, data, ${LEFT} AS is_left FROM audit_entries
      WHERE subject = b.value ->> 'subject' AND ${IS_INDEXED} AND seq < b.value ->> 'seq'
      ORDER BY seq DESC LIMIT ${REPORT_ENTRIES_BEFORE}) e
      WHERE ${IS_CHANGE} ORDER BY e.seq DESC LIMIT 1)
    ORDER BY b.key`)
  return rows.map(({ action, at }) =>
    at === null || (action !== HELD && action !== FAILED)
      ? null
      : { state: action === HELD ? 'held' : 'failed', at },
  )
}

export const readByIds = (
  db: Database,
  ids: readonly AdjustmentId[],
): Promise<readonly Adjustment[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(adjustments)
        .where(sql`${adjustments.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)
