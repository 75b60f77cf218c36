// Who gets in, for how long, and whose forms are taken.

import { beforeEach, describe, expect, it } from 'vitest'
import { createCallerMemory } from '../../../src/caller-memory.ts'
import { MS_PER_HOUR, SESSION_HOURS } from '../../../src/domain/limits.ts'
import { revokeKey } from '../../../src/usecases/revoke-key.ts'
import { BOOTSTRAP } from '../../../src/domain/operator.ts'
import { countRows, OPERATOR } from '../../harness.ts'
import { createWorld } from '../../world.ts'
import { PAGES as GUARDED } from './routes.ts'
import { createPerson, formOf, keyOf, ORIGIN, type Person } from './browsing.ts'

const BOOTSTRAP_KEY = OPERATOR['x-api-key']
const PAGES = [
  '/',
  '/inbox',
  '/events',
  '/events/evt_1',
  '/adjustments',
  '/adjustments/adj_1',
  '/settings',
]

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
beforeEach(async () => {
  world = await createWorld()
  person = createPerson(() => world.deps)
})

let next = 0
const anyName = (): string => `person-${(next += 1)}`

describe('logging in', () => {
  it('opens every page with the bootstrap key, and goes where the person wanted to', async () => {
    const { status, location } = await person.ask('/events?before=7')
    expect([status, location]).toEqual([303, '/login?to=%2Fevents%3Fbefore%3D7'])
    const page = await person.ask(location ?? '')
    expect(page.text).toContain('Log in with your key')
    const entered = await person.logIn(BOOTSTRAP_KEY, formOf(page.html, '/login')?.['to'])
    expect([entered.status, entered.location]).toEqual([303, '/events?before=7'])
    for (const path of PAGES) {
      expect([path, (await person.ask(path)).status]).toEqual([
        path,
        path.includes('_1') ? 404 : 200,
      ])
    }
  })

  it('sets a cookie that only this host gets, over https, and no script reads', async () => {
    const { headers } = await person.logIn(BOOTSTRAP_KEY)
    const [first, ...attributes] = (headers.get('set-cookie') ?? '').split('; ')
    expect(first).toMatch(/^__Host-makegood=bootstrap\.\d{13}\.[0-9a-z]{32}\.[\w-]{43}$/)
    expect(attributes).toEqual(['Path=/', 'Max-Age=28800', 'Secure', 'HttpOnly', 'SameSite=Lax'])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('refuses what is no key, one that was revoked and one that has ended in the same words', async () => {
    const revoked = await keyOf(world.deps, anyName())
    await revokeKey(world.deps, revoked.id, BOOTSTRAP)
    for (const key of ['', 'ck_mg_wrong', `ck_mg_${'0'.repeat(32)}`, revoked.secret]) {
      const { status, text, headers } = await person.logIn(key)
      expect([status, headers.get('set-cookie')]).toEqual([401, null])
      expect(text).toContain('This is not a key of this Makegood.')
    }
  })

  it('shows nothing without a session', async () => {
    for (const path of PAGES) {
      const { status, location, html } = await person.ask(path)
      expect([path, status, location?.startsWith('/login'), html]).toEqual([path, 303, true, ''])
    }
  })

  it('is wanted by each route but the open ones, whatever it is asked with', async () => {
    for (const route of [...GUARDED, 'GET /events/evt_1/more', 'GET /settings/other']) {
      const [method = '', pattern = ''] = route.split(' ')
      const path = pattern.replaceAll(/:\w+(\{[^}]*\})?/g, 'pause')
      const headers = { 'x-api-key': BOOTSTRAP_KEY, cookie: '__Host-makegood=x' }
      const { status, location, html } = await person.ask(path, { method, headers })
      expect([route, status, location?.startsWith('/login'), html]).toEqual([route, 303, true, ''])
    }
  })

  it('leads to no other host', async () => {
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:1',
      '/.//evil.example/x',
      '/x/..//evil.example',
      '/%2e//evil.example',
    ]) {
      expect((await person.logIn(BOOTSTRAP_KEY, to)).location).toBe('/')
      const inAlready = await person.ask(`/login?to=${encodeURIComponent(to)}`)
      expect([inAlready.status, inAlready.location]).toEqual([303, '/'])
    }
  })

  it('lets nobody in where no key could prove a session', async () => {
    const deps = { ...world.deps, settings: { ...world.deps.settings, linkKeys: [] } }
    const { status, text } = await createPerson(() => deps).logIn(BOOTSTRAP_KEY)
    expect(status).toBe(503)
    expect(text).toContain('LINK_KEY')
  })
})

