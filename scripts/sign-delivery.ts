// Proves a delivery as its sender would, from the same data that the door checks it by: the inverse
// of every kind of scheme. For the demo, `npm run send` and tests; that the data is right is proven
// against the vendors' own packages.

import { secretBytes, utf8 } from '../src/sources/bytes.ts'
import type { Scheme, SharedSecretScheme, SignatureScheme } from '../src/sources/scheme.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { signedContent } from '../src/sources/verify-signature.ts'

export type SigningOptions = {
  readonly nowMs: number
  /** Of schemes that sign an id: the delivery's own. */
  readonly id?: string
  /** Of schemes that sign them; by default POST, and an empty address. */
  readonly method?: string
  readonly url?: string
  /** One of the endpoint's schemes; by default the first that the secret fits. */
  readonly scheme?: Scheme
  /** Of schemes that no shared secret can sign: the sender's private key, and its id. */
  readonly privateKey?: { readonly key: CryptoKey; readonly kid?: string }
}

export type SignedDelivery = {
  readonly headers: Readonly<Record<string, string>>
  /** What stands behind the endpoint's name in the address: empty, or `/<secret>`. */
  readonly pathSuffix: string
  readonly body: string
}

/** Throws where the secret doesn't fit the scheme. */
export async function signDelivery(
  endpoint: Pick<Endpoint, 'schemes'>,
  secret: string,
  body: string,
  options: SigningOptions,
): Promise<SignedDelivery> {
  const fits = (scheme: Scheme): boolean =>
    scheme.kind !== 'signature' || secretBytes(scheme.secret, secret) !== null
  const scheme = options.scheme ?? endpoint.schemes.find(fits) ?? endpoint.schemes[0]
  const unproven = { headers: { 'content-type': contentType(body) }, pathSuffix: '', body }
  const withHeaders = (headers: Readonly<Record<string, string>>): SignedDelivery => ({
    ...unproven,
    headers: { ...unproven.headers, ...headers },
  })
  switch (scheme.kind) {
    case 'signature':
      return withHeaders(await signatureHeaders(scheme, secret, body, options))
    case 'jwt':
      return withHeaders({ [scheme.header]: await token(secret, options) })
    case 'secret':
      return { ...unproven, ...repeated(scheme, secret, body, unproven.headers) }
  }
}

const contentType = (body: string): string =>
  body.startsWith('<') ? 'text/xml; charset=UTF-8' : 'application/json'

function repeated(
  { place }: SharedSecretScheme,
  secret: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Partial<SignedDelivery> {
  switch (place.in) {
    case 'header':
      return { headers: { ...headers, [place.header]: secret } }
    case 'basic':
      return { headers: { ...headers, authorization: `Basic ${utf8(secret).toBase64()}` } }
    case 'bearer':
      return { headers: { ...headers, authorization: `Bearer ${secret}` } }
    case 'path':
      return { pathSuffix: `/${encodeURIComponent(secret)}` }
    case 'body': {
      const fields: unknown = JSON.parse(body)
      return { body: JSON.stringify({ ...Object(fields), [place.field]: secret }) }
    }
  }
}

async function signatureHeaders(
  scheme: SignatureScheme,
  secret: string,
  body: string,
  { nowMs, id = 'msg_1', method = 'POST', url = '', privateKey }: SigningOptions,
): Promise<Record<string, string>> {
  const timestamp = timestampText(scheme, nowMs)
  const facts = { id: scheme.headers.id ? id : null, timestamp }
  const content = signedContent(scheme, facts, { method, url, body: utf8(body) })
  const bytes = await sign(scheme, secret, content, privateKey?.key)
  const signature =
    scheme.encoding === 'hex' ? bytes.toHex() : bytes.toBase64({ alphabet: scheme.encoding })
  const { headers, when } = scheme
  return {
    [headers.signature]: written(scheme, signature, timestamp),
    ...(headers.timestamp === undefined ? {} : { [headers.timestamp]: timestamp }),
    ...(headers.id === undefined ? {} : { [headers.id]: id }),
    ...(when === undefined ? {} : { [when.header]: when.is }),
  }
}

function timestampText({ timestamp }: SignatureScheme, nowMs: number): string {
  if (timestamp === 'milliseconds') return String(Math.floor(nowMs))
  const seconds = Math.floor(nowMs / 1_000)
  if (timestamp !== 'rfc3339') return String(seconds)
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}

function written({ form }: SignatureScheme, signature: string, timestamp: string): string {
  switch (form.kind) {
    case 'plain':
      return (form.prefix ?? '') + signature
    case 'pairs':
      return [`${form.timestamp}=${timestamp}`, `${form.signature}=${signature}`].join(
        form.separator,
      )
    case 'versions':
      return `${form.version},${signature}`
  }
}

async function sign(
  scheme: SignatureScheme,
  secret: string,
  content: Uint8Array<ArrayBuffer>,
  privateKey: CryptoKey | undefined,
): Promise<Uint8Array> {
  const { algorithm } = scheme
  if (algorithm === 'Ed25519') {
    if (!privateKey) throw new Error('Ed25519 is signed with a private key')
    return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, content))
  }
  const bytes = secretBytes(scheme.secret, secret)
  if (bytes === null) throw new Error(`the secret is not of the form ${scheme.secret.as}`)
  if (algorithm === 'SHA-256') {
    const whole = await new Blob([bytes, content]).arrayBuffer()
    return new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
  }
  const hmac = { name: 'HMAC', hash: algorithm.slice('HMAC-'.length) }
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
}

const TOKEN_LIFE_SECONDS = 300

/** An RS256 token; the secret is the text `<iss>|<aud>`. */
async function token(secret: string, { nowMs, privateKey }: SigningOptions): Promise<string> {
  if (!privateKey) throw new Error('a token is signed with a private key')
  const [iss, aud] = secret.split('|')
  const iat = Math.floor(nowMs / 1_000)
  const claims = { iss, aud, iat, exp: iat + TOKEN_LIFE_SECONDS }
  const part = (value: object): string => spelled(utf8(JSON.stringify(value)))
  const text = [part({ alg: 'RS256', typ: 'JWT', kid: privateKey.kid ?? '' }), part(claims)].join(
    '.',
  )
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey.key, utf8(text))
  return `${text}.${spelled(new Uint8Array(signature))}`
}

const spelled = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
