// What can be wrong with a signature, as one table over all schemes that sign; and what several
// schemes of one endpoint may not do for each other.

import { describe, expect, it } from 'vitest'
import {
  SIGNATURE_HEADER_CHARS_MAX,
  SIGNATURE_TOLERANCE_SECONDS,
  SIGNATURES_PER_HEADER_MAX,
} from '../../src/domain/limits.ts'
import type { SignatureScheme } from '../../src/sources/scheme.ts'
import { hubspot, standard } from '../../src/sources/index.ts'
import { verify } from '../../src/sources/verify.ts'
import { ENTRIES } from './entries.ts'
import { MADE_UP } from './made-up.ts'
import { sendersOf, timestampAt, type Sender as AnySender } from './senders.ts'
import { ADDRESS, signAs, signaturesOf, verifyAt, type Signing } from './sign-as.ts'

const NOW_SECONDS = 1_793_000_000
const BODY = '{"amount":1250,"memo":"追加席 ✓"}'

type Sender = AnySender & { readonly scheme: SignatureScheme }

const SENDERS: readonly Sender[] = (await Promise.all([...ENTRIES, ...MADE_UP].map(sendersOf)))
  .flat()
  .flatMap((sender) =>
    sender.scheme.kind === 'signature' ? [{ ...sender, scheme: sender.scheme }] : [],
  )

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
const unreadableSignature = ({ scheme: { form } }: Sender) =>
  form.kind === 'plain' && form.prefix === undefined ? 'signature_mismatch' : 'header_malformed'
/** Of a plain digest: a body that is no JSON could be another's, made longer without the secret. */
const unlessForgeable = ({ scheme }: Sender) =>
  scheme.algorithm === 'SHA-256' ? 'body_not_admitted' : 'valid'
const needsList = (sender: Sender) => (isList(sender) ? null : 'its header holds one signature')
const needsId = (sender: Sender) => (sender.scheme.headers.id ? null : 'it signs no id')
const needsTime = ({ scheme }: Sender) => (scheme.timestamp === 'none' ? 'it signs no time' : null)
const needsTimeHeader = (sender: Sender) =>
  sender.scheme.headers.timestamp ? null : 'no header of its own has a time'
const needsHmac = ({ scheme }: Sender) =>
  scheme.algorithm === 'Ed25519' ? 'its algorithm has a hash of its own' : null
const signs = (part: 'method' | 'url') => (sender: Sender) =>
  sender.scheme.signed.includes(part) ? null : `it signs no ${part}`
const textBehindId = ({ scheme: { signed } }: Sender): string => {
  const part = signed[signed.indexOf('id') + 1]
  return typeof part === 'object' ? part.text : ''
}
const textAt = (seconds: number, { scheme }: Sender): string => timestampAt(scheme, seconds * 1_000)
const toleranceOf = ({ scheme }: Sender): number =>
  scheme.toleranceSeconds ?? SIGNATURE_TOLERANCE_SECONDS
/** At the edge of what the scheme allows, and so many seconds beyond it. */
const edge = (side: 1 | -1, beyond: number) => (sender: Sender) =>
  at(side * (toleranceOf(sender) + beyond))(sender)
const at = (offset: number) => (sender: Sender) => ({
  timestamp: textAt(NOW_SECONDS + offset, sender),
})

/** The signature header with these signatures, of any version, before the good one. */
function crowd(headers: Headers, { scheme }: Sender, before: readonly [string, string][]): void {
  const name = scheme.headers.signature
  const good = headers.get(name) ?? ''
  const { form } = scheme
  if (form.kind === 'versions') {
    headers.set(name, [...before.map((each) => each.join(',')), good].join(' '))
  }
  if (form.kind === 'pairs') {
    const [time = '', ...rest] = good.split(form.separator)
    const pairs = [time, ...before.map((each) => each.join('=')), ...rest]
    headers.set(name, pairs.join(form.separator))
  }
}

