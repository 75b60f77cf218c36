// How a sender proves who it is, as data. sources/verify.ts is the only code that checks it. The
// algorithm is pinned here and never read from a request.

/** How the text of a secret becomes the bytes of a key. */
export type SecretForm =
  | { readonly as: 'utf8' }
  | { readonly as: 'hex' }
  /**
   * `prefixed`: a text without the prefix is unusable, because it may be a key of another kind.
   * `bytesMin`: so is a key of fewer bytes.
   */
  | {
      readonly as: 'base64'
      readonly prefix: string
      readonly prefixed?: boolean
      readonly bytesMin?: number
    }

/** Headers by which one scheme signs; all of them must be there. Names are lower case. */
export type SignatureHeaders = {
  readonly signature: string
  readonly timestamp?: string
  readonly id?: string
}

/** One piece of what is signed, as bytes of the request; `text` stands between them. */
export type SignedPart = 'id' | 'timestamp' | 'method' | 'url' | 'body' | { readonly text: string }

/**
 * How the signature header is written. `plain`: the signature alone, behind a fixed prefix such as
 * `sha256=`. `pairs`: `t=…,v1=…`, one time and any number of signatures. `versions`: `v1,… v1,…`.
 */
export type SignatureForm =
  | { readonly kind: 'plain'; readonly prefix?: string }
  | {
      readonly kind: 'pairs'
      readonly separator: ',' | ';'
      readonly timestamp: string
      readonly signature: string
    }
  | { readonly kind: 'versions'; readonly version: string }

/** `base64url` has padding or none; the others have one spelling. */
export type SignatureEncoding = 'hex' | 'base64' | 'base64url'

export type SignatureScheme = {
  readonly kind: 'signature'
  /** `SHA-256` is the digest of secret and content one after the other, as HubSpot's v1 and v2. */
  readonly algorithm: 'HMAC-SHA-256' | 'HMAC-SHA-1' | 'HMAC-SHA-512' | 'SHA-256' | 'Ed25519'
  readonly secret: SecretForm
  readonly headers: SignatureHeaders
  /** Only where another header has this value. */
  readonly when?: { readonly header: string; readonly is: string }
  readonly form: SignatureForm
  readonly encoding: SignatureEncoding
  /** The hex digits may be capitals as well, as .NET writes them; never both kinds mixed. */
  readonly capitals?: boolean
  readonly timestamp: 'seconds' | 'milliseconds' | 'rfc3339' | 'none'
  /** How far the timestamp may be off, both ways; by default SIGNATURE_TOLERANCE_SECONDS. */
  readonly toleranceSeconds?: number
  readonly signed: readonly SignedPart[]
  /** Escapes such as `%3A` that the sender decodes in the address's query before it signs. */
  readonly urlEscapesDecoded?: readonly string[]
}

/**
 * A secret that the sender repeats: `basic` is `user:password`, `path` the last segment of the
 * address (`/webhooks/<endpoint>/<secret>`), `body` a top-level field of the JSON body.
 */
export type SharedSecretScheme = {
  readonly kind: 'secret'
  readonly place:
    | { readonly in: 'header'; readonly header: string }
    | { readonly in: 'basic' }
    | { readonly in: 'bearer' }
    | { readonly in: 'path' }
    | { readonly in: 'body'; readonly field: string }
}

/** A token that the sender signs by RS256. The secret is the text `<iss>|<aud>` it must name. */
export type TokenScheme = {
  readonly kind: 'jwt'
  readonly header: string
  /** Where the sender publishes its keys, a JWK set; they reach the verifier as an argument. */
  readonly keysAddress: string
}

export type Scheme = SignatureScheme | SharedSecretScheme | TokenScheme

/** At least one; the first that the request carries is the one that must hold. */
export type Schemes = readonly [Scheme, ...Scheme[]]

/** A public RSA key of a JWK set. */
export type PublicKey = {
  readonly kty: 'RSA'
  readonly n: string
  readonly e: string
  readonly kid: string
}

/** Whether what the scheme proves includes the body: without it, whoever has a token can write it. */
export const coversBody = (scheme: Scheme): boolean =>
  scheme.kind === 'signature' && scheme.signed.includes('body')

/** The header that carries the proof; null where it is in the address or the body. */
export function carrierHeader(scheme: Scheme): string | null {
  if (scheme.kind === 'signature') return scheme.headers.signature
  if (scheme.kind === 'jwt') return scheme.header
  const { place } = scheme
  if (place.in === 'header') return place.header
  return place.in === 'basic' || place.in === 'bearer' ? 'authorization' : null
}
