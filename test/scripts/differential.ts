// What the differential tests of vendors' own packages share: generated requests, mutations of them,
// and the rule that every disagreement is a policy of ours with a name.

import fc from 'fast-check'
import { expect } from 'vitest'
import type { Result } from '../../src/domain/result.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import type { ProvenRequest } from '../../src/sources/proof.ts'
import type { Refusal } from '../../src/sources/refusal.ts'
import type { SignatureScheme } from '../../src/sources/scheme.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import { signAs } from '../sources/sign-as.ts'

export const NOW_MS = 1_793_000_000_000
/** `DIFFERENTIAL_COUNT=20000` is the full run; `DIFFERENTIAL_SEED` repeats one. */
export const REQUESTS = Number(process.env['DIFFERENTIAL_COUNT'] || 2_000)
export const SEED = Number(process.env['DIFFERENTIAL_SEED'] || Date.now() % 1_000_000_000)

export type Sent = { url: string; headers: Headers; body: Uint8Array<ArrayBuffer> }
export type Policy = {
  readonly name: string
  readonly accepts: 'we' | 'the vendor'
  readonly covers: (sent: Sent, refusal: string) => boolean
}
export type Mutation = {
  readonly name: string
  readonly apply: (sent: Sent, scheme: SignatureScheme) => void
}
export type Vendor = {
  readonly endpoint: Endpoint
  readonly schemes: readonly SignatureScheme[]
  /** Headers that the vendor wants and we don't. */
  readonly headers?: (scheme: SignatureScheme) => Readonly<Record<string, string>>
  /** Puts the time into the body, where it stands there. */
  readonly withTime?: (body: object, ms: number) => object
  readonly accepts: (sent: Sent, secret: string) => Promise<boolean>
  readonly mutations: readonly Mutation[]
  readonly policies: readonly Policy[]
}

export const textOf = (headers: Headers, name: string | undefined): string =>
  (name === undefined ? null : headers.get(name)) ?? ''
/** A byte order mark is kept. */
export const bodyText = ({ body }: Sent): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)

export const onSignature = (name: string, change: (text: string) => string): Mutation => ({
  name,
  apply: ({ headers }, { headers: { signature } }) =>
    headers.set(signature, change(textOf(headers, signature))),
})
const onBody = (name: string, change: (body: Uint8Array) => number[]): Mutation => ({
  name,
  apply: (sent) => {
    sent.body = Uint8Array.from(change(sent.body))
  },
})
/** Of a scheme with a header for the time. */
export const onTime = (name: string, change: (text: string) => string): Mutation => ({
  name,
  apply: ({ headers }, { headers: { timestamp } }) => {
    if (timestamp !== undefined) headers.set(timestamp, change(textOf(headers, timestamp)))
  },
})

export const MUTATIONS: readonly Mutation[] = [
  onBody('a byte more', (body) => [...body, 32]),
  onBody('a byte less', (body) => [...body].slice(0, -1)),
  onBody('a bit flipped', (body) => [...body].map((byte, at) => (at === 3 ? byte ^ 1 : byte))),
  onBody('a byte order mark before', (body) => [0xef, 0xbb, 0xbf, ...body]),
  onBody('no body', () => []),
  onSignature('no signature', () => ''),
  onSignature('one character changed', (text) => {
    const other = text.at(-9) === 'a' ? 'b' : 'a'
    return text.slice(0, -9) + other + text.slice(-8)
  }),
  onSignature('cut short', (text) => text.slice(0, -1)),
  onSignature('a character more', (text) => `${text}a`),
  onSignature('capitals', (text) => text.toUpperCase()),
  onSignature('small letters', (text) => text.toLowerCase()),
  onSignature('no prefix', (text) => text.replace(/^.*=(?=.{64}$)/, '')),
  onSignature('another prefix', (text) => text.replace('sha256', 'sha1')),
  onSignature('blanks round it', (text) => `  ${text} `),
  onSignature('a blank inside', (text) => `${text.slice(0, 20)} ${text.slice(20)}`),
  onSignature('no padding', (text) => text.replace(/=+$/, '')),
  onSignature('a header of 5,000 characters', (text) => text + 'a'.repeat(5_000)),
  {
    name: 'the signature header twice',
    apply: ({ headers }, { headers: { signature } }) =>
      headers.append(signature, textOf(headers, signature)),
  },
  {
    name: 'the signature header gone',
    apply: ({ headers }, { headers: { signature } }) => headers.delete(signature),
  },
]

