// What is kept so that nobody reads it in the database: sealed by AES-GCM under a key of LINK_KEY's, one for each
// purpose (HKDF), so that one purpose says nothing about another.

import { SEAL_IV_BYTES } from './limits.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

const SEAL_KEY = { name: 'AES-GCM', length: 256 }

export async function derivedKey(
  purpose: string,
  linkKey: string,
  algorithm:
    | typeof SEAL_KEY
    | { readonly name: string; readonly hash: string; readonly length: number },
  usages: ('sign' | 'encrypt' | 'decrypt')[],
): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', bytesOf(linkKey), 'HKDF', false, [
    'deriveKey',
  ])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: bytesOf(purpose) }
  return crypto.subtle.deriveKey(how, secret, algorithm, false, usages)
}

/** `boundTo`: under anything else it can't be opened. */
export type Seal = { readonly purpose: string; readonly boundTo: string }

/** `iv`: SEAL_IV_BYTES random bytes, never used before. Base64 of it and the sealed text. */
export async function sealText(
  text: string,
  { purpose, boundTo }: Seal,
  linkKey: string,
  iv: Uint8Array,
): Promise<string> {
  const key = await derivedKey(purpose, linkKey, SEAL_KEY, ['encrypt'])
  const how = { name: 'AES-GCM', iv: Uint8Array.from(iv), additionalData: bytesOf(boundTo) }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, bytesOf(text)))
  const both = new Uint8Array(iv.length + sealed.length)
  both.set(iv)
  both.set(sealed, iv.length)
  return both.toBase64()
}

/** Null where none of the keys opens it, or it is not what was sealed. */
export async function openText(
  text: string,
  { purpose, boundTo }: Seal,
  linkKeys: readonly string[],
): Promise<string | null> {
  for (const linkKey of linkKeys) {
    try {
      const both = Uint8Array.fromBase64(text)
      const key = await derivedKey(purpose, linkKey, SEAL_KEY, ['decrypt'])
      const iv = both.slice(0, SEAL_IV_BYTES)
      const how = { name: 'AES-GCM', iv, additionalData: bytesOf(boundTo) }
      const opened = await crypto.subtle.decrypt(how, key, both.slice(SEAL_IV_BYTES))
      return new TextDecoder().decode(opened)
    } catch {
      // Another key's, or tampered with: the next key may open it.
    }
  }
  return null
}
