// The short address of an invoice's PDF, shown again whenever it is asked for: slugs are derived.

import { findLinksOf } from '../db/read-links.ts'
import type { Link } from '../db/schema.ts'
import { linkIdOf, linkStateOf, slugOf } from '../domain/link.ts'
import type { Deps } from '../deps.ts'

/**
 * Null where the key that it was made with is no longer known: it works on, but can't be shown. `origin`: of
 * this request, for where neither `links.origin` nor PUBLIC_URL is set.
 */
export async function addressOfLink(
  { config, settings }: Deps,
  { id, invoiceId, nth }: Link,
  origin: string,
): Promise<string | null> {
  for (const linkKey of settings.linkKeys) {
    const slug = await slugOf(invoiceId, nth, linkKey)
    if ((await linkIdOf(slug)) === id) {
      return `${config.links.origin ?? settings.publicUrl ?? origin}${config.links.path}/${slug}`
    }
  }
  return null
}

/**
 * Of the open link that everybody is shown, which is the newest without a label; null where there is none. `origin`
 * is null outside of a request: then only the configuration says under which address links are opened.
 */
export async function linkAddress(
  deps: Deps,
  invoiceId: string,
  origin: string | null,
): Promise<string | null> {
  const known = origin ?? deps.config.links.origin ?? deps.settings.publicUrl
  if (known === null) return null
  const now = deps.now()
  const link = (await findLinksOf(deps.db, invoiceId)).findLast(
    (each) => each.label === null && linkStateOf(each, now) === 'open',
  )
  return link === undefined ? null : addressOfLink(deps, link, known)
}
