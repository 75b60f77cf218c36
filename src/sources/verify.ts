// The one place where signatures are checked: over the bytes as they came, in constant time
// (`crypto.subtle.verify`), before anything is parsed. The clock is an argument.

import {
  SIGNATURE_HEADER_CHARS_MAX,
  SIGNATURE_TOLERANCE_SECONDS,
  SIGNATURES_PER_HEADER_MAX,
} from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { SignatureScheme, SignedFacts } from './source.ts'

export type SignedRequest = {
  readonly headers: Headers
  readonly body: Uint8Array
}

export type Refusal =
  | { readonly reason: 'header_missing'; readonly header: string }
  | { readonly reason: 'header_malformed'; readonly header: string }
  | { readonly reason: 'too_many_signatures'; readonly max: number }
  | { readonly reason: 'timestamp_unreadable' }
  | { readonly reason: 'timestamp_stale'; readonly ageSeconds: number }
  | { readonly reason: 'timestamp_ahead'; readonly aheadSeconds: number }
  | { readonly reason: 'signature_mismatch' }
  /** The operator's trouble, not the sender's: the secret isn't of the form that the scheme needs. */
  | { readonly reason: 'secret_unusable' }

type Signatures = { readonly timestamp: string | null; readonly encoded: readonly string[] }

/** What the signature covers, or why the request is refused. `secrets`: current first, at least one. */
export async function verify(
  schemes: readonly SignatureScheme[],
  secrets: readonly string[],
  request: SignedRequest,
  nowMs: number,
): Promise<Result<SignedFacts, Refusal>> {
  const scheme = schemes.find((each) => request.headers.has(each.headers.signature)) ?? schemes[0]
  if (!scheme) return err({ reason: 'secret_unusable' })
  const header = request.headers.get(scheme.headers.signature)
  if (header === null) return err({ reason: 'header_missing', header: scheme.headers.signature })
  const read = readSignatures(scheme, header)
  if (!read.ok) return read

  const facts = readFacts(scheme, request.headers, read.value)
  if (!facts.ok) return facts
  const fresh = checkAge(scheme, facts.value.timestamp, nowMs)
  if (!fresh.ok) return fresh

  const signatures = read.value.encoded.map((text) => decodeSignature(text, scheme.encoding))
  const content = signedContent(scheme, facts.value, request.body)
  for (const secret of secrets) {
    const key = await importKey(scheme, secret)
    if (!key) return err({ reason: 'secret_unusable' })
    for (const signature of signatures) {
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, content))) {
        return facts
      }
    }
  }
  return err({ reason: 'signature_mismatch' })
}

function readSignatures(scheme: SignatureScheme, header: string): Result<Signatures, Refusal> {
  const { form } = scheme
  const malformed = err({
    reason: 'header_malformed',
    header: scheme.headers.signature,
  } as const)
  if (header.length > SIGNATURE_HEADER_CHARS_MAX) return malformed
  let timestamp: string | null = null
  let encoded: string[] = []
  if (form.kind === 'plain') encoded = [header.trim()]
  if (form.kind === 'versions') {
    encoded = header
      .split(' ')
      .filter((part) => part.startsWith(`${form.version},`))
      .map((part) => part.slice(form.version.length + 1))
  }
  if (form.kind === 'pairs') {
    const pairs = header.split(',').map((part) => part.trim().split('=', 2))
    const times = pairs.filter(([name]) => name === form.timestamp)
    // Two times would leave open which of them was checked and which was signed.
    if (times.length > 1) return malformed
    timestamp = times[0]?.[1] ?? null
    if (timestamp === null) return malformed
    encoded = pairs.filter(([name]) => name === form.signature).map(([, value = '']) => value)
  }
  if (encoded.length > SIGNATURES_PER_HEADER_MAX) {
    return err({ reason: 'too_many_signatures', max: SIGNATURES_PER_HEADER_MAX })
  }
  return encoded.length === 0 ? malformed : ok({ timestamp, encoded })
}

