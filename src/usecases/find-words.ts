import type { Database } from '../db/database.ts'
import { findEvent } from '../db/read-events.ts'
import type { Adjustment } from '../db/schema.ts'
import type { InvoiceWords } from '../domain/adjustment.ts'
import { INVOICE_CALL_RULE, wordsOf } from '../domain/requested-invoice.ts'

/** What its caller wrote for the invoice; null where it has words of ours, or once they are forgotten. */
export async function findWords(
  db: Database,
  { ruleId, eventId }: Pick<Adjustment, 'ruleId' | 'eventId'>,
): Promise<InvoiceWords | null> {
  if (ruleId !== INVOICE_CALL_RULE) return null
  const found = await findEvent(db, eventId)
  return found?.payload ? wordsOf(found.payload.body) : null
}
