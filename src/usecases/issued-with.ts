// What an invoice in hand makes of its adjustment: where the answer differs, the link, what is still to do.

import type { Adjustment } from '../db/schema.ts'
import type { Issued, NewLink } from '../db/write-invoice.ts'
import { answerDifferences, frozenRequest, type AnsweredInvoice } from '../domain/adjustment.ts'
import { dayOf } from '../domain/day.ts'
import { linkId } from '../domain/ids.ts'
import { MS_PER_DAY, WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import { slugHashOf, slugOf } from '../domain/link.ts'
import type { Deps } from '../deps.ts'
import { raiseAlarm } from './raise-alarm.ts'

/** An answer that differs from what was asked is an alarm, before it is written down. */
export async function issuedWith(
  deps: Deps,
  adjustment: Adjustment,
  invoice: AnsweredInvoice,
  how: Pick<Issued, 'adopted' | 'requestId'>,
): Promise<Issued> {
  const now = deps.now()
  // What was never claimed has no request yet: it would be this one.
  const request = adjustment.request ?? frozenRequest(adjustment, invoice.customerId)
  const differences = answerDifferences(request, adjustment, invoice)
  // A record that differs is marked paid all the same: left open, it would promise money twice.
  const isToSettle = adjustment.settlement === 'already_paid' && invoice.status !== 'paid'
  if (differences.length > 0) {
    const fields = differences.map(({ field }) => field)
    const facts = { adjustment: adjustment.id, invoice: invoice.id, fields }
    await raiseAlarm(deps, 'answer_differs', facts)
  }
  return {
    ...how,
    invoice,
    differences,
    link: await newLink(deps, invoice.id, now),
    wakeAt: isToSettle ? now + WAKE_AFTER_SECONDS * 1_000 : null,
    day: dayOf(now, deps.config.timeZone),
  }
}

/** Null without a link key: the invoice stands without a link. */
async function newLink(deps: Deps, invoiceId: string, now: number): Promise<NewLink | null> {
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined) return null
  const id = await linkId(invoiceId)
  const slugHash = await slugHashOf(await slugOf(id, linkKey))
  return { id, slugHash, expiresAt: now + deps.config.links.expireAfterDays * MS_PER_DAY }
}
