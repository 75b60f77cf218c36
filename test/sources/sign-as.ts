// A second implementation of signing, for tests: over bytes, with any timestamp and id, also by wrong
// encodings and hashes. It shares no line with the verifier or with scripts/sign-delivery.ts.

import type { SignatureScheme } from '../../src/sources/source.ts'

export type Signing = {
  readonly secret: string
  readonly timestamp: string
  readonly id: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly encoding?: 'hex' | 'base64'
  readonly hash?: 'SHA-256' | 'SHA-1'
}

export async function signAs(scheme: SignatureScheme, signing: Signing): Promise<Headers> {
  const { timestamp, id } = signing
  const content = await new Blob(
    scheme.signed.map((part) => (part === '.' ? '.' : signing[part])),
  ).arrayBuffer()
  const key = await keyOf(scheme, signing)
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
  const signature = spell(bytes, signing.encoding ?? scheme.encoding)
  const { headers, form } = scheme
  const written = {
    plain: signature,
    pairs: `t=${timestamp},v1=${signature}`,
    versions: `v1,${signature}`,
  }[form.kind]
  const made = new Headers({ [headers.signature]: written })
  if (headers.timestamp !== undefined) made.set(headers.timestamp, timestamp)
  if (headers.id !== undefined) made.set(headers.id, id)
  return made
}

function keyOf({ secret: form }: SignatureScheme, signing: Signing): Promise<CryptoKey> {
  const { secret, hash = 'SHA-256' } = signing
  const text = form.as === 'utf8' ? secret : atob(secret.replace(form.prefix, ''))
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign'])
}

const spell = (bytes: Uint8Array, encoding: 'hex' | 'base64'): string =>
  encoding === 'base64'
    ? btoa(String.fromCharCode(...bytes))
    : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