/** Only visible ASCII is signed content: anything else would have two readings as bytes. */
const isVisibleAscii = (text: string): boolean => /^[\x21-\x7e]{1,256}$/.test(text)

function readFacts(
  scheme: SignatureScheme,
  headers: Headers,
  signatures: Signatures,
): Result<SignedFacts, Refusal> {
  const named = (header: string | undefined): Result<string | null, Refusal> => {
    if (header === undefined) return ok(null)
    const value = headers.get(header)
    if (value === null) return err({ reason: 'header_missing', header })
    return isVisibleAscii(value) ? ok(value) : err({ reason: 'header_malformed', header })
  }
  const id = named(scheme.headers.id)
  if (!id.ok) return id
  // With a dot in the id, one signed text could be cut into id, time and body in two ways.
  if (id.value?.includes('.')) return err({ reason: 'header_malformed', header: 'id' })
  const timestamp = named(scheme.headers.timestamp)
  if (!timestamp.ok) return timestamp
  return ok({ id: id.value, timestamp: timestamp.value ?? signatures.timestamp })
}

function checkAge(
  scheme: SignatureScheme,
  timestamp: string | null,
  nowMs: number,
): Result<null, Refusal> {
  if (scheme.timestamp === 'none') return ok(null)
  const signedAtMs = readTimestamp(scheme.timestamp, timestamp ?? '')
  if (signedAtMs === null) return err({ reason: 'timestamp_unreadable' })
  // Whole seconds on both sides, as senders' own libraries count: exactly 300 s old still passes.
  const ageSeconds = Math.floor(nowMs / 1_000) - Math.floor(signedAtMs / 1_000)
  if (ageSeconds > SIGNATURE_TOLERANCE_SECONDS)
    return err({ reason: 'timestamp_stale', ageSeconds })
  if (ageSeconds < -SIGNATURE_TOLERANCE_SECONDS) {
    return err({ reason: 'timestamp_ahead', aheadSeconds: -ageSeconds })
  }
  return ok(null)
}

function readTimestamp(form: 'seconds' | 'rfc3339', text: string): number | null {
  if (form === 'seconds') return /^\d{1,11}$/.test(text) ? Number(text) * 1_000 : null
  const isRfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)
  const ms = isRfc3339 ? Date.parse(text) : NaN
  return Number.isNaN(ms) ? null : ms
}

/**
 * Null where the text isn't the one spelling of its bytes that senders write: blanks inside, missing
 * padding, capital hex digits. Vendors' libraries compare texts, so they refuse these too.
 */
function decodeSignature(text: string, encoding: 'hex' | 'base64'): Uint8Array<ArrayBuffer> | null {
  const bytes = decode(text, encoding)
  const spelled = encoding === 'hex' ? bytes?.toHex() : bytes?.toBase64()
  return bytes && spelled === text ? bytes : null
}

function decode(text: string, encoding: 'hex' | 'base64'): Uint8Array<ArrayBuffer> | null {
  try {
    return encoding === 'hex' ? Uint8Array.fromHex(text) : Uint8Array.fromBase64(text)
  } catch {
    return null
  }
}

function signedContent(
  scheme: SignatureScheme,
  facts: SignedFacts,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const parts = scheme.signed.map((part) => {
    if (part === 'body') return body
    if (part === 'id') return encoder.encode(facts.id ?? '')
    return encoder.encode(part === 'timestamp' ? (facts.timestamp ?? '') : part)
  })
  const content = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let offset = 0
  for (const part of parts) {
    content.set(part, offset)
    offset += part.length
  }
  return content
}

async function importKey(scheme: SignatureScheme, secret: string): Promise<CryptoKey | null> {
  const { secret: form } = scheme
  const bytes =
    form.as === 'utf8'
      ? new TextEncoder().encode(secret)
      : decode(secret.startsWith(form.prefix) ? secret.slice(form.prefix.length) : secret, 'base64')
  if (bytes === null || bytes.length === 0) return null
  const algorithm = { name: 'HMAC', hash: scheme.hash }
  return crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
}
