// The door: what it answers to whom, what it keeps, and what it costs.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { receiveDelivery } from '../../src/usecases/receive-delivery.ts'
import { openDatabase } from '../../src/db/database.ts'
import {
  adjustmentOf,
  countRows,
  deliver,
  depsWith,
  event,
  fetchApp,
  invoicesOf,
  refund,
  signedRequest,
  ticket,
} from '../harness.ts'
import { actionsOf, createWorld } from '../world.ts'

const TABLES = ['events', 'payloads', 'adjustments', 'links', 'audit_entries']

const rows = async (): Promise<number[]> => Promise.all(TABLES.map(countRows))

/** The deps with a D1 that writes down what each of its batches cost. */
function meteredDeps() {
  const batches: { statements: number; rowsWritten: number; rowsRead: number }[] = []
  const metered = new Proxy(env.DB, {
    get(d1, name) {
      if (name !== 'batch') {
        const value: unknown = Reflect.get(d1, name)
        return typeof value === 'function' ? value.bind(d1) : value
      }
      return async (statements: D1PreparedStatement[]) => {
        const results = await d1.batch(statements)
        batches.push({
          statements: statements.length,
          rowsWritten: results.reduce((sum, { meta }) => sum + meta.rows_written, 0),
          rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
        })
        return results
      }
    },
  })
  return { batches, deps: depsWith({ db: openDatabase(metered), wake: async () => undefined }) }
}

async function receive(deps: ReturnType<typeof depsWith>, endpoint: string, body: unknown) {
  const request = await signedRequest(endpoint, body)
  const received = await receiveDelivery(deps, {
    endpoint,
    method: request.method,
    url: request.url,
    pathToken: null,
    headers: request.headers,
    body: new Uint8Array(await request.arrayBuffer()),
  })
  if (!received.ok) throw new Error(received.error.reason)
  return received.value.events
}

