// Facts that people are told of. Each is written in the batch of its audit entry, so that none is
// forgotten; what was told is committed with an entry of its own.

import { and, eq, isNotNull, lt, lte, sql, type SQL } from 'drizzle-orm'
import type { AuditAction, AuditEntry } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { NOTICE_LEASE_SECONDS, SWEEP_ROWS_MAX } from '../domain/limits.ts'
import type { About, ChannelProgress, ChannelWait } from '../domain/notice.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import type { DueNotice } from './read-notices.ts'
import { auditEntries, notices, type NoticeRow } from './schema.ts'

/** The facts of which who asked hears. */
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
  'adjustment.invoice_status_seen',
  'event.dismissed',
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

/**
 * What a delivery's events came to, where that was no adjustment of their own. A request to undo is answered
 * by what it moves; where it moves nothing, by itself.
 */
export const toldOfEvents = (db: Database, deliveryId: string, eventRows: string, now: number) =>
  db.insert(notices).select(sql`
    SELECT NULL, e.id, ${'event.received' satisfies AuditAction}, ${now}, ${now}, 0, '{}'
    FROM json_each(${eventRows}) p CROSS JOIN events e ON e.id = p.value ->> 'id'
    WHERE e.delivery_id = ${deliveryId} AND ${TELLS_ITSELF}`)

/** What the undo `e` cancels, or reverses once it is invoiced: as of `applyUndo` and the claim. */
const MOVED_BY_UNDO = sql`
  SELECT 1 FROM json_each(e.decision, '$.undoes.ruleIds') r CROSS JOIN adjustments a
    ON a.account = e.account AND a.subject = e.decision -> 'undoes' ->> 'subject'
      AND a.rule_id = r.value
  WHERE a.reversed_by IS NULL AND a.state NOT IN ('rejected', 'cancelled')
    AND (a.state = 'invoiced' OR a.mode IS e.mode)
    AND NOT (a.state = 'held' AND a.attempted_at IS NOT NULL)`

/** Of an event `e`: nothing that it made tells what came of it. */
export const TELLS_ITSELF = sql`(e.fate IN ('duplicate', 'conflict', 'undecided')
  OR e.fate = 'adjusted' AND e.decision -> 'undoes' IS NOT NULL AND NOT EXISTS (${MOVED_BY_UNDO}))`

/** Before the sweep holds them: the adjustments of `sources` that `condition` finds. */
export const toldOfHolds = (
  db: Database,
  condition: SQL,
  sources: readonly string[],
  now: number,
) =>
  db.insert(notices).select(sql`
    SELECT NULL, id, ${'adjustment.held' satisfies AuditAction}, ${now}, ${now}, 0, '{}'
    FROM adjustments WHERE ${condition}
      AND source IN (SELECT value FROM json_each(${JSON.stringify(sources)}))`)

/**
 * Takes the lease of a notice whose time has come, and lets the older ones go. Null: somebody else has
 * it, or it waits.
 */
export async function claimNotice(
  db: Database,
  read: DueNotice,
  now: number,
): Promise<DueNotice | null> {
  const [rows] = await db.batch([
    db
      .update(notices)
      .set({ attempts: read.attempts + 1, wakeAt: now + NOTICE_LEASE_SECONDS * 1_000 })
      .where(
        and(
          eq(notices.seq, read.seq),
          eq(notices.attempts, read.attempts),
          lte(notices.wakeAt, now),
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
  const [row] = rows
  return row ? { ...row, nth: read.nth } : null
}

/** `isLast`: no channel waits for it any more, so that it has no time from then on. */
export type Told = {
  readonly id: string
  readonly channel: string
  readonly progress: ChannelProgress
  readonly isLast: boolean
}

/** One channel is done with it. Null where the lease is over, or a newer fact has taken its place. */
export async function commitTold(
  db: Database,
  claimed: NoticeRow,
  { id, channel, progress, isLast }: Told,
  now: number,
): Promise<NoticeRow | null> {
  const action: AuditAction = progress === 'given_up' ? 'notice.given_up' : 'notice.sent'
  const [rows] = await db.batch([
    db
      .update(notices)
      .set({
        channels: sql`json_set(channels, '$.' || json_quote(${channel}), ${progress})`,
        ...(isLast ? { wakeAt: null } : {}),
      })
      .where(and(eq(notices.seq, claimed.seq), eq(notices.attempts, claimed.attempts)))
      .returning(),
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:notices', ${action}, ${claimed.about},
        json_object('notice', ${id}, 'channel', ${channel}, 'result', ${progress},
          'attempts', CAST(${claimed.attempts} AS INTEGER))
      WHERE ${AFTER_CHANGE}`),
  ])
  const [row] = rows
  return row === undefined || isSuperseded(row) ? null : row
}

const isSuperseded = ({ channels }: NoticeRow): boolean => channels['all'] === 'superseded'

/** One channel is in trouble. Null likewise. */
export async function commitWait(
  db: Database,
  claimed: NoticeRow,
  channel: string,
  wait: ChannelWait,
): Promise<NoticeRow | null> {
  const waits = sql`json(${JSON.stringify(wait)})`
  const [row] = await db
    .update(notices)
    .set({ channels: sql`json_set(channels, '$.' || json_quote(${channel}), ${waits})` })
    .where(isHeldBy(claimed))
    .returning()
  return row ?? null
}

/** A superseded one has no time any more, and gets none. */
const isHeldBy = ({ seq, attempts }: NoticeRow) =>
  and(eq(notices.seq, seq), eq(notices.attempts, attempts), isNotNull(notices.wakeAt))

/** Null: every channel is done with it. */
export async function setNoticeWake(
  db: Database,
  claimed: NoticeRow,
  wakeAt: number | null,
): Promise<void> {
  await db.update(notices).set({ wakeAt }).where(isHeldBy(claimed))
}

/**
 * What has to be told by now, at most SWEEP_ROWS_MAX of it, oldest first. It stays due until somebody
 * claims it: only a lease or trouble moves its time.
 */
export async function sweepNotices(db: Database, now: number): Promise<readonly About[]> {
  const rows = await db
    .select({ about: notices.about })
    .from(notices)
    .where(lte(notices.wakeAt, now))
    .orderBy(notices.wakeAt, notices.seq)
    .limit(SWEEP_ROWS_MAX)
  return [...new Set(rows.map(({ about }) => about))]
}
