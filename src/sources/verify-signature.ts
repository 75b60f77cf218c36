// Signatures: HMACs, digests with a secret, and Ed25519, each as its scheme pins it.

import { err, type Result } from '../domain/result.ts'
import { decodeExactly, isSameBytes, joined, secretBytes, textOfBytes, utf8 } from './bytes.ts'
import { checkAge, readFacts, readSignatures } from './read-signatures.ts'
import type { Proof, ProvenRequest } from './proof.ts'
import type { Refusal } from './refusal.ts'
import type { SignatureScheme } from './scheme.ts'
import type { SignedFacts } from './source.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Whether a signature fits the content, under one secret. */
type Check = (signature: Bytes, content: Bytes) => Promise<boolean>

export async function verifySignature(
  scheme: SignatureScheme,
  request: ProvenRequest,
  { secrets, nowMs }: Proof,
): Promise<Result<SignedFacts, Refusal>> {
  const header = request.headers.get(scheme.headers.signature)
  if (header === null) return err({ reason: 'header_missing', header: scheme.headers.signature })
  const prepared = await Promise.all(secrets.map((secret) => checkWith(scheme, secret)))
  const checks = prepared.filter((check) => check !== null)
  if (checks.length === 0) return err({ reason: 'secret_unusable' })

  const read = readSignatures(scheme, header)
  if (!read.ok) return read
  const facts = readFacts(scheme, request.headers, read.value.timestamp)
  if (!facts.ok) return facts
  const tooFarOff = checkAge(scheme, facts.value.timestamp, nowMs)
  if (tooFarOff !== null) return err(tooFarOff)

  const content = signedContent(scheme, facts.value, request)
  for (const encoded of read.value.encoded) {
    const signature = decodeExactly(encoded, scheme.encoding, scheme.capitals)
    if (signature === null) continue
    for (const check of checks) {
      if (!(await check(signature, content))) continue
      return isForgeable(scheme, request.body)
        ? err({ reason: 'body_not_admitted', field: 'not_json' })
        : facts
    }
  }
  return err({ reason: 'signature_mismatch' })
}

/**
 * A plain digest of secret and content can be made for more content without the secret (length
 * extension), and for the same content cut into other parts. Neither leaves a body that is JSON: the
 * one holds the padding's byte 80, which follows no complete text, the other begins with a method.
 */
function isForgeable({ algorithm }: SignatureScheme, body: Uint8Array): boolean {
  if (algorithm !== 'SHA-256' || body.length === 0) return false
  try {
    const parsed: unknown = JSON.parse((textOfBytes(body) ?? '').replace(/^\uFEFF/, ''))
    return typeof parsed !== 'object' || parsed === null
  } catch {
    return true
  }
}

/** Null where the secret isn't of the form that the scheme needs. */
async function checkWith(scheme: SignatureScheme, secret: string): Promise<Check | null> {
  const bytes = secretBytes(scheme.secret, secret)
  if (bytes === null) return null
  const { algorithm } = scheme
  switch (algorithm) {
    case 'HMAC-SHA-256':
    case 'HMAC-SHA-1':
    case 'HMAC-SHA-512': {
      const hmac = { name: 'HMAC', hash: algorithm.slice('HMAC-'.length) }
      const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['verify'])
      return (signature, content) => crypto.subtle.verify('HMAC', key, signature, content)
    }
    case 'SHA-256':
      return async (signature, content) => {
        const digest = await crypto.subtle.digest('SHA-256', joined([bytes, content]))
        return isSameBytes(new Uint8Array(digest), signature)
      }
    case 'Ed25519': {
      if (bytes.length !== ED25519_KEY_BYTES) return null
      const key = await importEd25519(bytes)
      if (key === null) return null
      // workerd throws on a signature of another length, where Node answers false.
      return async (signature, content) =>
        signature.length === ED25519_SIGNATURE_BYTES &&
        crypto.subtle.verify('Ed25519', key, signature, content)
    }
  }
}

const ED25519_KEY_BYTES = 32
const ED25519_SIGNATURE_BYTES = 64

/** Null where the bytes are no point of the curve. */
async function importEd25519(bytes: Bytes): Promise<CryptoKey | null> {
  try {
    return await crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify'])
  } catch {
    return null
  }
}

export function signedContent(
  scheme: SignatureScheme,
  facts: SignedFacts,
  request: Pick<ProvenRequest, 'method' | 'url' | 'body'>,
): Bytes {
  return joined(
    scheme.signed.map((part) => {
      if (typeof part === 'object') return utf8(part.text)
      switch (part) {
        case 'body':
          return request.body
        case 'method':
          return utf8(request.method)
        case 'url':
          return utf8(signedAddress(request.url, scheme.urlEscapesDecoded ?? []))
        case 'id':
        case 'timestamp':
          return utf8(facts[part] ?? '')
      }
    }),
  )
}

/** Without its fragment; in its query, the listed escapes and no others are decoded, once. */
function signedAddress(url: string, escapes: readonly string[]): string {
  const [address = ''] = url.split('#', 1)
  const start = address.indexOf('?')
  if (start === -1 || escapes.length === 0) return address
  const query = address.slice(start)
  return (
    address.slice(0, start) +
    query.replace(/%[0-9A-F]{2}/g, (each) =>
      escapes.includes(each) ? decodeURIComponent(each) : each,
    )
  )
}
