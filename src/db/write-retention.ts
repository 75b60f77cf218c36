// What is too old goes, a part at a time: payloads, by the class of their events, rows whose use is over, and
// that links were opened. Nothing else is removed from any table. The lease only spares work: to forget twice changes nothing.

import { and, asc, eq, gt, lte, sql, type SQL } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { Fate } from '../domain/event.ts'
import {
  IDEMPOTENCY_KEPT_SECONDS,
  MS_PER_DAY,
  NOTICE_KEPT_DAYS,
  OPENINGS_KEPT_DAYS,
  OPENINGS_LOOKED_AT_MAX,
  RETENTION_LEASE_SECONDS,
  RETENTION_ROWS_PER_STEP,
  SEEN_REFUND_KEPT_SECONDS,
} from '../domain/limits.ts'
import type { Database } from './database.ts'
import {
  alarms,
  auditEntries,
  events,
  idempotency,
  knownCustomers,
  links,
  notices,
  payloads,
  retentionProgress,
  seenRefunds,
} from './schema.ts'

export type RetentionRun = typeof retentionProgress.$inferSelect

/** Under a lease; null where it isn't time, or somebody else is at it. */
export async function takeRetention(db: Database, now: number): Promise<RetentionRun | null> {
  const wakeAt = now + RETENTION_LEASE_SECONDS * 1_000
  const [row] = await db
    .insert(retentionProgress)
    .values({ name: 'clock', wakeAt, ignoredThrough: 0 })
    .onConflictDoUpdate({
      target: retentionProgress.name,
      set: { wakeAt },
      setWhere: lte(retentionProgress.wakeAt, now),
    })
    .returning()
  return row ?? null
}

export async function releaseRetention(
  db: Database,
  { wakeAt }: RetentionRun,
  until: number,
): Promise<void> {
  await db
    .update(retentionProgress)
    .set({ wakeAt: until })
    .where(eq(retentionProgress.wakeAt, wakeAt))
}

export type KeptRow = { readonly seq: number; readonly receivedAt: number; readonly fate: Fate }

/** The oldest payloads that are there, by their events. */
export const oldestPayloads = (db: Database): Promise<readonly KeptRow[]> =>
  db
    .select({ seq: payloads.eventSeq, receivedAt: events.receivedAt, fate: events.fate })
    .from(payloads)
    .innerJoin(events, eq(events.seq, payloads.eventSeq))
    .orderBy(asc(payloads.eventSeq))
    .limit(RETENTION_ROWS_PER_STEP)

export const nextEvents = (db: Database, after: number): Promise<readonly KeptRow[]> =>
  db
    .select({ seq: events.seq, receivedAt: events.receivedAt, fate: events.fate })
    .from(events)
    .where(gt(events.seq, after))
    .orderBy(asc(events.seq))
    .limit(RETENTION_ROWS_PER_STEP)

export type Forgetting = {
  /** Events as they were read: one that was sent through since has moved money. */
  readonly rows: readonly KeptRow[]
  readonly ignoredThrough: number
}

/** Answers how many payloads went. */
export async function forgetPayloads(
  db: Database,
  run: RetentionRun,
  { rows, ignoredThrough }: Forgetting,
  now: number,
): Promise<number> {
  const action: AuditAction = 'payloads.forgotten'
  const read = JSON.stringify(rows.map(({ seq, fate }) => [seq, fate]))
  const [gone] = await db.batch([
    db
      .delete(payloads)
      .where(
        sql`event_seq IN (SELECT e.seq FROM json_each(${read}) r
          CROSS JOIN events e ON e.seq = r.value ->> 0 WHERE e.fate = r.value ->> 1)`,
      )
      .returning({ seq: payloads.eventSeq }),
    db.insert(auditEntries).select(
      sql`SELECT NULL, ${now}, 'system:retention', ${action}, 'retention',
        json_object('payloads', changes()) WHERE changes() > 0`,
    ),
    db
      .update(retentionProgress)
      .set({ ignoredThrough })
      .where(and(eq(retentionProgress.wakeAt, run.wakeAt))),
  ])
  return gone.length
}

/** Of rows whose use is over; answers whether there may be more. */
export async function forgetRows(db: Database, now: number): Promise<boolean> {
  const old = now - NOTICE_KEPT_DAYS * MS_PER_DAY
  const refundsBefore = now - SEEN_REFUND_KEPT_SECONDS * 1_000
  const keysBefore = now - IDEMPOTENCY_KEPT_SECONDS * 1_000
  const gone = await db.batch([
    db.delete(knownCustomers).where(among('reference', sql`known_customers WHERE until <= ${now}`)),
    db.delete(seenRefunds).where(among('event_id', sql`seen_refunds WHERE at < ${refundsBefore}`)),
    db.delete(idempotency).where(among('id', sql`idempotency WHERE at < ${keysBefore}`)),
    // One that is newer counts the older ones of its kind: they go together. Those that have to stay are passed.
    db.delete(notices).where(
      among(
        'seq',
        sql`notices n WHERE n.at < ${old} AND n.wake_at IS NULL
          AND n.seq < ifnull((SELECT seq FROM notices WHERE at >= ${old} ORDER BY seq LIMIT 1), 9e15)
          AND NOT EXISTS (SELECT 1 FROM notices o
            WHERE o.about = n.about AND (o.at >= ${old} OR o.wake_at IS NOT NULL)) ORDER BY n.seq`,
      ),
    ),
    db
      .delete(alarms)
      .where(
        among(
          'id',
          sql`alarms a WHERE a.at < ${old} AND NOT EXISTS (SELECT 1 FROM notices WHERE about = a.id)`,
        ),
      ),
  ])
  return gone.some(({ meta }) => meta.changes >= RETENTION_ROWS_PER_STEP)
}

/**
 * That a link was opened, which nobody has done for so long. No index says which these are: each time the next
 * ones are looked at, and then the first again. The count goes too, since it would have no beginning.
 */
export async function forgetOpenings(db: Database, now: number): Promise<void> {
  const old = now - OPENINGS_KEPT_DAYS * MS_PER_DAY
  const rows = sql.raw(String(OPENINGS_LOOKED_AT_MAX))
  const next = sql`(SELECT seq FROM links WHERE seq > ifnull((SELECT ignored_through
    FROM retention_progress WHERE name = 'openings'), 0) ORDER BY seq LIMIT ${rows})`
  await db.batch([
    db
      .update(links)
      .set({
        opened: 0,
        firstOpenedAt: null,
        lastOpenedAt: null,
        sealedAddress: null,
        sealedUntil: null,
      })
      .where(sql`last_opened_at < ${old} AND seq IN ${next}`),
    db
      .insert(retentionProgress)
      .select(
        sql`SELECT 'openings', 0, iif(count(*) < ${rows}, 0, max(seq)) FROM ${next} WHERE true`,
      )
      .onConflictDoUpdate({
        target: retentionProgress.name,
        set: { ignoredThrough: sql`excluded.ignored_through` },
      }),
  ])
}

const among = (key: string, rows: SQL): SQL =>
  sql`(${sql.raw(key)}) IN (SELECT ${sql.raw(key)} FROM ${rows}
    LIMIT ${sql.raw(String(RETENTION_ROWS_PER_STEP))})`
