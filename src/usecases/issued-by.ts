// An invoice in hand, as it is committed: with what differs from what was asked, its link, and whether a
// record has still to be marked paid.

import { findLinksOf } from '../db/read-links.ts'
import type { Adjustment } from '../db/schema.ts'
import type { Issued } from '../db/write-invoice.ts'
import type { NewLink } from '../db/write-links.ts'
import {
  answerDifferences,
  type AnswerDifference,
  type AnsweredInvoice,
} from '../domain/adjustment.ts'
import type { Alarm } from '../domain/alarm.ts'
import { assert } from '../domain/assert.ts'
import { dayOf } from '../domain/day.ts'
import { WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import { LINKS_PER_INVOICE_MAX } from '../domain/limits-links.ts'
import type { Deps } from '../deps.ts'
import { shownLink } from './link-address.ts'
import { nextLink } from './make-link.ts'
import { newAlarm } from './raise-alarm.ts'

/** `now`: when it is committed. Its alarm is to be said once it is. */
export async function issuedBy(
  deps: Deps,
  adjustment: Adjustment,
  invoice: AnsweredInvoice,
  how: Pick<Issued, 'adopted' | 'requestId'>,
): Promise<{ readonly issued: Issued; readonly now: number }> {
  const { request, settlement } = adjustment
  assert(request !== null, 'an invoice without a request')
  const now = deps.now()
  const differences = answerDifferences(request, adjustment, invoice)
  // A record that differs is marked paid all the same: left open, it would promise money twice.
  const isToSettle = settlement === 'already_paid' && invoice.status !== 'paid'
  const issued: Issued = {
    ...how,
    invoice,
    differences,
    alarm: await alarmOf(deps, adjustment, invoice, differences),
    link: await linkOf(deps, invoice.id, how.adopted, now),
    wakeAt: isToSettle ? now + WAKE_AFTER_SECONDS * 1_000 : null,
    day: dayOf(now, deps.config.timeZone),
  }
  return { issued, now }
}

async function alarmOf(
  deps: Deps,
  { id: adjustment }: Adjustment,
  { id: invoice }: AnsweredInvoice,
  differences: readonly AnswerDifference[],
): Promise<Alarm | null> {
  if (differences.length === 0) return null
  const fields = differences.map(({ field }) => field)
  return newAlarm(deps, 'answer_differs', { adjustment, invoice, fields })
}

/**
 * Null without a link key: the invoice stands without a link. One that was found may have links already: the one
 * that people are shown stays, and one that is made is another. One that was just posted has none.
 */
async function linkOf(
  deps: Deps,
  invoiceId: string,
  isFound: boolean,
  now: number,
): Promise<NewLink | null> {
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined) return null
  const known = isFound ? await findLinksOf(deps.db, invoiceId) : []
  const shown = await shownLink(deps, known, null, '')
  if (shown !== null) return shown.link
  if (known.length >= LINKS_PER_INVOICE_MAX) return null
  const { expireAfterDays: expiresInDays } = deps.config.links
  return nextLink({ invoiceId, expiresInDays, label: null }, known, linkKey, now)
}
