// The words of an invoice that a program has asked for: they are its caller's, and nobody else's stand in for them.

import type { BillingError } from '../commet/client.ts'
import type { Database } from '../db/database.ts'
import { findEvent } from '../db/read-events.ts'
import type { Adjustment } from '../db/schema.ts'
import type { InvoiceWords } from '../domain/adjustment.ts'
import { INVOICE_CALL_RULE, wordsOf, wordsOfFrozen } from '../domain/requested-invoice.ts'

/** What its caller wrote for the invoice. Null where it has words of ours; `forgotten`: he wrote some, and they are gone. */
export async function findWords(
  db: Database,
  { ruleId, eventId, request }: Pick<Adjustment, 'ruleId' | 'eventId' | 'request'>,
): Promise<InvoiceWords | 'forgotten' | null> {
  if (ruleId !== INVOICE_CALL_RULE) return null
  // What was refused for good, and is tried again, has them in the request of before.
  if (request !== null) return wordsOfFrozen(request)
  const found = await findEvent(db, eventId)
  return found?.payload ? wordsOf(found.payload.body) : 'forgotten'
}

/** Nothing is asked of the billing API: who asked has to ask anew. */
export const WORDS_FORGOTTEN: BillingError = {
  meaning: 'permanent',
  status: null,
  code: 'words_forgotten',
  message: 'what the caller wrote for the invoice is forgotten',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
}
