// From the record back to the event: what every source's door read of every sample equals what its
// row and payload give, on real rows.

import { describe, expect, it } from 'vitest'
import { ALL_SOURCES } from '../../sandbox/all-sources.ts'
import { defineConfig } from '../../src/config.ts'
import { findEvent } from '../../src/db/read-events.ts'
import { isUnreadable, type SourceEvent, type Unreadable } from '../../src/domain/event.ts'
import type { Result } from '../../src/domain/result.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import {
  eventOfRecord,
  type EventRecord,
  type RecordTrouble,
} from '../../src/sources/recorded-event.ts'
import { generic, salesforce, standard } from '../../src/sources/index.ts'
import { shopifySource } from '../../src/sources/shopify.ts'
import type { Endpoint, Source } from '../../src/sources/source.ts'
import { stripeSource } from '../../src/sources/stripe.ts'
import { receiveDelivery } from '../../src/usecases/receive-delivery.ts'
import { depsWith } from '../harness.ts'
import { madeUpSource } from './made-up.ts'
import { ADDRESS } from './sign-as.ts'

declare global {
  interface ImportMeta {
    /** Vite's: the files of a pattern, by path. */
    glob(
      pattern: string,
      options: { readonly query: '?raw'; readonly import: 'default'; readonly eager: true },
    ): Readonly<Record<string, string>>
  }
}

const FILES = import.meta.glob('../fixtures/*/*.{json,xml}', {
  query: '?raw',
  import: 'default',
  eager: true,
})

const SAMPLES = Object.entries(FILES).map(([path, text]) => {
  const [, source = '', file = ''] = /fixtures\/([^/]+)\/(.+)\.(?:json|xml)$/.exec(path) ?? []
  return { source, file, text }
})

type Opened = { readonly event: SourceEvent | Unreadable; readonly record: Recorded }
type Recorded = {
  readonly given: Result<SourceEvent, RecordTrouble>
  readonly isWhole: boolean | undefined
}

const SECRET = 'a secret'

/**
 * The endpoint with the proof that is easiest to make: how it proves itself is told by other tests.
 * A signed id, which only a signature gives, is handed to `read` by the source itself.
 */
const easilyProven = (endpoint: Endpoint, signedId: string | null): Endpoint => ({
  ...endpoint,
  schemes: [{ kind: 'secret', place: { in: 'header', header: 'x-secret' } }],
  acceptsUnsigned: true,
  mode: 'test',
  admits: null,
  source: {
    ...endpoint.source,
    read: (body, facts) =>
      endpoint.source.read(body, { ...facts, signed: { id: signedId, timestamp: null } }),
  },
})

/** What the door reads of a delivery, and what its rows give afterwards. */
async function through(
  endpoint: Endpoint,
  text: string,
  headers: Readonly<Record<string, string>> = {},
  signedId: string | null = null,
): Promise<Opened[]> {
  const proven = easilyProven(endpoint, signedId)
  const account = `account-${crypto.randomUUID()}`
  const config = defineConfig({
    currency: 'usd',
    timeZone: 'UTC',
    endpoints: { here: { ...proven, account } },
    rules: [],
  })
  const deps = depsWith()
  const endpointSecrets = new Map([['here', [SECRET]]])
  const incoming = {
    endpoint: 'here',
    method: 'POST',
    url: ADDRESS,
    pathToken: null,
    headers: new Headers({ 'x-secret': SECRET, ...headers }),
    body: new TextEncoder().encode(text),
  }
  const opened = await openDelivery(proven, [SECRET], incoming, 0)
  const received = await receiveDelivery(
    { ...deps, config, settings: { ...deps.settings, endpointSecrets } },
    incoming,
  )
  if (!opened.ok || !received.ok) throw new Error('the delivery was refused')
  if (opened.value.kind === 'handshake') return []
  const { events } = opened.value
  expect(received.value.events).toHaveLength(events.length)
  return Promise.all(
    events.map(async (event, at) => {
      const id = received.value.events[at]
      const found = id === undefined ? null : await findEvent(deps.db, id)
      if (!found) throw new Error('no row')
      const given = eventOfRecord(endpoint.source, found.event, found.payload)
      return { event, record: { given, isWhole: found.payload?.isWhole } }
    }),
  )
}

/** The types that a header may say: the sample's name, or the first words of it. */
function headersOf(source: Source, file: string): Record<string, string>[] {
  const words = file.split('.')
  const names = ['x-github-event', 'x-helpscout-event', 'x-shopify-topic']
  return words.map((_, at) => {
    const said = words.slice(0, at + 1).join(source.typeSeparator ?? '.')
    return Object.fromEntries(names.map((name) => [name, said]))
  })
}

describe.each(Object.entries<Endpoint>(ALL_SOURCES.endpoints))('%s', (_, endpoint) => {
  const samples = SAMPLES.filter(({ source }) => source === endpoint.source.name)

  it('has samples, and reads at least one of them', async () => {
    const all = await Promise.all(
      samples.flatMap(({ file, text }) =>
        headersOf(endpoint.source, file).map((headers) => through(endpoint, text, headers)),
      ),
    )
    expect(all.flat().some(({ event }) => !isUnreadable(event))).toBe(true)
  })

  it.each(samples)('$file: the record gives what the door read', async ({ file, text }) => {
    for (const headers of headersOf(endpoint.source, file)) {
      for (const signedId of [null, 'msg_signed']) {
        for (const { event, record } of await through(endpoint, text, headers, signedId)) {
          if (isUnreadable(event)) expect(record.given.ok).toBe(false)
          else expect(record.given).toEqual({ ok: true, value: event })
        }
      }
    }
  })
})

