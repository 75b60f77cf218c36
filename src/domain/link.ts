// Short links: how a slug is derived, how a signed address is sealed, and where a link may lead. From each
// key of LINK_KEY two others are derived (HKDF), so that a slug says nothing about the seal.

import { assert } from './assert.ts'
import { base32, ID_BYTES, sha256, type LinkId } from './ids.ts'
import type { Result } from './result.ts'
import { LINK_SEAL_IV_BYTES, SLUG_BITS_MIN, SLUG_BYTES } from './limits-links.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

const SLUG_KEY = { name: 'HMAC', hash: 'SHA-256', length: 256 }
const SEAL_KEY = { name: 'AES-GCM', length: 256 }

async function keyFor(
  purpose: 'slug' | 'seal',
  linkKey: string,
  algorithm: typeof SLUG_KEY | typeof SEAL_KEY,
  usages: ('sign' | 'encrypt' | 'decrypt')[],
): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', bytesOf(linkKey), 'HKDF', false, [
    'deriveKey',
  ])
  const info = bytesOf(`makegood/link/${purpose}/1`)
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return crypto.subtle.deriveKey(how, secret, algorithm, false, usages)
}

/**
 * The slug of an invoice's nth link: 96 bits of HMAC-SHA-256, so that it can be shown again and never has to
 * be stored.
 */
export async function slugOf(invoiceId: string, nth: number, linkKey: string): Promise<string> {
  const key = await keyFor('slug', linkKey, SLUG_KEY, ['sign'])
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

const boundTo = ({ id, until }: SealedFor) => bytesOf(JSON.stringify([id, until]))

/** `iv`: LINK_SEAL_IV_BYTES random bytes, never used before. Base64 of it and the sealed address. */
export async function sealAddress(
  address: string,
  sealedFor: SealedFor,
  linkKey: string,
  iv: Uint8Array,
): Promise<string> {
  const key = await keyFor('seal', linkKey, SEAL_KEY, ['encrypt'])
  const how = { name: 'AES-GCM', iv: Uint8Array.from(iv), additionalData: boundTo(sealedFor) }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, bytesOf(address)))
  const both = new Uint8Array(iv.length + sealed.length)
  both.set(iv)
  both.set(sealed, iv.length)
  return both.toBase64()
}

/** Null where none of the keys opens it, or it is not what was sealed. */
export async function openSealed(
  text: string,
  sealedFor: SealedFor,
  linkKeys: readonly string[],
): Promise<string | null> {
  for (const linkKey of linkKeys) {
    try {
      const both = Uint8Array.fromBase64(text)
      const key = await keyFor('seal', linkKey, SEAL_KEY, ['decrypt'])
      const iv = both.slice(0, LINK_SEAL_IV_BYTES)
      const how = { name: 'AES-GCM', iv, additionalData: boundTo(sealedFor) }
      const address = await crypto.subtle.decrypt(how, key, both.slice(LINK_SEAL_IV_BYTES))
      return new TextDecoder().decode(address)
    } catch {
      // Another key's, or tampered with: the next key may open it, and else a new address is fetched.
    }
  }
  return null
}

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
