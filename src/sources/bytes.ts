// Bytes and their spellings. Nothing here throws on any text.

import type { SecretForm, SignatureEncoding } from './scheme.ts'

type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()

export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes

export function decode(text: string, encoding: SignatureEncoding): Bytes | null {
  try {
    if (encoding === 'hex') return Uint8Array.fromHex(text)
    return Uint8Array.fromBase64(text, { alphabet: encoding })
  } catch {
    return null
  }
}

/**
 * Null where the text isn't a spelling of its bytes that senders write: blanks inside, missing
 * padding, capital hex digits. Vendors' libraries compare texts, so they refuse these too.
 */
export function decodeExactly(
  text: string,
  encoding: SignatureEncoding,
  capitals = false,
): Bytes | null {
  const bytes = decode(text, encoding)
  return bytes && spellings(bytes, encoding, capitals).includes(text) ? bytes : null
}

function spellings(bytes: Bytes, encoding: SignatureEncoding, capitals: boolean): string[] {
  switch (encoding) {
    case 'hex':
      return capitals ? [bytes.toHex(), bytes.toHex().toUpperCase()] : [bytes.toHex()]
    case 'base64':
      return [bytes.toBase64()]
    case 'base64url':
      return [true, false].map((omitPadding) =>
        bytes.toBase64({ alphabet: 'base64url', omitPadding }),
      )
  }
}

/** The text of bytes that are UTF-8, a byte order mark included; null where they are not. */
export function textOfBytes(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The key's bytes; null where the text is not of this form, too short, or empty. */
export function secretBytes(form: SecretForm, secret: string): Bytes | null {
  if (form.as === 'utf8') return secret === '' ? null : utf8(secret)
  if (form.as === 'hex') return nonEmpty(decode(secret, 'hex'))
  const isPrefixed = secret.startsWith(form.prefix)
  if (!isPrefixed && form.prefixed === true) return null
  const bytes = decode(isPrefixed ? secret.slice(form.prefix.length) : secret, 'base64')
  return nonEmpty(bytes, form.bytesMin)
}

const nonEmpty = (bytes: Bytes | null, bytesMin = 1): Bytes | null =>
  bytes === null || bytes.length < bytesMin ? null : bytes

export function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Which key doesn't matter: it only brings both sides to `verify`, which takes constant time. */
const COMPARING_KEY = utf8('makegood compares two texts')

/** Whether both are the same, in a time that tells nothing of where they differ. */
export async function isSameBytes(expected: Uint8Array, given: Uint8Array): Promise<boolean> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', COMPARING_KEY, algorithm, false, [
    'sign',
    'verify',
  ])
  const mark = await crypto.subtle.sign('HMAC', key, joined([expected]))
  return crypto.subtle.verify('HMAC', key, mark, joined([given]))
}
