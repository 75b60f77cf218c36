// A click on a short link: where it leads now. The signed address is minted on the click.

import { findLinkBySlugHash } from '../db/read-links.ts'
import { slugHashOf, targetTrouble, type TargetTrouble } from '../domain/link.ts'
import { SLUG_CHARS_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'

export type LinkTrouble =
  | { readonly reason: 'invoice_gone' }
  | { readonly reason: 'unknown' }
  | { readonly reason: 'expired'; readonly expiresAt: number }
  | { readonly reason: 'revoked'; readonly revokedAt: number }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      readonly status: number | null
    }
  | { readonly reason: 'target_refused'; readonly trouble: TargetTrouble; readonly host: string }

/** Whether a link is open, by its slug. A malformed slug takes the same steps as an unknown one. */
export async function findOpenLink(
  deps: Deps,
  slug: string,
): Promise<Result<{ readonly invoiceId: string }, LinkTrouble>> {
  const link = await findLinkBySlugHash(deps.db, await slugHashOf(slug.slice(0, SLUG_CHARS_MAX)))
  if (!link) return err({ reason: 'unknown' })
  if (link.revokedAt !== null) return err({ reason: 'revoked', revokedAt: link.revokedAt })
  if (link.expiresAt <= deps.now()) return err({ reason: 'expired', expiresAt: link.expiresAt })
  return ok({ invoiceId: link.invoiceId })
}

/** The address of the PDF, checked against the hosts that links may lead to. */
export async function openLink(deps: Deps, slug: string): Promise<Result<string, LinkTrouble>> {
  const link = await findOpenLink(deps, slug)
  if (!link.ok) return link
  const { billing } = deps
  if (billing === null) {
    return err({ reason: 'billing_unavailable', code: 'not_configured', status: null })
  }
  const answer = await billing.invoices.getDownloadUrl(link.value.invoiceId)
  if (!answer.ok) {
    const { code, status, meaning } = answer.error
    if (status === 404 && meaning === 'permanent') return err({ reason: 'invoice_gone' })
    return err({ reason: 'billing_unavailable', code, status })
  }
  const { url } = answer.value.data
  const trouble = targetTrouble(url, deps.config.links.hosts, billing.baseUrl)
  if (trouble) {
    return err({ reason: 'target_refused', trouble, host: URL.parse(url)?.hostname ?? '' })
  }
  return ok(url)
}