const SECRETS = { current: 'the-current-secret', previous: 'the previous sécret', other: 'other' }

const requests = ({ mutations, schemes, withTime }: Vendor) =>
  fc.record({
    scheme: fc.constantFrom(...schemes),
    body: fc.oneof(
      { weight: 6, arbitrary: fc.object({ maxDepth: 2 }) },
      {
        weight: 2,
        arbitrary: fc.record({
          text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        }),
      },
    ),
    isEmpty: withTime ? fc.constant(false) : fc.nat(19).map((draw) => draw === 0),
    ageMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      fc.integer({ min: -320, max: 320 }).map((seconds) => seconds * 1_000),
      fc.constantFrom(
        -1e8,
        -1e7,
        -1e6,
        -4e5,
        -302e3,
        -301e3,
        -300e3,
        -60_001,
        -60e3,
        5e3,
        6e3,
        60e3,
        60_001,
        300e3,
        301e3,
        1e8,
      ),
    ),
    signedBy: fc.constantFrom('current', 'current', 'current', 'previous', 'other'),
    mutations: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      {
        weight: 4,
        arbitrary: fc.array(fc.constantFrom(...mutations), { minLength: 1, maxLength: 1 }),
      },
      {
        weight: 1,
        arbitrary: fc.array(fc.constantFrom(...mutations), { minLength: 2, maxLength: 2 }),
      },
    ),
  })

/** Runs REQUESTS requests; answers how often both agreed, and how often each policy was needed. */
export async function differ(vendor: Vendor): Promise<Readonly<Record<string, number>>> {
  const tally = new Map<string, number>()
  const secrets = [SECRETS.current, SECRETS.previous]
  await fc.assert(
    fc.asyncProperty(requests(vendor), async (request) => {
      const { scheme } = request
      const at = NOW_MS - request.ageMs
      const body = vendor.withTime?.(request.body, at) ?? request.body
      const sent: Sent = {
        url: 'https://makegood.example/webhooks/here?a=b%20c',
        headers: new Headers(vendor.headers?.(scheme)),
        body: new TextEncoder().encode(request.isEmpty ? '' : JSON.stringify(body)),
      }
      const timestamp = String(scheme.timestamp === 'milliseconds' ? at : Math.floor(at / 1_000))
      const secret = SECRETS[request.signedBy]
      const signing = { secret, timestamp, id: '', body: sent.body, url: sent.url }
      for (const [name, value] of await signAs(scheme, signing)) sent.headers.set(name, value)
      for (const mutation of request.mutations) mutation.apply(sent, scheme)
      const incoming: ProvenRequest = { method: 'POST', ...sent, pathToken: null }
      const ours = await openDelivery(vendor.endpoint, secrets, incoming, NOW_MS)
      const theirs = await Promise.all(secrets.map((each) => vendor.accepts(sent, each)))
      const key = agreement(vendor.policies, sent, ours, theirs.includes(true))
      tally.set(key, (tally.get(key) ?? 0) + 1)
    }),
    { numRuns: REQUESTS, seed: SEED },
  )
  return Object.fromEntries(tally)
}

/** Fails on a disagreement that no policy explains. */
function agreement(
  policies: readonly Policy[],
  sent: Sent,
  ours: Result<unknown, Refusal>,
  theirs: boolean,
): string {
  if (ours.ok === theirs) return theirs ? 'both accept' : 'both refuse'
  const refusal = ours.ok ? '' : ours.error.reason
  const accepts = ours.ok ? 'we' : 'the vendor'
  const policy = policies.find((each) => each.accepts === accepts && each.covers(sent, refusal))
  const request = JSON.stringify({ headers: [...sent.headers], body: bodyText(sent) })
  expect(policy?.name, `only ${accepts} accept: ${refusal} ${request}`).toBeDefined()
  return policy?.name ?? ''
}

/** Each policy was needed, and most requests were no matter of policy: else this would prove little. */
export function expectMeaningful(
  tally: Readonly<Record<string, number>>,
  policies: readonly Policy[],
): void {
  for (const { name } of policies) expect(tally[name] ?? 0, name).toBeGreaterThan(0)
  expect(tally['both accept'] ?? 0).toBeGreaterThan(REQUESTS / 10)
  expect(tally['both refuse'] ?? 0).toBeGreaterThan(REQUESTS / 4)
  expect(Object.values(tally).reduce((sum, each) => sum + each, 0)).toBe(REQUESTS)
}
