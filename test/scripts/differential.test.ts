// Thousands of generated requests, valid and mutated, through our verifier and through the vendors' own
// packages. Every disagreement has to be a policy of ours that is named here. In Node, since inside
// workerd the packages' broken source maps fill the test log.

import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { SignatureScheme } from '../../src/sources/scheme.ts'
import { standard } from '../../src/sources/standard.ts'
import { stripe } from '../../src/sources/stripe.ts'
import { signAs, signaturesOf, verifyAt } from '../sources/sign-as.ts'
import { NOW_MS, REQUESTS, SEED } from './differential.ts'

const STRIPE = stripe({ secret: 'STRIPE_WEBHOOK_SECRET' })
const STANDARD = standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' })
const STRIPE_SCHEME = signaturesOf(STRIPE)[0]!
/** Of both header families; the package knows no asymmetric signatures. */
const STANDARD_SCHEMES = signaturesOf(STANDARD).filter(({ algorithm }) => algorithm !== 'Ed25519')

beforeAll(() => {
  // Only the date: the vendors' verifiers read it, ours takes it as an argument.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS })
})
afterAll(() => {
  vi.useRealTimers()
})

type Sent = { headers: Headers; body: Uint8Array<ArrayBuffer> }
/** `accepts`: who accepts it where both don't agree. `covers`: whether the policy explains a request. */
type Policy = {
  readonly name: string
  readonly accepts: 'we' | 'the vendor'
  readonly covers: (sent: Sent, refusal: string) => boolean
}
type Mutation = {
  readonly name: string
  readonly apply: (sent: Sent, scheme: SignatureScheme) => void
}

const textOf = (headers: Headers, name: string | undefined): string =>
  (name === undefined ? null : headers.get(name)) ?? ''
const bytesOf = (text: string) => new TextEncoder().encode(text)

const onSignature = (name: string, change: (text: string) => string): Mutation => ({
  name,
  apply: ({ headers }, scheme) =>
    headers.set(scheme.headers.signature, change(textOf(headers, scheme.headers.signature))),
})
const onBody = (name: string, change: (body: Uint8Array) => number[]): Mutation => ({
  name,
  apply: (sent) => {
    sent.body = Uint8Array.from(change(sent.body))
  },
})
/** In the signature header's `t=`, or in a header of its own. */
const onTimestamp = (name: string, change: (text: string) => string): Mutation => ({
  name,
  apply: ({ headers }, scheme) => {
    const own = scheme.headers.timestamp
    if (own !== undefined) return headers.set(own, change(textOf(headers, own)))
    const text = textOf(headers, scheme.headers.signature)
    return headers.set(
      scheme.headers.signature,
      text.replace(/^t=([^,]*)/, (_, time: string) => `t=${change(time)}`),
    )
  },
})
const another = (char: string): string => (char === 'a' ? 'b' : 'a')

const MUTATIONS: readonly Mutation[] = [
  onBody('a byte more', (body) => [...body, 32]),
  onBody('a byte less', (body) => [...body].slice(0, -1)),
  onBody('a bit flipped', (body) => [...body].map((byte, at) => (at === 3 ? byte ^ 1 : byte))),
  onBody('no body', () => []),
  onSignature('no signature', () => ''),
  onSignature(
    'one character changed',
    (text) => text.slice(0, -9) + another(text.at(-9) ?? '') + text.slice(-8),
  ),
  onSignature('cut short', (text) => text.slice(0, -1)),
  onSignature('a character more', (text) => `${text}a`),
  onSignature('capitals', (text) => text.replace(/[0-9a-f]{64}/g, (hex) => hex.toUpperCase())),
  onSignature('another version', (text) => text.replace(/v1(?=[=,])/, 'v0')),
  onSignature('no version', (text) => text.replace(/v1[=,]/, '')),
  onSignature(
    'something after the signature',
    (text) => `${text}${text.includes('=') && text.startsWith('t=') ? '=' : ','}more`,
  ),
  onTimestamp('a second earlier', (time) => String(Number(time) - 1)),
  onTimestamp('no time', () => ''),
  onTimestamp('a word for a time', () => 'now'),
  onTimestamp('letters behind the time', (time) => `${time}abc`),
  onTimestamp('a nought before the time', (time) => `0${time}`),
  onTimestamp('a plus before the time', (time) => `+${time}`),
  onTimestamp('a fraction behind the time', (time) => `${time}.5`),
  {
    name: 'the signature header twice',
    apply: ({ headers }, { headers: { signature } }) =>
      headers.append(signature, textOf(headers, signature)),
  },
  {
    name: 'the good one, and a bad one in a second header',
    apply: ({ headers }, { headers: { signature } }) =>
      headers.append(signature, textOf(headers, signature).slice(0, -9)),
  },
  {
    name: 'the signature header gone',
    apply: ({ headers }, { headers: { signature } }) => headers.delete(signature),
  },
]

