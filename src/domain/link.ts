// Short links: how a slug is derived, and where a link may lead.

import { base32, sha256, type LinkId } from './ids.ts'
import { SLUG_BYTES } from './limits.ts'

/**
 * The slug of a link: 96 bits of HMAC-SHA-256 under the Worker's key, so that it can be shown again
 * and never has to be stored.
 */
export async function slugOf(id: LinkId, linkKey: string): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(linkKey), algorithm, false, [
    'sign',
  ])
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(`slug/1:${id}`))
  return base32(new Uint8Array(mac).subarray(0, SLUG_BYTES))
}

/** What is stored of a slug. */
export const slugHashOf = async (slug: string): Promise<string> =>
  base32(await sha256(new TextEncoder().encode(slug)))

export type TargetTrouble = 'not_an_address' | 'not_https' | 'host_not_allowed'

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

export const isLoopback = (host: string): boolean =>
  LOOPBACK.has(host) || host.endsWith('.localhost')

/**
 * Why a link may not lead to an address, or null. Https to one of `hosts` or its subdomains;
 * plain http only to the billing address itself, and only where that is on loopback (the sandbox).
 */
export function targetTrouble(
  address: string,
  hosts: readonly string[],
  billingAddress: string,
): TargetTrouble | null {
  const target = URL.parse(address)
  const billing = URL.parse(billingAddress)
  if (!target || target.username !== '' || target.password !== '') return 'not_an_address'
  const host = target.hostname
  if (billing && isLoopback(billing.hostname)) {
    return target.origin === billing.origin ? null : 'host_not_allowed'
  }
  if (target.protocol !== 'https:') return 'not_https'
  const allowed = billing ? [...hosts, billing.hostname] : hosts
  const known = allowed.some((each) => host === each || host.endsWith(`.${each}`))
  return known ? null : 'host_not_allowed'
}
