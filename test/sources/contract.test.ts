// The required cases of a source, as one table over all schemes of all sources. What a scheme can't
// have is a row too: it says why, and shows what happens instead.

import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import type { ProvenRequest } from '../../src/sources/proof.ts'
import { carrierHeader, coversBody, type Scheme } from '../../src/sources/scheme.ts'
import { signDelivery } from '../../scripts/sign-delivery.ts'
import { ENTRIES } from './entries.ts'
import { MADE_UP } from './made-up.ts'
import { NOW_MS, proven, sendersOf, type Proving, type Sender } from './senders.ts'
import { ADDRESS } from './sign-as.ts'

type Expected = {
  /** `valid`, or the reason of the refusal. */
  readonly outcome: string
  /** Why the case can't be what its name says. */
  readonly because?: string
}

type Case = {
  readonly name: string
  readonly proving?: (sender: Sender) => Proving
  readonly change?: (request: ProvenRequest, sender: Sender) => Partial<ProvenRequest>
  readonly secrets?: (sender: Sender) => readonly string[]
  readonly nowMs?: number
  readonly expected: (sender: Sender) => Expected
}

const HOUR_MS = 3_600_000
const valid: Expected = { outcome: 'valid' }
const is = (outcome: string) => (): Expected => ({ outcome })
const placeOf = (scheme: Scheme) => (scheme.kind === 'secret' ? scheme.place.in : null)
const mismatch = ({ scheme }: Sender): Expected => ({
  outcome: {
    signature: 'signature_mismatch',
    secret: 'secret_mismatch',
    jwt: 'token_claim_wrong',
  }[scheme.kind],
})

/** What becomes of a body that is not the sender's own: some endpoints look into it. */
const unlessItIsReadFirst = (sender: Sender, outcome: Expected): Expected =>
  sender.endpoint.admits === null
    ? outcome
    : { outcome: 'body_not_admitted', because: 'the endpoint looks into the body' }

const unlessForgeable = ({ scheme }: Sender): Expected =>
  scheme.kind === 'signature' && scheme.algorithm === 'SHA-256'
    ? { outcome: 'body_not_admitted', because: 'its digest can be made without the secret' }
    : valid

const tells = ({ scheme, entry }: Sender): 'time' | 'no time' =>
  entry.timeInBody === true ||
  scheme.kind === 'jwt' ||
  (scheme.kind === 'signature' && scheme.timestamp !== 'none')
    ? 'time'
    : 'no time'
const ofTime = (outcome: string) => (sender: Sender) =>
  tells(sender) === 'time' ? { outcome } : { ...valid, because: 'it proves no time' }

const bytesOf = (text: string) => new TextEncoder().encode(text)

function withMoreText({ body, entry }: Sender): string {
  const memo = '追加席 ✓ 😀'
  if (typeof entry.body === 'string') return `${body}<!-- ${memo} -->`
  const list: unknown[] = Array.isArray(entry.body) ? entry.body : [entry.body]
  const said = list.map((each) => Object.assign({}, each, { memo }))
  return JSON.stringify(Array.isArray(entry.body) ? said : said[0])
}

function withoutProof(request: ProvenRequest, { scheme }: Sender): Partial<ProvenRequest> {
  const headers = new Headers(request.headers)
  headers.delete(carrierHeader(scheme) ?? 'none')
  const body = placeOf(scheme) === 'body' ? bytesOf('{}') : request.body
  return { headers, body, pathToken: null }
}

function sentTwice(request: ProvenRequest, { scheme }: Sender): Partial<ProvenRequest> {
  const header = carrierHeader(scheme)
  const headers = new Headers(request.headers)
  if (header !== null) headers.append(header, headers.get(header) ?? '')
  return { headers }
}

function twiceExpected(sender: Sender): Expected {
  const { scheme } = sender
  if (carrierHeader(scheme) === null) return { ...valid, because: 'its proof is in no header' }
  if (scheme.kind === 'jwt') return { outcome: 'header_malformed' }
  if (scheme.kind === 'secret') {
    return { outcome: scheme.place.in === 'header' ? 'secret_mismatch' : 'header_malformed' }
  }
  // Two times are refused; a list of signatures is only longer; two texts are one that fits nothing.
  const outcomes = { pairs: 'header_malformed', versions: 'valid', plain: 'signature_mismatch' }
  return { outcome: outcomes[scheme.form.kind] }
}

/** The good signature behind a wrong one of the same length. */
function secondSignature(request: ProvenRequest, { scheme }: Sender): Partial<ProvenRequest> {
  if (scheme.kind !== 'signature' || scheme.form.kind === 'plain') return {}
  const { form, headers: names } = scheme
  const headers = new Headers(request.headers)
  const good = headers.get(names.signature) ?? ''
  const bad = scheme.encoding === 'hex' ? '00'.repeat(32) : btoa('\0'.repeat(32))
  if (form.kind === 'versions') headers.set(names.signature, `${form.version},${bad} ${good}`)
  if (form.kind === 'pairs') {
    const [time = '', ...rest] = good.split(form.separator)
    const pairs = [time, `${form.signature}=${bad}`, ...rest]
    headers.set(names.signature, pairs.join(form.separator))
  }
  return { headers }
}

