// Logins at Cloudflare Access, as it signs them: keys of a team, and tokens by them.

import { accessOf, type Access, type AccessOptions } from '../src/domain/access.ts'
import type { PublicKey } from '../src/sources/scheme.ts'

export const AUDIENCE = '32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228'

export const accessWith = (
  roles: AccessOptions['roles'],
  more: Partial<AccessOptions> = {},
): Access => accessOf({ team: 'acme', audience: AUDIENCE, roles, ...more })

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

export type TeamKey = {
  readonly kid: string
  readonly published: PublicKey
  readonly own: CryptoKey
}

export async function teamKey(kid: string): Promise<TeamKey> {
  const how = { ...RS256, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
  const pair = await crypto.subtle.generateKey(how, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair of keys')
  const jwk = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey
  const { n = '', e = '' } = jwk
  return { kid, published: { kty: 'RSA', n, e, kid }, own: pair.privateKey }
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
const base64url = (bytes: Uint8Array) =>
  bytes.toBase64({ alphabet: 'base64url', omitPadding: true })

/** What Access says of a person who has just logged in. */
export const claimsAt = (nowMs: number, email: string): Record<string, unknown> => {
  const iat = Math.floor(nowMs / 1_000)
  return {
    aud: [AUDIENCE],
    email,
    exp: iat + 3_600,
    iat,
    nbf: iat,
    iss: 'https://acme.cloudflareaccess.com',
    type: 'app',
    identity_nonce: '6ei69kawdKzMIAPF',
    sub: '7335d417-61da-459d-899c-0a01c76a2f94',
    country: 'DE',
  }
}

export async function signed(
  key: TeamKey,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const head = { alg: 'RS256', kid: key.kid, typ: 'JWT', ...header }
  const text = [head, claims].map((part) => base64url(bytesOf(JSON.stringify(part)))).join('.')
  const signature = await crypto.subtle.sign(RS256.name, key.own, bytesOf(text))
  return `${text}.${base64url(new Uint8Array(signature))}`
}
