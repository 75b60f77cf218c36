// Who comes to the dashboard by Cloudflare Access: as whom, with what role, and with which forms. Only the team's keys
// are faked.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { limitsOf } from '../../../src/domain/money-limits.ts'
import { usd } from '../../../src/domain/money.ts'
import { createApp } from '../../../src/http/app.ts'
import type { PublicKey } from '../../../src/sources/scheme.ts'
import { accessWith, claimsAt, signed, teamKey, type TeamKey } from '../../access-logins.ts'
import { countRows, OPERATOR, sandboxControl, ticket } from '../../harness.ts'
import config from '../../makegood.config.ts'
import { createWorld } from '../../world.ts'
import { createPerson, formOf, ORIGIN } from './browsing.ts'

const ASSERTION = 'cf-access-jwt-assertion'
const access = accessWith({
  'ann@acme.example': ['read', 'write', 'approve'],
  'bo@acme.example': ['read', 'approve'],
  'eve@acme.example': ['read'],
})
const limits = limitsOf({ twoApproversAbove: usd(400), duplicateHours: 0 })

let own: TeamKey
let other: TeamKey
let world: Awaited<ReturnType<typeof createWorld>>
let published: readonly PublicKey[] | null

beforeAll(async () => {
  own = await teamKey('first')
  other = await teamKey('first')
})
beforeEach(async () => {
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  published = [own.published]
  world = await createWorld({
    config: { ...config, limits, access },
    keysAt: async () => published,
  })
})

/** A browser that Access has let through: it puts the login on every request. */
function browserWith(assertion: string) {
  const app = createApp(() => world.deps)
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { [ASSERTION]: assertion, ...init.headers }
    const response = await app.request(ORIGIN + path, { redirect: 'manual', ...init, headers })
    return {
      status: response.status,
      location: response.headers.get('location'),
      html: await response.text(),
    }
  }
  const send = (path: string, fields: Record<string, string>, headers: object = {}) =>
    ask(path, {
      method: 'POST',
      headers: {
        origin: ORIGIN,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    })
  const submit = async (page: string, action: string, typed: Record<string, string> = {}) => {
    const fields = formOf((await ask(page)).html, action)
    return fields === null ? null : send(action, { ...fields, ...typed })
  }
  return { ask, send, submit }
}

const loginOf = (email: string, more: Record<string, unknown> = {}, key = own) =>
  signed(key, { ...claimsAt(world.now(), email), ...more })
const personAt = async (email: string) => browserWith(await loginOf(email))

describe('a login at Access', () => {
  it('opens the pages without a key, under the name of the person, and logs out at Access', async () => {
    const ann = await personAt('ann@acme.example')
    const { status, html } = await ann.ask('/')
    expect(status).toBe(200)
    expect(html).toContain('ann@acme.example')
    expect(html).toContain('href="/cdn-cgi/access/logout"')
    expect(html).not.toContain('action="/logout"')
    expect((await ann.ask('/login?to=%2Finbox')).location).toBe('/inbox')
  })

  it('offers and does what its role says, and nothing else', async () => {
    const eve = await personAt('eve@acme.example')
    expect((await eve.ask('/events')).status).toBe(200)
    const ann = await personAt('ann@acme.example')
    expect(await eve.submit('/settings', '/settings/pause', { what: 'all' })).toBeNull()
    const fields = formOf((await eve.ask('/settings')).html, '/settings/keys')
    expect(fields).toBeNull()
    expect((await ann.submit('/settings', '/settings/pause', { what: 'all' }))?.location).toBe(
      '/settings?did=paused',
    )
  })

  it.each([
    ['for another audience', () => loginOf('ann@acme.example', { aud: ['f'.repeat(64)] })],
    ['that has ended', () => loginOf('ann@acme.example', { exp: world.now() / 1_000 - 4_000 })],
    ['by another key', () => loginOf('ann@acme.example', {}, other)],
    [
      'of another team',
      () => loginOf('ann@acme.example', { iss: 'https://evil.cloudflareaccess.com' }),
    ],
    ['without a person', () => loginOf('')],
    ['that is none', async () => 'ann@acme.example'],
  ])('%s opens nothing', async (_, login) => {
    const stranger = browserWith(await login())
    for (const path of ['/', '/inbox', '/settings']) {
      const { status, location, html } = await stranger.ask(path)
      expect([path, status, location?.startsWith('/login'), html]).toEqual([path, 303, true, ''])
    }
  })

  it('without a role is told so, and that no key is what it lacks', async () => {
    const { status, html } = await (await personAt('joe@other.example')).ask('/inbox')
    expect(status).toBe(403)
    expect(html).toContain('gives you no role')
  })

  it('waits where the keys of the team can not be had', async () => {
    const ann = await personAt('ann@acme.example')
    published = null
    expect((await ann.ask('/')).status).toBe(503)
  })

  it('is nobody where the configuration knows no Access', async () => {
    const login = await loginOf('ann@acme.example')
    world = await createWorld({ config: { ...config, limits, access: null } })
    expect((await browserWith(login).ask('/')).location).toBe('/login')
  })

  it('gives way to a key whose session is open', async () => {
    const person = createPerson(() => world.deps)
    await person.logIn(OPERATOR['x-api-key'])
    const headers = { [ASSERTION]: await loginOf('eve@acme.example') }
    const { html } = await person.ask('/', { headers })
    expect(html).toContain('bootstrap')
    expect(html).not.toContain('eve@acme.example')
  })
})

describe('a form of such a login', () => {
  const action = '/settings/pause'

  it('is refused with the token of another login, of nobody, and from another site', async () => {
    const ann = await personAt('ann@acme.example')
    const fields = formOf((await ann.ask('/settings')).html, action) ?? {}
    const later = browserWith(await loginOf('ann@acme.example', { identity_nonce: 'another' }))
    const bo = await personAt('bo@acme.example')
    const typed = { ...fields, what: 'all' }
    for (const sent of [
      await later.send(action, typed),
      await bo.send(action, typed),
      await ann.send(action, { ...typed, token: '' }),
      await ann.send(action, typed, { 'sec-fetch-site': 'cross-site' }),
      await ann.send(action, typed, { 'sec-fetch-site': 'same-site' }),
    ]) {
      expect(sent.status).toBe(403)
    }
    expect(await countRows('switches')).toBe(0)
    expect((await ann.send(action, typed)).status).toBe(303)
  })

  it('is not read by another site, which could have a person note what he never saw', async () => {
    const ann = await personAt('ann@acme.example')
    const embedded = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'image',
    }
    expect((await ann.ask('/inbox', { headers: embedded })).status).toBe(403)
    const followed = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    expect((await ann.ask('/inbox', { headers: followed })).status).toBe(200)
  })

  it('approves once for one person: two approvals are of two people', async () => {
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: '450.00' }),
    )
    await world.work()
    const { id } = await world.adjustment(event!)
    const action = `/adjustments/${id}/approve`
    const ann = await personAt('ann@acme.example')
    const first = await ann.submit('/inbox', action)
    expect(first?.location).toBe('/inbox?did=approved-one')
    const again = browserWith(await loginOf('Ann@Acme.example', { identity_nonce: 'another' }))
    const twice = await again.submit('/inbox', action)
    expect(twice === null ? 'not offered' : twice.status).not.toBe(303)
    expect((await world.adjustment(event!)).state).toBe('held')
    const second = await (await personAt('bo@acme.example')).submit('/inbox', action)
    expect(second?.location).toBe('/inbox?did=approved')
  })
})
