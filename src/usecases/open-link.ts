// A click on a short link: where it leads now. An address that was fetched before leads on for as long as it
// lives, so a link works while the billing API doesn't; what is written is written behind the answer.

import { hotLink, rememberLink, type HotLink } from '../click-memory.ts'
import { findLink } from '../db/read-links.ts'
import type { Link } from '../db/schema.ts'
import { keepAddress } from '../db/write-links.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY, WORD_CHARS_MAX } from '../domain/limits.ts'
import {
  LINK_ADDRESS_CHARS_MAX,
  LINK_ADDRESS_DAYS_MAX,
  LINK_ADDRESS_LEFT_SECONDS_MIN,
  LINK_ADDRESS_RENEW_SECONDS,
  LINK_HOT_MS,
  LINK_SEAL_IV_BYTES,
  LINK_WAIT_MS,
  SLUG_CHARS_MAX,
} from '../domain/limits-links.ts'
import {
  linkIdOf,
  linkStateOf,
  openSealed,
  sealAddress,
  targetTrouble,
  type Fetched,
  type TargetAddress,
  type TargetFailure,
  type TargetTrouble,
} from '../domain/link.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { within } from './within.ts'

export type LinkTrouble =
  | { readonly reason: 'unknown' }
  | { readonly reason: 'expired'; readonly link: string; readonly expiresAt: number }
  | { readonly reason: 'revoked'; readonly link: string; readonly revokedAt: number }
  | TargetFailure

/** What is done once the answer is out. It never rejects. */
export type After = (work: () => Promise<void>) => void

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
  const id = await linkIdOf(slug)
  const readAt = now()
  const hot = hotLink(clicks, slug, readAt)
  if (hot !== null) return hot
  const link = await findLink(db, id)
  if (link === null) return null
  // Whoever came meanwhile has read it too, and perhaps asks for the address already.
  const other = hotLink(clicks, slug, now())
  if (other !== null && link.revokedAt === null) return other
  const read: HotLink = { link, readAt, address: null, fetching: null }
  rememberLink(clicks, slug, read)
  return read
}

/** The link, and the address of its PDF, which is on a host that links may lead to. */
export async function openLink(
  deps: Deps,
  slug: string,
  after: After,
): Promise<Result<{ readonly link: Link; readonly url: string }, LinkTrouble>> {
  const found = await findOpenLink(deps, slug)
  if (!found.ok) return found
  const { link, readAt } = found.value
  const address = await addressOf(deps, found.value, after)
  if (!address.ok) return address
  if (deps.now() - readAt >= LINK_HOT_MS) {
    // While the billing API was waited for it may have been revoked.
    const again = await findOpenLink(deps, slug)
    if (!again.ok) return again
  }
  return ok({ link, url: address.value.url })
}

async function addressOf(deps: Deps, hot: HotLink, after: After): Promise<Fetched> {
  const kept = await keptAddress(deps, hot)
  if (kept === null) return addressInTime(deps, hot, after)
  const leftMs = kept.until - deps.now()
  if (leftMs < LINK_ADDRESS_RENEW_SECONDS * 1_000) void fetchOnce(deps, hot, after)
  return ok(kept)
}

/** Null where there is none, it has ended or soon will, or it may no longer be led to. */
async function keptAddress(deps: Deps, hot: HotLink): Promise<TargetAddress | null> {
  const { id, sealedAddress, sealedUntil: until } = hot.link
  const isAlive = (end: number) => end - deps.now() > LINK_ADDRESS_LEFT_SECONDS_MIN * 1_000
  if (hot.address === null && sealedAddress !== null && until !== null && isAlive(until)) {
    const url = await openSealed(sealedAddress, { id, until }, deps.settings.linkKeys)
    // The configuration may name other hosts than when it was sealed.
    if (url !== null && refusalOf(deps, url) === null) hot.address = { url, until }
  }
  return hot.address !== null && isAlive(hot.address.until) ? hot.address : null
}

const refusalOf = ({ config, billing }: Deps, url: string): TargetTrouble | null =>
  targetTrouble(url, config.links.hosts, billing?.baseUrl ?? '')

/** Who has waited long enough is told to come again, and finds what was fetched meanwhile. */
async function addressInTime(deps: Deps, hot: HotLink, after: After): Promise<Fetched> {
  const fetched = await within(fetchOnce(deps, hot, after), LINK_WAIT_MS)
  if (fetched !== 'late') return fetched
  return err({ reason: 'billing_unavailable', link: hot.link.id, code: 'late', status: null })
}

/** Whoever comes meanwhile waits for the same answer: of one isolate one asks. */
function fetchOnce(deps: Deps, hot: HotLink, after: After): Promise<Fetched> {
  if (hot.fetching !== null) return hot.fetching
  const fetching = fetchAddress(deps, hot)
  hot.fetching = fetching
  after(async () => {
    const fetched = await fetching
    hot.fetching = null
    await keepFetched(deps, hot.link, fetched)
  })
  return fetching
}

async function fetchAddress(deps: Deps, hot: HotLink): Promise<Fetched> {
  const { billing, now } = deps
  const { id: link, invoiceId } = hot.link
  if (billing === null) {
    return err({ reason: 'billing_unavailable', link, code: 'not_configured', status: null })
  }
  const answer = await billing.invoices.getDownloadUrl(invoiceId)
  if (!answer.ok) {
    const { code, status, meaning } = answer.error
    if (status === 404 && meaning === 'permanent') return err({ reason: 'invoice_gone', link })
    return err({ reason: 'billing_unavailable', link, code, status })
  }
  const { url, expiresAt } = answer.value.data
  const trouble = refusalOf(deps, url)
  if (trouble !== null) {
    const host = (URL.parse(url)?.hostname ?? '').slice(0, WORD_CHARS_MAX)
    return err({ reason: 'target_refused', link, trouble, host })
  }
  // One without an end leads on once, and is not kept.
  const end = Date.parse(expiresAt ?? '') || 0
  const until = Math.min(end, now() + LINK_ADDRESS_DAYS_MAX * MS_PER_DAY)
  hot.address = { url, until }
  return ok(hot.address)
}

/** Sealed in the link's row; an address on another host is an alarm, once for each host and hour. */
async function keepFetched(deps: Deps, { id }: Link, fetched: Fetched): Promise<void> {
  if (!fetched.ok) {
    const { reason } = fetched.error
    deps.log({ event: 'link_address_missing', ...fetched.error })
    if (reason !== 'target_refused') return
    const { trouble, host } = fetched.error
    const key = host === '' ? 'it is no address' : host
    return raiseAlarm(deps, 'link_target_refused', { link: id, trouble, host }, key)
  }
  const { url, until } = fetched.value
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined || until <= deps.now() || url.length > LINK_ADDRESS_CHARS_MAX) return
  const iv = deps.randomBytes(LINK_SEAL_IV_BYTES)
  const sealedAddress = await sealAddress(url, { id, until }, linkKey, iv)
  await keepAddress(deps.db, id, { sealedAddress, sealedUntil: until })
}
