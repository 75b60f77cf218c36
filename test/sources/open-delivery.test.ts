// What becomes of an authenticated delivery: it is looked into, greeted, read; and whatever a source's
// page does wrong, the delivery is kept.

import { describe, expect, it } from 'vitest'
import { EVENTS_PER_DELIVERY_MAX } from '../../src/domain/limits.ts'
import { err, ok } from '../../src/domain/result.ts'
import { openDelivery, type Opened } from '../../src/sources/open-delivery.ts'
import type { Endpoint, Source } from '../../src/sources/source.ts'
import { madeUp, madeUpSource } from './made-up.ts'
import { ADDRESS } from './sign-as.ts'

const NOW_MS = 1_793_000_000_000
const SECRET = 'a token'
const endpointWith = (source: Partial<Source>, more?: Parameters<typeof madeUp>[1]): Endpoint => ({
  ...madeUp({ kind: 'secret', place: { in: 'header', header: 'x-secret' } }, more),
  source: { ...madeUpSource, ...source },
})

const open = (
  endpoint: Endpoint,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
) =>
  openDelivery(
    endpoint,
    [SECRET],
    {
      method: 'POST',
      url: ADDRESS,
      headers: new Headers({ 'x-secret': SECRET, ...headers }),
      body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
      pathToken: null,
    },
    NOW_MS,
  )

async function opened(...given: Parameters<typeof open>): Promise<Opened> {
  const result = await open(...given)
  if (!result.ok) throw new Error(result.error.reason)
  return result.value
}

const EVENT = { ownId: 'a', type: 'b', occurredAt: null, mode: null, data: {} }

describe('a page of a source that goes wrong', () => {
  const throwing = (): never => {
    throw new TypeError('this page is broken')
  }

  it.each<[string, Partial<Source>, string]>([
    ['throws as it reads', { read: throwing }, 'reader_failed'],
    ['throws as it parses', { parse: throwing }, 'reader_failed'],
    ['finds no event', { read: () => [] }, 'no_events'],
    ['answers no list', { read: () => JSON.parse('null') }, 'reader_failed'],
    ['answers a list of nothing', { read: () => JSON.parse('[null]') }, 'reader_failed'],
    [
      'finds too many',
      { read: () => Array.from({ length: EVENTS_PER_DELIVERY_MAX + 1 }, () => EVENT) },
      'too_many_events',
    ],
    ['knows another format', { parse: () => err('not_xml') }, 'not_xml'],
  ])('one that %s: the delivery is kept whole', async (_, source, reason) => {
    expect(await opened(endpointWith(source), '{"a":1}')).toMatchObject({
      events: [{ unreadable: reason }],
      isWhole: true,
      raw: { encoding: 'utf8', body: '{"a":1}' },
    })
  })

  it.each([
    ['a time that is no whole number', { occurredAt: 0.5 }, 'reader_failed'],
    ['a time that is not a number', { occurredAt: NaN }, 'reader_failed'],
    ['a time before 1970', { occurredAt: -1 }, 'reader_failed'],
    ['an empty id', { ownId: '' }, 'reader_failed'],
    ['a number for an id', { ownId: 7 }, 'reader_failed'],
    ['a mode of its own', { mode: 'sandbox' }, 'reader_failed'],
    ['a type that is a list', { type: ['b'] }, 'reader_failed'],
    ['an empty type', { type: '' }, 'no_event_type'],
    ['a type of control characters', { type: '\n\u2028' }, 'no_event_type'],
  ])('an event with %s is unreadable, the one beside it is not', async (_, part, unreadable) => {
    const broken: object = { ...EVENT, ...part }
    const read = () => [Object.assign({}, EVENT, broken), EVENT]
    const value = await opened(endpointWith({ read }), '{}')
    expect(value).toMatchObject({ events: [{ unreadable, data: {} }, EVENT], isWhole: false })
  })

  it('a handshake that throws is no handshake', async () => {
    const value = await opened(endpointWith({ handshake: throwing }), '{"id":"a","type":"b"}')
    expect(value).toMatchObject({ kind: 'events', events: [{ ownId: 'a', type: 'b' }] })
  })

  it('a look into the body that throws refuses it', async () => {
    expect(await open(endpointWith({}, { admits: throwing }), '{}')).toEqual({
      ok: false,
      error: { reason: 'body_not_admitted', field: 'reader_failed' },
    })
  })
})

describe('what can not be parsed', () => {
  it.each<[string, string | Uint8Array, string, string]>([
    ['no JSON', 'Hello, World!', 'not_json', 'utf8'],
    ['empty', '', 'not_json', 'utf8'],
    ['not UTF-8', Uint8Array.of(0xff, 0xfe), 'not_utf8', 'base64'],
    ['text with a NUL', '{"a":"\0"}', 'not_utf8', 'base64'],
  ])('a body that is %s is kept as it came', async (_, body, unreadable, encoding) => {
    const value = await opened(endpointWith({}), body)
    expect(value).toMatchObject({ events: [{ unreadable }], isWhole: true, raw: { encoding } })
  })

  it('and is refused where the endpoint has to look into it', async () => {
    expect(await open(endpointWith({}, { admits: () => null }), 'Hello, World!')).toEqual({
      ok: false,
      error: { reason: 'body_not_admitted', field: 'not_json' },
    })
  })
})

describe('whether a body is one event', () => {
  it.each<[string, string, boolean]>([
    ['an object', '{"id":"a"}', true],
    ['a list of one, which may come again among others', '[{"id":"a"}]', false],
    ['a list of two', '[{"id":"a"},{"id":"b"}]', false],
  ])('%s', async (_, body, isWhole) => {
    expect(await opened(endpointWith({}), body)).toMatchObject({ kind: 'events', isWhole })
  })
})

describe('what a sender is answered', () => {
  const answer = { status: 200, content: { type: 'application/json', text: '{}' } } as const
  const greeting = endpointWith({
    handshake: (_, { unsignedHeader }) => {
      const challenge = unsignedHeader('x-challenge')
      return challenge === null
        ? null
        : { status: 200, content: { type: 'text/plain', text: challenge } }
    },
  })

  it('its challenge, once it is authenticated, and nothing is kept', async () => {
    expect(await opened(greeting, '{}', { 'x-challenge': 'c9a1' })).toEqual({
      kind: 'handshake',
      answer: { status: 200, content: { type: 'text/plain', text: 'c9a1' } },
    })
  })

  it('no challenge, if it is not authenticated', async () => {
    const refused = await open(greeting, '{}', { 'x-challenge': 'c9a1', 'x-secret': 'a guess' })
    expect(refused).toEqual({ ok: false, error: { reason: 'secret_mismatch' } })
  })

  it('what it takes for success', async () => {
    expect(await opened(endpointWith({ accepted: answer }), '{}')).toMatchObject({ answer })
    expect(await opened(endpointWith({}), '{}')).toMatchObject({ answer: null })
  })

  it('by the format that its source parses', async () => {
    const parse = (text: string) => ok({ id: 'a', type: text })
    const value = await opened(endpointWith({ parse }), 'not.json')
    expect(value).toMatchObject({ events: [{ type: 'not.json' }], raw: { body: 'not.json' } })
  })
})

it('an id in a header that is not signed is handed on, and is no event’s own', async () => {
  const value = await opened(endpointWith({}), '{"type":"b"}', { 'x-delivery': 'guid-1' })
  expect(value).toMatchObject({ unsignedId: 'guid-1', events: [{ ownId: null }] })
})
