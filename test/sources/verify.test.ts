// The required cases of a verifier, as one table over all sources: a new source is a new row of
// SENDERS. And the published vectors, through the same function that guards the door.

import { describe, expect, it } from 'vitest'
import {
  SIGNATURE_HEADER_CHARS_MAX,
  SIGNATURE_TOLERANCE_SECONDS,
  SIGNATURES_PER_HEADER_MAX,
} from '../../src/domain/limits.ts'
import type { SignatureScheme, Source } from '../../src/sources/source.ts'
import { standardSource } from '../../src/sources/standard.ts'
import { stripeSource } from '../../src/sources/stripe.ts'
import { verify } from '../../src/sources/verify.ts'
import { zendeskSource } from '../../src/sources/zendesk.ts'
import vectors from '../fixtures/vectors.json'
import { signAs, type Signing } from './sign-as.ts'

const NOW_SECONDS = 1_793_000_000
const BODY = '{"amount":1250,"memo":"追加席 ✓"}'

type Sender = {
  readonly name: string
  readonly source: Source
  readonly scheme: SignatureScheme
  readonly secret: string
  readonly other: string
}

const WEBHOOK_SECRET = 'whsec_dGVzdC1zdGFuZGFyZC13ZWJob29rcy1zZWNyZXQ='
const OTHER_WEBHOOK_SECRET = 'whsec_YW5vdGhlci1zdGFuZGFyZC13ZWJob29rcy1rZXk='
const schemeOf = (source: Source, header: string): SignatureScheme => {
  const scheme = source.schemes.find((each) => each.headers.signature === header)
  if (!scheme) throw new Error(`${source.name} does not sign by ${header}`)
  return scheme
}

const SENDERS: readonly Sender[] = [
  {
    name: 'stripe',
    source: stripeSource,
    scheme: schemeOf(stripeSource, 'stripe-signature'),
    secret: 'whsec_test_stripe',
    other: 'whsec_other_stripe',
  },
  {
    name: 'standard (webhook-*)',
    source: standardSource,
    scheme: schemeOf(standardSource, 'webhook-signature'),
    secret: WEBHOOK_SECRET,
    other: OTHER_WEBHOOK_SECRET,
  },
  {
    name: 'standard (svix-*)',
    source: standardSource,
    scheme: schemeOf(standardSource, 'svix-signature'),
    secret: WEBHOOK_SECRET,
    other: OTHER_WEBHOOK_SECRET,
  },
  {
    name: 'zendesk',
    source: zendeskSource,
    scheme: schemeOf(zendeskSource, 'x-zendesk-webhook-signature'),
    secret: 'dGVzdC16ZW5kZXNr',
    other: 'b3RoZXItemVuZGVzaw==',
  },
]

type Case = {
  readonly name: string
  /** What was signed; by default BODY with the sender's secret, now. */
  readonly signing?: (sender: Sender) => Partial<Signing>
  /** What the request became on its way. */
  readonly change?: (headers: Headers, sender: Sender) => void
  readonly body?: string | Uint8Array
  readonly secrets?: (sender: Sender) => readonly string[]
  /** `valid`, or the reason of the refusal; or one for each sender that differs. */
  readonly expected: string | ((sender: Sender) => string)
  /** Schemes that can't have this case, and why. */
  readonly impossible?: (sender: Sender) => string | null
}

const isList = ({ scheme }: Sender): boolean => scheme.form.kind !== 'plain'
const needsList = (sender: Sender) => (isList(sender) ? null : 'its header holds one signature')
const needsId = (sender: Sender) => (sender.scheme.headers.id ? null : 'it signs no id')
const needsTimeHeader = (sender: Sender) =>
  sender.scheme.headers.timestamp ? null : 'its time is in the signature header'
const textAt = (seconds: number, { scheme }: Sender): string =>
  scheme.timestamp === 'rfc3339'
    ? new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
    : String(seconds)
const at = (offset: number) => (sender: Sender) => ({
  timestamp: textAt(NOW_SECONDS + offset, sender),
})

