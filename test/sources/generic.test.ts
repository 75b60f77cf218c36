// Senders that only the configuration knows: what it may say, what it is refused for, and what becomes
// of their bodies.

import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import type { BodyPaths } from '../../src/sources/body-paths.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import type { GenericSignature } from '../../src/sources/generic.ts'
import { basic, bearer, freshdesk, generic } from '../../src/sources/index.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import { signDelivery } from '../../scripts/sign-delivery.ts'
import orderReturned from '../fixtures/basic/order.returned.json'
import tokenRequested from '../fixtures/bearer/credit.requested.json'
import tokenWithdrawn from '../fixtures/bearer/credit.withdrawn.json'
import granted from '../fixtures/generic/credit.granted.json'
import batch from '../fixtures/generic/credit.granted.batch.json'
import revoked from '../fixtures/generic/credit.revoked.json'

const signed = { secret: 'A_WEBHOOK_SECRET', mode: 'live' } as const
const unsigned = { ...signed, unsigned: 'accept' } as const
const HEADER: GenericSignature = { header: 'x-hmac' }
const TYPE: BodyPaths = { type: 'event' }
const ENVELOPE: BodyPaths = {
  id: 'id',
  type: 'event',
  time: 'sent_at',
  mode: { at: 'livemode', live: true, test: false },
}
const clock = (text: string): number => Date.parse(`2026-10-26T${text}Z`)
const facts = (headers: Record<string, string> = {}, id: string | null = null) => ({
  signed: { id, timestamp: null },
  unsignedHeader: (name: string) => headers[name] ?? null,
})
const readBy = (event: BodyPaths, body: unknown, ...given: Parameters<typeof facts>) =>
  generic({ ...signed, signature: HEADER, event }).source.read(body, facts(...given))

describe('an event of a described sender', () => {
  it('has its id, type, time and mode where the configuration says', () => {
    expect(readBy(ENVELOPE, granted)).toEqual([
      {
        ownId: 'wh_0001',
        type: 'credit.granted',
        occurredAt: clock('07:33:17'),
        mode: 'test',
        data: granted,
      },
    ])
    expect(readBy(ENVELOPE, { ...revoked, livemode: true })).toMatchObject([
      { ownId: 'wh_0002', type: 'credit.revoked', occurredAt: clock('07:33:19'), mode: 'live' },
    ])
    expect(readBy(ENVELOPE, { ...granted, livemode: 'true' })).toMatchObject([{ mode: null }])
  })

  it('is each element of a list, and each is read by itself', () => {
    expect(readBy(ENVELOPE, [...batch, 7, { id: 'x' }])).toMatchObject([
      { ownId: 'wh_0003', type: 'credit.granted' },
      { ownId: 'wh_0004', type: 'credit.revoked' },
      { unreadable: 'not_an_object', data: 7 },
      { unreadable: 'no_event_type', data: { id: 'x' } },
    ])
  })

  it('has the signed id of the delivery, and in a list its place too', () => {
    expect(readBy(TYPE, granted, {}, 'msg_1')).toMatchObject([{ ownId: 'msg_1' }])
    expect(readBy(ENVELOPE, granted, {}, 'msg_1')).toMatchObject([{ ownId: 'wh_0001' }])
    const alike = [granted, granted]
    expect(readBy(TYPE, alike, {}, 'msg_1')).toMatchObject([
      { ownId: '["msg_1",0]' },
      { ownId: '["msg_1",1]' },
    ])
    expect(readBy(TYPE, alike, {}, 'msg_2')).toMatchObject([
      { ownId: '["msg_2",0]' },
      { ownId: '["msg_2",1]' },
    ])
    expect(readBy(TYPE, batch)).toMatchObject([{ ownId: null }, { ownId: null }])
    expect(readBy(ENVELOPE, batch, {}, 'msg_1')).toMatchObject([
      { ownId: 'wh_0003' },
      { ownId: 'wh_0004' },
    ])
  })

  it('has a type that is the same for all, or one of a header', () => {
    expect(readBy({ type: { is: 'order.returned' } }, {})).toMatchObject([
      { type: 'order.returned' },
    ])
    const byHeader: BodyPaths = { type: { header: 'x-event' } }
    expect(readBy(byHeader, {}, { 'x-event': 'paid' })).toMatchObject([{ type: 'paid' }])
    expect(readBy(byHeader, {})).toMatchObject([{ unreadable: 'no_event_type' }])
    expect(readBy(TYPE, { event: 7 })).toMatchObject([{ unreadable: 'no_event_type' }])
  })

  it('of a token sender is made unique by several parts', () => {
    const { source } = bearer({
      ...unsigned,
      event: { id: ['request.id', 'request.version'], type: 'kind', time: 'updated_at' },
    })
    expect(source.read(tokenRequested, facts())).toEqual([
      {
        ownId: '["crq_01",1]',
        type: 'credit.requested',
        occurredAt: clock('07:33:17'),
        mode: null,
        data: tokenRequested,
      },
    ])
    expect(source.read(tokenWithdrawn, facts())).toMatchObject([
      { ownId: '["crq_01",2]', type: 'credit.withdrawn', occurredAt: clock('07:33:19') },
    ])
    expect(source.read({ kind: 'k', request: { id: 'crq_01' } }, facts())).toMatchObject([
      { ownId: null },
    ])
  })

  it('of a password sender may have a number as its id, and a time in milliseconds', () => {
    const { source } = basic({
      ...unsigned,
      event: {
        id: 'order.number',
        type: { is: 'order.returned' },
        time: { milliseconds: 'order.returned_at_ms' },
      },
    })
    expect(source.read(orderReturned, facts())).toEqual([
      {
        ownId: '100241',
        type: 'order.returned',
        occurredAt: clock('07:33:16.123'),
        mode: null,
        data: orderReturned,
      },
    ])
  })
})

