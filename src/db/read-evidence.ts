// What the record says of one adjustment, for its evidence.

import { and, asc, desc, eq, gte, inArray } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import {
  EVIDENCE_FIRST_ENTRIES,
  EVIDENCE_NEWEST_ENTRIES,
  EVIDENCE_NOTICES_MAX,
} from '../domain/limits.ts'
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
  /** Whether some are left out: entries between the first and the newest, or the oldest notices. */
  readonly isCut: boolean
}

export async function findRecorded(
  db: Database,
  { id, eventId }: Pick<Adjustment, 'id' | 'eventId'>,
): Promise<Recorded> {
  const about = [id, eventId]
  const own = and(inArray(auditEntries.subject, about), IS_INDEXED, gte(auditEntries.seq, 1))
  const [first, newest, told] = await db.batch([
    db
      .select()
      .from(auditEntries)
      .where(own)
      .orderBy(asc(auditEntries.seq))
      .limit(EVIDENCE_FIRST_ENTRIES),
    db
      .select()
      .from(auditEntries)
      .where(own)
      .orderBy(desc(auditEntries.seq))
      .limit(EVIDENCE_NEWEST_ENTRIES + 1),
    db
      .select()
      .from(notices)
      .where(inArray(notices.about, about))
      .orderBy(desc(notices.seq))
      .limit(EVIDENCE_NOTICES_MAX + 1),
  ])
  const end = first.at(-1)?.seq ?? 0
  const later = newest.filter(({ seq }) => seq > end).reverse()
  const areEntriesCut = later.length > EVIDENCE_NEWEST_ENTRIES
  const entries = [...first, ...(areEntriesCut ? later.slice(1) : later)]
  const isThere = entries.some(({ action }) => action === RECEIVED)
  const received = isThere ? null : await findReceived(db, eventId)
  return {
    entries: received === null ? entries : [received, ...entries],
    notices: told.slice(0, EVIDENCE_NOTICES_MAX).reverse(),
    isCut: areEntriesCut || told.length > EVIDENCE_NOTICES_MAX,
  }
}

const RECEIVED: AuditAction = 'event.received'