describe('who is let in', () => {
  let valid: Request
  beforeAll(async () => {
    valid = await signedRequest('stripe', refund())
  })
  const changed = (change: (headers: Headers) => void): Request => {
    const headers = new Headers(valid.headers)
    change(headers)
    return new Request(valid.clone(), { headers })
  }

  it.each<[string, () => Request | Promise<Request>]>([
    [
      'a wrong signature',
      () =>
        changed((h) =>
          h.set('stripe-signature', `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`),
        ),
    ],
    ['no signature', () => changed((h) => h.delete('stripe-signature'))],
    ['a garbage timestamp', () => changed((h) => h.set('stripe-signature', 't=soon,v1=00'))],
    ['an empty signature header', () => changed((h) => h.set('stripe-signature', ''))],
    ['a stale timestamp', () => signedRequest('stripe', refund(), { nowMs: Date.now() - 301_000 })],
    [
      'a timestamp from the future',
      () => signedRequest('stripe', refund(), { nowMs: Date.now() + 303_000 }),
    ],
    [
      'a body changed by one byte',
      () => new Request(valid.clone(), { body: '{} ', method: 'POST' }),
    ],
  ])('%s is answered 401, says no more, and leaves no row', async (_, request) => {
    const before = await rows()
    const response = await fetchApp(await request())
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({
      success: false,
      error: {
        type: 'authentication_error',
        code: 'unauthorized',
        message: 'The delivery is not signed with the secret of this endpoint.',
        doc_url: 'https://makegood.example/docs/errors/unauthorized',
      },
    })
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{10,}$/)
    expect(await rows()).toEqual(before)
  })

  it('an endpoint without a secret is off: 503 with Retry-After, never open', async () => {
    const response = await fetchApp('https://makegood.example/webhooks/zendesk-off', {
      method: 'POST',
      body: '{}',
    })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('30')
  })

  it('an unknown endpoint is 404, and another method 405 with Allow', async () => {
    const unknown = await fetchApp('https://makegood.example/webhooks/nobody', {
      method: 'POST',
      body: '{}',
    })
    expect(unknown.status).toBe(404)
    const get = await fetchApp('https://makegood.example/webhooks/stripe')
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it.each([
    ['with its length said', (body: string) => body],
    ['in chunks', (body: string) => new Response(body).body!],
  ])('a body over the limit is 413, %s', async (_, form) => {
    const before = await rows()
    const headers = { 'stripe-signature': 't=1,v1=00' }
    const body = form('x'.repeat(1_048_577))
    const response = await fetchApp(
      new Request('https://makegood.example/webhooks/stripe', { method: 'POST', headers, body }),
    )
    expect(response.status).toBe(413)
    expect(await rows()).toEqual(before)
  })

  it('the former secret of two still opens the door', async () => {
    const { signDelivery } = await import('../../scripts/sign-delivery.ts')
    const { stripe } = await import('../../src/sources/stripe.ts')
    const body = JSON.stringify(refund())
    const endpoint = stripe({ secret: 'STRIPE_WEBHOOK_SECRET' })
    const { headers } = await signDelivery(endpoint, 'whsec_test_stripe_previous', body, {
      nowMs: Date.now(),
    })
    const response = await fetchApp('https://makegood.example/webhooks/stripe', {
      method: 'POST',
      headers,
      body,
    })
    expect(response.status).toBe(202)
  })

  it('storage trouble is 503, so that the sender tries again', async () => {
    const world = await createWorld()
    const broken = new Proxy(env.DB, {
      get(d1, name) {
        if (name === 'batch') return () => Promise.reject(new Error('D1_ERROR: database is locked'))
        const value: unknown = Reflect.get(d1, name)
        return typeof value === 'function' ? value.bind(d1) : value
      },
    })
    const { createApp } = await import('../../src/http/app.ts')
    const app = createApp(() => ({ ...world.deps, db: openDatabase(broken) }))
    const response = await app.fetch(
      await signedRequest('stripe', refund(), { nowMs: world.now() }),
      env,
    )
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('30')
    expect(world.lines).toContainEqual({
      event: 'alarm.request_threw',
      error: 'Error',
      message: 'D1_ERROR: database is locked',
    })
  })
})

describe('once', () => {
  it('fifty deliveries of one event, ten at a time: 202 each, one event, adjustment, invoice', async () => {
    const body = ticket()
    const ids = new Set<string>()
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => deliver('zendesk', body)))
      for (const [id] of answers) ids.add(id!)
    }
    expect(ids.size).toBe(1)
    const [id] = ids
    const adjustment = await adjustmentOf(id!, 'invoiced')
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    const made = env.DB.prepare('SELECT id FROM adjustments WHERE event_id = ?').bind(id)
    expect((await made.all()).results).toEqual([{ id: adjustment.id }])
    expect(await actionsOf(id!)).toEqual(['event.received'])
    expect(await actionsOf(adjustment.id)).toEqual([
      'adjustment.created',
      'adjustment.claimed',
      'adjustment.invoiced',
    ])
  })

  it('forty-nine duplicates write no row, by the database’s own count', async () => {
    const { batches, deps } = meteredDeps()
    const body = refund()
    await receive(deps, 'stripe', body)
    expect(batches[0]?.rowsWritten).toBeGreaterThan(0)
    for (let again = 0; again < 49; again++) await receive(deps, 'stripe', body)
    expect(batches).toHaveLength(50)
    expect(batches.slice(1).every(({ rowsWritten }) => rowsWritten === 0)).toBe(true)
  })

  it('a delivery of a hundred events is one batch of at most six statements', async () => {
    const { batches, deps } = meteredDeps()
    const body = Array.from({ length: 100 }, (_, index) => ({
      id: `many-${index}`,
      type: 'credit',
      subject: `many:${index}`,
      amount: 100 + index,
    }))
    expect(await receive(deps, 'batch', body)).toHaveLength(100)
    expect(batches).toHaveLength(1)
    expect(batches[0]?.statements).toBeLessThanOrEqual(6)
  })

  it('an ignored event costs at most four rows', async () => {
    const { batches, deps } = meteredDeps()
    await receive(deps, 'stripe', refund({ status: 'pending' }))
    expect(batches.map(({ rowsWritten }) => rowsWritten)).toEqual([4])
  })

  it('thirty-seven old events among a hundred don’t hide the sixty-three new ones', async () => {
    const { deps } = meteredDeps()
    const events = Array.from({ length: 100 }, (_, index) => ({
      id: `mixed-${index}`,
      type: 'credit',
      subject: `mixed:${index}`,
      amount: 500,
    }))
    await receive(deps, 'batch', events.slice(0, 37))
    const before = await rows()
    await receive(deps, 'batch', events.toReversed())
    const after = await rows()
    expect(after.map((count, table) => count - before[table]!)).toEqual([63, 63, 63, 0, 126])
  })

  it('a hundred events with a broken one in the middle leave ninety-nine processed and one shown', async () => {
    const { deps } = meteredDeps()
    const events: unknown[] = Array.from({ length: 100 }, (_, index) => ({
      id: `broken-${index}`,
      type: 'credit',
      subject: `broken:${index}`,
      amount: 500,
    }))
    events[37] = 'not an event'
    events[38] = { id: 'broken-38', type: 'credit', subject: 'broken:38', amount: 5, throws: true }
    const ids = await receive(deps, 'batch', events)
    const { results } = await env.DB.prepare(
      `SELECT fate, reason, count(*) AS n FROM events WHERE id IN (SELECT value FROM json_each(?))
       GROUP BY fate, reason ORDER BY n`,
    )
      .bind(JSON.stringify(ids))
      .all()
    expect(results).toEqual([
      { fate: 'undecided', reason: 'not_an_object', n: 1 },
      { fate: 'undecided', reason: 'rule_threw', n: 1 },
      { fate: 'adjusted', reason: null, n: 98 },
    ])
  })

  it('two events of one subject make one adjustment: a duplicate, or a conflict if they differ', async () => {
    const world = await createWorld()
    const make = (id: string, amount: number) => ({ id, type: 'credit', subject: 'case:7', amount })
    const [first] = await world.receive('batch', [make('c1', 500)])
    const [same] = await world.receive('batch', [make('c2', 500)])
    const [other] = await world.receive('batch', [make('c3', 501)])
    expect(await Promise.all([first, same, other].map((id) => world.fate(id!)))).toEqual([
      'adjusted',
      'duplicate',
      'conflict',
    ])
    expect((await world.adjustment(other!)).amount).toBe(-500)
    expect(world.queue).toHaveLength(1)
  })

  it('within one delivery too: the first of a subject is its adjustment', async () => {
    const world = await createWorld()
    const make = (id: string, amount: number) => ({ id, type: 'credit', subject: 'case:8', amount })
    const ids = await world.receive('batch', [
      make('d1', 700),
      make('d2', 700),
      make('d3', 9),
      make('d1', 8),
    ])
    expect(await Promise.all(ids.map((id) => world.fate(id)))).toEqual([
      'adjusted',
      'duplicate',
      'conflict',
    ])
  })

  it('an old event among new ones makes nothing under today’s rules, and hides no new one', async () => {
    const world = await createWorld()
    const old = { id: 'old', type: 'credit', subject: 'case:9', amount: 300, ignores: true }
    await world.receive('batch', [old])
    const again = { ...old, ignores: false }
    const fresh = { id: 'fresh', type: 'credit', subject: 'case:9', amount: 300 }
    const [first, second] = await world.receive('batch', [again, fresh])
    expect([await world.fate(first!), await world.fate(second!)]).toEqual(['ignored', 'adjusted'])
    expect((await world.adjustment(second!)).eventId).toBe(second)
  })

  it('an event that was ignored doesn’t stand in the way of a later one of its subject', async () => {
    const [pending] = await deliver('stripe', refund({ id: 're_later', status: 'pending' }))
    const [succeeded] = await deliver('stripe', refund({ id: 're_later' }, 'refund.updated'))
    expect([await event(pending!), await event(succeeded!)]).toMatchObject([
      { fate: 'ignored', reason: 'refund_pending' },
      { fate: 'adjusted' },
    ])
  })
})