describe('an id', () => {
  it.each<[string, string]>([
    ['that has lost digits', '{"event":"e","id":9007199254740993}'],
    ['that is no whole number', '{"event":"e","id":1.5}'],
    ['that is a truth value', '{"event":"e","id":true}'],
    ['that is empty', '{"event":"e","id":""}'],
    ['that is an object', '{"event":"e","id":{"id":"x"}}'],
    ['that is not there', '{"event":"e"}'],
  ])('%s is none: the bytes identify the event', (_, text) => {
    expect(readBy({ ...TYPE, id: 'id' }, JSON.parse(text))).toMatchObject([{ ownId: null }])
  })

  it.each<[string, string, string | null]>([
    ['list.1.id', '{"event":"e","list":[{"id":"a"},{"id":"b"}]}', 'b'],
    ['list.length', '{"event":"e","list":["a"]}', null],
    ['list.-1', '{"event":"e","list":["a"]}', null],
    ['id.0', '{"event":"e","id":"text"}', null],
    ['constructor.name', '{"event":"e"}', null],
    ['__proto__.id', '{"event":"e"}', null],
    ['__proto__.id', '{"event":"e","__proto__":{"id":"own"}}', 'own'],
  ])('at %s of %s is %s', (id, text, ownId) => {
    expect(readBy({ ...TYPE, id }, JSON.parse(text))).toMatchObject([{ ownId }])
  })
})

