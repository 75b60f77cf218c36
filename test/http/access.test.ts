// People who come by Cloudflare Access: who is let in, as whom, with what role, and what another site can't make
// their browsers do. Only the team's keys are faked.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { limitsOf } from '../../src/domain/money-limits.ts'
import { usd } from '../../src/domain/money.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import type { PublicKey } from '../../src/sources/scheme.ts'
import { accessWith, AUDIENCE, claimsAt, signed, teamKey, type TeamKey } from '../access-logins.ts'
import { sandboxControl, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import { createWorld } from '../world.ts'

const ORIGIN = 'https://makegood.example'
const OTHER_AUDIENCE = 'f'.repeat(64)
const access = accessWith(
  {
    'ann@acme.example': ['read', 'write', 'approve'],
    'Bo@Acme.example': ['read', 'approve'],
    'root@acme.example': ['admin'],
    '*@acme.example': ['read'],
  },
  { audience: [AUDIENCE, OTHER_AUDIENCE] },
)
const limits = limitsOf({ twoApproversAbove: usd(400), duplicateHours: 0 })

let own: TeamKey
let next: TeamKey
let world: Awaited<ReturnType<typeof createWorld>>
let app: ReturnType<typeof createApp>
let published: readonly PublicKey[] | null
let asked: string[]

beforeAll(async () => {
  own = await teamKey('first')
  next = await teamKey('second')
})
beforeEach(async () => {
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  published = [own.published]
  asked = []
  world = await createWorld({
    config: { ...config, limits, access },
    keysAt: async (address, again) => {
      asked.push(again === undefined ? address : `${address} again`)
      return published
    },
  })
  app = createApp(() => world.deps)
})

type Asked = {
  readonly method?: string
  readonly path?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

async function ask({ method = 'GET', path = '/events?limit=1', body, headers = {} }: Asked) {
  const response = await app.request(`${ORIGIN}/api/v1${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json<any>()
  return { status: response.status, code: answer.error?.code, data: answer.data, answer }
}

const login = async (email: string, changed: Record<string, unknown> = {}, key = own) => ({
  'cf-access-jwt-assertion': await signed(key, { ...claimsAt(world.now(), email), ...changed }),
})
/** As a page of ours asks. */
const fromHere = async (email: string) => ({
  ...(await login(email)),
  origin: ORIGIN,
  'sec-fetch-site': 'same-origin',
})
const reasonOf = () => world.lines.find(({ event }) => event === 'request')

describe('a login at Cloudflare Access', () => {
  it('lets a person in by what the team’s keys prove, and asks them at the team’s own address', async () => {
    expect(await ask({ headers: await login('ann@acme.example') })).toMatchObject({ status: 200 })
    expect(asked).toEqual(['https://acme.cloudflareaccess.com/cdn-cgi/access/certs'])
    expect(reasonOf()).toMatchObject({ operator: 'ann@acme.example', status: 200 })
  })

  it('counts in whichever letters the e-mail is written, and for each application that is named', async () => {
    for (const changed of [{}, { aud: OTHER_AUDIENCE }, { email: 'BO@ACME.example' }]) {
      const headers = await login('bo@acme.example', changed)
      expect((await ask({ headers })).status).toBe(200)
      expect(world.lines.at(-1)).toMatchObject({ operator: 'bo@acme.example' })
    }
  })

  const now = () => Math.floor(world.now() / 1_000)
  it.each<[string, () => Record<string, unknown>, string]>([
    ['for another application', () => ({ aud: ['0'.repeat(64)] }), 'aud'],
    ['for two applications at once', () => ({ aud: [AUDIENCE, '0'.repeat(64)] }), 'aud'],
    ['for none', () => ({ aud: undefined }), 'aud'],
    ['of another team', () => ({ iss: 'https://evil.cloudflareaccess.com' }), 'iss'],
    ['that has ended', () => ({ exp: now() - 1 }), 'timestamp_stale'],
    ['without an end', () => ({ exp: undefined }), 'exp'],
    ['with a text for an end', () => ({ exp: String(now() + 60) }), 'exp'],
    ['that begins in two minutes', () => ({ nbf: now() + 120 }), 'nbf'],
    ['that was signed in two minutes', () => ({ iat: now() + 120 }), 'iat'],
    ['of the whole session, and of no application', () => ({ type: 'org' }), 'type'],
  ])('%s opens nothing', async (_, changed, why) => {
    const { status, answer } = await ask({ headers: await login('ann@acme.example', changed()) })
    expect([status, answer.error]).toEqual([
      401,
      {
        type: 'authentication_error',
        code: 'unauthorized',
        message: 'The login at Cloudflare Access has ended, or is not one for this Makegood.',
        doc_url: 'https://makegood.example/docs/errors/unauthorized',
      },
    ])
    expect(reasonOf()).toMatchObject({ reason: 'assertion_refused', why })
  })

  it('may be some seconds ahead of our clock', async () => {
    const ahead = { iat: now() + 30, nbf: now() + 30 }
    expect((await ask({ headers: await login('ann@acme.example', ahead) })).status).toBe(200)
  })

  it('opens nothing with another signature, algorithm or key than the team’s', async () => {
    const [head = '', payload = '', signature = ''] = (await login('bo@acme.example'))[
      'cf-access-jwt-assertion'
    ].split('.')
    const root = await signed(own, claimsAt(world.now(), 'root@acme.example'))
    const none = btoa('{"alg":"none","kid":"first"}').replaceAll('=', '')
    const forged = [
      `${head}.${root.split('.')[1]}.${signature}`,
      `${none}.${payload}.${signature}`,
      await signed(own, claimsAt(world.now(), 'ann@acme.example'), { alg: 'HS256' }),
      await signed(own, claimsAt(world.now(), 'ann@acme.example'), { kid: undefined }),
      await signed({ ...next, kid: own.kid }, claimsAt(world.now(), 'ann@acme.example')),
      await signed(next, claimsAt(world.now(), 'ann@acme.example')),
      'nonsense',
      '',
      'a.b.c',
      `${'a'.repeat(5_000)}.b.c`,
    ]
    for (const assertion of forged) {
      const headers = { 'cf-access-jwt-assertion': assertion }
      expect([assertion.slice(0, 40), (await ask({ headers })).status]).toEqual([
        assertion.slice(0, 40),
        401,
      ])
    }
  })

  it('by a key that is not known yet makes us ask for the team’s keys again, once', async () => {
    const headers = await login('ann@acme.example', {}, next)
    const keysAt = world.deps.keysAt
    let times = 0
    app = createApp(() => ({
      ...world.deps,
      keysAt: async (address, again) => {
        times += 1
        if (again !== undefined) published = [own.published, next.published]
        return keysAt(address, again)
      },
    }))
    expect([(await ask({ headers })).status, times]).toEqual([200, 2])
  })

  it('can not be checked while the keys can not be had: try again, and nothing is let in', async () => {
    published = null
    expect(await ask({ headers: await login('ann@acme.example') })).toMatchObject({
      status: 503,
      code: 'unavailable',
    })
  })

  it('is nobody’s where the configuration says nothing of Access: the header is not even read', async () => {
    app = createApp(() => ({ ...world.deps, config }))
    expect(await ask({ headers: await login('ann@acme.example') })).toMatchObject({ status: 401 })
    expect(asked).toEqual([])
  })

  it('of a service token is no person’s, and a program is told to take a key', async () => {
    for (const email of [undefined, '', 'no-address', 42, 'a@b@c.example', 'ann @acme.example']) {
      const headers = await login('', { email, common_name: 'ci.access' })
      expect((await ask({ headers })).status).toBe(401)
      expect(world.lines.at(-1)).toMatchObject({ reason: 'assertion_without_person' })
    }
  })

  it('reads nothing from the database to know who it is', async () => {
    const { db } = world.deps
    let reads = 0
    const counted = new Proxy(db, {
      get: (target, field, receiver) => {
        reads += 1
        return Reflect.get(target, field, receiver)
      },
    })
    app = createApp(() => ({ ...world.deps, db: counted }))
    await ask({ path: '/nothing', headers: await login('ann@acme.example') })
    expect(reads).toBe(0)
  })
})

describe('a role', () => {
  it('is the person’s own before that of the domain, and who has none may do nothing', async () => {
    const scopesOf = async (email: string) => {
      const headers = await fromHere(email)
      const read = (await ask({ headers })).status
      const write = (await ask({ method: 'POST', path: '/links', body: {}, headers })).status
      const admin = (await ask({ path: '/keys', headers })).status
      return [read, write, admin]
    }
    expect(await scopesOf('ann@acme.example')).toEqual([200, 400, 403])
    expect(await scopesOf('cleo@acme.example')).toEqual([200, 403, 403])
    expect(await scopesOf('root@acme.example')).toEqual([403, 403, 200])
    for (const email of [
      'ann@other.example',
      'ann@sub.acme.example',
      'x@acme.example.evil.example',
    ]) {
      expect(await ask({ headers: await login(email) })).toMatchObject({
        status: 403,
        code: 'role_missing',
      })
    }
  })

  it('of an administrator makes keys, in his name', async () => {
    const headers = await fromHere('root@acme.example')
    const body = { name: 'of-root', scopes: ['read'] }
    const made = await ask({ method: 'POST', path: '/keys', body, headers })
    expect(made).toMatchObject({ status: 201, data: { createdBy: 'root@acme.example' } })
    const entry = await env.DB.prepare('SELECT actor FROM audit_entries WHERE subject = ?')
      .bind(made.data.id)
      .first()
    expect(entry).toEqual({ actor: 'operator:root@acme.example' })
  })

  it('is none where the key that comes with it is wrong: a key decides where there is one', async () => {
    const headers = await fromHere('root@acme.example')
    for (const key of ['', 'ck_mg_wrong', `ck_mg_${'0'.repeat(32)}`]) {
      expect((await ask({ path: '/keys', headers: { ...headers, 'x-api-key': key } })).status).toBe(
        401,
      )
    }
    const right = { 'x-api-key': 'ck_mg_test_0123456789abcdef' }
    expect((await ask({ path: '/keys', headers: { ...headers, ...right } })).status).toBe(200)
    expect(world.lines.at(-1)).toMatchObject({ operator: 'bootstrap' })
  })
})

describe('one person', () => {
  const approve = (id: string, seen: any, headers: Record<string, string>) =>
    ask({ method: 'POST', path: `/adjustments/${id}/approve`, body: seen, headers })

  it('is one approver by his login and by his key, and two are two', async () => {
    const wanted = { name: 'ann-cli', email: 'Ann@acme.example', expiresAt: null }
    const made = await makeKey(world.deps, { ...wanted, scopes: ['approve'] }, BOOTSTRAP)
    if (!made.ok) throw new Error(made.error.reason)
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: '500.00' }),
    )
    await world.work()
    const { id, version, amount, currency } = await world.adjustment(event!)
    const first = await approve(
      id,
      { version, amount, currency },
      await fromHere('ann@acme.example'),
    )
    expect(first).toMatchObject({ status: 200, data: { state: 'held', approversNeeded: 2 } })
    const seen = { version: first.data.version, amount, currency }
    const again = await approve(id, seen, { 'x-api-key': made.value.secret })
    expect(again).toMatchObject({ status: 409, code: 'already_approved' })
    const second = await approve(id, seen, await fromHere('bo@acme.example'))
    expect(second).toMatchObject({ status: 200, data: { state: 'due' } })
    const approvers = second.data.approvals.map((each: any) => each.operator)
    expect(approvers.toSorted()).toEqual(['ann@acme.example', 'bo@acme.example'])
  })

  it('does not approve by his login what he asked for in the ticket', async () => {
    const asker = { tags: 'credit_requested', amount: '300.00', asker: 'ANN@acme.example' }
    const [event] = await world.receive('zendesk', ticket(asker))
    await world.work()
    const { id, version, amount, currency, asker: known } = await world.adjustment(event!)
    expect(known?.toLowerCase()).toBe('ann@acme.example')
    const body = { version, amount, currency }
    expect(await approve(id, body, await fromHere('ann@acme.example'))).toMatchObject({
      status: 403,
      code: 'approver_is_asker',
    })
  })
})

describe('another site that a person with a login has open', () => {
  const pause = (headers: Record<string, string>) =>
    ask({ method: 'PUT', path: '/switches/all', headers })
  const paused = async () =>
    (await env.DB.prepare('SELECT count(*) AS n FROM switches').first<{ n: number }>())?.n

  it.each<[string, Record<string, string>]>([
    ['a form of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['one of another name of the same company', { 'sec-fetch-site': 'same-site' }],
    ['one that a sandbox hides', { origin: 'null' }],
    ['an older browser', { origin: 'https://evil.example' }],
    ['the same host without TLS', { origin: 'http://makegood.example' }],
    ['what says both', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    ['what says nothing', {}],
    ['an address that was typed', { 'sec-fetch-site': 'none' }],
  ])('%s changes nothing', async (_, headers) => {
    const { status, code } = await pause({ ...(await login('ann@acme.example')), ...headers })
    expect([status, code]).toEqual([403, 'cross_site_request'])
    expect(await paused()).toBe(0)
    expect(asked).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['a page of this address', { origin: ORIGIN, 'sec-fetch-site': 'same-origin' }],
    ['an older browser on it', { origin: ORIGIN }],
    ['a browser that sends no origin', { 'sec-fetch-site': 'same-origin' }],
  ])('%s does', async (_, headers) => {
    const { status } = await pause({ ...(await login('ann@acme.example')), ...headers })
    expect([status, await paused()]).toEqual([200, 1])
  })

  it('reads nothing in his name: what it embeds or fetches is refused, a link that he follows is not', async () => {
    const get = async (headers: Record<string, string>) =>
      (await ask({ headers: { ...(await login('ann@acme.example')), ...headers } })).status
    const site = { 'sec-fetch-site': 'cross-site' }
    expect(await get({ ...site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' })).toBe(403)
    expect(await get({ ...site, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' })).toBe(403)
    expect(await get({ ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).toBe(
      403,
    )
    expect(await get({ ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe(
      200,
    )
    expect(await get({ 'sec-fetch-site': 'none' })).toBe(200)
    expect(await get({})).toBe(200)
  })

  it('can not send a key, so a key needs no origin', async () => {
    const key = { 'x-api-key': 'ck_mg_test_0123456789abcdef', 'sec-fetch-site': 'cross-site' }
    expect((await pause(key)).status).toBe(200)
  })
})
