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

/** The newest open one of this label that can be shown, with its address; null where there is none. */
export async function shownLink(
  deps: Deps,
  known: readonly Link[],
  label: string | null,
  origin: string,
): Promise<{ readonly link: Link; readonly url: string } | null> {
  const now = deps.now()
  for (const link of known.toReversed()) {
    if (link.label !== label || linkStateOf(link, now) !== 'open') continue
    const url = await addressOfLink(deps, link, origin)
    if (url !== null) return { link, url }
  }
  return null
}

/**
 * Of the link that everybody is shown, which has no label; null where there is none. `origin` is null outside of
 * a request: then only the configuration says under which address links are opened.
 */
export async function linkAddress(
  deps: Deps,
  invoiceId: string,
  origin: string | null,
): Promise<string | null> {
  const known = origin ?? deps.config.links.origin ?? deps.settings.publicUrl
  if (known === null) return null
  const shown = await shownLink(deps, await findLinksOf(deps.db, invoiceId), null, known)
  return shown?.url ?? null
}