describe('a delivery', () => {
  const nowMs = 1_793_000_000_000
  const open = async (endpoint: Endpoint, change: (headers: Headers) => void, aheadMs = 0) => {
    const url = 'https://makegood.example/webhooks/here'
    const sent = await signDelivery(endpoint, 'a-secret', '{"event":"e"}', { nowMs, id: 'd1', url })
    const headers = new Headers(sent.headers)
    change(headers)
    const body = new TextEncoder().encode(sent.body)
    const request = { method: 'POST', url, headers, body, pathToken: null }
    const opened = await openDelivery(endpoint, ['a-secret'], request, nowMs + aheadMs)
    return opened.ok ? opened.value : opened.error.reason
  }

  it('is held to the configured tolerance', async () => {
    const time = { header: 'x-time', form: 'seconds', toleranceSeconds: 60 } as const
    const signature: GenericSignature = { ...HEADER, time, signed: ['timestamp', 'body'] }
    const endpoint = generic({ ...signed, signature, event: TYPE })
    expect(await open(endpoint, () => {}, 60_000)).toMatchObject({ kind: 'events' })
    expect(await open(endpoint, () => {}, 61_000)).toBe('timestamp_stale')
    expect(await open(endpoint, () => {}, -61_000)).toBe('timestamp_ahead')
  })

  it('is answered 200, and its unsigned id is stored and not used', async () => {
    const endpoint = generic({
      ...signed,
      signature: HEADER,
      event: TYPE,
      unsignedIdHeader: 'x-delivery',
    })
    expect(await open(endpoint, (headers) => headers.set('x-delivery', 'd-77'))).toMatchObject({
      answer: { status: 200, content: null },
      unsignedId: 'd-77',
      events: [{ ownId: null }],
    })
  })

  it('does not choose its hash: another algorithm under the same header fits nothing', async () => {
    const endpoint = generic({
      ...signed,
      signature: { ...HEADER, prefix: 'sha256=' },
      event: TYPE,
    })
    const weaker = generic({
      ...signed,
      signature: { ...HEADER, prefix: 'sha1=', hash: 'SHA-1' },
      event: TYPE,
    })
    const { headers } = await signDelivery(weaker, 'a-secret', '{"event":"e"}', { nowMs })
    const sha1 = headers['x-hmac'] ?? ''
    expect(await open(endpoint, (each) => each.set('x-hmac', sha1))).toBe('header_malformed')
    const renamed = sha1.replace('sha1=', 'sha256=')
    expect(await open(endpoint, (each) => each.set('x-hmac', renamed))).toBe('signature_mismatch')
  })
})

function problems(endpoint: Endpoint): string[] {
  try {
    defineConfig({ currency: 'usd', timeZone: 'UTC', endpoints: { acme: endpoint }, rules: [] })
    return []
  } catch (error) {
    const [, ...lines] = error instanceof Error ? error.message.split('\n') : []
    return lines.map((line) => line.trim())
  }
}

