// HubSpot's v1 and v2 are plain digests of secret and content. Whoever has seen one can make the digest
// of that content with more behind it, or pass one off as the other, all without the secret. The first
// test makes such a digest, shows that it is right, and that it opens nothing.

import { describe, expect, it } from 'vitest'
import { hubspot } from '../../src/sources/index.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import { ADDRESS, signAs, signaturesOf } from './sign-as.ts'

const NOW_MS = 1_793_000_000_000
const SECRET = '7f1c2b1e-0000-4000-8000-hubspotsecret'
const BODY = '[{"subscriptionType":"deal.propertyChange"}]'
const endpoint = hubspot({ secret: 'HUBSPOT_WEBHOOK_SECRET', mode: 'test' })
const [, v2, v1] = signaturesOf(endpoint)

const utf8 = (text: string) => Uint8Array.from(new TextEncoder().encode(text))
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const hex = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The first 32 bits behind the point of a root; FIPS 180-4, 4.2.2. */
const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32)
const PRIMES = Array.from({ length: 311 }, (_, at) => at + 2).filter((each) =>
  Array.from({ length: each - 2 }, (_, at) => at + 2).every((part) => each % part !== 0),
)
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)))
const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** One block of SHA-256, from any state: FIPS 180-4, 6.2.2. */
function compressed(state: readonly number[], block: Uint8Array): number[] {
  const view = new DataView(Uint8Array.from(block).buffer)
  const words = Array.from({ length: 16 }, (_, at) => view.getUint32(at * 4))
  for (let at = 16; at < 64; at += 1) {
    const [far, near] = [words[at - 15]!, words[at - 2]!]
    const first = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3)
    const second = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10)
    words.push((words[at - 16]! + first + words[at - 7]! + second) | 0)
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (const [at, word] of words.entries()) {
    const chosen = (e & f) ^ (~e & g)
    const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + chosen + ROUNDS[at]! + word
    const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
  }
  return [a, b, c, d, e, f, g, h].map((word, at) => (word + state[at]!) | 0)
}

/** What SHA-256 puts behind a message of so many bytes. */
function padding(length: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64 - length)
  padded[0] = 0x80
  new DataView(padded.buffer).setUint32(padded.length - 4, length * 8)
  return padded
}

/** The digest of what `digest` is of, its padding and `suffix`: it needs the length, not the secret. */
function extended(digest: string, length: number, suffix: Uint8Array): string {
  const start = length + padding(length).length
  const rest = joined(suffix, padding(start + suffix.length))
  let state = (digest.match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16) | 0)
  for (let at = 0; at < rest.length; at += 64) state = compressed(state, rest.slice(at, at + 64))
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

async function outcome(headers: Record<string, string>, body: Uint8Array): Promise<string> {
  const request = { method: 'POST', url: ADDRESS, headers: new Headers(headers), body }
  const opened = await openDelivery(endpoint, [SECRET], { ...request, pathToken: null }, NOW_MS)
  return opened.ok ? 'valid' : opened.error.reason
}

const signedBy = async (scheme: typeof v1): Promise<Record<string, string>> =>
  Object.fromEntries(await signAs(scheme!, { secret: SECRET, timestamp: '', id: '', body: BODY }))

describe('of a plain digest', () => {
  it.each([
    ['v1', v1, ''],
    ['v2', v2, `POST${ADDRESS}`],
  ])(
    '%s, one made longer without the secret is right, and is refused',
    async (_, scheme, before) => {
      const headers = await signedBy(scheme)
      expect(await outcome(headers, utf8(BODY))).toBe('valid')
      const length = `${SECRET}${before}${BODY}`.length
      const suffix = utf8(`,${BODY}`)
      const forgedBody = joined(utf8(BODY), padding(length), suffix)
      const forged = extended(headers['x-hubspot-signature'] ?? '', length, suffix)
      const whole = joined(utf8(SECRET + before), forgedBody)
      expect(forged).toBe(hex(new Uint8Array(await crypto.subtle.digest('SHA-256', whole))))
      const sent = { ...headers, 'x-hubspot-signature': forged }
      expect(await outcome(sent, forgedBody)).toBe('body_not_admitted')
    },
  )

  it('one of v2 is not taken for one of v1, though its digest is right', async () => {
    const headers = { ...(await signedBy(v2)), 'x-hubspot-signature-version': 'v1' }
    expect(await outcome(headers, utf8(`POST${ADDRESS}${BODY}`))).toBe('body_not_admitted')
    expect(await outcome(headers, utf8(BODY))).toBe('signature_mismatch')
  })

  it.each(['7', '"text"', 'null', '[1', 'not JSON'])(
    'a body that is %s is refused',
    async (body) => {
      const signing = { secret: SECRET, timestamp: '', id: '', body }
      const headers = Object.fromEntries(await signAs(v1!, signing))
      expect(await outcome(headers, utf8(body))).toBe('body_not_admitted')
    },
  )
})
