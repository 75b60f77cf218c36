// A click on a short link: where it leads now. An address that was fetched before leads on for as long as it
// lives, so a link works while the billing API doesn't; what is written is written behind the answer.

import { hotLink, remember, type HotLink } from '../click-memory.ts'
import { findLink } from '../db/read-links.ts'
import type { Link } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import {
  LINK_ASK_AGAIN_MS,
  LINK_HOT_MS,
  LINK_LOOKS_MAX,
  LINK_RENEW_AGAIN_MS,
  LINK_WAIT_MS,
  SLUG_CHARS_MAX,
} from '../domain/limits-links.ts'
import { linkIdOf, linkStateOf, type Fetched, type TargetFailure } from '../domain/link.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { fetchOnce, isAlive, openKept, type After } from './fetch-address.ts'
import { within } from './within.ts'

export type LinkTrouble =
  | { readonly reason: 'unknown' }
  | { readonly reason: 'expired'; readonly link: string; readonly expiresAt: number }
  | { readonly reason: 'revoked'; readonly link: string; readonly revokedAt: number }
  /** What was read of it was too old each time to say that it isn't revoked. */
  | { readonly reason: 'storage_slow'; readonly looks: number }
  | TargetFailure

/** Whether a link is open, by its slug. A malformed slug takes the same steps as an unknown one. */
export async function findOpenLink(
  deps: Deps,
  slug: string,
): Promise<Result<HotLink, LinkTrouble>> {
  const found = await findHotLink(deps, slug.slice(0, SLUG_CHARS_MAX))
  if (found === null) return err({ reason: 'unknown' })
  const { id: link, revokedAt, expiresAt } = found.link
  if (revokedAt !== null) return err({ reason: 'revoked', link, revokedAt })
  if (linkStateOf(found.link, deps.now()) === 'expired') {
    return err({ reason: 'expired', link, expiresAt })
  }
  return ok(found)
}

async function findHotLink({ db, clicks, now }: Deps, slug: string): Promise<HotLink | null> {
  const hot = hotLink(clicks, slug, now())
  if (hot !== null) return hot
  const id = await linkIdOf(slug)
  const readAt = now()
  const link = await findLink(db, id)
  if (link === null) return null
  // Whoever came meanwhile has read it too.
  const other = hotLink(clicks, slug, now())
  if (other !== null && link.revokedAt === null) return other
  const read: HotLink = { link, readAt, address: null }
  remember(clicks.hot, slug, read)
  return read
}

/** The link, and the address of its PDF, which is on a host that links may lead to. */
export async function openLink(
  deps: Deps,
  slug: string,
  after: After,
): Promise<Result<{ readonly link: Link; readonly url: string }, LinkTrouble>> {
  for (let looks = 0; looks < LINK_LOOKS_MAX; looks += 1) {
    const found = await findOpenLink(deps, slug)
    if (!found.ok) return found
    const address = await addressOf(deps, found.value, after)
    if (!address.ok) return address
    const { link, readAt } = found.value
    // While the storage or the billing API was waited for it may have been revoked.
    if (deps.now() - readAt < LINK_HOT_MS) return ok({ link, url: address.value.url })
  }
  return err({ reason: 'storage_slow', looks: LINK_LOOKS_MAX })
}

async function addressOf(deps: Deps, hot: HotLink, after: After): Promise<Fetched> {
  hot.address ??= await openKept(deps, hot.link)
  const kept = hot.address
  if (kept === null || !isAlive(deps, kept.until)) return addressInTime(deps, hot.link, after)
  if (kept.renewAt <= deps.now()) void fetchOnce(deps, hot.link, LINK_RENEW_AGAIN_MS, after)
  return ok(kept)
}

/** Who has waited long enough is told to come again, and finds what was fetched meanwhile. */
async function addressInTime(deps: Deps, link: Link, after: After): Promise<Fetched> {
  const fetched = await within(fetchOnce(deps, link, LINK_ASK_AGAIN_MS, after), LINK_WAIT_MS)
  if (fetched !== 'late') return fetched
  return err({ reason: 'billing_unavailable', link: link.id, code: 'late', status: null })
}