function wrongOnes(scheme: SignatureScheme, count: number): [string, string][] {
  const { form } = scheme
  const version = form.kind === 'versions' ? form.version : ''
  const named = form.kind === 'pairs' ? form.signature : version
  const text = scheme.encoding === 'hex' ? '00'.repeat(32) : `${'A'.repeat(43)}=`
  return Array.from({ length: count }, () => [named, text])
}

/** One character near the end of the text, made another one that hex and base64 both know. */
const withOneChanged = (text: string): string =>
  text.slice(0, -12) + (text.at(-12) === 'a' ? 'b' : 'a') + text.slice(-11)

const CASES: readonly Case[] = [
  { name: 'a valid request', expected: 'valid' },
  {
    name: 'a body of multi-byte text',
    signing: () => ({ body: '株式会社 😀' }),
    body: '株式会社 😀',
    expected: unlessForgeable,
  },
  {
    name: 'a body that is no text at all',
    signing: () => ({ body: Uint8Array.of(0, 255, 254, 128, 13, 10) }),
    body: Uint8Array.of(0, 255, 254, 128, 13, 10),
    expected: unlessForgeable,
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
    signing: ({ other }) => other,
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
    expected: unreadableSignature,
  },
  {
    name: 'garbage for a signature',
    change: (headers, { scheme }) => headers.set(scheme.headers.signature, '%%% not a signature'),
    expected: unreadableSignature,
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
    name: 'a signed id with the text that stands behind it',
    signing: (sender) => ({ id: `msg${textBehindId(sender)}1` }),
    impossible: needsId,
    expected: 'header_malformed',
  },
  {
    name: 'a signed id with dots and colons that stand nowhere beside it',
    signing: (sender) => ({ id: 'm.s:g'.replaceAll(textBehindId(sender), '-') }),
    impossible: needsId,
    expected: 'valid',
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
  {
    name: 'exactly as old as the tolerance',
    impossible: needsTime,
    signing: edge(-1, 0),
    expected: 'valid',
  },
  {
    name: 'a second older than the tolerance',
    impossible: needsTime,
    signing: edge(-1, 1),
    expected: 'timestamp_stale',
  },
  {
    name: 'exactly as far ahead as the tolerance',
    impossible: needsTime,
    signing: edge(1, 0),
    expected: 'valid',
  },
  {
    name: 'a second further ahead than the tolerance',
    impossible: needsTime,
    signing: edge(1, 1),
    expected: 'timestamp_ahead',
  },
  { name: 'an hour old', impossible: needsTime, signing: at(-3_600), expected: 'timestamp_stale' },
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
    impossible: needsTime,
    expected: ({ scheme }) => {
      if (timestamp === '' && scheme.headers.timestamp) return 'header_malformed'
      // Twelve digits are a date of 2001 where milliseconds are counted.
      const isDate = scheme.timestamp === 'milliseconds' && /^\d+$/.test(timestamp)
      return isDate ? 'timestamp_stale' : 'timestamp_unreadable'
    },
  })),
  {
    name: 'a timestamp with a nought before it, signed',
    impossible: needsTime,
    signing: (sender) => ({ timestamp: `0${textAt(NOW_SECONDS, sender)}` }),
    expected: 'timestamp_unreadable',
  },
  {
    name: 'another timestamp than was signed',
    impossible: needsTime,
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
    signing: ({ other }) => other,
    secrets: ({ current, other }) => [current.secret, other.secret],
    expected: 'valid',
  },
  {
    name: 'the current secret, while two are set',
    secrets: ({ current, other }) => [current.secret, other.secret],
    expected: 'valid',
  },
  {
    name: 'a secret that is set no more',
    signing: () => ({}),
    secrets: ({ other }) => [other.secret],
    expected: 'signature_mismatch',
  },
  { name: 'no secret', secrets: () => [], expected: 'secret_unusable' },
  {
    name: 'the good secret behind one that is unusable',
    secrets: ({ current }) => ['', current.secret],
    expected: 'valid',
  },
  {
    name: "a secret that is not of the scheme's form",
    secrets: () => ['whsec_%%%'],
    expected: ({ scheme }) =>
      scheme.secret.as === 'utf8' ? 'signature_mismatch' : 'secret_unusable',
  },
  {
    name: 'an empty secret',
    secrets: () => ['', ''],
    expected: 'secret_unusable',
  },
  {
    name: 'a second signature that is good',
    change: (headers, sender) => crowd(headers, sender, wrongOnes(sender.scheme, 1)),
    impossible: needsList,
    expected: 'valid',
  },
  {
    name: 'as many signatures as are allowed',
    change: (headers, sender) =>
      crowd(headers, sender, wrongOnes(sender.scheme, SIGNATURES_PER_HEADER_MAX - 1)),
    impossible: needsList,
    expected: 'valid',
  },
  {
    name: 'one signature too many',
    change: (headers, sender) =>
      crowd(headers, sender, wrongOnes(sender.scheme, SIGNATURES_PER_HEADER_MAX)),
    impossible: needsList,
    expected: 'too_many_signatures',
  },
  {
    name: 'unknown versions beside a good signature',
    change: (headers, sender) =>
      crowd(headers, sender, [
        ['v0', 'x'],
        ['v2', 'y'],
        ['v9a', 'z'],
      ]),
    impossible: needsList,
    expected: 'valid',
  },
  {
    name: 'the good signature as v0 only',
    change: (headers, { scheme }) => {
      const name = scheme.headers.signature
      headers.set(name, (headers.get(name) ?? '').replace(/\b\w+([,=])(?=[^,=]+=*$)/, 'v0$1'))
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
          ? text.replace(/[0-9a-f]{32,}/, (hex) => hex.toUpperCase())
          : text.replace(/=+$/, '')
      headers.set(scheme.headers.signature, spelled)
    },
    expected: ({ scheme: { encoding, capitals } }) =>
      (encoding === 'hex' && capitals) || encoding === 'base64url' ? 'valid' : 'signature_mismatch',
  },
  {
    name: 'a spelling that mixes small letters and capitals, or both alphabets',
    change: (headers, { scheme }) => {
      const text = headers.get(scheme.headers.signature) ?? ''
      const mixed =
        scheme.encoding === 'hex'
          ? text.replace(/[0-9a-f]{32}$/, (hex) => hex.toUpperCase())
          : `${text.slice(0, -8)}-/+_${text.slice(-4)}`
      headers.set(scheme.headers.signature, mixed)
    },
    expected: 'signature_mismatch',
  },
  {
    name: 'the digest in the other encoding',
    signing: ({ scheme }) => ({ encoding: scheme.encoding === 'hex' ? 'base64' : 'hex' }),
    expected: 'signature_mismatch',
  },
  {
    name: 'another method than was signed',
    signing: () => ({ method: 'PUT' }),
    impossible: signs('method'),
    expected: 'signature_mismatch',
  },
  {
    name: 'another address than was signed',
    signing: () => ({ url: `${ADDRESS}?tenant=other` }),
    impossible: signs('url'),
    expected: 'signature_mismatch',
  },
  {
    name: 'a signature by another hash',
    signing: ({ scheme }) => ({ hash: scheme.algorithm === 'HMAC-SHA-1' ? 'SHA-256' : 'SHA-1' }),
    impossible: needsHmac,
    expected: 'signature_mismatch',
  },
]

