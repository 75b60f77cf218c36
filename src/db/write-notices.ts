// Facts that people are told of. Each is written in the batch of its audit entry, so that none is
// forgotten; what was told is committed with an entry of its own.

import { and, eq, isNotNull, lt, sql } from 'drizzle-orm'
import type { AuditAction, AuditEntry } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { NOTICE_LEASE_SECONDS, SWEEP_ROWS_MAX, WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import type { About, ChannelProgress } from '../domain/notice.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { auditEntries, notices, type NoticeRow } from './schema.ts'

/** The facts about an adjustment of which its asker hears. */
const TOLD: ReadonlySet<AuditAction> = new Set([
  'adjustment.invoiced',
  'adjustment.settled',
  'adjustment.settlement_failed',
  'adjustment.held',
  'adjustment.approved',
  'adjustment.rejected',
  'adjustment.expired',
  'adjustment.reminded',
  'adjustment.escalated',
  'adjustment.failed',
  'adjustment.cancelled',
  'adjustment.reversed',
  'adjustment.voided',
  'adjustment.requeued',
  'adjustment.adopted',
] as const)

const insertNotice = (db: Database, { subject, action, at }: AuditEntry) =>
  db
    .insert(notices)
    .select(sql`SELECT NULL, ${subject}, ${action}, ${at}, ${at}, 0, '{}' WHERE ${AFTER_CHANGE}`)

/** Directly after the entry, and one row exactly, so that what follows still sees one change. */
export const toldAfterEntry = (db: Database, entry: AuditEntry) =>
  entry.source !== undefined && TOLD.has(entry.action) && db.tells(entry.source)
    ? [insertNotice(db, entry)]
    : []

/** Likewise where the statement before has found out what became of the adjustment. */
export const toldOfStates = (
  db: Database,
  { id, source }: { readonly id: AdjustmentId; readonly source: string },
  actions: Readonly<Record<string, AuditAction>>,
  now: number,
) =>
  db.tells(source)
    ? [
        db.insert(notices).select(sql`
          SELECT NULL, a.id, ${JSON.stringify(actions)} ->> a.state, ${now}, ${now}, 0, '{}'
          FROM adjustments a WHERE a.id = ${id} AND ${AFTER_CHANGE}
            AND ${JSON.stringify(actions)} ->> a.state IS NOT NULL`),
      ]
    : []

/** What a delivery's events came to, where that was no adjustment of their own. */
export const toldOfEvents = (db: Database, deliveryId: string, eventRows: string, now: number) =>
  db.insert(notices).select(sql`
    SELECT NULL, e.id, ${'event.received' satisfies AuditAction}, ${now}, ${now}, 0, '{}'
    FROM json_each(${eventRows}) p CROSS JOIN events e ON e.id = p.value ->> 'id'
    WHERE e.delivery_id = ${deliveryId} AND e.fate IN ('duplicate', 'conflict', 'undecided')`)

/** Takes the lease of the newest notice, and lets the older ones go. Null: somebody else has it. */
export async function claimNotice(
  db: Database,
  read: NoticeRow,
  now: number,
): Promise<NoticeRow | null> {
  const [rows] = await db.batch([
    db
      .update(notices)
      .set({ attempts: read.attempts + 1, wakeAt: now + NOTICE_LEASE_SECONDS * 1_000 })
      .where(
        and(
          eq(notices.seq, read.seq),
          eq(notices.attempts, read.attempts),
          isNotNull(notices.wakeAt),
        ),
      )
      .returning(),
    db
      .update(notices)
      .set({ wakeAt: null, channels: sql`json_set(channels, '$.all', 'superseded')` })
      .where(
        and(
          eq(notices.about, read.about),
          lt(notices.seq, read.seq),
          isNotNull(notices.wakeAt),
          AFTER_CHANGE,
        ),
      ),
  ])
  return rows[0] ?? null
}

/** One channel is done with it. `isLast`: no other has to be told. */
export async function commitTold(
  db: Database,
  claimed: NoticeRow,
  told: { readonly id: string; readonly channel: string; readonly progress: ChannelProgress },
  now: number,
): Promise<NoticeRow | null> {
  const { id, channel, progress } = told
  const action: AuditAction = progress === 'given_up' ? 'notice.given_up' : 'notice.sent'
  const [rows] = await db.batch([
    db
      .update(notices)
      .set({ channels: sql`json_set(channels, '$.' || json_quote(${channel}), ${progress})` })
      .where(and(eq(notices.seq, claimed.seq), eq(notices.attempts, claimed.attempts)))
      .returning(),
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:notices', ${action}, ${claimed.about},
        json_object('notice', ${id}, 'channel', ${channel}, 'result', ${progress},
          'attempts', CAST(${claimed.attempts} AS INTEGER))
      WHERE ${AFTER_CHANGE}`),
  ])
  return rows[0] ?? null
}

/** Null: every channel is done with it. */
export async function setNoticeWake(
  db: Database,
  claimed: NoticeRow,
  wakeAt: number | null,
): Promise<void> {
  await db
    .update(notices)
    .set({ wakeAt })
    .where(and(eq(notices.seq, claimed.seq), eq(notices.attempts, claimed.attempts)))
}

/** What has to be told by now, at most SWEEP_ROWS_MAX of it, oldest first. */
export async function sweepNotices(db: Database, now: number): Promise<readonly About[]> {
  const taken = sql`
    SELECT seq FROM notices WHERE wake_at <= ${now} ORDER BY wake_at, seq LIMIT ${SWEEP_ROWS_MAX}`
  const rows = await db
    .update(notices)
    .set({ wakeAt: now + WAKE_AFTER_SECONDS * 1_000 })
    .where(sql`seq IN (${taken})`)
    .returning({ about: notices.about })
  return [...new Set(rows.map(({ about }) => about))]
}