it('there are samples of 26 sources', () => {
  expect(new Set(SAMPLES.map(({ source }) => source)).size).toBe(26)
  const configured = Object.values<Endpoint>(ALL_SOURCES.endpoints)
  expect(new Set(configured.map(({ source }) => source.name)).size).toBe(26)
})

const signed = { secret: 'A_SECRET', mode: 'test' } as const

describe('what only the delivery said', () => {
  const byPaths = (event: Parameters<typeof generic>[0]['event']) =>
    generic({ ...signed, signature: { header: 'x-sig' }, event })

  it('a signed id is the event’s own again', async () => {
    const [one] = await through(standard(signed), '{"type":"a.b"}', {}, 'msg_1')
    expect(one?.record.given).toMatchObject({ ok: true, value: { ownId: 'msg_1' } })
  })

  it('the place in a list under a signed id, and the mode that each says, come back', async () => {
    const mode = { at: 'live', live: true, test: false }
    const text = JSON.stringify([{ kind: 'a', live: true }, { kind: 'b' }, { kind: 'a' }])
    const all = await through(byPaths({ type: 'kind', mode }), text, {}, 'msg_1')
    expect(all.map(({ record }) => record)).toEqual(
      all.map(({ event }) => ({ given: { ok: true, value: event }, isWhole: false })),
    )
    expect(all.map(({ event }) => event)).toMatchObject([
      { ownId: '["msg_1",0]', mode: 'live' },
      { ownId: '["msg_1",1]', mode: null },
      { ownId: '["msg_1",2]', mode: null },
    ])
  })

  it('a type of a configured header comes back from the row', async () => {
    const endpoint = byPaths({ type: { header: 'x-kind' } })
    const [one] = await through(endpoint, '{"a":1}', { 'x-kind': 'credit.granted' })
    expect(one?.record.given).toEqual({ ok: true, value: one?.event })
    expect(one?.event).toMatchObject({ type: 'credit.granted' })
  })

  it('an id and a type longer than a row keeps are whole again', async () => {
    const [id, kind] = ['i'.repeat(500), 't'.repeat(500)]
    const [one] = await through(byPaths({ id: 'id', type: 'kind' }), JSON.stringify({ id, kind }))
    expect(one?.record.given).toMatchObject({ ok: true, value: { ownId: id, type: kind } })
  })

  it('a body with a byte order mark is read without it', async () => {
    const [one] = await through(byPaths({ type: 'kind' }), '\uFEFF{"kind":"a"}')
    expect(one?.record.given).toMatchObject({ ok: true, value: { type: 'a', data: { kind: 'a' } } })
  })
})

describe('what can not be given back', () => {
  const record: EventRecord = { ownId: null, type: 'refund.created', occurredAt: 1 }
  const whole = (body: string) => ({ encoding: 'utf8', body, isWhole: true }) as const

  it('a payload that was forgotten', () => {
    expect(eventOfRecord(stripeSource, record, null)).toEqual({
      ok: false,
      error: { reason: 'payload_forgotten' },
    })
  })

  it('a body that holds a secret: its size and hash are all that was kept', async () => {
    const endpoint = salesforce({
      ...signed,
      unsigned: 'accept',
      organizationId: '00D5g00000ACMEz',
    })
    const [one] = await through(endpoint, '<not-salesforce/>')
    expect(one?.record.given).toEqual({ ok: false, error: { reason: 'body_hidden' } })
  })

  it.each([
    [
      'what was unreadable then',
      stripeSource,
      { ...record, type: 'unreadable' },
      '{}',
      'unreadable',
    ],
    ['bytes that are no JSON', stripeSource, record, 'no JSON', 'not_json'],
    ['another type', stripeSource, record, '{"type":"refund.failed"}', 'another_type'],
    [
      'a page that throws',
      {
        ...madeUpSource,
        read: (): never => {
          throw new TypeError('broken')
        },
      },
      record,
      '{}',
      'another_type',
    ],
  ])('%s is not readable', (_, source, row, body, detail) => {
    expect(eventOfRecord(source, row, whole(body))).toEqual({
      ok: false,
      error: { reason: 'not_readable', detail },
    })
  })

  it('bytes that are no text', () => {
    const payload = { encoding: 'base64', body: '//4=', isWhole: true } as const
    expect(eventOfRecord(stripeSource, record, payload)).toEqual({
      ok: false,
      error: { reason: 'not_readable', detail: 'not_utf8' },
    })
  })

  it('a part that its source doesn’t read by itself is what its row says', () => {
    const payload = { encoding: 'utf8', body: '{"a":1}', isWhole: false } as const
    expect(eventOfRecord(shopifySource, { ...record, ownId: 'x' }, payload)).toEqual({
      ok: true,
      value: { ownId: 'x', type: 'refund.created', occurredAt: 1, mode: null, data: { a: 1 } },
    })
  })
})