const STRIPE_MUTATIONS: readonly Mutation[] = [
  ...MUTATIONS,
  onSignature('a bad signature before', (text) => text.replace(',', `,v1=${'0'.repeat(64)},`)),
  onSignature('a v0 beside', (text) => `${text},v0=${'0'.repeat(64)}`),
  onSignature('eleven signatures', (text) => text + `,v1=${'0'.repeat(64)}`.repeat(10)),
  onSignature('blanks behind the commas', (text) => text.replaceAll(',', ', ')),
  onSignature('the time again', (text) => `${text},${text.split(',')[0]}`),
  onSignature('another time before', (text) => `t=1,${text}`),
  onSignature('the order turned round', (text) => text.split(',').toReversed().join(',')),
  onSignature('unknown pairs', (text) => `${text},x=1,flag`),
  onSignature('a header of 5,000 characters', (text) => `${text},x=${'1'.repeat(5_000)}`),
]

const STANDARD_MUTATIONS: readonly Mutation[] = [
  ...MUTATIONS,
  onSignature('a bad signature before', (text) => `v1,${'A'.repeat(43)}= ${text}`),
  onSignature('an asymmetric one beside', (text) => `${text} v1a,${'A'.repeat(86)}==`),
  onSignature('eleven signatures', (text) => text + ` v1,${'A'.repeat(43)}=`.repeat(10)),
  onSignature('two blanks between', (text) => `v2,x  ${text}`),
  onSignature('no padding', (text) => text.replace(/=+$/, '')),
  onSignature('a header of 5,000 characters', (text) => `${text} v2,${'1'.repeat(5_000)}`),
  {
    name: 'another id',
    apply: ({ headers }, { headers: { id = '' } }) => headers.set(id, 'msg_other'),
  },
  { name: 'no id', apply: ({ headers }, { headers: { id = '' } }) => headers.delete(id) },
]

const requests = (mutations: readonly Mutation[], ids: fc.Arbitrary<string>) =>
  fc.record({
    body: fc.oneof(
      { weight: 6, arbitrary: fc.object({ maxDepth: 2 }).map((each) => JSON.stringify(each)) },
      {
        weight: 2,
        arbitrary: fc
          .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
          .map((each) => JSON.stringify({ each })),
      },
      { weight: 1, arbitrary: fc.constantFrom('', '\ufeff{"with":"a byte order mark"}') },
    ),
    age: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      fc.integer({ min: -320, max: 320 }),
      fc.constantFrom(-301, -300, -299, 299, 300, 301, 100_000),
    ),
    signedBy: fc.constantFrom('current', 'current', 'current', 'previous', 'other'),
    id: ids,
    mutations: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
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

type Tally = Map<string, number>
const count = (tally: Tally, key: string) => tally.set(key, (tally.get(key) ?? 0) + 1)

/** Fails on a disagreement that no policy explains. */
function compare(
  tally: Tally,
  policies: readonly Policy[],
  sent: Sent,
  ours: Awaited<ReturnType<typeof verifyAt>>,
  vendors: boolean,
): void {
  if (ours.ok === vendors) {
    count(tally, vendors ? 'both accept' : 'both refuse')
    return
  }
  const refusal = ours.ok ? '' : ours.error.reason
  const accepts = ours.ok ? 'we' : 'the vendor'
  const policy = policies.find((each) => each.accepts === accepts && each.covers(sent, refusal))
  const request = { headers: [...sent.headers], body: new TextDecoder().decode(sent.body) }
  expect(
    policy?.name,
    `only ${accepts} accept: ${refusal} ${JSON.stringify(request)}`,
  ).toBeDefined()
  count(tally, policy?.name ?? '')
}

/** Each policy was needed, and most requests were no matter of policy: else this would prove little. */
function expectMeaningful(tally: Tally, policies: readonly Policy[]): void {
  for (const { name } of policies) expect(tally.get(name) ?? 0, name).toBeGreaterThan(0)
  expect(tally.get('both accept') ?? 0).toBeGreaterThan(REQUESTS / 10)
  expect(tally.get('both refuse') ?? 0).toBeGreaterThan(REQUESTS / 4)
  expect([...tally.values()].reduce((sum, each) => sum + each, 0)).toBe(REQUESTS)
}

const starts = (body: Uint8Array, ...bytes: number[]): boolean =>
  bytes.every((byte, at) => body[at] === byte)

const STRIPE_SECRETS = {
  current: 'whsec_current',
  previous: 'whsec_previous',
  other: 'whsec_other',
}
const signatureOf = ({ headers }: Sent): string => textOf(headers, 'stripe-signature')
const timesOf = (sent: Sent): string[] =>
  signatureOf(sent)
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith('t='))