async function outcomeOf(sender: Sender, each: Case): Promise<string> {
  const headers = await signAs(sender.scheme, {
    ...sender.current,
    timestamp: textAt(NOW_SECONDS, sender),
    id: 'msg_1',
    body: BODY,
    ...each.signing?.(sender),
  })
  each.change?.(headers, sender)
  const body = each.body ?? BODY
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const secrets = each.secrets?.(sender) ?? [sender.current.secret]
  const verified = await verifyAt(
    sender.endpoint.schemes,
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
      const { headers, form, timestamp, algorithm, signed } = sender.scheme
      const isSigned = (part: 'method' | 'url') => signed.includes(part)
      const lacks = [form.kind === 'plain', !headers.id, !headers.timestamp, timestamp === 'none']
      const more = [algorithm === 'Ed25519', !isSigned('method'), !isSigned('url')]
      expect([...lacks, ...more]).toContain(true)
      return
    }
    const expected = typeof each.expected === 'string' ? each.expected : each.expected(sender)
    expect(await outcomeOf(sender, each)).toBe(expected)
  })

  it('hands out nothing but what was signed', async () => {
    const timestamp = textAt(NOW_SECONDS, sender)
    const headers = await signAs(sender.scheme, {
      ...sender.current,
      timestamp,
      id: 'msg_1',
      body: BODY,
    })
    headers.set('x-event-id', 'unsigned')
    const body = new TextEncoder().encode(BODY)
    expect(
      await verifyAt(
        [sender.scheme],
        [sender.current.secret],
        { headers, body },
        NOW_SECONDS * 1_000,
      ),
    ).toEqual({
      ok: true,
      value: {
        id: sender.scheme.headers.id ? 'msg_1' : null,
        timestamp: sender.scheme.timestamp === 'none' ? null : timestamp,
      },
    })
  })

  it('says how far off the clock is, where a time is signed', async () => {
    const { timestamp: unit } = sender.scheme
    // Senders that write whole seconds count in them: the rest of a second makes nothing stale.
    const restMs = unit === 'milliseconds' ? 0 : 999
    const off = async (seconds: number) => {
      const signing = {
        ...sender.current,
        timestamp: textAt(NOW_SECONDS + seconds, sender),
        id: 'msg_1',
        body: BODY,
      }
      const request = {
        headers: await signAs(sender.scheme, signing),
        body: new TextEncoder().encode(BODY),
      }
      return verifyAt(
        [sender.scheme],
        [sender.current.secret],
        request,
        NOW_SECONDS * 1_000 + restMs,
      )
    }
    if (unit === 'none') {
      expect(await off(-400)).toMatchObject({ ok: true })
      return
    }
    expect(await off(-400)).toEqual({
      ok: false,
      error: { reason: 'timestamp_stale', ageSeconds: 400 },
    })
    expect(await off(400)).toEqual({
      ok: false,
      error: { reason: 'timestamp_ahead', aheadSeconds: 400 },
    })
    expect(await off(-toleranceOf(sender))).toMatchObject({ ok: true })
  })
})

