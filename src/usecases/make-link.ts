// A link to an invoice's PDF, for any invoice of the billing API. The open link of an invoice and label is
// answered again instead of another one, so asking twice makes one; one that can't be shown is of no use to who asks.

import { findLinksOf } from '../db/read-links.ts'
import type { Link } from '../db/schema.ts'
import { insertLink, type NewLink } from '../db/write-links.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY } from '../domain/limits.ts'
import { LINK_READS_MAX, LINKS_PER_INVOICE_MAX } from '../domain/limits-links.ts'
import { linkIdOf, slugOf } from '../domain/link.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { shownLink } from './link-address.ts'

export type LinkWanted = {
  readonly invoiceId: string
  readonly expiresInDays: number
  /** For whom or what it is, so that one can be revoked without the others. */
  readonly label: string | null
}

export type MakeLinkTrouble =
  | { readonly reason: 'not_configured'; readonly what: 'LINK_KEY' | 'COMMET_API_KEY' }
  | { readonly reason: 'invoice_unknown' }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      /** The HTTP status that it answered; null where it didn't. */
      readonly answered: number | null
    }
  | { readonly reason: 'too_many_links'; readonly links: number }
  | { readonly reason: 'made_meanwhile' }

type Made = { readonly link: Link; readonly isNew: boolean }

export async function makeLink(
  deps: Deps,
  operator: Operator,
  wanted: LinkWanted,
): Promise<Result<Made, MakeLinkTrouble>> {
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined) return err({ reason: 'not_configured', what: 'LINK_KEY' })
  let isChecked = false
  for (let read = 0; read < LINK_READS_MAX; read++) {
    const now = deps.now()
    const known = await findLinksOf(deps.db, wanted.invoiceId)
    const same = await shownLink(deps, known, wanted.label, '')
    if (same !== null) return ok({ link: same.link, isNew: false })
    if (known.length >= LINKS_PER_INVOICE_MAX) {
      return err({ reason: 'too_many_links', links: known.length })
    }
    const trouble = isChecked ? null : await troubleWith(deps, wanted.invoiceId)
    if (trouble !== null) return err(trouble)
    isChecked = true
    const link = await nextLink(wanted, known, linkKey, now)
    const made = await insertLink(deps.db, link, operator, now)
    if (made !== null) return ok({ link: made, isNew: true })
  }
  return err({ reason: 'made_meanwhile' })
}

export async function nextLink(
  { invoiceId, expiresInDays, label }: LinkWanted,
  known: readonly Link[],
  linkKey: string,
  now: number,
): Promise<NewLink> {
  // The first number is kept for the link that is made with an invoice, and has no label.
  const isFirst = label === null && known.every(({ nth }) => nth !== 0)
  const nth = isFirst ? 0 : Math.max(0, ...known.map((each) => each.nth)) + 1
  const id = await linkIdOf(await slugOf(invoiceId, nth, linkKey))
  return { id, invoiceId, nth, label, expiresAt: now + expiresInDays * MS_PER_DAY }
}

/** Whether the billing API has the invoice. */
async function troubleWith(
  { billing }: Deps,
  invoiceId: string,
): Promise<Exclude<MakeLinkTrouble, { reason: 'too_many_links' | 'made_meanwhile' }> | null> {
  if (billing === null) return { reason: 'not_configured', what: 'COMMET_API_KEY' }
  const found = await billing.invoices.get(invoiceId)
  if (found.ok) return found.value.data.id === invoiceId ? null : { reason: 'invoice_unknown' }
  const { code, status, meaning } = found.error
  const isUnknown = meaning === 'permanent' && (status === 404 || code === 'invalid_request')
  return isUnknown
    ? { reason: 'invoice_unknown' }
    : { reason: 'billing_unavailable', code, answered: status }
}