const STRIPE_POLICIES: readonly Policy[] = [
  {
    name: 'we refuse a time that is more than 300 s ahead',
    accepts: 'the vendor',
    covers: (_, refusal) => refusal === 'timestamp_ahead',
  },
  {
    name: 'we refuse two times in one header',
    accepts: 'the vendor',
    covers: (sent, refusal) => refusal === 'header_malformed' && timesOf(sent).length > 1,
  },
  {
    name: 'we refuse a time that is not 1 to 11 plain digits, the first no nought',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      refusal === 'timestamp_unreadable' &&
      !timesOf(sent).every((time) => /^t=[1-9]\d{0,10}$/.test(time)),
  },
  {
    name: 'we refuse text behind a signature',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      refusal === 'signature_mismatch' && /v1=[^=,]+=/.test(signatureOf(sent)),
  },
  {
    name: 'we refuse more than ten signatures',
    accepts: 'the vendor',
    covers: (_, refusal) => refusal === 'too_many_signatures',
  },
  {
    name: 'we refuse a header of more than 4,096 characters',
    accepts: 'the vendor',
    covers: (sent, refusal) => refusal === 'header_malformed' && signatureOf(sent).length > 4_096,
  },
  {
    name: 'we accept blanks behind commas',
    accepts: 'we',
    covers: (sent) => /, /.test(signatureOf(sent)),
  },
  {
    name: 'we verify bytes: a byte order mark is signed',
    accepts: 'we',
    covers: ({ body }) => starts(body, 0xef, 0xbb, 0xbf),
  },
]

it(
  `agrees with stripe's own package on ${REQUESTS} requests from seed ${SEED}, save for named policies`,
  { timeout: 300_000 },
  async () => {
    const scheme = STRIPE_SCHEME
    const cryptoProvider = Stripe.createSubtleCryptoProvider()
    const tally: Tally = new Map()
    const vendorAccepts = async (sent: Sent, secret: string): Promise<boolean> => {
      try {
        // verifyHeader is the part of constructEvent that authenticates; the other part parses.
        const { signature } = Stripe.webhooks
        const header = signatureOf(sent)
        return (
          (await signature?.verifyHeaderAsync(
            sent.body,
            header,
            secret,
            300,
            cryptoProvider,
            NOW_MS,
          )) === true
        )
      } catch (error) {
        expect(error).toBeInstanceOf(Stripe.errors.StripeSignatureVerificationError)
        return false
      }
    }
    await fc.assert(
      fc.asyncProperty(requests(STRIPE_MUTATIONS, fc.constant('')), async (request) => {
        const timestamp = NOW_MS / 1_000 - request.age
        const secret = STRIPE_SECRETS[request.signedBy]
        const header = await Stripe.webhooks.generateTestHeaderStringAsync({
          timestamp,
          payload: request.body,
          secret,
          cryptoProvider,
        })
        const sent: Sent = {
          headers: new Headers({ 'stripe-signature': header }),
          body: bytesOf(request.body),
        }
        for (const mutation of request.mutations) mutation.apply(sent, scheme)
        const secrets = [STRIPE_SECRETS.current, STRIPE_SECRETS.previous]
        const ours = await verifyAt(STRIPE.schemes, secrets, sent, NOW_MS)
        const vendors = await Promise.all(secrets.map((each) => vendorAccepts(sent, each)))
        compare(tally, STRIPE_POLICIES, sent, ours, vendors.includes(true))
      }),
      { numRuns: REQUESTS, seed: SEED },
    )
    console.info('stripe', Object.fromEntries(tally))
    expectMeaningful(tally, STRIPE_POLICIES)
  },
)

const STANDARD_SECRETS = {
  current: 'whsec_Y3VycmVudC1zZWNyZXQtb2YtdGhlLWVuZHBvaW50',
  previous: 'cHJldmlvdXMtc2VjcmV0LW9mLXRoZS1lbmRwb2ludA==',
  other: 'whsec_b3RoZXItc2VjcmV0LW9mLW5vLWVuZHBvaW50LQ==',
}
const family = (sent: Sent, part: string): string =>
  sent.headers.get(`svix-${part}`) ?? sent.headers.get(`webhook-${part}`) ?? ''

