// Short links: how a slug is derived, how a signed address is sealed, and where a link may lead. From each
// key of LINK_KEY two others are derived (HKDF), so that a slug says nothing about the seal.

import { assert } from './assert.ts'
import { base32, ID_BYTES, sha256, type LinkId } from './ids.ts'
import type { Result } from './result.ts'
import { SLUG_BITS_MIN, SLUG_BYTES } from './limits-links.ts'
import { derivedKey, openText, sealText, type Seal } from './seal.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

const SLUG_KEY = { name: 'HMAC', hash: 'SHA-256', length: 256 }
const SLUG_PURPOSE = 'makegood/link/slug/1'
const SEAL_PURPOSE = 'makegood/link/seal/1'

/**
 * The slug of an invoice's nth link: 96 bits of HMAC-SHA-256, so that it can be shown again and never has to
 * be stored.
 */
export async function slugOf(invoiceId: string, nth: number, linkKey: string): Promise<string> {
  const key = await derivedKey(SLUG_PURPOSE, linkKey, SLUG_KEY, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, bytesOf(JSON.stringify([invoiceId, nth])))
  const secret = new Uint8Array(mac).subarray(0, SLUG_BYTES)
  assert(secret.length * 8 >= SLUG_BITS_MIN, 'a slug that could be guessed')
  return base32(secret)
}

/** All that is stored of a slug: its hash. */
export const linkIdOf = async (slug: string): Promise<LinkId> =>
  `lnk_${base32((await sha256(bytesOf(slug))).subarray(0, ID_BYTES))}`

/** What the seal binds an address to: another link's, or one with another end, can't be opened. */
export type SealedFor = { readonly id: LinkId; readonly until: number }

const sealOf = ({ id, until }: SealedFor): Seal => ({
  purpose: SEAL_PURPOSE,
  boundTo: JSON.stringify([id, until]),
})

/** `iv`: SEAL_IV_BYTES random bytes, never used before. Base64 of it and the sealed address. */
export const sealAddress = (
  address: string,
  sealedFor: SealedFor,
  linkKey: string,
  iv: Uint8Array,
): Promise<string> => sealText(address, sealOf(sealedFor), linkKey, iv)

/** Null where none of the keys opens it: then a new address is fetched. */
export const openSealed = (
  text: string,
  sealedFor: SealedFor,
  linkKeys: readonly string[],
): Promise<string | null> => openText(text, sealOf(sealedFor), linkKeys)

/** Where every link is opened, whichever other path the configuration names. */
export const LINK_PATH_DEFAULT = '/i'

export const LINK_STATES = ['open', 'expired', 'revoked'] as const
export type LinkState = (typeof LINK_STATES)[number]

export function linkStateOf(
  link: { readonly revokedAt: number | null; readonly expiresAt: number },
  now: number,
): LinkState {
  if (link.revokedAt !== null) return 'revoked'
  return link.expiresAt <= now ? 'expired' : 'open'
}

export type TargetTrouble = 'not_an_address' | 'not_https' | 'host_not_allowed'

/** A PDF's signed address. Times are milliseconds since 1970. */
export type TargetAddress = {
  readonly url: string
  readonly until: number
  /** From when on another one is fetched. */
  readonly renewAt: number
}

/** Why there is none now. */
export type TargetFailure =
  | { readonly reason: 'invoice_gone'; readonly link: string }
  | {
      readonly reason: 'billing_unavailable'
      readonly link: string
      /** Of the billing API, or ours: `not_configured`, `late`. */
      readonly code: string
      readonly status: number | null
    }
  | {
      readonly reason: 'target_refused'
      readonly link: string
      readonly trouble: TargetTrouble
      readonly host: string
    }

export type Fetched = Result<TargetAddress, TargetFailure>

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
