// The operator's reads: who may, what they show, how they page.

import { beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { customerMail } from '../../src/notices/customer-mail.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { api, deliver, depsWith, event, fetchApp, OPERATOR, refund, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

const at = (path: string): string => `https://makegood.example/api/v1${path}`

beforeAll(async () => {
  const world = await createWorld()
  for (let each = 0; each < 5; each++) await world.receive('zendesk', ticket())
})

describe('who may', () => {
  it.each(['/events', '/events/evt_1', '/adjustments', '/adjustments/adj_1', '/nothing'])(
    '%s is closed without the key, and with another',
    async (path) => {
      for (const headers of [
        {},
        { 'x-api-key': 'ck_mg_test_0123456789abcdeF' },
        { 'x-api-key': '' },
      ]) {
        const response = await fetchApp(at(path), { headers })
        expect(response.status).toBe(401)
        expect(await response.json()).toMatchObject({
          success: false,
          error: { code: 'unauthorized' },
        })
      }
    },
  )

  it('nobody may where no key is configured', async () => {
    const deps = depsWith()
    const app = createApp(() => ({ ...deps, settings: { ...deps.settings, bootstrapKey: null } }))
    const response = await app.request('/api/v1/events', { headers: { 'x-api-key': '' } })
    expect(response.status).toBe(503)
  })
})

describe('lists', () => {
  it.each(['/events', '/adjustments'])(
    '%s pages from the newest to the oldest, each row once',
    async (path) => {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await api(`${path}?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`)
        expect(page.data.length).toBeLessThanOrEqual(2)
        seen.push(...page.data.map((row: any) => row.id))
        cursor = page.nextCursor
        expect(page.hasMore).toBe(cursor !== undefined)
      } while (cursor !== undefined)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.length).toBeGreaterThanOrEqual(5)
    },
  )

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=many', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=%205', 'limit'],
    ['limit=', 'limit'],
    ['cursor=abc', 'cursor'],
    ['cursor=-1', 'cursor'],
    ['colour=red', 'colour'],
  ])('?%s is 400 and names the parameter', async (query, param) => {
    const response = await fetchApp(at(`/events?${query}`), { headers: OPERATOR })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { type: 'validation_error', param } })
  })
})

describe('one of them', () => {
  it('an event shows what came, what was decided and why, and its adjustments with their note', async () => {
    const world = await createWorld()
    const body = refund({ customer: 'nobody' })
    const [id] = await world.receive('stripe', body)
    await world.work()
    expect(await event(id!)).toMatchObject({
      object: 'event',
      ownId: body.id,
      type: 'refund.created',
      mode: 'test',
      occurredAt: new Date(body.created * 1_000).toISOString(),
      fate: 'adjusted',
      rule: 'stripe-refund-record',
      decision: { considered: [{ rule: 'stripe-refund-record', answer: 'adjust' }] },
      payload: { encoding: 'utf8', body: JSON.stringify(body) },
      adjustments: [
        {
          state: 'held',
          holdReasons: ['customer_unresolved'],
          invoice: null,
          link: null,
          note: [
            'Credit of 25.99 USD for nobody waits for a person: the customer was not found at billing.',
            'PDF: none yet',
            'To the customer: nothing yet.',
          ],
        },
      ],
    })
  })

  it.each(['/events/evt_nothing', '/adjustments/adj_nothing', '/events/nothing', "/events/'"])(
    '%s is 404 in the envelope',
    async (path) => {
      const response = await fetchApp(at(path), { headers: OPERATOR })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        success: false,
        error: { type: 'not_found_error' },
      })
    },
  )
})

