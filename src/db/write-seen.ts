// What the billing system's own webhooks say of what is ours.

import { eq } from 'drizzle-orm'
import { statusesBefore, type InvoiceStatus } from '../domain/adjustment.ts'
import type { EventId } from '../domain/ids.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { adjustments, type Adjustment } from './schema.ts'
import { changed, entry } from './write-adjustment.ts'

export async function findInvoiced(db: Database, invoiceId: string): Promise<Adjustment | null> {
  const [row] = await db.select().from(adjustments).where(eq(adjustments.invoiceId, invoiceId))
  return row ?? null
}

/**
 * A status only ever moves on, so what comes late or twice is `known`. Whatever else waits for this row
 * keeps its clock, and finds the status when it is woken. `moved`: somebody else was first.
 */
export async function commitInvoiceStatusSeen(
  db: Database,
  read: Adjustment,
  { event, status }: { readonly event: EventId; readonly status: InvoiceStatus },
  now: number,
): Promise<'seen' | 'known' | 'moved'> {
  const { invoiceId: invoice, invoiceStatus: before } = read
  if (before !== null && !statusesBefore(status).some((each) => each === before)) return 'known'
  const row = await commitChange(
    db,
    changed(db, read, { invoiceStatus: status }),
    entry(now, 'adjustment.invoice_status_seen', read, { invoice, status, before, event }),
  )
  return row === null ? 'moved' : 'seen'
}