describe('a session', () => {
  it('ends when its key is revoked', async () => {
    const key = await keyOf(world.deps, anyName())
    await person.logIn(key.secret)
    expect((await person.ask('/')).status).toBe(200)
    await revokeKey(world.deps, key.id, BOOTSTRAP)
    expect((await person.ask('/')).location).toBe('/login')
  })

  it('ends with its time', async () => {
    await person.logIn(BOOTSTRAP_KEY)
    const later = (ms: number) => {
      const other = createPerson(() => ({ ...world.deps, now: () => world.now() + ms }))
      other.setCookie(person.cookie())
      return other.ask('/')
    }
    expect((await later(SESSION_HOURS * MS_PER_HOUR - 1)).status).toBe(200)
    expect((await later(SESSION_HOURS * MS_PER_HOUR)).status).toBe(303)
  })

  it('ends for the browser that logs out', async () => {
    await person.logIn(BOOTSTRAP_KEY)
    const left = await person.submit('/', '/logout')
    expect([left?.status, left?.location]).toEqual([303, '/login'])
    expect(left?.headers.get('set-cookie')).toContain('Max-Age=0')
  })

  it('ends for a copy of its cookie too, and for no other session of the key', async () => {
    const key = await keyOf(world.deps, anyName())
    await person.logIn(key.secret)
    const second = createPerson(() => world.deps)
    await second.logIn(key.secret)
    const copied = createPerson(() => world.deps)
    copied.setCookie(person.cookie())
    expect((await copied.ask('/')).status).toBe(200)
    await person.submit('/', '/logout')
    expect((await copied.ask('/')).status).toBe(303)
    expect((await second.ask('/')).status).toBe(200)
  })

  it('is kept as ended until its time is over, and not longer', async () => {
    await person.logIn(BOOTSTRAP_KEY)
    await person.submit('/', '/logout')
    const kept = await countRows('ended_sessions')
    const later = { ...world.deps, now: () => world.now() + (SESSION_HOURS + 1) * MS_PER_HOUR }
    const next = createPerson(() => later)
    await next.logIn(BOOTSTRAP_KEY)
    await next.submit('/', '/logout')
    expect(kept).toBeGreaterThan(0)
    expect(await countRows('ended_sessions')).toBe(1)
  })

  it('is nobody else, however its text is changed', async () => {
    const [one, other] = [await keyOf(world.deps, anyName()), await keyOf(world.deps, anyName())]
    await person.logIn(one.secret)
    const [name, id = '', endsAt = '', nonce = '', proof = ''] = person.cookie().split(/[=.]/)
    const forged = [
      [other.id, endsAt, nonce, proof],
      ['bootstrap', endsAt, nonce, proof],
      [id, String(Number(endsAt) + 1), nonce, proof],
      [id, endsAt, nonce.replace(/^./, (first) => (first === '0' ? '1' : '0')), proof],
      [id, endsAt, nonce, proof.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
      [id, endsAt, nonce, ''],
    ]
    for (const parts of forged) {
      person.setCookie(`${name}=${parts.join('.')}`)
      expect((await person.ask('/')).status).toBe(303)
    }
    person.setCookie(`${name}=${[id, endsAt, nonce, proof].join('.')}`)
    expect((await person.ask('/')).status).toBe(200)
  })

  it('outlives a link key that is replaced and kept as the previous one, and no other', async () => {
    await person.logIn(BOOTSTRAP_KEY)
    const { settings } = world.deps
    const withKeys = async (linkKeys: readonly string[]) => {
      const other = createPerson(() => ({ ...world.deps, settings: { ...settings, linkKeys } }))
      other.setCookie(person.cookie())
      return (await other.ask('/')).status
    }
    const fresh = 'another-link-key-another-link-key-0000'
    expect(await withKeys([fresh, ...settings.linkKeys])).toBe(200)
    expect(await withKeys([fresh])).toBe(303)
  })
})

describe('who asks too often', () => {
  const HERE = { 'cf-connecting-ip': '203.0.113.7' }
  const FORM = { origin: ORIGIN, 'sec-fetch-site': 'same-origin', ...HERE }
  const key = `ck_mg_${'a'.repeat(32)}`

  /** With limits that hold back, and a database that nobody may ask. */
  const heldBack = (parts: object) => {
    const db: any = new Proxy({}, { get: () => expect.fail('the database was asked') })
    return createPerson(() => ({ ...world.deps, callers: createCallerMemory(), db, ...parts }))
  }

  it('for a login is held back by his network before a key is looked up', async () => {
    const stranger = heldBack({ mayKnock: async () => false })
    const { status, headers } = await stranger.send('/login', { key }, FORM)
    expect([status, headers.get('retry-after'), headers.get('set-cookie')]).toEqual([
      429,
      '60',
      null,
    ])
  })

  it('with one key is held back by the key, and by his session once he is in', async () => {
    await person.logIn((await keyOf(world.deps, anyName())).secret)
    const often = heldBack({ mayCall: async () => false })
    expect((await often.send('/login', { key }, FORM)).status).toBe(429)
    often.setCookie(person.cookie())
    for (const path of [...PAGES, '/login']) {
      const { status, headers } = await often.ask(path, { headers: HERE })
      expect([path, status, headers.get('retry-after')]).toEqual([path, 429, '10'])
    }
  })

  it('is no stranger once his session was let in', async () => {
    await person.logIn(BOOTSTRAP_KEY)
    const callers = createCallerMemory()
    const from = (may: boolean) => {
      const one = createPerson(() => ({ ...world.deps, callers, mayKnock: async () => may }))
      one.setCookie(person.cookie())
      return one.ask('/', { headers: HERE })
    }
    expect((await from(false)).status).toBe(429)
    expect((await from(true)).status).toBe(200)
    expect((await from(false)).status).toBe(200)
  })
})

describe('a form', () => {
  const page = '/settings'
  const action = '/settings/pause'
  const switches = () => countRows('switches')

  beforeEach(async () => {
    await person.logIn(BOOTSTRAP_KEY)
  })

  it('is taken with the token of the page, from the page', async () => {
    const sent = await person.submit(page, action, { what: 'all' })
    expect([sent?.status, sent?.location]).toEqual([303, '/settings?did=paused'])
    expect(await switches()).toBe(1)
  })

  it('is refused without the token, with another one, and with that of another session', async () => {
    const other = createPerson(() => world.deps)
    await other.logIn(BOOTSTRAP_KEY)
    const theirs = formOf((await other.ask(page)).html, action)?.['token'] ?? ''
    expect(theirs).not.toBe('')
    for (const token of ['', 'x', theirs]) {
      const { status, text } = await person.send(action, { what: 'all', token })
      expect(status).toBe(403)
      expect(text).toContain('This form was not sent by this page')
    }
    expect(await switches()).toBe(0)
  })

  it('is refused from another site, also with the right token, and from a browser that says nothing', async () => {
    const token = formOf((await person.ask(page)).html, action)?.['token'] ?? ''
    const others = [
      { 'sec-fetch-site': 'cross-site', origin: ORIGIN },
      { 'sec-fetch-site': 'same-site', origin: 'https://other.example' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ]
    for (const headers of others) {
      expect((await person.send(action, { what: 'all', token }, headers)).status).toBe(403)
    }
    expect(await switches()).toBe(0)
    expect((await person.send(action, { what: 'all', token }, { origin: ORIGIN })).status).toBe(303)
  })

  it('is refused without a session, and logs nobody in from another site', async () => {
    const nobody = createPerson(() => world.deps)
    expect((await nobody.send(action, { what: 'all' })).location).toBe('/login')
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const { status, headers } = await nobody.send('/login', { key: BOOTSTRAP_KEY }, foreign)
    expect([status, headers.get('set-cookie')]).toEqual([403, null])
    expect(await switches()).toBe(0)
  })

  it('is refused where it is larger than any form', async () => {
    const { status } = await person.send(action, { what: 'a'.repeat(20_000) })
    expect(status).toBe(413)
  })
})

describe('every answer', () => {
  it('runs nothing but the one script, can not be framed, and is not kept', async () => {
    await person.logIn(BOOTSTRAP_KEY)
    for (const path of [...PAGES, '/login']) {
      const { headers, html, status } = await person.ask(path)
      if (status === 303) continue
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(html).not.toMatch(/<script(?! src="\/dashboard\/)|<style|\son\w+=|\sstyle=/)
    }
  })

  it('has its files under addresses that say their content, for a year', async () => {
    const { html } = await person.ask('/login')
    const addresses = [...html.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map(
      ([, path]) => path!,
    )
    expect(addresses).toHaveLength(3)
    for (const address of addresses) {
      const { status, headers } = await person.ask(address)
      expect([status, headers.get('cache-control')]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ])
      expect((await person.ask(address.replace(/-\w/, '-z'))).status).toBe(404)
    }
  })

  it('is a page also where the database does not answer, and says that it can be tried again', async () => {
    const broken: any = { log: world.deps.log }
    const deps = { ...world.deps, db: broken }
    const other = createPerson(() => deps)
    await person.logIn((await keyOf(world.deps, anyName())).secret)
    other.setCookie(person.cookie())
    const { status, text, headers } = await other.ask('/inbox')
    expect([status, headers.get('retry-after')]).toEqual([503, '30'])
    expect(text).toContain('This could not be done now. Try again.')
    expect(text).not.toContain('TypeError')
  })

  it('leaves what is no page of it as it was', async () => {
    const { status, html } = await person.ask('/nothing-here')
    expect([status, JSON.parse(html)]).toMatchObject([404, { error: { code: 'not_found' } }])
  })
})
