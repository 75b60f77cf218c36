// Every scheme of every source as a sender that can prove a delivery: its secrets, made from the data
// of the scheme, and the request that it would make. It shares no line with the code under test.

import type { ProvenRequest } from '../../src/sources/proof.ts'
import type { PublicKey, Scheme, SharedSecretScheme } from '../../src/sources/scheme.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import type { Entry } from './entries.ts'
import { ADDRESS, signAs, type Signing } from './sign-as.ts'

export const NOW_MS = 1_793_000_000_000

export type Credential = { readonly secret: string; readonly privateKey?: CryptoKey }

export type Sender = {
  readonly name: string
  readonly endpoint: Endpoint
  readonly scheme: Scheme
  readonly entry: Entry
  readonly body: string
  readonly current: Credential
  readonly other: Credential
  /** What the sender publishes, where it signs tokens. */
  readonly keys: readonly PublicKey[]
}

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
}

async function keyPair(algorithm: string | typeof RSA): Promise<CryptoKeyPair> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair of keys')
  return pair
}

const base64 = (text: string): string => btoa(text)

async function credential(scheme: Scheme, label: string): Promise<Credential> {
  if (scheme.kind === 'jwt') return { secret: `orgId:1|webhookId:${label}` }
  if (scheme.kind === 'secret') {
    return { secret: scheme.place.in === 'basic' ? `makegood:${label}:wörd` : `token-${label}` }
  }
  if (scheme.algorithm === 'Ed25519') {
    const { publicKey, privateKey } = await keyPair('Ed25519')
    const raw = await crypto.subtle.exportKey('raw', publicKey)
    if (!(raw instanceof ArrayBuffer)) throw new Error('a raw key is bytes')
    return { secret: `whpk_${base64(String.fromCharCode(...new Uint8Array(raw)))}`, privateKey }
  }
  const { secret } = scheme
  if (secret.as === 'utf8') return { secret: `whsec_${label}` }
  if (secret.as === 'base64')
    return { secret: secret.prefix + base64(`a secret of 24 bytes, ${label}`) }
  return { secret: [...label].map((each) => each.charCodeAt(0).toString(16)).join('') }
}

export async function sendersOf(entry: Entry): Promise<Sender[]> {
  const { endpoint, name, body } = entry
  return Promise.all(
    endpoint.schemes.map(async (scheme, position) => {
      const rsa = scheme.kind === 'jwt' ? await keyPair(RSA) : null
      const [current, other] = await Promise.all([
        credential(scheme, 'current'),
        credential(scheme, 'other'),
      ])
      const withKey = (each: Credential): Credential =>
        rsa ? { ...each, privateKey: rsa.privateKey } : each
      return {
        name: `${name}, scheme ${position + 1}: ${wordsFor(scheme)}`,
        endpoint,
        scheme,
        entry,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        current: withKey(current),
        other: withKey(other),
        keys: rsa ? [await published(rsa.publicKey)] : [],
      }
    }),
  )
}

async function published(key: CryptoKey): Promise<PublicKey> {
  const jwk = await crypto.subtle.exportKey('jwk', key)
  if (jwk instanceof ArrayBuffer || !jwk.n || !jwk.e) throw new Error('no RSA key')
  return { kty: 'RSA', n: jwk.n, e: jwk.e, kid: 'key-1' }
}

export function wordsFor(scheme: Scheme): string {
  if (scheme.kind === 'jwt') return `a token in ${scheme.header}`
  if (scheme.kind === 'signature') return `${scheme.algorithm} in ${scheme.headers.signature}`
  const { place } = scheme
  if (place.in === 'header') return `a secret in ${place.header}`
  return `a secret, ${place.in}`
}

export type Proving = {
  readonly credential?: Credential
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly nowMs?: number
  /** Instead of the clock's: as it is written. */
  readonly timestamp?: string
  /** Of a token, instead of the one that is configured. */
  readonly audience?: unknown
}

export async function proven(sender: Sender, proving: Proving = {}): Promise<ProvenRequest> {
  const { scheme } = sender
  const { credential: by = sender.current, body = sender.body, nowMs = NOW_MS } = proving
  const bytes = typeof body === 'string' ? Uint8Array.from(new TextEncoder().encode(body)) : body
  const request = { method: 'POST', url: ADDRESS, headers: new Headers(), body: bytes }
  if (scheme.kind === 'signature') {
    const timestamp = proving.timestamp ?? timestampAt(scheme, nowMs)
    const signing: Signing = { ...by, timestamp, id: 'msg_1', body: bytes }
    return { ...request, headers: await signAs(scheme, signing), pathToken: null }
  }
  if (scheme.kind === 'jwt') {
    const headers = { [scheme.header]: await tokenOf(by, nowMs, proving) }
    return { ...request, headers: new Headers(headers), pathToken: null }
  }
  return { ...request, pathToken: null, ...repeating(scheme.place, by.secret, bytes) }
}

function repeating(
  place: SharedSecretScheme['place'],
  secret: string,
  body: Uint8Array,
): Partial<ProvenRequest> {
  const encoded = String.fromCharCode(...new TextEncoder().encode(secret))
  switch (place.in) {
    case 'header':
      return { headers: new Headers({ [place.header]: secret }) }
    case 'basic':
      return { headers: new Headers({ authorization: `Basic ${btoa(encoded)}` }) }
    case 'bearer':
      return { headers: new Headers({ authorization: `Bearer ${secret}` }) }
    case 'path':
      return { pathToken: secret }
    case 'body': {
      const fields = JSON.parse(new TextDecoder().decode(body))
      const written = JSON.stringify({ ...fields, [place.field]: secret })
      return { body: new TextEncoder().encode(written) }
    }
  }
}

export function timestampAt(scheme: Scheme, ms: number): string {
  if (scheme.kind !== 'signature' || scheme.timestamp === 'milliseconds') return String(ms)
  const isText = scheme.timestamp === 'rfc3339'
  return isText ? new Date(ms).toISOString().replace(/\.\d+Z/, 'Z') : String(Math.floor(ms / 1_000))
}

const urlSafe = (text: string): string =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

async function tokenOf(
  { secret, privateKey }: Credential,
  nowMs: number,
  { timestamp: issuedAt, audience }: Proving,
): Promise<string> {
  if (!privateKey) throw new Error('a token wants a private key')
  const [iss, aud] = secret.split('|')
  const seconds = nowMs / 1_000
  const claims = { iss, aud: audience ?? aud, iat: issuedAt ?? seconds, exp: seconds + 300 }
  const head = { alg: 'RS256', typ: 'JWT', kid: 'key-1' }
  const text = [head, claims].map((part) => urlSafe(JSON.stringify(part))).join('.')
  const bytes = new TextEncoder().encode(text)
  const signature = await crypto.subtle.sign(RSA.name, privateKey, bytes)
  return `${text}.${urlSafe(String.fromCharCode(...new Uint8Array(signature)))}`
}