describe('what can’t be read', () => {
  it.each([
    ['not there at all', '', 'not_json', 'utf8'],
    ['not JSON', 'certainly not JSON', 'not_json', 'utf8'],
    ['a bare number', '42', 'not_an_object', 'utf8'],
    ['an object without a type', '{"id":"evt_1"}', 'no_event_type', 'utf8'],
    ['text with a NUL', '{"a":"\0"}', 'not_utf8', 'base64'],
  ])(
    'signed bytes that are %s are kept, shown, and answered 202',
    async (_, body, reason, encoding) => {
      const [id] = await deliver('stripe', body)
      const shown = await event(id!)
      expect(shown).toMatchObject({
        type: 'unreadable',
        fate: 'undecided',
        reason,
        adjustments: [],
      })
      expect(shown.payload.encoding).toBe(encoding)
      const kept = encoding === 'utf8' ? shown.payload.body : atob(shown.payload.body)
      expect(kept).toBe(body)
      expect(await deliver('stripe', body)).toEqual([id])
    },
  )

  it('a body of nothing but quotes, a megabyte of them, is kept whole', async () => {
    const body = '"'.repeat(1_048_576)
    const [id] = await deliver('stripe', body)
    expect((await event(id!)).payload.body).toBe(body)
  })

  it('a body that nests a hundred thousand deep is kept, and no 5xx', async () => {
    const body = `{"id":"evt_deep","type":"refund.created","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const [id] = await deliver('stripe', body)
    expect(await event(id!)).toMatchObject({ fate: 'undecided' })
  })

  it('more events than a delivery may carry are kept as one unreadable delivery', async () => {
    const world = await createWorld()
    const body = Array.from({ length: 501 }, (_, index) => ({ id: `x${index}`, type: 'credit' }))
    const ids = await world.receive('batch', body)
    expect(ids).toHaveLength(1)
    expect((await event(ids[0]!)).reason).toBe('too_many_events')
  })

  it('events that grow past what D1 binds are kept as the bytes that came', async () => {
    const world = await createWorld()
    const numbers = Array.from(
      { length: 500 },
      (_, index) => `{"id":"g${index}","n":[${'1e20,'.repeat(400)}1]}`,
    )
    const body = `[${numbers.join(',')}]`
    expect(body.length).toBeLessThan(1_048_577)
    const [id, ...others] = await world.receive('batch', body)
    expect(others).toEqual([])
    const shown = await event(id!)
    expect(shown.reason).toBe('too_large_to_keep_apart')
    expect(shown.payload.body).toBe(body)
  })
})
