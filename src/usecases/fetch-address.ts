// The address of a link's PDF, asked of the billing API: of one isolate one asks, whoever waits, and whatever
// was answered is the answer for a while, so that nobody who clicks and clicks uses up the API's own limits.

import { askedLately, remember, type Asked } from '../click-memory.ts'
import type { Link } from '../db/schema.ts'
import { keepAddress } from '../db/write-links.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY, SEAL_IV_BYTES, WORD_CHARS_MAX } from '../domain/limits.ts'
import {
  LINK_ADDRESS_CHARS_MAX,
  LINK_ADDRESS_DAYS_MAX,
  LINK_ADDRESS_LEFT_SECONDS_MIN,
  LINK_ADDRESS_RENEW_SHARE,
} from '../domain/limits-links.ts'
import {
  openSealed,
  sealAddress,
  targetTrouble,
  type Fetched,
  type TargetAddress,
  type TargetTrouble,
} from '../domain/link.ts'
import { err, ok } from '../domain/result.ts'
import { raiseAlarm } from './raise-alarm.ts'

/** What is done once the answer is out. It never rejects. */
export type After = (work: () => Promise<void>) => void

/**
 * The answer of `againMs` ago or later, or the one that is awaited. That may be another request's, which workerd
 * resolves across requests; it outlives whoever asked by its own `after`.
 */
export function fetchOnce(deps: Deps, link: Link, againMs: number, after: After): Promise<Fetched> {
  const { clicks, now } = deps
  const known = askedLately(clicks, link.id, againMs, now())
  if (known !== null) return known
  const answer = fetchAddress(deps, link).finally(() => {
    asked.isAnswered = true
    asked.at = now()
  })
  const asked: Asked = { answer, isAnswered: false, at: now() }
  remember(clicks.asked, link.id, asked)
  after(async () => keepFetched(deps, link, await answer))
  return answer
}

async function fetchAddress(deps: Deps, { id: link, invoiceId }: Link): Promise<Fetched> {
  const { billing, now } = deps
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
  const target = URL.parse(url)
  const trouble = refusalOf(deps, url)
  if (target === null || trouble !== null) {
    const host = (target?.hostname ?? '').slice(0, WORD_CHARS_MAX)
    return err({ reason: 'target_refused', link, trouble: trouble ?? 'not_an_address', host })
  }
  const at = now()
  // One without an end leads on for a moment, and is not kept.
  const end = Date.parse(expiresAt ?? '') || at
  const until = Math.min(end, at + LINK_ADDRESS_DAYS_MAX * MS_PER_DAY)
  const renewAt = Math.floor(until - (until - at) * LINK_ADDRESS_RENEW_SHARE)
  // What was checked is what is led to: the text itself may mean another address to a browser.
  return ok({ url: target.href, until, renewAt })
}

const refusalOf = ({ config, billing }: Deps, url: string): TargetTrouble | null =>
  targetTrouble(url, config.links.hosts, billing?.baseUrl ?? '')

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
  const { url, until, renewAt } = fetched.value
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined || !isAlive(deps, until) || url.length > LINK_ADDRESS_CHARS_MAX) return
  const iv = deps.randomBytes(SEAL_IV_BYTES)
  const sealedAddress = await sealAddress(`${renewAt} ${url}`, { id, until }, linkKey, iv)
  await keepAddress(deps.db, id, { sealedAddress, sealedUntil: until })
}

/** Of the address that is kept in a link's row; null where it can't be opened, or no longer be led to. */
export async function openKept(deps: Deps, link: Link): Promise<TargetAddress | null> {
  const { id, sealedAddress, sealedUntil: until } = link
  if (sealedAddress === null || until === null || !isAlive(deps, until)) return null
  const kept = await openSealed(sealedAddress, { id, until }, deps.settings.linkKeys)
  if (kept === null) return null
  const [renewAt = '', url = ''] = kept.split(' ')
  // The configuration may name other hosts than when it was sealed.
  return refusalOf(deps, url) === null ? { url, until, renewAt: Number(renewAt) } : null
}

/** Whether enough of its life is left to lead somebody to it. */
export const isAlive = ({ now }: Deps, until: number): boolean =>
  until - now() > LINK_ADDRESS_LEFT_SECONDS_MIN * 1_000
