// Requests for a running app that has every source: broken bodies behind a proof that holds, and whole
// or broken bodies behind hostile headers. The shape follows from the seed and the request's number;
// ids, times and signatures are of the moment.

import { createHash, createHmac } from 'node:crypto'
import { BODY_BYTES_MAX } from '../src/domain/limits.ts'
import { secretBytes, textOfBytes } from '../src/sources/bytes.ts'
import { readFacts, readSignatures } from '../src/sources/read-signatures.ts'
import { carrierHeader, type Scheme, type SignatureScheme } from '../src/sources/scheme.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { signedContent } from '../src/sources/verify-signature.ts'
import { BODY_MARK } from './fuzz-http-log.ts'
import { brokenBody, brokenHeaders, type Random } from './fuzz-requests.ts'
import type { Sample } from './samples.ts'
import { parsedBody, writeLetter } from './send-delivery.ts'
import { senderHeaders } from './sender-headers.ts'
import { signDelivery, type SigningOptions } from './sign-delivery.ts'

type Bytes = Uint8Array<ArrayBuffer>

export type FuzzTarget = {
  readonly name: string
  readonly endpoint: Endpoint
  readonly secret: string
  readonly sample: Sample
}

export type FuzzRequest = {
  /** `body`: signed as the sender would, and broken before that. `headers`: broken after it. */
  readonly kind: 'body' | 'headers'
  readonly target: FuzzTarget
  readonly path: string
  /** Names and values by turns, as they go over the wire; a name may come twice. */
  readonly headers: readonly string[]
  readonly body: Bytes
  /** In chunks, without a length. */
  readonly isChunked: boolean
  /** It must be taken: the proof holds and covers or needs nothing of what is broken. */
  readonly isProven: boolean
}

/** Around and above what the door takes. */
const ONCE_IN_HUGE = 200
const HUGE_CHARS_MAX = 1_000_000

const encoder = new TextEncoder()

export async function drawRequest(
  targets: readonly FuzzTarget[],
  origin: string,
  privateKey: NonNullable<SigningOptions['privateKey']>,
  random: Random,
): Promise<FuzzRequest> {
  const target = random.pick(targets)
  const { endpoint, secret, name, sample } = target
  const nowMs = Date.now()
  const letter = writeLetter(endpoint, sample, [], nowMs)
  const scheme = random.pick(endpoint.schemes.filter((each) => fits(each, secret)))
  const path = `/webhooks/${name}`
  const options = { nowMs, id: letter.id, scheme, privateKey, url: origin + path }
  const kind = random.pick(['body', 'headers'] as const)
  const isInBody = scheme.kind === 'secret' && scheme.place.in === 'body'
  const written = marked(letter.body, random)
  const whole = isInBody ? (await signDelivery(endpoint, secret, written, options)).body : written
  const isBroken = kind === 'body' || random.below(4) === 0
  const isHuge = random.below(ONCE_IN_HUGE) === 0
  const text = isHuge ? whole.padEnd(BODY_BYTES_MAX + random.below(HUGE_CHARS_MAX)) : whole
  const body = isBroken ? brokenBody(text, random) : encoder.encode(text)
  const signed = await signBytes(target, body, { ...options, scheme })
  const facts = { id: letter.id, timestamp: null }
  const parsed = parsedBody(endpoint.source, letter.body)
  const headers = new Headers(senderHeaders(endpoint, letter.event, parsed, facts, signed.headers))
  // What the page merely asks for must not stand where another of its schemes carries a proof.
  for (const carrier of endpoint.schemes.map(carrierHeader)) {
    if (carrier !== null && signed.headers[carrier] === undefined) headers.delete(carrier)
  }
  const shared = { target, body, isChunked: random.below(8) === 0 }
  // A plain digest proves JSON only, which these bodies rarely are.
  const isDigest = scheme.kind === 'signature' && scheme.algorithm === 'SHA-256'
  const isLookedInto = isInBody || isDigest || endpoint.admits !== null
  const isProven = !isLookedInto && body.length <= BODY_BYTES_MAX
  if (kind === 'body') {
    return {
      ...shared,
      kind,
      path: path + signed.pathSuffix,
      headers: [...headers].flat(),
      isProven,
    }
  }
  const broken = brokenHeaders({ headers: Object.fromEntries(headers) }, random)
  const suffix = random.below(6) === 0 ? random.pick(SUFFIXES) : signed.pathSuffix
  const hostile = withHostile([...broken].flat(), random)
  return { ...shared, kind, path: path + suffix, headers: hostile, isProven: false }
}

