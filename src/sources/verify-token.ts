// Tokens signed by RS256 (RFC 7515, 7519). The algorithm is pinned: what the token's own header says
// is only compared with it. A token proves who called and when, never what the body says.

import { SIGNATURE_HEADER_CHARS_MAX, SIGNATURE_TOLERANCE_SECONDS } from '../domain/limits.ts'
import { decode, textOfBytes, utf8 } from './bytes.ts'
import type { Proof, ProvenRequest } from './proof.ts'
import type { Refusal } from './refusal.ts'
import type { PublicKey, TokenScheme } from './scheme.ts'

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

export type Claims = Readonly<Record<string, unknown>>

/** The form of its secret. */
export const ISSUER_AND_AUDIENCE = /^([^|]+)\|([^|]+)$/

/** Null if the token holds: its signature, its issuer and audience, its age. */
export async function verifyToken(
  scheme: TokenScheme,
  request: ProvenRequest,
  { secrets, nowMs, keys }: Proof,
): Promise<Refusal | null> {
  const token = request.headers.get(scheme.header)
  if (token === null) return { reason: 'header_missing', header: scheme.header }
  const wanted = secrets.map((secret) => ISSUER_AND_AUDIENCE.exec(secret)).filter((each) => each)
  if (wanted.length === 0) return { reason: 'secret_unusable' }

  const malformed: Refusal = { reason: 'header_malformed', header: scheme.header }
  const parts = token.length <= SIGNATURE_HEADER_CHARS_MAX ? token.split('.') : []
  const [head = '', payload = '', signature = ''] = parts
  const header = readClaims(head)
  const signed = decode(signature, 'base64url')
  if (parts.length !== 3 || header === null || signed === null) return malformed
  if (header.alg !== 'RS256') return wrong('alg')
  const key = keys.find(({ kid }) => kid === header.kid)
  if (key === undefined) return wrong('kid')
  if (!(await isSignedBy(key, signed, `${head}.${payload}`))) {
    return { reason: 'signature_mismatch' }
  }

  const claims = readClaims(payload)
  if (claims === null) return malformed
  const ofIssuer = wanted.filter((each) => each?.[1] === claims.iss)
  if (ofIssuer.length === 0) return wrong('iss')
  const audience = onlyAudience(claims.aud)
  if (!ofIssuer.some((each) => each?.[2] === audience)) return wrong('aud')
  return checkTimes(claims, nowMs)
}

/** What a token says, for whoever has verified it; null where it is none. */
export const claimsOf = (token: string): Claims | null => readClaims(token.split('.')[1] ?? '')

/** RFC 7519, 4.1.3: a text, or a list. A token for several is no proof that it was made for us. */
const onlyAudience = (aud: unknown): unknown =>
  Array.isArray(aud) && aud.length === 1 ? aud[0] : aud

const wrong = (claim: string): Refusal => ({ reason: 'token_claim_wrong', claim })

function readClaims(text: string): Claims | null {
  try {
    const value: unknown = JSON.parse(textOfBytes(decode(text, 'base64url') ?? utf8('')) ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

async function isSignedBy(
  { kty, n, e }: PublicKey,
  signature: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('jwk', { kty, n, e }, RS256, false, ['verify'])
    return await crypto.subtle.verify(RS256.name, key, signature, utf8(text))
  } catch {
    return false
  }
}

function checkTimes({ exp, iat }: Claims, nowMs: number): Refusal | null {
  const [endsAt, issuedAt] = [timeOf(exp), timeOf(iat)]
  if (endsAt === null) return wrong('exp')
  if (nowMs > endsAt) {
    return { reason: 'timestamp_stale', ageSeconds: Math.ceil((nowMs - endsAt) / 1_000) }
  }
  if (issuedAt === null) return wrong('iat')
  const aheadSeconds = Math.ceil((issuedAt - nowMs) / 1_000)
  return aheadSeconds > SIGNATURE_TOLERANCE_SECONDS
    ? { reason: 'timestamp_ahead', aheadSeconds }
    : null
}

const SECONDS_MAX = 100_000_000_000

/** In milliseconds. Zoho's text says milliseconds and its example has seconds: both are read. */
function timeOf(value: unknown): number | null {
  if (typeof value !== 'number' || !(value > 0)) return null
  return value < SECONDS_MAX ? value * 1_000 : value
}