/** The signature header with this many signatures before the good one. */
function crowd(headers: Headers, { scheme }: Sender, before: readonly string[]): void {
  const name = scheme.headers.signature
  const good = headers.get(name) ?? ''
  if (scheme.form.kind === 'versions') headers.set(name, [...before, good].join(' '))
  if (scheme.form.kind === 'pairs') {
    const [time = '', ...rest] = good.split(',')
    headers.set(name, [time, ...before.map((each) => each.replace(',', '=')), ...rest].join(','))
  }
}
const WRONG = (scheme: SignatureScheme): string =>
  scheme.encoding === 'hex' ? `v1,${'00'.repeat(32)}` : `v1,${'A'.repeat(43)}=`

/** One character near the end of the text, made another one that hex and base64 both know. */
const withOneChanged = (text: string): string =>
  text.slice(0, -12) + (text.at(-12) === 'a' ? 'b' : 'a') + text.slice(-11)

const CASES: readonly Case[] = [
  { name: 'a valid request', expected: 'valid' },
  {
    name: 'a body of multi-byte text',
    signing: () => ({ body: '株式会社 😀' }),
    body: '株式会社 😀',
    expected: 'valid',
  },
  {
    name: 'a body that is no text at all',
    signing: () => ({ body: Uint8Array.of(0, 255, 254, 128, 13, 10) }),
    body: Uint8Array.of(0, 255, 254, 128, 13, 10),
    expected: 'valid',
  },
  {
    name: 'an empty body that was signed',
    signing: () => ({ body: '' }),
    body: '',
    expected: 'valid',
  },
  { name: 'a body that was emptied', body: '', expected: 'signature_mismatch' },
  { name: 'a body with a byte more', body: `${BODY} `, expected: 'signature_mismatch' },
  {
    name: 'a body with a byte order mark put before it',
    body: `\ufeff${BODY}`,
    expected: 'signature_mismatch',
  },
  {
    name: 'a body written again as JSON',
    body: JSON.stringify(JSON.parse(BODY), null, 1),
    expected: 'signature_mismatch',
  },
  {
    name: 'another secret',
    signing: ({ other }) => ({ secret: other }),
    expected: 'signature_mismatch',
  },
  {
    name: 'no signature header',
    change: (headers, { scheme }) => headers.delete(scheme.headers.signature),
    expected: 'header_missing',
  },
  {
    name: 'no headers at all',
    change: (headers) => [...headers.keys()].forEach((name) => headers.delete(name)),
    expected: 'header_missing',
  },
  {
    name: 'an empty signature header',
    change: (headers, { scheme }) => headers.set(scheme.headers.signature, ''),
    expected: (sender) => (isList(sender) ? 'header_malformed' : 'signature_mismatch'),
  },
  {
    name: 'garbage for a signature',
    change: (headers, { scheme }) => headers.set(scheme.headers.signature, '%%% not a signature'),
    expected: (sender) => (isList(sender) ? 'header_malformed' : 'signature_mismatch'),
  },
  {
    name: 'no timestamp header',
    change: (headers, { scheme }) => headers.delete(scheme.headers.timestamp ?? ''),
    impossible: needsTimeHeader,
    expected: 'header_missing',
  },
  {
    name: 'no id header',
    change: (headers, { scheme }) => headers.delete(scheme.headers.id ?? ''),
    impossible: needsId,
    expected: 'header_missing',
  },
  {
    name: 'an id that was swapped',
    change: (headers, { scheme }) => headers.set(scheme.headers.id ?? '', 'msg_2'),
    impossible: needsId,
    expected: 'signature_mismatch',
  },
  {
    name: 'a signed id with a dot',
    signing: () => ({ id: 'msg.1' }),
    impossible: needsId,
    expected: 'header_malformed',
  },
  {
    name: 'a signed id with a blank',
    signing: () => ({ id: 'msg 1' }),
    impossible: needsId,
    expected: 'header_malformed',
  },
  {
    name: 'a signed id of 257 characters',
    signing: () => ({ id: 'x'.repeat(257) }),
    impossible: needsId,
    expected: 'header_malformed',
  },
  { name: 'exactly 300 s old', signing: at(-SIGNATURE_TOLERANCE_SECONDS), expected: 'valid' },
  { name: '301 s old', signing: at(-SIGNATURE_TOLERANCE_SECONDS - 1), expected: 'timestamp_stale' },
  { name: 'exactly 300 s ahead', signing: at(SIGNATURE_TOLERANCE_SECONDS), expected: 'valid' },
  {
    name: '301 s ahead',
    signing: at(SIGNATURE_TOLERANCE_SECONDS + 1),
    expected: 'timestamp_ahead',
  },
  { name: 'an hour old', signing: at(-3_600), expected: 'timestamp_stale' },
  ...[
    '',
    'now',
    'NaN',
    '1e9',
    '0x6ADF',
    '-1793000000',
    '1793000000.5',
    '１７９３００００００',
    '999999999999',
    '2026-10-26',
    'Infinity',
  ].map((timestamp): Case => ({
    name: `the timestamp "${timestamp}", signed`,
    signing: () => ({
      timestamp: [...timestamp].map((char) => (char > '~' ? '?' : char)).join(''),
    }),
    expected: (sender) =>
      timestamp === '' && sender.scheme.headers.timestamp
        ? 'header_malformed'
        : 'timestamp_unreadable',
  })),
  {
    name: 'another timestamp than was signed',
    change: (headers, sender) => {
      const { signature, timestamp } = sender.scheme.headers
      const name = timestamp ?? signature
      const [now, earlier] = [textAt(NOW_SECONDS, sender), textAt(NOW_SECONDS - 1, sender)]
      headers.set(name, (headers.get(name) ?? '').replace(now, earlier))
    },
    expected: 'signature_mismatch',
  },
  {
    name: 'the previous secret, while two are set',
    signing: ({ other }) => ({ secret: other }),
    secrets: ({ secret, other }) => [secret, other],
    expected: 'valid',
  },
  {
    name: 'the current secret, while two are set',
    secrets: ({ secret, other }) => [secret, other],
    expected: 'valid',
  },
  {
    name: 'a secret that is set no more',
    signing: () => ({}),
    secrets: ({ other }) => [other],
    expected: 'signature_mismatch',
  },
  { name: 'no secret', secrets: () => [], expected: 'signature_mismatch' },
  {
    name: "a secret that is not of the scheme's form",
    secrets: () => ['whsec_%%%'],
    expected: ({ scheme }) =>
      scheme.secret.as === 'base64' ? 'secret_unusable' : 'signature_mismatch',
  },
  {
    name: 'an empty secret',
    secrets: () => ['whsec_'],
    expected: ({ scheme }) =>
      scheme.secret.as === 'base64' ? 'secret_unusable' : 'signature_mismatch',
  },
  {
    name: 'a second signature that is good',
    change: (headers, sender) => crowd(headers, sender, [WRONG(sender.scheme)]),
    impossible: needsList,
    expected: 'valid',
  },
  {
    name: 'as many signatures as are allowed',
    change: (headers, sender) =>
      crowd(
        headers,
        sender,
        Array.from({ length: SIGNATURES_PER_HEADER_MAX - 1 }, () => WRONG(sender.scheme)),
      ),
    impossible: needsList,
    expected: 'valid',
  },
  {
    name: 'one signature too many',
    change: (headers, sender) =>
      crowd(
        headers,
        sender,
        Array.from({ length: SIGNATURES_PER_HEADER_MAX }, () => WRONG(sender.scheme)),
      ),
    impossible: needsList,
    expected: 'too_many_signatures',
  },
  {
    name: 'unknown versions beside a good signature',
    change: (headers, sender) => crowd(headers, sender, ['v0,x', 'v2,y', 'v1a,z']),
    impossible: needsList,
    expected: 'valid',
  },
  {
    name: 'the good signature as v0 only',
    change: (headers, { scheme }) => {
      const name = scheme.headers.signature
      headers.set(name, (headers.get(name) ?? '').replace(/\bv1(?=[,=])/, 'v0'))
    },
    impossible: needsList,
    expected: 'header_malformed',
  },
  {
    name: 'the whole signature header sent twice',
    change: (headers, { scheme }) =>
      headers.append(scheme.headers.signature, headers.get(scheme.headers.signature) ?? ''),
    // Two times in one header are refused; a list of signatures is only longer; two texts are no base64.
    expected: ({ scheme }) =>
      ({ pairs: 'header_malformed', versions: 'valid', plain: 'signature_mismatch' })[
        scheme.form.kind
      ],
  },
  {
    name: 'the timestamp header sent twice',
    change: (headers, { scheme }) =>
      headers.append(
        scheme.headers.timestamp ?? '',
        headers.get(scheme.headers.timestamp ?? '') ?? '',
      ),
    impossible: needsTimeHeader,
    expected: 'header_malformed',
  },
  {
    name: 'the id header sent twice',
    change: (headers, { scheme }) =>
      headers.append(scheme.headers.id ?? '', headers.get(scheme.headers.id ?? '') ?? ''),
    impossible: needsId,
    expected: 'header_malformed',
  },
  {
    name: 'a signature header longer than its limit',
    change: (headers, { scheme }) =>
      headers.set(
        scheme.headers.signature,
        `${headers.get(scheme.headers.signature) ?? ''} ${'x'.repeat(SIGNATURE_HEADER_CHARS_MAX)}`,
      ),
    expected: 'header_malformed',
  },
  {
    name: 'one character of the signature changed',
    change: (headers, { scheme }) =>
      headers.set(
        scheme.headers.signature,
        withOneChanged(headers.get(scheme.headers.signature) ?? ''),
      ),
    expected: 'signature_mismatch',
  },
  {
    name: 'the signature cut in half',
    change: (headers, { scheme }) =>
      headers.set(
        scheme.headers.signature,
        (headers.get(scheme.headers.signature) ?? '').slice(0, -20),
      ),
    expected: 'signature_mismatch',
  },
  {
    name: 'another spelling of the right bytes',
    change: (headers, { scheme }) => {
      const text = headers.get(scheme.headers.signature) ?? ''
      const spelled =
        scheme.encoding === 'hex'
          ? text.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase())
          : text.replace(/=+$/, '')
      headers.set(scheme.headers.signature, spelled)
    },
    expected: 'signature_mismatch',
  },
  {
    name: 'the digest in the other encoding',
    signing: ({ scheme }) => ({ encoding: scheme.encoding === 'hex' ? 'base64' : 'hex' }),
    expected: 'signature_mismatch',
  },
  {
    name: 'a signature by SHA-1',
    signing: () => ({ hash: 'SHA-1' }),
    expected: 'signature_mismatch',
  },
]