const STANDARD_POLICIES: readonly Policy[] = [
  {
    name: 'we refuse an id with a dot',
    accepts: 'the vendor',
    covers: (sent, refusal) => refusal === 'header_malformed' && family(sent, 'id').includes('.'),
  },
  {
    name: 'we refuse an id that is not 1 to 256 visible ASCII characters',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      refusal === 'header_malformed' && !/^[\x21-\x7e]{1,256}$/.test(family(sent, 'id')),
  },
  {
    name: 'we refuse a time that is not 1 to 11 plain digits, the first no nought',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      refusal === 'timestamp_unreadable' && !/^[1-9]\d{0,10}$/.test(family(sent, 'timestamp')),
  },
  {
    name: 'we refuse more than ten signatures',
    accepts: 'the vendor',
    covers: (_, refusal) => refusal === 'too_many_signatures',
  },
  {
    name: 'we refuse a header of more than 4,096 characters',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      refusal === 'header_malformed' && family(sent, 'signature').length > 4_096,
  },
  {
    name: 'we refuse text behind a signature',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      refusal === 'signature_mismatch' && /v1,[^, ]+,/.test(family(sent, 'signature')),
  },
]

it(
  `agrees with standardwebhooks' own package on ${REQUESTS} requests from seed ${SEED}, save for named policies`,
  { timeout: 300_000 },
  async () => {
    const tally: Tally = new Map()
    const vendorAccepts = (sent: Sent, secret: string): boolean => {
      const named = ['id', 'timestamp', 'signature'].map((part) => [
        `webhook-${part}`,
        family(sent, part),
      ])
      try {
        const body = new TextDecoder('utf-8', { ignoreBOM: true }).decode(sent.body)
        new Webhook(secret).verify(body, Object.fromEntries(named), { jsonParse: false })
        return true
      } catch (error) {
        expect(error).toHaveProperty('name', 'WebhookVerificationError')
        return false
      }
    }
    const ids = fc.oneof(
      { weight: 6, arbitrary: fc.uuid() },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'msg.1',
          'msg 1',
          'msg_é',
          'x'.repeat(257),
          'x'.repeat(256),
          '~!',
        ),
      },
    )
    const both = fc.tuple(requests(STANDARD_MUTATIONS, ids), fc.constantFrom(...STANDARD_SCHEMES))
    await fc.assert(
      fc.asyncProperty(both, async ([request, scheme]) => {
        const at = new Date(NOW_MS - request.age * 1_000)
        const { signature, timestamp = '', id = '' } = scheme.headers
        const headers = new Headers({
          [signature]: new Webhook(STANDARD_SECRETS[request.signedBy]).sign(
            request.id,
            at,
            request.body,
          ),
          [timestamp]: String(at.getTime() / 1_000),
          [id]: request.id,
        })
        const sent: Sent = { headers, body: bytesOf(request.body) }
        for (const mutation of request.mutations) mutation.apply(sent, scheme)
        const secrets = [STANDARD_SECRETS.current, STANDARD_SECRETS.previous]
        const ours = await verifyAt(STANDARD.schemes, secrets, sent, NOW_MS)
        const vendors = secrets.some((each) => vendorAccepts(sent, each))
        compare(tally, STANDARD_POLICIES, sent, ours, vendors)
      }),
      { numRuns: REQUESTS, seed: SEED },
    )
    console.info('standardwebhooks', Object.fromEntries(tally))
    expectMeaningful(tally, STANDARD_POLICIES)
  },
)

it('a time that was signed with a leading nought is refused by us and by both vendors', async () => {
  const timestamp = `0${NOW_MS / 1_000}`
  const signing = { timestamp, id: 'msg_1', body: '{}' }
  const body = bytesOf('{}')
  const secret = STANDARD_SECRETS.current
  const scheme = STANDARD_SCHEMES[1]!
  const headers = await signAs(scheme, { ...signing, secret })
  const refused = { ok: false, error: { reason: 'timestamp_unreadable' } }
  expect(await verifyAt(STANDARD.schemes, [secret], { headers, body }, NOW_MS)).toEqual(refused)
  expect(() => new Webhook(secret).verify('{}', Object.fromEntries(headers))).toThrow('No matching')

  const stripes = await signAs(STRIPE_SCHEME, {
    ...signing,
    secret: STRIPE_SECRETS.current,
  })
  const request = { headers: stripes, body }
  expect(await verifyAt(STRIPE.schemes, [STRIPE_SECRETS.current], request, NOW_MS)).toEqual(refused)
  const header = stripes.get('stripe-signature') ?? ''
  await expect(
    Stripe.webhooks.constructEventAsync(
      '{}',
      header,
      STRIPE_SECRETS.current,
      300,
      Stripe.createSubtleCryptoProvider(),
      NOW_MS,
    ),
  ).rejects.toThrow('No signatures found matching')
})