describe('a description that leaves something open', () => {
  const time = { header: 'x-time', form: 'seconds' } as const
  const pairs = { separator: ',', timestamp: 't', signature: 'v1' } as const
  const TIME_UNSIGNED = 'endpoints.acme.signature: a time is checked if it is signed'
  const TIME_PLACE =
    'endpoints.acme.signature: a time stands either in the pairs or in a header of its own'
  const ID_UNSIGNED = 'endpoints.acme.signature: an id counts only if it is signed'
  const NAMES = 'endpoints.acme.signature: names of headers are small letters, digits and hyphens'
  const TOLERANCE = 'endpoints.acme.signature: a tolerance is whole seconds from 1 to 3600'
  const IDS_THAT_TOUCH: readonly NonNullable<GenericSignature['signed']>[] = [
    ['id', 'timestamp', 'body'],
    ['id', { text: '' }, 'timestamp', { text: '.' }, 'body'],
    ['timestamp', { text: '.' }, 'body', 'id'],
    ['id', { text: '.' }, 'timestamp', 'body', { text: '.' }, 'id'],
  ]
  it.each<[string, Partial<GenericSignature>, string[]]>([
    ['nothing wrong', {}, []],
    ['a signed time', { time, signed: ['timestamp', 'body'] }, []],
    ['capital letters in a name', { header: 'X-Hmac' }, [NAMES]],
    ['a time that is not signed', { time }, [TIME_UNSIGNED]],
    ['a signed time that stands nowhere', { signed: ['timestamp', 'body'] }, [TIME_UNSIGNED]],
    ['pairs without a time', { pairs }, [TIME_PLACE]],
    ['a time in two places', { pairs, time, signed: ['timestamp', 'body'] }, [TIME_PLACE]],
    [
      'a prefix and pairs',
      { pairs, prefix: 'x=', time: { form: 'seconds' }, signed: ['timestamp', 'body'] },
      ['endpoints.acme.signature: a header has either a prefix or pairs'],
    ],
    ['an id that is not signed', { idHeader: 'x-id' }, [ID_UNSIGNED]],
    ...IDS_THAT_TOUCH.map((parts): [string, Partial<GenericSignature>, string[]] => [
      `an id that touches another part: ${JSON.stringify(parts)}`,
      { idHeader: 'x-id', time, signed: parts },
      ['endpoints.acme.signature: a text stands between a signed id and each part beside it'],
    ]),
    ['a signed id that stands nowhere', { signed: ['id', { text: '.' }, 'body'] }, [ID_UNSIGNED]],
    ...[0, -1, 1.5, 3_601, Number.NaN, Number.POSITIVE_INFINITY].map(
      (toleranceSeconds): [string, Partial<GenericSignature>, string[]] => [
        `a tolerance of ${toleranceSeconds} s`,
        { time: { ...time, toleranceSeconds }, signed: ['timestamp', 'body'] },
        [TOLERANCE],
      ],
    ),
    [
      'a signature that leaves out the body',
      { time, signed: ['timestamp'] },
      [
        "endpoints.acme.unsigned: nothing proves what Generic HMAC writes; 'accept' says that this is known",
      ],
    ],
  ])('%s', (_, signature, lines) => {
    const made = generic({ ...signed, signature: { ...HEADER, ...signature }, event: TYPE })
    expect(problems(made)).toEqual(lines)
  })

  const path = (option: string, text: string) =>
    `endpoints.acme.event.${option}: "${text}" is not a path such as data.object.id`
  it.each<[string, BodyPaths, string[]]>([
    ['a step that is empty', { type: 'a..b' }, [path('type', 'a..b')]],
    ['no path at all', { type: '' }, [path('type', '')]],
    ['nine steps', { type: 't', id: 'a.b.c.d.e.f.g.h.i' }, [path('id', 'a.b.c.d.e.f.g.h.i')]],
    ['eight steps', { type: 't', id: 'a.b.c.d.e.f.g.h' }, []],
    ['a long path', { type: 'a'.repeat(201) }, [path('type', 'a'.repeat(201))]],
    ['a path of another language', { type: 't', time: '$..at[0]' }, [path('time', '$..at[0]')]],
    ['a bad one among several', { type: 't', id: ['a', '.b'] }, [path('id', '.b')]],
    [
      'an id of no parts',
      { type: 't', id: [] },
      ['endpoints.acme.event.id: 0 paths; from 1 to 5 make an id'],
    ],
    [
      'an id of six parts',
      { type: 't', id: ['a', 'b', 'c', 'd', 'e', 'f'] },
      ['endpoints.acme.event.id: 6 paths; from 1 to 5 make an id'],
    ],
    [
      'an empty type',
      { type: { is: ' ' } },
      ['endpoints.acme.event.type: an empty text names no type'],
    ],
    [
      'a header with capitals',
      { type: { header: 'X-Type' } },
      ['endpoints.acme.event.type: "X-Type" is not a header\'s name in small letters'],
    ],
    [
      'one value for live and test',
      { type: 't', mode: { at: 'm', live: 'x', test: 'x' } },
      ['endpoints.acme.event.mode: the same value can not mean both live and test'],
    ],
    [
      'a mode at no path',
      { type: 't', mode: { at: '', live: true, test: false } },
      [path('mode', '')],
    ],
  ])('%s', (_, event, lines) => {
    expect(problems(generic({ ...signed, signature: HEADER, event }))).toEqual(lines)
    expect(problems(bearer({ ...unsigned, event }))).toEqual(lines)
    expect(problems(basic({ ...unsigned, event }))).toEqual(lines)
  })

  it.each(['X-Secret', 'x secret', ''])('a secret of Freshdesk in the header "%s"', (header) => {
    expect(problems(freshdesk({ ...unsigned, header }))).toEqual([
      `endpoints.acme.header: "${header}" is not a header's name in small letters`,
    ])
    expect(problems(freshdesk({ ...unsigned, header: 'x-secret' }))).toEqual([])
    expect(problems(freshdesk(unsigned))).toEqual([])
  })

  it('a token in a header whose name has capitals', () => {
    expect(problems(bearer({ ...unsigned, header: 'X-Token', event: TYPE }))).toEqual([
      'endpoints.acme.header: "X-Token" is not a header\'s name in small letters',
    ])
  })
})