async function outcomeOf(sender: Sender, each: Case): Promise<string> {
  const headers = await signAs(sender.scheme, {
    secret: sender.secret,
    timestamp: textAt(NOW_SECONDS, sender),
    id: 'msg_1',
    body: BODY,
    ...each.signing?.(sender),
  })
  each.change?.(headers, sender)
  const body = each.body ?? BODY
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const secrets = each.secrets?.(sender) ?? [sender.secret]
  const verified = await verify(
    sender.source.schemes,
    secrets,
    { headers, body: bytes },
    NOW_SECONDS * 1_000,
  )
  return verified.ok ? 'valid' : verified.error.reason
}

describe.each(SENDERS)('$name', (sender) => {
  const rows = CASES.map((each) => {
    const why = each.impossible?.(sender) ?? null
    return { title: why === null ? each.name : `${each.name}: can not be, ${why}`, why, each }
  })

  it.each(rows)('$title', async ({ why, each }) => {
    if (why !== null) {
      const { headers, form } = sender.scheme
      const lacks = [form.kind === 'plain', !headers.id, !headers.timestamp]
      expect(lacks).toContain(true)
      return
    }
    const expected = typeof each.expected === 'string' ? each.expected : each.expected(sender)
    expect(await outcomeOf(sender, each)).toBe(expected)
  })

  it('hands out nothing but what was signed', async () => {
    const timestamp = textAt(NOW_SECONDS, sender)
    const headers = await signAs(sender.scheme, {
      secret: sender.secret,
      timestamp,
      id: 'msg_1',
      body: BODY,
    })
    headers.set('x-event-id', 'unsigned')
    const body = new TextEncoder().encode(BODY)
    expect(
      await verify(sender.source.schemes, [sender.secret], { headers, body }, NOW_SECONDS * 1_000),
    ).toEqual({
      ok: true,
      value: { id: sender.scheme.headers.id ? 'msg_1' : null, timestamp },
    })
  })

  it('says how far off the clock is', async () => {
    const off = async (seconds: number) => {
      const signing = {
        secret: sender.secret,
        timestamp: textAt(NOW_SECONDS + seconds, sender),
        id: 'msg_1',
        body: BODY,
      }
      const request = {
        headers: await signAs(sender.scheme, signing),
        body: new TextEncoder().encode(BODY),
      }
      return verify(sender.source.schemes, [sender.secret], request, NOW_SECONDS * 1_000 + 999)
    }
    expect(await off(-400)).toEqual({
      ok: false,
      error: { reason: 'timestamp_stale', ageSeconds: 400 },
    })
    expect(await off(400)).toEqual({
      ok: false,
      error: { reason: 'timestamp_ahead', aheadSeconds: 400 },
    })
    expect(await off(-300)).toMatchObject({ ok: true })
  })
})