const fits = (scheme: Scheme, secret: string): boolean =>
  scheme.kind !== 'signature' ||
  (scheme.algorithm !== 'Ed25519' && secretBytes(scheme.secret, secret) !== null)

/** In every second body, a text of it ends in the mark, be it an id, a type, or what somebody wrote. */
function marked(text: string, { below }: Random): string {
  if (below(2) === 0) return text
  const ends = [...text.matchAll(/"(?=[,}\]])|<\//g)]
  const at = ends[below(Math.max(ends.length, 1))]?.index ?? text.length
  return text.slice(0, at) + BODY_MARK + text.slice(at)
}

/** As `signDelivery`, over bytes that are no text as well. */
async function signBytes(
  { endpoint, secret }: FuzzTarget,
  body: Bytes,
  options: SigningOptions & { readonly scheme: Scheme; readonly url: string },
): Promise<{ headers: Readonly<Record<string, string>>; pathSuffix: string }> {
  const { scheme, url } = options
  const isInBody = scheme.kind === 'secret' && scheme.place.in === 'body'
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
  const signed = await signDelivery(endpoint, secret, isInBody ? '{}' : text, options)
  if (scheme.kind !== 'signature' || textOfBytes(body) !== null) return signed
  const header = signed.headers[scheme.headers.signature] ?? ''
  const read = readSignatures(scheme, header)
  const facts = read.ok && readFacts(scheme, new Headers(signed.headers), read.value.timestamp)
  if (!read.ok || !facts || !facts.ok) throw new Error('what we signed can not be read')
  const content = signedContent(scheme, facts.value, { method: 'POST', url, body })
  const [old = ''] = read.value.encoded
  const resigned = header.replace(old, () => signature(scheme, secret, content))
  return { ...signed, headers: { ...signed.headers, [scheme.headers.signature]: resigned } }
}

function signature(
  { algorithm, encoding, secret: form }: SignatureScheme,
  secret: string,
  content: Bytes,
): string {
  const key = secretBytes(form, secret) ?? new Uint8Array(0)
  if (algorithm === 'SHA-256') {
    return createHash('sha256').update(key).update(content).digest(encoding)
  }
  const hash = algorithm.replace('HMAC-', '').replace('-', '')
  return createHmac(hash, key).update(content).digest(encoding)
}

/** Behind the endpoint's name. */
const SUFFIXES = ['/', '/x', '/%00', '/%ff', '/%E0%A4%A', '/..%2f', '/a/b', '?x=1', '//', '/%', '-']

const HOSTILE: readonly (readonly [string, string])[] = [
  ['content-encoding', 'gzip'],
  ['content-encoding', 'br, gzip, deflate, zz'],
  ['content-type', ''],
  ['content-type', 'multipart/form-data; boundary='],
  ['content-type', 'application/x-www-form-urlencoded; charset=utf-16'],
  ['x-request-id', '../../../etc/passwd'],
  ['x-request-id', 'a'.repeat(4_000)],
  ['x-forwarded-for', "1.2.3.4, ::1, ' OR 1=1 --"],
  ['x-forwarded-host', 'evil.example'],
  ['cf-connecting-ip', 'not an address'],
  ['cookie', 'a=b; '.repeat(1_000)],
  ['accept-encoding', 'zz;q=1e400'],
  ['__proto__', 'x'],
  ['constructor', '{}'],
  ['x-api-key', 'ck_mg_'],
  ['x-http-method-override', 'DELETE'],
  ['upgrade-insecure-requests', '\u00ff'],
  ['authorization', 'Basic !!!!'],
  ['origin', 'null'],
  ['range', 'bytes=0-,-1'],
]

/** Further headers, and some of those that are there a second time, with what they say or another. */
function withHostile(headers: readonly string[], random: Random): string[] {
  const { below, pick } = random
  const extra = Array.from({ length: below(4) }, () => pick(HOSTILE)).flat()
  const many = below(50) === 0 ? Array.from({ length: 100 }, (_, n) => [`x-${n}`, 'y']).flat() : []
  const at = below(Math.max(headers.length / 2, 1)) * 2
  const twice = below(4) === 0 ? headers.slice(at, at + 2) : []
  const other = below(2) === 0 && twice.length === 2 ? [twice[0] ?? '', 'other'] : twice
  // Of all that a header's value may hold in the other cases, Node's client refuses this alone.
  return [...headers, ...extra, ...many, ...other].map((text) => text.replaceAll('\u007f', ''))
}
