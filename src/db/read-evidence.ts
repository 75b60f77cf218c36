// What the record says of one adjustment, for its evidence.

import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { EVIDENCE_ENTRIES_MAX, EVIDENCE_NOTICES_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { adjustments, auditEntries, notices, type Adjustment, type NoticeRow } from './schema.ts'

export type Entry = typeof auditEntries.$inferSelect

/** By a number, live and test may each have one: at most two. */
export const findByInvoice = (
  db: Database,
  invoice: string,
): Promise<readonly { readonly id: AdjustmentId }[]> =>
  db
    .select({ id: adjustments.id })
    .from(adjustments)
    .where(eq(adjustments.invoiceNumber, invoice))
    .orderBy(desc(adjustments.seq))
    .limit(2)

export type Recorded = {
  /** Of the adjustment and of its event, in the log's order. */
  readonly entries: readonly Entry[]
  readonly notices: readonly NoticeRow[]
}

/** All but the one entry of an event that was ignored. */
const IS_INDEXED = sql`("action" <> 'event.received' OR "data" ->> 'fate' <> 'ignored')`

export async function findRecorded(
  db: Database,
  { id, eventId }: Pick<Adjustment, 'id' | 'eventId'>,
): Promise<Recorded> {
  const about = [id, eventId]
  const [entries, told] = await db.batch([
    db
      .select()
      .from(auditEntries)
      .where(and(inArray(auditEntries.subject, about), IS_INDEXED))
      .orderBy(asc(auditEntries.seq))
      .limit(EVIDENCE_ENTRIES_MAX),
    db
      .select()
      .from(notices)
      .where(inArray(notices.about, about))
      .orderBy(asc(notices.seq))
      .limit(EVIDENCE_NOTICES_MAX),
  ])
  const isThere = entries.some(({ action }) => action === RECEIVED)
  return {
    entries: isThere ? entries : [...(await findReceived(db, eventId)), ...entries],
    notices: told,
  }
}

const RECEIVED: AuditAction = 'event.received'

/** Of an event that was ignored when it came, and sent through again. */
const findReceived = (db: Database, eventId: EventId): Promise<readonly Entry[]> =>
  db
    .select()
    .from(auditEntries)
    .where(and(eq(auditEntries.subject, eventId), eq(auditEntries.action, RECEIVED)))
    .limit(1)
