// The short address of an invoice's PDF, shown again whenever it is asked for: slugs are derived.

import { findLink } from '../db/read-links.ts'
import { linkId } from '../domain/ids.ts'
import { slugHashOf, slugOf } from '../domain/link.ts'
import type { Deps } from '../deps.ts'

/**
 * Null where there is no link, or where the key that it was made with is no longer known: it works
 * on, but can't be shown. `origin`: the address of this request, where PUBLIC_URL isn't set.
 */
export async function linkAddress(
  { db, settings }: Deps,
  invoiceId: string,
  origin: string,
): Promise<string | null> {
  const link = await findLink(db, await linkId(invoiceId))
  if (!link) return null
  for (const linkKey of settings.linkKeys) {
    const slug = await slugOf(link.id, linkKey)
    if ((await slugHashOf(slug)) === link.slugHash) {
      return `${settings.publicUrl ?? origin}/i/${slug}`
    }
  }
  return null
}
