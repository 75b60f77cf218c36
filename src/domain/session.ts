// A session of the dashboard: which key opened it and until when, with a proof that Makegood wrote it. The key's hash
// is part of what is signed: who has the link key alone, or the database alone, can make none.

import type { KeyId } from './ids.ts'
import { isKeyId, type BOOTSTRAP } from './operator.ts'

export type SessionKeyId = KeyId | 'bootstrap'

/** `endsAt`: milliseconds since 1970. `nonce`: 32 characters of base32, so that no two sessions are one. */
export type Session = {
  readonly keyId: SessionKeyId
  readonly endsAt: number
  readonly nonce: string
}

const FORM = /^([a-z0-9_]{9,36})\.([1-9]\d{12})\.([0-9a-z]{32})\.([A-Za-z0-9_-]{43})$/
const BASE64URL = { alphabet: 'base64url', omitPadding: true } as const

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** What a cookie says, and the proof that is still to be checked; null where it is no session's text. */
export function readSession(
  cookie: string,
): { readonly session: Session; readonly proof: string } | null {
  const [, keyId = '', endsAt = '', nonce = '', proof = ''] = FORM.exec(cookie) ?? []
  if (keyId !== BOOTSTRAP_ID && !isKeyId(keyId)) return null
  return { session: { keyId, endsAt: Number(endsAt), nonce }, proof }
}

export const BOOTSTRAP_ID = 'bootstrap' satisfies typeof BOOTSTRAP.name

/** `keyHash`: of the key by which it was opened. */
export const sessionText = async (
  session: Session,
  keyHash: string,
  linkKey: string,
): Promise<string> => {
  const { keyId, endsAt, nonce } = session
  return `${keyId}.${endsAt}.${nonce}.${await proofOf('session', session, keyHash, linkKey)}`
}

/** What each form of a session carries: another site can't know it. */
export const formToken = (session: Session, keyHash: string, linkKey: string): Promise<string> =>
  proofOf('form', session, keyHash, linkKey)

/** The same for who comes by Cloudflare Access. `assertionHash`: of the login that Access has signed for him. */
export const accessFormToken = (assertionHash: string, linkKey: string): Promise<string> =>
  mac(signedOfAccess(assertionHash), linkKey)

export const isAccessForm = (
  token: string,
  assertionHash: string,
  linkKey: string,
): Promise<boolean> => isMac(token, signedOfAccess(assertionHash), linkKey)

export const isProven = (
  purpose: 'session' | 'form',
  proof: string,
  session: Session,
  keyHash: string,
  linkKey: string,
): Promise<boolean> => isMac(proof, signed(purpose, session, keyHash), linkKey)

async function isMac(
  proof: string,
  of: ReturnType<typeof bytesOf>,
  linkKey: string,
): Promise<boolean> {
  const key = await signingKey(linkKey, 'verify')
  const given = readProof(proof)
  return given !== null && crypto.subtle.verify('HMAC', key, given, of)
}

function readProof(text: string) {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch {
    return null
  }
}

const proofOf = (
  purpose: 'session' | 'form',
  session: Session,
  keyHash: string,
  linkKey: string,
): Promise<string> => mac(signed(purpose, session, keyHash), linkKey)

async function mac(of: ReturnType<typeof bytesOf>, linkKey: string): Promise<string> {
  const made = await crypto.subtle.sign('HMAC', await signingKey(linkKey, 'sign'), of)
  return new Uint8Array(made).toBase64(BASE64URL)
}

const signed = (purpose: string, { keyId, endsAt, nonce }: Session, keyHash: string) =>
  bytesOf(JSON.stringify([purpose, keyId, endsAt, nonce, keyHash]))

const signedOfAccess = (assertionHash: string) =>
  bytesOf(JSON.stringify(['access form', assertionHash]))

/** Derived, as the keys of links are: what signs a session says nothing about a slug. */
async function signingKey(linkKey: string, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', bytesOf(linkKey), 'HKDF', false, [
    'deriveKey',
  ])
  const info = bytesOf('makegood/dashboard/session/1')
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  const made = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  return crypto.subtle.deriveKey(how, secret, made, false, [usage])
}