const CASES: readonly Case[] = [
  { name: 'a valid delivery', expected: () => valid },
  {
    name: 'a tampered body',
    change: ({ body }) => ({ body: bytesOf(`${new TextDecoder().decode(body)} `) }),
    expected: ({ scheme }) =>
      coversBody(scheme)
        ? { outcome: 'signature_mismatch' }
        : { ...valid, because: 'its proof does not cover the body' },
  },
  {
    name: 'a wrong secret',
    proving: ({ other }) => ({ credential: other }),
    expected: mismatch,
  },
  {
    name: 'no proof',
    change: withoutProof,
    expected: ({ scheme }) =>
      placeOf(scheme) === 'body'
        ? { outcome: 'body_not_admitted', because: 'it is a field of the body' }
        : { outcome: 'header_missing' },
  },
  {
    name: 'an empty body',
    proving: ({ scheme }) => (placeOf(scheme) === 'body' ? {} : { body: '' }),
    expected: (sender) =>
      placeOf(sender.scheme) === 'body'
        ? { ...valid, because: 'the secret stands in the body' }
        : unlessItIsReadFirst(sender, valid),
  },
  {
    name: 'a body of multi-byte text',
    proving: (sender) => ({ body: withMoreText(sender) }),
    expected: () => valid,
  },
  {
    name: 'a body that is no text',
    proving: ({ scheme }) =>
      placeOf(scheme) === 'body' ? {} : { body: Uint8Array.of(0, 255, 254, 128) },
    expected: (sender) =>
      placeOf(sender.scheme) === 'body'
        ? { ...valid, because: 'the secret stands in the body' }
        : unlessItIsReadFirst(sender, unlessForgeable(sender)),
  },
  { name: 'an hour late', nowMs: NOW_MS + HOUR_MS, expected: ofTime('timestamp_stale') },
  { name: 'an hour early', nowMs: NOW_MS - HOUR_MS, expected: ofTime('timestamp_ahead') },
  {
    name: 'a garbage timestamp',
    proving: () => ({ timestamp: 'NaN' }),
    expected: ({ scheme }) => {
      if (scheme.kind === 'jwt') return { outcome: 'token_claim_wrong' }
      return scheme.kind === 'signature' && scheme.timestamp !== 'none'
        ? { outcome: 'timestamp_unreadable' }
        : { ...valid, because: 'no header or signature of it has a time' }
    },
  },
  {
    name: 'the former secret, while two are set',
    proving: ({ other }) => ({ credential: other }),
    secrets: ({ current, other }) => [current.secret, other.secret],
    expected: () => valid,
  },
  {
    name: 'a usable secret behind one that is not',
    secrets: ({ current }) => ['', current.secret],
    expected: () => valid,
  },
  {
    name: 'a good signature behind a wrong one',
    change: secondSignature,
    expected: ({ scheme }) =>
      scheme.kind === 'signature' && scheme.form.kind !== 'plain'
        ? valid
        : { ...valid, because: 'it has room for one proof only' },
  },
  { name: 'the proof sent twice', change: sentTwice, expected: twiceExpected },
  { name: 'no secret configured', secrets: () => [], expected: is('secret_unusable') },
]

const SENDERS = (await Promise.all([...ENTRIES, ...MADE_UP].map(sendersOf))).flat()

describe.each(SENDERS)('$name', (sender) => {
  const { endpoint, current, keys } = sender
  const rows = CASES.map((each) => {
    const { outcome, because } = each.expected(sender)
    return [
      `${each.name}: ${outcome}${because ? `, since ${because}` : ''}`,
      each,
      outcome,
    ] as const
  })

  it.each(rows)('%s', async (_, each, outcome) => {
    const request = await proven(sender, each.proving?.(sender))
    const changed = { ...request, ...each.change?.(request, sender) }
    const secrets = each.secrets?.(sender) ?? [current.secret]
    const opened = await openDelivery(endpoint, secrets, changed, each.nowMs ?? NOW_MS, keys)
    expect(opened.ok ? 'valid' : opened.error.reason).toBe(outcome)
  })

  it('is proven by signDelivery as well', async () => {
    const { secret, privateKey } = current
    const signed = await signDelivery(endpoint, secret, sender.body, {
      nowMs: NOW_MS,
      url: ADDRESS,
      scheme: sender.scheme,
      ...(privateKey ? { privateKey: { key: privateKey, kid: 'key-1' } } : {}),
    })
    const request = {
      method: 'POST',
      url: ADDRESS,
      headers: new Headers(signed.headers),
      body: bytesOf(signed.body),
      pathToken: signed.pathSuffix === '' ? null : signed.pathSuffix.slice(1),
    }
    expect(await openDelivery(endpoint, [secret], request, NOW_MS, keys)).toMatchObject({
      ok: true,
    })
  })

  it('has said that nothing proves the body, unless something does', () => {
    expect(endpoint.acceptsUnsigned).toBe(!endpoint.schemes.every(coversBody))
    const configured = (acceptsUnsigned: boolean) => () =>
      defineConfig({
        currency: 'usd',
        timeZone: 'UTC',
        endpoints: { here: { ...endpoint, acceptsUnsigned } },
        rules: [],
      })
    expect(configured(true)).not.toThrow()
    if (endpoint.acceptsUnsigned) expect(configured(false)).toThrow('endpoints.here.unsigned')
  })
})
