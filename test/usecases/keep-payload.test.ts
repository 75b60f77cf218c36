// What of a delivery reaches the database: nothing secret, sealed by a salt, and readable for the rules.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineConfig } from '../../src/config.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { usd } from '../../src/domain/money.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { credit, rule } from '../../src/domain/rule.ts'
import { generic } from '../../src/sources/index.ts'
import { eventOfRecord } from '../../src/sources/recorded-event.ts'
import { receiveDelivery } from '../../src/usecases/receive-delivery.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { depsWith, event, refund, ticket } from '../harness.ts'
import { metered } from '../metered-database.ts'
import { createWorld, entriesOf } from '../world.ts'
import testConfig from '../makegood.config.ts'

const CARD = '4111 1111 1111 1111'

const kept = async (deps: Deps, id: EventId) => {
  const found = await findEvent(deps.db, id)
  if (!found?.payload) throw new Error(`${id} has no payload`)
  return { event: found.event, payload: found.payload }
}

const hexOf = async (bytes: readonly number[]): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))).toHex()

describe('what is kept', () => {
  it('is the bytes that came, where nothing has to go', async () => {
    const world = await createWorld()
    const text = JSON.stringify(ticket(), null, 2)
    const [id] = await world.receive('zendesk', text)
    expect((await kept(world.deps, id!)).payload.body).toBe(text)
  })

  it('has neither card numbers nor the values of secrets, and the rules have decided before', async () => {
    const world = await createWorld()
    const comment = `please charge ${CARD} again`
    const session = { access_token: 'sesame-open' }
    const body = ticket({ comment, session, paid_with: 4242424242424242, amount: '12.50' })
    const [id] = await world.receive('zendesk', { ...body, tags: 'credit_requested' })
    const { event: row, payload } = await kept(world.deps, id!)
    expect(row.fate).toBe('adjusted')
    expect(JSON.parse(payload.body)).toEqual({
      ...body,
      tags: 'credit_requested',
      comment: 'please charge [redacted] again',
      session: { access_token: '[redacted]' },
      paid_with: '[redacted]',
    })
  })

  it('is still a card number free text where it is no JSON', async () => {
    const world = await createWorld()
    const [id] = await world.receive('zendesk', `card ${CARD} token=sesame`)
    expect((await kept(world.deps, id!)).payload.body).toBe('card [redacted] token=[redacted]')
  })

  it.each([
    ['a secret', '"api_token":"sesame","api_token":""'],
    ['a secret whose name is written in two ways', '"api_\\u0074oken":"sesame","api_token":null'],
    ['a card', '"card":{"number":"4242424242424242"},"card":null'],
    ['a card in a list', '"paid":[{"by":"a:\\"b\\\\","pan":"4242424242424242","pan":""}]'],
    ['what the configuration names', '"phone":{"home":"4242"},"phone":""'],
  ])('is only the last of two fields of one name: %s', async (_, fields) => {
    const config = { ...testConfig, redact: ['phone'] }
    const world = await createWorld({ config })
    const text = `${JSON.stringify(ticket({ tags: 'none' }), null, 1).slice(0, -2)},${fields}}`
    const [id] = await world.receive('zendesk', text)
    const { body } = (await kept(world.deps, id!)).payload
    expect(body).not.toMatch(/sesame|4242/)
    expect(JSON.parse(body)).toEqual(JSON.parse(text))
  })

  it('is as it came where a text has colons, quotes and backslashes, and no name comes twice', async () => {
    const world = await createWorld()
    const comment = 'At 12:30: "a\\": {"token":1} \\'
    const text = `\uFEFF${JSON.stringify(ticket({ comment, 'a:b': { c: [{ comment }, {}] } }), null, 2)}`
    const [id] = await world.receive('zendesk', text)
    expect((await kept(world.deps, id!)).payload.body).toBe(text)
  })

  it('of one event among several is its own part, without what has to go', async () => {
    const world = await createWorld()
    const one = { id: `b_${crypto.randomUUID()}`, type: 'credit', subject: 's:1', amount: 'none' }
    const [id] = await world.receive('batch', [{ ...one, token: 'sesame' }, { note: CARD }])
    const { payload } = await kept(world.deps, id!)
    expect(JSON.parse(payload.body)).toEqual({ ...one, token: '[redacted]' })
    expect(payload.isWhole).toBe(false)
  })

  it('nested too deep to be walked is redacted as text', async () => {
    const world = await createWorld()
    const deep = 40_000
    const text = `{"token":"sesame","deep":${'['.repeat(deep)}"${CARD}"${']'.repeat(deep)}}`
    const [id] = await world.receive('zendesk', text)
    const { body } = (await kept(world.deps, id!)).payload
    expect(body).toBe(text.replace('"sesame"', '"[redacted]"').replace(CARD, '[redacted]'))
  })

  it('that grows beyond what D1 takes is its length and hash', async () => {
    const world = await createWorld()
    const pans = Array.from({ length: 95_000 }, () => '{"pan":1}').join()
    const [id] = await world.receive('zendesk', `[${pans}]`)
    const { payload } = await kept(world.deps, id!)
    expect(Object.keys(JSON.parse(payload.body))).toEqual(['bytes', 'sha256'])
  })
})

