// What the record says of one adjustment, for its evidence.

import { and, asc, desc, eq, gte, inArray } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { EVIDENCE_ENTRIES_MAX, EVIDENCE_NOTICES_MAX } from '../domain/limits.ts'
import type { EntryRow } from '../domain/sealed-entry.ts'
import type { Database } from './database.ts'
import { findReceived, IS_INDEXED } from './read-audit.ts'
import { adjustments, auditEntries, notices, type Adjustment, type NoticeRow } from './schema.ts'

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
  readonly entries: readonly EntryRow[]
  readonly notices: readonly NoticeRow[]
}

export async function findRecorded(
  db: Database,
  { id, eventId }: Pick<Adjustment, 'id' | 'eventId'>,
): Promise<Recorded> {
  const about = [id, eventId]
  const [entries, told] = await db.batch([
    db
      .select()
      .from(auditEntries)
      .where(and(inArray(auditEntries.subject, about), IS_INDEXED, gte(auditEntries.seq, 1)))
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
  const received = isThere ? null : await findReceived(db, eventId)
  return { entries: received === null ? entries : [received, ...entries], notices: told }
}

const RECEIVED: AuditAction = 'event.received'