describe('a sender with two header families', () => {
  const [svix, plain] = [
    schemeOf(standardSource, 'svix-signature'),
    schemeOf(standardSource, 'webhook-signature'),
  ]
  const signing = {
    secret: WEBHOOK_SECRET,
    timestamp: String(NOW_SECONDS),
    id: 'msg_1',
    body: BODY,
  }
  const bothWith = async (svixSecret: string, plainSecret: string): Promise<string> => {
    const headers = await signAs(svix, { ...signing, secret: svixSecret })
    for (const [name, value] of await signAs(plain, { ...signing, secret: plainSecret }))
      headers.set(name, value)
    const body = new TextEncoder().encode(BODY)
    const verified = await verify(
      standardSource.schemes,
      [WEBHOOK_SECRET],
      { headers, body },
      NOW_SECONDS * 1_000,
    )
    return verified.ok ? 'valid' : verified.error.reason
  }

  it('is held to the first one: a bad svix-* signature is not saved by a good webhook-* one', async () => {
    expect(await bothWith(WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET)).toBe('valid')
    expect(await bothWith(OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET)).toBe('signature_mismatch')
  })

  it('can not take the id of one family and the signature of the other', async () => {
    const headers = await signAs(svix, signing)
    headers.delete('svix-id')
    headers.set('webhook-id', 'msg_1')
    const body = new TextEncoder().encode(BODY)
    expect(
      await verify(
        standardSource.schemes,
        [WEBHOOK_SECRET],
        { headers, body },
        NOW_SECONDS * 1_000,
      ),
    ).toEqual({
      ok: false,
      error: { reason: 'header_missing', header: 'svix-id' },
    })
  })
})