describe('a sender with two header families', () => {
  const STANDARD = standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' })
  const named = (header: string): SignatureScheme =>
    signaturesOf(STANDARD).find(({ headers }) => headers.signature === header)!
  const [svix, plain] = [named('svix-signature'), named('webhook-signature')]
  const GOOD = 'whsec_dGVzdC1zdGFuZGFyZC13ZWJob29rcy1zZWNyZXQ='
  const BAD = 'whsec_YW5vdGhlci1zdGFuZGFyZC13ZWJob29rcy1rZXk='
  const signing = { secret: GOOD, timestamp: String(NOW_SECONDS), id: 'msg_1', body: BODY }
  const outcome = async (headers: Headers) => {
    const request = { headers, body: new TextEncoder().encode(BODY) }
    const verified = await verifyAt(STANDARD.schemes, [GOOD], request, NOW_SECONDS * 1_000)
    return verified.ok ? 'valid' : verified.error
  }
  const bothWith = async (svixSecret: string, plainSecret: string) => {
    const headers = await signAs(svix, { ...signing, secret: svixSecret })
    for (const [name, value] of await signAs(plain, { ...signing, secret: plainSecret }))
      headers.set(name, value)
    return outcome(headers)
  }

  it('is held to the first one: a bad svix-* signature is not saved by a good webhook-* one', async () => {
    expect(await bothWith(GOOD, BAD)).toBe('valid')
    expect(await bothWith(BAD, GOOD)).toEqual({ reason: 'signature_mismatch' })
  })

  it('can not take the id of one family and the signature of the other', async () => {
    const headers = await signAs(svix, signing)
    headers.delete('svix-id')
    headers.set('webhook-id', 'msg_1')
    expect(await outcome(headers)).toEqual({ reason: 'header_missing', header: 'svix-id' })
  })
})

