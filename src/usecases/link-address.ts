// The short address of an invoice's PDF, shown again whenever it is asked for: slugs are derived.

import { linkId } from '../domain/ids.ts'
import { slugOf } from '../domain/link.ts'
import type { Settings } from '../settings.ts'

/** Null without a link key. `origin`: the address of this request, where PUBLIC_URL isn't set. */
export async function linkAddress(
  settings: Settings,
  invoiceId: string,
  origin: string,
): Promise<string | null> {
  const [linkKey] = settings.linkKeys
  if (linkKey === undefined) return null
  const slug = await slugOf(await linkId(invoiceId), linkKey)
  return `${settings.publicUrl ?? origin}/i/${slug}`
}