describe('health', () => {
  it('says that it is alive and ready, and which endpoints are on', async () => {
    expect((await fetchApp('https://makegood.example/healthz')).status).toBe(200)
    const ready = await fetchApp('https://makegood.example/readyz')
    expect(ready.status).toBe(200)
    const { endpoints } = await ready.json<any>()
    expect(endpoints).toContainEqual({ name: 'stripe', path: '/webhooks/stripe', status: 'on' })
    expect(endpoints).toContainEqual(
      expect.objectContaining({ name: 'zendesk-off', status: 'off: its secret is not set' }),
    )
  })

  it('says which limits of calls are not bound, and is ready all the same', async () => {
    const { env } = await import('cloudflare:workers')
    const { createDeps } = await import('../../src/deps.ts')
    const { default: config } = await import('../makegood.config.ts')
    const app = createApp((bindings) => createDeps(bindings, config))
    const { API_CALLS: _, ...without } = env
    const response = await app.request('/readyz', {}, without)
    expect([response.status, (await response.json<any>()).limits]).toEqual([
      200,
      [
        { name: 'LINK_MISSES', status: 'on' },
        { name: 'API_CALLS', status: 'off: wrangler.toml does not bind it' },
        { name: 'API_STRANGERS', status: 'on' },
      ],
    ])
  })

  it('says which channels are off, and for want of what', async () => {
    const { env } = await import('cloudflare:workers')
    const { createDeps } = await import('../../src/deps.ts')
    const { default: config } = await import('../makegood.config.ts')
    const notices = [slack(), customerMail()]
    const app = createApp((bindings) => createDeps(bindings, { ...config, notices }))
    const response = await app.request('/readyz', {}, { ...env })
    expect(response.status).toBe(200)
    expect((await response.json<any>()).channels).toEqual([
      { name: 'slack', status: 'off: SLACK_WEBHOOK_URL is not set' },
      { name: 'customer_mail', status: 'on' },
    ])
  })

  it('says that nobody is told of a closed ticket where no channel for people is on', async () => {
    const { env } = await import('cloudflare:workers')
    const { createDeps } = await import('../../src/deps.ts')
    const { default: config } = await import('../makegood.config.ts')
    const notices = [zendeskComment(), slack(), customerMail()]
    const app = createApp((bindings) => createDeps(bindings, { ...config, notices }))
    const zendesk = {
      ZENDESK_URL: 'https://acme.zendesk.com',
      ZENDESK_EMAIL: 'makegood@acme.example',
      ZENDESK_API_TOKEN: 'token',
    }
    const statusWith = async (secrets: Readonly<Record<string, string>>) => {
      const response = await app.request('/readyz', {}, { ...env, ...secrets })
      return (await response.json<any>()).channels[0].status
    }
    expect(await statusWith(zendesk)).toBe(
      'on; of a closed ticket nobody is told, since no channel for people is on',
    )
    const slackUrl = 'https://hooks.slack.example/services/T/B/X'
    expect(await statusWith({ ...zendesk, SLACK_WEBHOOK_URL: slackUrl })).toBe('on')
  })

  it('names what is missing, and never a value', async () => {
    const { env } = await import('cloudflare:workers')
    const { createDeps } = await import('../../src/deps.ts')
    const { default: config } = await import('../makegood.config.ts')
    const secrets = {
      COMMET_API_KEY: 'wrong-key-value',
      BOOTSTRAP_KEY: 'ck_mg_short',
      LINK_KEY: 'too-small',
    }
    const app = createApp((bindings) => createDeps(bindings, config))
    const broken = { ...env, ...secrets, COMMET_API_URL: 'http://commet.example' }
    const response = await app.request('/readyz', {}, broken)
    expect(response.status).toBe(503)
    const text = await response.text()
    for (const name of ['COMMET_API_URL', 'COMMET_API_KEY', 'BOOTSTRAP_KEY', 'LINK_KEY']) {
      expect(text).toContain(name)
    }
    for (const value of Object.values(secrets)) expect(text).not.toContain(value)
  })

  it.each(['https://commet.co\n', ' https://commet.co/', 'HTTPS://COMMET.CO'])(
    'reads the address %j as what it means',
    async (address) => {
      const { env } = await import('cloudflare:workers')
      const { createDeps } = await import('../../src/deps.ts')
      const { default: config } = await import('../makegood.config.ts')
      const deps = createDeps({ ...env, COMMET_API_URL: address }, config)
      expect(deps.billing?.baseUrl).toBe('https://commet.co')
    },
  )

  it('answers 503 even when its own parts can’t be put together', async () => {
    const app = createApp(() => {
      throw new TypeError('no such binding')
    })
    const response = await app.request('/healthz')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30'])
  })

  it('anything else is 404 in the envelope, with a request id', async () => {
    const response = await fetchApp('https://makegood.example/wp-login.php')
    expect(response.status).toBe(404)
    expect(response.headers.get('x-request-id')).not.toBeNull()
  })
})

it('logs one line per request, with the route’s pattern instead of a slug', async () => {
  const world = await createWorld()
  const app = createApp(() => world.deps)
  await app.request('/i/secret-slug-of-a-link')
  await deliver('stripe', refund({ status: 'pending' }))
  expect(world.lines).toHaveLength(1)
  expect(world.lines[0]).toMatchObject({
    event: 'request',
    route: '/i/:slug{[^]*}',
    status: 404,
    reason: 'unknown',
  })
  expect(JSON.stringify(world.lines)).not.toContain('secret-slug')
})
