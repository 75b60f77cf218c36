// The endpoints: what to paste at the source, whether it is open, what came, and what was not taken in.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld } from '../../world.ts'
import { OPERATOR, ticket } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { BODY_BYTES_MAX, MS_PER_HOUR } from '../../../src/domain/limits.ts'
import { REJECTION_REASONS } from '../../../src/domain/rejection.ts'
import { createPerson, type Person } from './browsing.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person

beforeEach(async () => {
  await env.DB.exec('DELETE FROM rejections')
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})

const knock = (endpoint: string, body = '{}', headers: Record<string, string> = {}) =>
  person.ask(`/webhooks/${endpoint}`, { method: 'POST', body, headers })

const FORGED = {
  'x-zendesk-webhook-signature': btoa('x'.repeat(32)),
  'x-zendesk-webhook-signature-timestamp': '2026-10-26T07:33:12Z',
}

/** What a reader sees of one endpoint. */
async function card(name: string): Promise<string> {
  const { html } = await person.ask('/endpoints')
  const [, section = ''] =
    new RegExp(`aria-labelledby="endpoint-${name}-name">(.*?)</section>`, 's').exec(html) ?? []
  return section.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')
}

const counts = async () =>
  (
    await env.DB.prepare(
      'SELECT endpoint, reason, count FROM rejections ORDER BY endpoint, reason',
    ).all()
  ).results

describe('an endpoint', () => {
  it('shows the address to paste, and of its secret the name and never the value', async () => {
    const text = await card('zendesk')
    expect(text).toContain('/webhooks/zendesk')
    expect(text).toContain('ZENDESK_WEBHOOK_SECRET is set')
    expect((await person.ask('/endpoints')).html).not.toContain(env.ZENDESK_WEBHOOK_SECRET)
  })

  it('that has no secret is off, and says so', async () => {
    const text = await card('setup-off')
    expect(text).toContain('Off')
    expect(text).toContain('SECRET_THAT_NOBODY_SET is not set')
  })

  it('waits for its first delivery, and says to the second when one came', async () => {
    await env.DB.exec(`DELETE FROM endpoint_starts WHERE endpoint = 'zendesk-live'`)
    expect(await card('zendesk-live')).toContain('waiting for the first delivery')
    await world.receive('zendesk', ticket())
    await world.advance(4)
    expect(await card('zendesk')).toContain('received 4 s ago')
  })
})

describe('a rejected delivery', () => {
  it('is counted with its reason, and what to do stands beside it', async () => {
    expect((await knock('zendesk')).status).toBe(401)
    expect((await knock('setup-off')).status).toBe(503)
    const text = await card('zendesk')
    expect(text).toContain('Without the proof that its source sends')
    expect(text).toContain('Switch signing on at the source')
    expect(text).toMatch(/so many/)
    await world.advance(60)
    await knock('zendesk')
    expect(await card('setup-off')).toContain('Store its secret: npm run setup -- --renew')
  })

  it('writes at most once a minute, and none is lost by that', async () => {
    for (let n = 0; n < 10; n++) await knock('zendesk')
    expect(await counts()).toEqual([{ endpoint: 'zendesk', reason: 'header_missing', count: 1 }])
    await world.advance(60)
    await knock('zendesk', '{}', FORGED)
    expect(await counts()).toEqual([
      { endpoint: 'zendesk', reason: 'header_missing', count: 10 },
      { endpoint: 'zendesk', reason: expect.stringMatching(/timestamp_|signature_/), count: 1 },
    ])
  })

  it('is counted where it is too large, and a made-up endpoint is not', async () => {
    expect((await knock('zendesk', 'x'.repeat(BODY_BYTES_MAX + 1))).status).toBe(413)
    expect((await knock('nobody')).status).toBe(404)
    expect(await counts()).toEqual([{ endpoint: 'zendesk', reason: 'body_too_large', count: 1 }])
  })

  it('counts later where it could not be written, and its answer is the same', async () => {
    const batch = () => Promise.reject(new Error('D1_ERROR: database is locked'))
    const db = Object.assign(Object.create(world.deps.db), { batch })
    const broken = createPerson(() => ({ ...world.deps, db }))
    const sent = await broken.ask('/webhooks/zendesk', { method: 'POST', body: '{}' })
    expect([sent.status, (await counts()).length]).toEqual([401, 0])
    await world.advance(60)
    await knock('zendesk')
    expect(await counts()).toEqual([{ endpoint: 'zendesk', reason: 'header_missing', count: 2 }])
  })

  it('is forgotten after a week', async () => {
    await knock('zendesk')
    await world.advance(9 * 24 * 3_600)
    await person.logIn(OPERATOR['x-api-key'])
    expect(await card('zendesk')).toContain('No delivery was rejected in 7 days.')
    await knock('stripe')
    expect((await counts()).map(({ endpoint }) => endpoint)).toEqual(['stripe'])
  })
})

describe('the page', () => {
  it('reads at most 500 rows, however much came and was rejected', async () => {
    const hour = Math.floor(world.now() / MS_PER_HOUR)
    const rows = Array.from({ length: 160 }, (_, n) =>
      REJECTION_REASONS.map((reason) => `(${hour - n}, 'zendesk', '${reason}', 3, ${world.now()})`),
    ).flat()
    for (let from = 0; from < rows.length; from += 200) {
      const some = rows.slice(from, from + 200).join(',')
      await env.DB.exec(
        `INSERT INTO rejections (hour, endpoint, reason, count, last_at) VALUES ${some}`,
      )
    }
    const { rowsRead } = await metered(async (db) => {
      const reader = createPerson(() => ({ ...world.deps, db }))
      reader.setCookie(person.cookie())
      const { status, text } = await reader.ask('/endpoints')
      expect(status).toBe(200)
      expect(text).toContain('At least so many')
    })
    expect(rowsRead).toBeLessThanOrEqual(500)
  })
})