describe("vectors made by the vendors' own packages", () => {
  const SOURCES: Readonly<Record<string, Source>> = {
    stripe: stripeSource,
    standardwebhooks: standardSource,
    zendesk: zendeskSource,
  }
  const run = async (vector: (typeof vectors)[number]): Promise<string> => {
    const schemes = SOURCES[vector.provider]?.schemes ?? []
    const headers = new Headers(Object.entries(vector.headers))
    const request = { headers, body: new TextEncoder().encode(vector.body) }
    const verified = await verify(schemes, [vector.secret], request, vector.nowMs)
    return verified.ok ? 'valid' : verified.error.reason
  }
  const isPolicy = ({ note }: { note?: string }) => note?.startsWith('POLICY') === true

  it.each(
    vectors
      .filter((vector) => !isPolicy(vector))
      .map((vector) => [`${vector.provider} ${vector.name}: ${vector.expect}`, vector] as const),
  )('%s', async (_, vector) => {
    const outcome = await run(vector)
    expect(outcome === 'valid' ? 'valid' : 'invalid').toBe(vector.expect)
  })

  it('stripe future-timestamp-sdk-accepts: we refuse a time that is 900 s ahead, as our policy', async () => {
    const [policy, ...others] = vectors.filter(isPolicy)
    expect(others).toEqual([])
    expect(policy).toMatchObject({ provider: 'stripe', name: 'future-timestamp-sdk-accepts' })
    expect(policy && (await run(policy))).toBe('timestamp_ahead')
  })
})
