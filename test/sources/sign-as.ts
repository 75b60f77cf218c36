// A second implementation of proving, for tests: over bytes, with any timestamp and id, also by wrong
// encodings and hashes. It shares no line with the verifier or with scripts/sign-delivery.ts.

import type { Result } from '../../src/domain/result.ts'
import type { Refusal } from '../../src/sources/refusal.ts'
import type { Schemes, SignatureEncoding, SignatureScheme } from '../../src/sources/scheme.ts'
import type { Endpoint, SignedFacts } from '../../src/sources/source.ts'
import { verify } from '../../src/sources/verify.ts'

export type Hash = 'SHA-1' | 'SHA-256' | 'SHA-512'

export type Signing = {
  readonly secret: string
  readonly timestamp: string
  readonly id: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly method?: string
  readonly url?: string
  readonly encoding?: SignatureEncoding
  readonly hash?: Hash
  /** Signs in the secret's place, where that is only a public key. */
  readonly privateKey?: CryptoKey
}

export const ADDRESS = 'https://makegood.example/webhooks/here'

/** The schemes that sign, by the header that carries the signature. */
export const signaturesOf = ({ schemes }: Pick<Endpoint, 'schemes'>): readonly SignatureScheme[] =>
  schemes.filter((scheme) => scheme.kind === 'signature')

export async function signAs(scheme: SignatureScheme, signing: Signing): Promise<Headers> {
  const { timestamp, id, method = 'POST', url = ADDRESS, body } = signing
  const pieces = { timestamp, id, method, url, body }
  const content = await new Blob(
    scheme.signed.map((part) => (typeof part === 'string' ? pieces[part] : part.text)),
  ).arrayBuffer()
  const bytes = new Uint8Array(await prove(scheme, signing, content))
  const signature = spell(bytes, signing.encoding ?? scheme.encoding)
  const { headers, form, when } = scheme
  const made = new Headers()
  if (form.kind === 'plain') made.set(headers.signature, `${form.prefix ?? ''}${signature}`)
  if (form.kind === 'versions') made.set(headers.signature, `${form.version},${signature}`)
  if (form.kind === 'pairs') {
    const time = `${form.timestamp}=${timestamp}`
    made.set(headers.signature, `${time}${form.separator}${form.signature}=${signature}`)
  }
  if (headers.timestamp !== undefined) made.set(headers.timestamp, timestamp)
  if (headers.id !== undefined) made.set(headers.id, id)
  if (when !== undefined) made.set(when.header, when.is)
  return made
}

const HASHES = { 'HMAC-SHA-1': 'SHA-1', 'HMAC-SHA-256': 'SHA-256', 'HMAC-SHA-512': 'SHA-512' }

async function prove(
  scheme: SignatureScheme,
  { secret, hash, privateKey }: Signing,
  content: ArrayBuffer,
): Promise<ArrayBuffer> {
  if (scheme.algorithm === 'Ed25519') {
    if (!privateKey) throw new Error('Ed25519 wants a private key')
    return crypto.subtle.sign('Ed25519', privateKey, content)
  }
  const key = keyBytes(scheme, secret)
  if (scheme.algorithm === 'SHA-256') {
    return crypto.subtle.digest(hash ?? 'SHA-256', await new Blob([key, content]).arrayBuffer())
  }
  const algorithm = { name: 'HMAC', hash: hash ?? HASHES[scheme.algorithm] }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return crypto.subtle.sign('HMAC', imported, content)
}

function keyBytes({ secret: form }: SignatureScheme, secret: string): Uint8Array<ArrayBuffer> {
  if (form.as === 'hex') {
    const digits = secret.match(/../g) ?? []
    return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16))
  }
  const text = form.as === 'utf8' ? secret : atob(secret.replace(form.prefix, ''))
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

function spell(bytes: Uint8Array, encoding: SignatureEncoding): string {
  if (encoding === 'hex') {
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const text = btoa(String.fromCharCode(...bytes))
  return encoding === 'base64' ? text : text.replaceAll('+', '-').replaceAll('/', '_')
}

/** The verifier, for requests of which only headers and body matter. */
export const verifyAt = (
  schemes: Schemes,
  secrets: readonly string[],
  { headers, body }: { readonly headers: Headers; readonly body: Uint8Array },
  nowMs: number,
): Promise<Result<SignedFacts, Refusal>> =>
  verify(
    schemes,
    { method: 'POST', url: ADDRESS, headers, body, pathToken: null },
    { secrets, nowMs, keys: [] },
  )
