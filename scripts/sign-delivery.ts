// Signs a delivery as its sender would, from the same data that the door checks it by. For the demo,
// `npm run send` and tests; that the data is right is proven against the vendors' own packages.

import type { SignatureScheme, Source } from '../src/sources/source.ts'

export type SigningOptions = {
  readonly nowMs: number
  /** Of schemes that sign an id: the delivery's own. */
  readonly id?: string
}

/** The headers that a sender of this source adds to the body. */
export async function signDelivery(
  source: Source,
  secret: string,
  body: string,
  { nowMs, id = 'msg_1' }: SigningOptions,
): Promise<Record<string, string>> {
  const scheme = source.schemes.at(-1) ?? source.schemes[0]
  const seconds = Math.floor(nowMs / 1_000)
  const timestamp =
    scheme.timestamp === 'rfc3339'
      ? new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
      : String(seconds)
  const content = scheme.signed.map((part) => ({ body, id, timestamp, '.': '.' })[part]).join('')
  const signature = encode(await hmac(scheme, secret, content), scheme.encoding)
  const { headers } = scheme
  return {
    'content-type': 'application/json',
    [headers.signature]: written(scheme, signature, timestamp),
    ...(headers.timestamp === undefined ? {} : { [headers.timestamp]: timestamp }),
    ...(headers.id === undefined ? {} : { [headers.id]: id }),
  }
}

function written({ form }: SignatureScheme, signature: string, timestamp: string): string {
  if (form.kind === 'pairs') return `${form.timestamp}=${timestamp},${form.signature}=${signature}`
  return form.kind === 'versions' ? `${form.version},${signature}` : signature
}

async function hmac(scheme: SignatureScheme, secret: string, content: string): Promise<Uint8Array> {
  const { secret: form } = scheme
  const bytes =
    form.as === 'utf8'
      ? new TextEncoder().encode(secret)
      : Uint8Array.fromBase64(
          secret.startsWith(form.prefix) ? secret.slice(form.prefix.length) : secret,
        )
  const algorithm = { name: 'HMAC', hash: scheme.hash }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(content)))
}

const encode = (bytes: Uint8Array, encoding: 'hex' | 'base64'): string =>
  encoding === 'hex' ? bytes.toHex() : bytes.toBase64()