describe('a sender with keys of two kinds', () => {
  it('never takes a public key for the secret of an HMAC, with its prefix or without', async () => {
    const { schemes } = standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' })
    const key = 'dGhpcyBpcyBhIHB1YmxpYyBrZXkgb2YgMzIgYnl0ZXM='
    const [v1] = signaturesOf({ schemes })
    const signing = { secret: key, timestamp: String(NOW_SECONDS), id: 'msg_1', body: BODY }
    const request = { headers: await signAs(v1!, signing), body: new TextEncoder().encode(BODY) }
    const verified = await verifyAt(schemes, [`whpk_${key}`], request, NOW_SECONDS * 1_000)
    expect(verified).toMatchObject({ ok: false })
  })
})

describe('a sender with three versions', () => {
  const HUBSPOT = hubspot({ secret: 'HUBSPOT_WEBHOOK_SECRET', mode: 'test' })
  const [v3, v2, v1] = signaturesOf(HUBSPOT)
  const timestamp = String(NOW_SECONDS * 1_000)
  const by = (scheme: SignatureScheme, secret: string) =>
    signAs(scheme, { secret, timestamp, id: '', body: BODY })
  const outcome = async (headers: Headers) => {
    const request = { headers, body: new TextEncoder().encode(BODY) }
    const verified = await verifyAt(HUBSPOT.schemes, ['good'], request, NOW_SECONDS * 1_000)
    return verified.ok ? 'valid' : verified.error
  }

  it('is held to v3 where it is there, whatever a good v1 or v2 says', async () => {
    for (const older of [v1!, v2!]) {
      const headers = await by(v3!, 'bad')
      for (const [name, value] of await by(older, 'good')) headers.set(name, value)
      expect(await outcome(headers)).toEqual({ reason: 'signature_mismatch' })
    }
  })

  it('is not believed about a version that it does not have', async () => {
    const headers = await by(v1!, 'good')
    const header = 'x-hubspot-signature-version'
    headers.set(header, 'v2')
    expect(await outcome(headers)).toEqual({ reason: 'signature_mismatch' })
    headers.set(header, 'v0')
    expect(await outcome(headers)).toEqual({ reason: 'header_malformed', header })
    headers.delete(header)
    expect(await outcome(headers)).toEqual({ reason: 'header_missing', header })
  })

  it('signs the address without decoding it as v2, and with twelve escapes decoded as v3', async () => {
    const query = '?a=%40%2F%3F&b=%20%2B%26%3D'
    const [sent, decoded] = [`${ADDRESS}${query}`, `${ADDRESS}?a=@/?&b=%20%2B%26%3D`]
    const accepts = async (scheme: SignatureScheme, url: string) => {
      const signing = { secret: 'good', timestamp, id: '', body: BODY, url }
      const headers = await signAs(scheme, signing)
      const body = new TextEncoder().encode(BODY)
      const request = { method: 'POST', url: `${sent}#fragment`, headers, body, pathToken: null }
      const proof = { secrets: ['good'], nowMs: NOW_SECONDS * 1_000, keys: [] }
      return (await verify(HUBSPOT.schemes, request, proof)).ok
    }
    expect(await accepts(v3!, decoded)).toBe(true)
    expect(await accepts(v3!, sent)).toBe(false)
    expect(await accepts(v2!, sent)).toBe(true)
    expect(await accepts(v2!, decoded)).toBe(false)
  })
})