const SECRET = 'keep-payload-secret-0123456789'
const endpoint = generic({
  secret: 'SHOP_SECRET',
  mode: 'test',
  signature: { header: 'x-signature' },
  event: { id: 'id', type: { is: 'order' } },
})
const shopCredit = rule({
  id: 'shop-credit',
  source: endpoint.source.name,
  on: ['order'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'system',
  payload: z.object({ order: z.string(), token: z.string().optional() }),
  adjust: ({ order }) => credit(usd(5), { subject: `order:${order}`, customer: 'acme-42' }),
})

const shop = (redact: readonly string[]) =>
  defineConfig({
    currency: 'usd',
    timeZone: 'UTC',
    endpoints: { shop: endpoint },
    rules: [shopCredit],
    redact,
  })

async function deliverTo(deps: Deps, body: object): Promise<EventId> {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(SECRET),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes)).toHex()
  const received = await receiveDelivery(deps, {
    endpoint: 'shop',
    method: 'POST',
    url: 'https://makegood.example/webhooks/shop',
    pathToken: null,
    headers: new Headers({ 'x-signature': signature }),
    body: bytes,
  })
  if (!received.ok) throw new Error(received.error.reason)
  return received.value.events[0]!
}

describe('what a rule reads', () => {
  const world = async (redact: readonly string[] = []) => {
    const config = shop(redact)
    const { settings } = depsWith()
    const endpointSecrets = new Map([['shop', [SECRET]]])
    return createWorld({ config, settings: { ...settings, endpointSecrets } })
  }

  it('stays, also where it looks like a card number or a secret; the rest does not', async () => {
    const { deps } = await world()
    const body = { id: crypto.randomUUID(), order: '4111111111111111', token: 'read', note: CARD }
    const { event: row, payload } = await kept(deps, await deliverTo(deps, body))
    expect(row.fate).toBe('adjusted')
    expect(JSON.parse(payload.body)).toEqual({ ...body, note: '[redacted]' })
    const again = eventOfRecord(endpoint.source, row, payload)
    expect(again.ok && shopCredit.decide(again.value)).toMatchObject({
      proposals: [{ subject: 'order:4111111111111111' }],
    })
  })

  it('can not be named by the configuration', () => {
    expect(() => shop(['token'])).toThrow('redact[0]: a rule reads token, which token takes')
    expect(() => shop(['shipping.phone'])).not.toThrow()
  })

  it('and what the configuration names is gone', async () => {
    const { deps } = await world(['shipping.phone'])
    const body = { id: crypto.randomUUID(), order: '7', shipping: { phone: '+49 30 123' } }
    const { payload } = await kept(deps, await deliverTo(deps, body))
    expect(JSON.parse(payload.body)).toMatchObject({ shipping: { phone: '[redacted]' } })
  })
})

it('a redacted event is decided again', async () => {
  const strict = { ...testConfig, rules: [] }
  const world = await createWorld()
  const before = { ...world.deps, config: strict }
  const bare = await createWorld({ config: strict })
  const [id] = await bare.receive('stripe', refund({ client_secret: 'sesame' }))
  expect((await kept(before, id!)).event.fate).toBe('ignored')
  expect(await requeueEvent(world.deps, BOOTSTRAP, id!)).toMatchObject({
    ok: true,
    value: { event: { fate: 'adjusted' } },
  })
})

describe('the commitment', () => {
  it('in the log is over the salt and what was kept; each event has a salt of its own', async () => {
    const world = await createWorld()
    const items = ['1', '2'].map((nth) => ({ id: crypto.randomUUID(), type: 'credit', nth }))
    const ids = await world.receive('batch', items)
    const salts = new Set<string>()
    for (const id of ids) {
      const { results } = await env.DB.prepare(
        `SELECT p.salt, p.body, e.commitment FROM events e JOIN payloads p ON p.event_seq = e.seq
         WHERE e.id = ?`,
      )
        .bind(id)
        .all<{ salt: string; body: string; commitment: string }>()
      const { salt, body, commitment } = results[0]!
      expect(salt).toMatch(/^[0-9a-f]{32}$/)
      salts.add(salt)
      const bytes = [...Uint8Array.fromHex(salt), ...new TextEncoder().encode(body)]
      expect(commitment).toBe(await hexOf(bytes))
      const [received] = await entriesOf(id)
      expect(received).toMatchObject({ action: 'event.received', data: { commitment } })
      const unsalted = await hexOf([...new TextEncoder().encode(body)])
      expect(JSON.stringify([received, await event(id)])).not.toContain(unsalted)
    }
    expect(salts.size).toBe(2)
  })

  it('costs no statement and no row of its own', async () => {
    // The endpoint's and the rule's first rows are there.
    const world = await createWorld()
    await world.receive('zendesk', ticket())
    const cost = await metered(async (db) => {
      const counted = await createWorld({ db })
      await counted.receive('zendesk', ticket())
    })
    // An event and its two indexes, its payload, an adjustment and three of its indexes, two entries with
    // the index of each.
    expect(cost).toMatchObject({ rowsWritten: 12 })
    expect(cost.statements).toBeLessThanOrEqual(6)
  })
})
