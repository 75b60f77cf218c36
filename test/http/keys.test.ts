// Keys of the operator's API: made, shown once, looked up at each request, ended, revoked.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findKey } from '../../src/db/read-keys.ts'
import type { Deps } from '../../src/deps.ts'
import { API_BODY_BYTES_MAX, BODY_FAULTS_MAX, MS_PER_DAY } from '../../src/domain/limits.ts'
import { isKeyId, keyHashOf } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { findOperator } from '../../src/usecases/find-operator.ts'
import { countRows, OPERATOR } from '../harness.ts'
import { createWorld, entriesOf } from '../world.ts'

const BOOTSTRAP_KEY = OPERATOR['x-api-key']
const UNAUTHORIZED = {
  success: false,
  error: {
    type: 'authentication_error',
    code: 'unauthorized',
    message: 'The header x-api-key is missing, or not a key of this Makegood.',
    doc_url: 'https://makegood.example/docs/errors/unauthorized',
  },
}

type World = Awaited<ReturnType<typeof createWorld>>
type Asked = { readonly key?: string; readonly body?: unknown; readonly deps?: Partial<Deps> }

let world: World
beforeEach(async () => {
  world = await createWorld()
})

async function call(method: string, path: string, { key, body, deps }: Asked = {}) {
  const app = createApp(() => ({ ...world.deps, ...deps }))
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await app.request(`/api/v1${path}`, {
    method,
    headers: { 'x-api-key': key ?? BOOTSTRAP_KEY },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, answer: await response.json<any>() }
}

let next = 0
const anyName = (): string => `key-${(next += 1)}`

/** Makes a key, by the bootstrap key unless another is given; fails the test unless it is made. */
async function make(fields: Record<string, unknown> = {}, asked: Asked = {}): Promise<any> {
  const body = { name: anyName(), scopes: ['read'], ...fields }
  const { status, answer } = await call('POST', '/keys', { ...asked, body })
  expect({ status, answer }).toMatchObject({ status: 201 })
  return answer.data
}

const open = async (key: string): Promise<number> =>
  (await call('GET', '/events?limit=1', { key })).status

describe('the first key', () => {
  it('is the bootstrap key: without it and without any other, nobody gets in and is told so', async () => {
    const deps = { settings: { ...world.deps.settings, bootstrapKey: null } }
    expect(await countRows('keys')).toBe(0)
    for (const key of ['', BOOTSTRAP_KEY, `ck_mg_${'0'.repeat(32)}`]) {
      const { status, answer } = await call('GET', '/events', { key, deps })
      expect([status, answer.error.code]).toEqual([503, 'not_configured'])
    }
  })

  it('can go once others are made: these still open, and anything else is 401', async () => {
    const { key } = await make()
    const deps = { settings: { ...world.deps.settings, bootstrapKey: null } }
    expect((await call('GET', '/events', { key, deps })).status).toBe(200)
    expect((await call('GET', '/events', { key: BOOTSTRAP_KEY, deps })).status).toBe(401)
    expect((await call('GET', '/events', { key: '', deps })).status).toBe(401)
  })

  it('can not be revoked here, and the answer says how it ends', async () => {
    const { status, answer } = await call('DELETE', '/keys/bootstrap')
    expect([status, answer.error.code]).toEqual([409, 'bootstrap_key'])
    expect(answer.error.message).toContain('npm run setup -- --renew BOOTSTRAP_KEY')
    expect(await open(BOOTSTRAP_KEY)).toBe(200)
  })
})

describe('making one', () => {
  it('answers the key once, and what it is', async () => {
    const name = anyName()
    const body = { name, email: 'Ann@SaaS.example', scopes: ['approve', 'read', 'read'] }
    const { status, headers, answer } = await call('POST', '/keys', { body })
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store'])
    const { id, key, ...rest } = answer.data
    expect(key).toMatch(/^ck_mg_[0-9a-hjkmnp-tv-z]{32}$/)
    expect(id).toMatch(/^key_[0-9a-hjkmnp-tv-z]{32}$/)
    expect(rest).toEqual({
      object: 'key',
      name,
      email: 'ann@saas.example',
      scopes: ['read', 'approve'],
      createdAt: new Date(world.now()).toISOString(),
      createdBy: 'bootstrap',
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    })
    const shown = await call('GET', `/keys/${id}`)
    expect(shown.answer.data).toEqual({ id, ...rest })
    const listed = await call('GET', '/keys?limit=1')
    expect(listed.answer.data).toEqual([{ id, ...rest }])
  })

  it('stores its hash and nothing else of it, and logs neither', async () => {
    const { id, key } = await make({ email: 'bob@saas.example' })
    const row = await env.DB.prepare('SELECT * FROM keys WHERE id = ?').bind(id).first()
    expect(row).toMatchObject({ hash: await keyHashOf(key), email: 'bob@saas.example' })
    expect(await open(key)).toBe(200)
    const [secret, hash] = [key.slice('ck_mg_'.length), String(row?.['hash'])]
    const stored = JSON.stringify(row)
    expect(stored).not.toContain(secret)
    const { results } = await env.DB.prepare('SELECT * FROM audit_entries').all()
    const written = JSON.stringify([results, world.lines])
    expect(results.length).toBeGreaterThan(0)
    expect(world.lines.length).toBeGreaterThan(0)
    for (const text of [secret, hash, 'bob@saas.example']) expect(written).not.toContain(text)
  })

  it('writes one entry, by the operator whose key made it', async () => {
    const admin = await make({ scopes: ['admin'] })
    const made = await make({ scopes: ['write'], expiresInDays: 1 }, { key: admin.key })
    expect(made.createdBy).toBe(admin.name)
    const expiresAt = world.now() + MS_PER_DAY
    expect(await entriesOf(made.id)).toEqual([
      { action: 'key.made', data: { id: made.id, name: made.name, scopes: ['write'], expiresAt } },
    ])
    const entry = await env.DB.prepare('SELECT actor, at FROM audit_entries WHERE subject = ?')
      .bind(made.id)
      .first()
    expect(entry).toEqual({ actor: `operator:${admin.name}`, at: world.now() })
  })

  it('draws a new key and id each time', async () => {
    const made = [await make(), await make(), await make()]
    expect(new Set(made.flatMap(({ id, key }) => [id.slice(4), key.slice(6)])).size).toBe(6)
  })

  it('gives a name once, also after the key was revoked, and tells two at once apart', async () => {
    const name = anyName()
    const body = { name, scopes: ['read'] }
    const both = await Promise.all([
      call('POST', '/keys', { body }),
      call('POST', '/keys', { body }),
    ])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409])
    const made = both.find(({ status }) => status === 201)
    const id: string = made?.answer.data.id
    await call('DELETE', `/keys/${id}`)
    const before = await countRows('audit_entries')
    const { status, answer } = await call('POST', '/keys', { body })
    expect([status, answer.error]).toMatchObject([
      409,
      { type: 'conflict_error', code: 'key_name_taken', param: 'name' },
    ])
    expect(await countRows('audit_entries')).toBe(before)
    expect(await entriesOf(id)).toHaveLength(2)
  })
})

describe('the end of one', () => {
  it.each([
    ['expiresInDays', () => ({ expiresInDays: 7 })],
    ['expiresAt', () => ({ expiresAt: new Date(world.now() + 7 * MS_PER_DAY).toISOString() })],
    [
      'expiresAt with an offset',
      () => ({
        expiresAt: new Date(world.now() + 7 * MS_PER_DAY + 7_200_000)
          .toISOString()
          .replace('Z', '+02:00'),
      }),
    ],
  ])('by %s is the instant from which it opens nothing', async (_, fields) => {
    const end = world.now() + 7 * MS_PER_DAY
    const made = await make(fields())
    expect(made.expiresAt).toBe(new Date(end).toISOString())
    const at = (now: number) => call('GET', '/events', { key: made.key, deps: { now: () => now } })
    expect((await at(end - 1)).status).toBe(200)
    expect((await at(end)).status).toBe(401)
  })

  it.each([
    ['in the past', () => ({ expiresAt: new Date(world.now()).toISOString() }), 'expiresAt'],
    ['in the distant future', () => ({ expiresAt: '9999-01-01T00:00:00Z' }), 'expiresAt'],
    [
      'said twice',
      () => ({ expiresAt: '2030-01-01T00:00:00Z', expiresInDays: 7 }),
      'expiresInDays',
    ],
    ['without a zone', () => ({ expiresAt: '2030-01-01T00:00:00' }), 'expiresAt'],
    ['of a day that is not', () => ({ expiresAt: '2030-02-30T00:00:00Z' }), 'expiresAt'],
    ['in no days', () => ({ expiresInDays: 0 }), 'expiresInDays'],
    ['in half a day', () => ({ expiresInDays: 0.5 }), 'expiresInDays'],
    ['in ten years and a day', () => ({ expiresInDays: 3_651 }), 'expiresInDays'],
  ])('%s is refused', async (_, fields, param) => {
    const body = { name: anyName(), scopes: ['read'], ...fields() }
    const { status, answer } = await call('POST', '/keys', { body })
    expect([status, answer.error.param]).toEqual([400, param])
  })
})

describe('revoking one', () => {
  it('works with the next request, once, with one entry', async () => {
    const { id, key } = await make()
    expect(await open(key)).toBe(200)
    const first = await call('DELETE', `/keys/${id}`)
    expect([first.status, first.answer.data.revokedAt]).toEqual([
      200,
      new Date(world.now()).toISOString(),
    ])
    expect(await open(key)).toBe(401)
    await world.advance(60)
    const again = await call('DELETE', `/keys/${id}`)
    expect([again.status, again.answer]).toEqual([200, first.answer])
    expect(await entriesOf(id)).toMatchObject([
      { action: 'key.made' },
      { action: 'key.revoked', data: { id } },
    ])
  })

  it('is allowed to its holder', async () => {
    const { id, key } = await make({ scopes: ['admin'] })
    expect((await call('DELETE', `/keys/${id}`, { key })).status).toBe(200)
    expect((await call('DELETE', `/keys/${id}`, { key })).status).toBe(401)
  })

  it.each(['/keys/key_nothing', `/keys/key_${'0'.repeat(32)}`, "/keys/'", '/keys/adj_1'])(
    '%s is 404, to read and to revoke',
    async (path) => {
      for (const method of ['GET', 'DELETE']) {
        const { status, answer } = await call(method, path)
        expect([status, answer.error.code]).toEqual([404, 'key_not_found'])
      }
    },
  )

  it('is for ever, and a key never changes, in the schema too', async () => {
    const { id } = await make()
    await call('DELETE', `/keys/${id}`)
    for (const statement of [
      'UPDATE keys SET revoked_at = NULL WHERE id = ?',
      `UPDATE keys SET scopes = '["admin"]' WHERE id = ?`,
      `UPDATE keys SET email = 'eve@saas.example' WHERE id = ?`,
      'DELETE FROM keys WHERE id = ?',
    ]) {
      await expect(env.DB.prepare(statement).bind(id).run(), statement).rejects.toThrow(/key/)
    }
  })
})

describe('when it was last used', () => {
  const shown = async (id: string) => (await call('GET', `/keys/${id}`)).answer.data.lastUsedAt
  const iso = () => new Date(world.now()).toISOString()

  it('is shown to the hour, and written once in it, however often and at once it is used', async () => {
    const { id, key } = await make()
    expect(await shown(id)).toBeNull()
    await Promise.all(Array.from({ length: 5 }, () => open(key)))
    const first = iso()
    expect(await shown(id)).toBe(first)
    let writes = 0
    const DB = new Proxy(env.DB, {
      get: (target, field) => {
        const value: unknown = Reflect.get(target, field)
        if (field !== 'prepare') return typeof value === 'function' ? value.bind(target) : value
        return (text: string) => {
          if (text.startsWith('update "keys"')) writes += 1
          return target.prepare(text)
        }
      },
    })
    const deps = { db: openDatabase(DB, () => false) }
    await world.advance(3_599)
    expect((await call('GET', '/events', { key, deps })).status).toBe(200)
    expect([await shown(id), writes]).toEqual([first, 0])
    await world.advance(1)
    expect((await call('GET', '/events', { key, deps })).status).toBe(200)
    expect([await shown(id), writes]).toEqual([iso(), 1])
  })

  it('is no use by a key that opens nothing, and no entry', async () => {
    const { id, key } = await make()
    await call('DELETE', `/keys/${id}`)
    const before = await countRows('audit_entries')
    expect(await open(key)).toBe(401)
    expect([await shown(id), await countRows('audit_entries')]).toEqual([null, before])
  })

  it('is written once the answer is out, and its trouble is the log’s alone', async () => {
    const { id, key } = await make()
    const late: Promise<unknown>[] = []
    const DB = new Proxy(env.DB, {
      get: (target, field) => {
        const value: unknown = Reflect.get(target, field)
        if (field !== 'prepare') return typeof value === 'function' ? value.bind(target) : value
        return (text: string) => {
          if (text.startsWith('update "keys"')) throw new Error('no room')
          return target.prepare(text)
        }
      },
    })
    const ctx = {
      waitUntil: (work: Promise<unknown>) => void late.push(work),
      passThroughOnException() {},
      props: {},
    }
    const get = (deps: Partial<Deps>) =>
      createApp(() => ({ ...world.deps, ...deps })).request(
        '/api/v1/events',
        { headers: { 'x-api-key': key } },
        {},
        ctx as unknown as ExecutionContext,
      )
    expect((await get({ db: openDatabase(DB, () => false) })).status).toBe(200)
    await Promise.all(late)
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.late_write_failed' }),
    )
    await world.advance(60)
    expect((await get({})).status).toBe(200)
    await Promise.all(late)
    expect(await shown(id)).toBe(iso())
  })
})

describe('a key that opens nothing', () => {
  it('is answered alike, whatever is wrong with it; the log says what', async () => {
    const [revoked, expired] = [await make(), await make({ expiresInDays: 1 })]
    await call('DELETE', `/keys/${revoked.id}`)
    await world.advance(86_400)
    const expiresAt = world.now()
    const cases: [string, Record<string, unknown>][] = [
      ['', { reason: 'key_missing' }],
      ['nonsense', { reason: 'key_unknown' }],
      [`${BOOTSTRAP_KEY}x`, { reason: 'key_unknown' }],
      [revoked.key.toUpperCase(), { reason: 'key_unknown' }],
      [await keyHashOf(revoked.key), { reason: 'key_unknown' }],
      [`ck_mg_${await keyHashOf(revoked.key)}`.slice(0, 38), { reason: 'key_unknown' }],
      [`ck_mg_${'0'.repeat(32)}`, { reason: 'key_unknown' }],
      [revoked.key, { reason: 'key_revoked', key: revoked.id }],
      [expired.key, { reason: 'key_expired', key: expired.id, expiresAt }],
    ]
    for (const [key, logged] of cases) {
      world.lines.length = 0
      const { status, answer, headers } = await call('GET', '/events', { key })
      expect([status, answer], key).toEqual([401, UNAUTHORIZED])
      expect(headers.get('www-authenticate')).toBeNull()
      expect(world.lines).toMatchObject([{ event: 'request', status: 401, ...logged }])
      if (key !== '') expect(JSON.stringify(world.lines)).not.toContain(key)
    }
  })

  it('and one that opens is named in the log by its holder', async () => {
    const { name, key } = await make()
    world.lines.length = 0
    await open(key)
    expect(world.lines).toMatchObject([{ event: 'request', status: 200, operator: name }])
  })
})

describe('identity', () => {
  const operatorOf = async (key: string) => {
    const found = await findOperator(world.deps, key)
    if (!found.ok) throw new Error(found.error.reason)
    return found.value.operator
  }

  it('two keys with one e-mail are one person under two names', async () => {
    const made = [
      await make({ email: 'Cleo@SaaS.example' }),
      await make({ email: 'cleo@saas.EXAMPLE', scopes: ['approve'] }),
    ]
    const [one, other] = await Promise.all(made.map(({ key }) => operatorOf(key)))
    expect([one?.identity, other?.identity]).toEqual(['cleo@saas.example', 'cleo@saas.example'])
    expect([one?.name, other?.name]).toEqual(made.map(({ name }) => name))
    expect([one?.scopes, other?.scopes]).toEqual([['read'], ['approve']])
  })

  it('a program is known by its name, which is nobody’s e-mail', async () => {
    const { name, key } = await make()
    expect(await operatorOf(key)).toEqual({ name, identity: name, scopes: ['read'] })
    expect(await operatorOf(BOOTSTRAP_KEY)).toMatchObject({ identity: 'bootstrap' })
  })
})

describe('a body', () => {
  const good = { name: 'never-made', scopes: ['read'] }

  it.each([
    ['no name', { scopes: ['read'] }, 'name'],
    ['an empty name', { ...good, name: '' }, 'name'],
    ['a capital in the name', { ...good, name: 'Ann' }, 'name'],
    ['a blank in the name', { ...good, name: 'an n' }, 'name'],
    ['a line end behind the name', { ...good, name: 'ann\n' }, 'name'],
    ['an @ in the name', { ...good, name: 'ann@saas.example' }, 'name'],
    ['a name that begins with a dot', { ...good, name: '.ann' }, 'name'],
    ['a name of 65 characters', { ...good, name: 'a'.repeat(65) }, 'name'],
    ['the bootstrap key’s name', { ...good, name: 'bootstrap' }, 'name'],
    ['a number as name', { ...good, name: 1 }, 'name'],
    ['no scopes', { name: 'never-made' }, 'scopes'],
    ['an empty list of scopes', { ...good, scopes: [] }, 'scopes'],
    ['a scope as text', { ...good, scopes: 'read' }, 'scopes'],
    ['an unknown scope', { ...good, scopes: ['read', 'root'] }, 'scopes.1'],
    ['five scopes', { ...good, scopes: Array(5).fill('read') }, 'scopes'],
    ['an e-mail that is none', { ...good, email: 'ann' }, 'email'],
    ['an empty e-mail', { ...good, email: '' }, 'email'],
    ['an endless e-mail', { ...good, email: `${'a'.repeat(250)}@b.example` }, 'email'],
    ['an unknown field', { ...good, scope: 'admin' }, 'scope'],
    ['a field of the row', { ...good, hash: 'x' }, 'hash'],
    ['a prototype', `{"name":"never-made","scopes":["read"],"__proto__":{"a":1}}`, '__proto__'],
    ['an endless unknown field', { ...good, ['x'.repeat(9_000)]: 1 }, 'x'.repeat(128)],
  ])('with %s is 400 and names the field', async (_, body, param) => {
    const before = await countRows('keys')
    const { status, answer } = await call('POST', '/keys', { body })
    expect([status, answer.error]).toMatchObject([400, { type: 'validation_error', param }])
    expect(answer.error.message).toMatch(new RegExp(`^${param}: .`))
    expect(await countRows('keys')).toBe(before)
  })

  it('names every fault, up to a bound, and repeats no value', async () => {
    const wrong = { name: 'Secret Name', email: 'secret', scopes: ['hush'], colour: 'secret' }
    const { answer } = await call('POST', '/keys', { body: wrong })
    expect(answer.error.details.map(({ field }: any) => field)).toEqual([
      'name',
      'email',
      'scopes.0',
      'colour',
    ])
    expect(JSON.stringify(answer)).not.toMatch(/secret|hush/i)
    const unknown = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`f${at}`, 1]))
    const many = await call('POST', '/keys', { body: { ...wrong, ...unknown } })
    expect(many.answer.error.details).toHaveLength(BODY_FAULTS_MAX)
  })

  it.each([
    ['nothing', ''],
    ['half an object', '{"name":'],
    ['a form', 'name=ann&scopes=read'],
    [
      'bytes that are no UTF-8',
      Uint8Array.from('{"name":"\u00ff"}', (letter) => letter.charCodeAt(0)),
    ],
  ])('of %s is 400 invalid_json', async (_, body) => {
    const { status, answer } = await call('POST', '/keys', { body })
    expect([status, answer.error.code]).toEqual([400, 'invalid_json'])
  })

  it.each(['null', '[]', '1', '"text"'])('%s is 400: not an object', async (body) => {
    const { status, answer } = await call('POST', '/keys', { body })
    expect([status, answer.error.code]).toEqual([400, 'validation_error'])
  })

  it('of 64 KiB is read and of one byte more is 413, with its length said or not', async () => {
    const fill = (bytes: number) => {
      const [start, end] = ['{"filler":"', '"}']
      return start + 'x'.repeat(bytes - start.length - end.length) + end
    }
    const app = createApp(() => world.deps)
    for (const [bytes, status] of [
      [API_BODY_BYTES_MAX, 400],
      [API_BODY_BYTES_MAX + 1, 413],
      [1_000_000, 413],
    ] as const) {
      const body = fill(bytes)
      expect(body).toHaveLength(bytes)
      for (const said of [{}, { 'content-length': String(bytes) }]) {
        const response = await app.request('/api/v1/keys', {
          method: 'POST',
          headers: { ...OPERATOR, ...said },
          body,
        })
        expect([response.status, await response.json<any>()]).toMatchObject([
          status,
          { error: { code: status === 413 ? 'body_too_large' : 'validation_error' } },
        ])
      }
    }
  })

  it('is not read at all without a key that may', async () => {
    const { key } = await make({ scopes: ['read', 'write', 'approve'] })
    const body = 'x'.repeat(API_BODY_BYTES_MAX + 1)
    expect((await call('POST', '/keys', { key: '', body })).status).toBe(401)
    expect((await call('POST', '/keys', { key, body })).status).toBe(403)
  })
})

describe('a database that does not answer', () => {
  it('is 503 for every key, never 401 and never open', async () => {
    const { key } = await make()
    const broken = new Proxy(env.DB, {
      get: () => () => {
        throw new Error('D1_ERROR: no answer')
      },
    })
    const deps = { db: openDatabase(broken) }
    for (const each of [key, `ck_mg_${'0'.repeat(32)}`, BOOTSTRAP_KEY]) {
      const { status, answer, headers } = await call('GET', '/events', { key: each, deps })
      expect([status, answer.error.code, headers.get('retry-after')]).toEqual([
        503,
        'unavailable',
        '30',
      ])
    }
    const made = await call('POST', '/keys', { body: { name: anyName(), scopes: ['read'] }, deps })
    expect([made.status, made.answer.data]).toEqual([503, undefined])
  })

  it('makes no key without its entry', async () => {
    const name = anyName()
    const before = await countRows('keys')
    await env.DB.prepare(
      `CREATE TRIGGER no_entries BEFORE INSERT ON audit_entries
       BEGIN SELECT RAISE(ABORT, 'the log is full'); END`,
    ).run()
    const { status } = await call('POST', '/keys', { body: { name, scopes: ['read'] } })
    await env.DB.prepare('DROP TRIGGER no_entries').run()
    expect([status, await countRows('keys')]).toEqual([503, before])
    expect((await make({ name })).name).toBe(name)
  })
})

describe('the list', () => {
  it('pages from the newest to the oldest, without a hash', async () => {
    const made = [await make(), await make(), await make()].map(({ id }) => id)
    const first = await call('GET', '/keys?limit=2')
    const second = await call('GET', `/keys?limit=2&cursor=${first.answer.nextCursor}`)
    const ids = [...first.answer.data, ...second.answer.data].map(({ id }: any) => id)
    expect(ids.slice(0, 3)).toEqual(made.toReversed())
    expect(first.answer.hasMore).toBe(true)
    for (const row of first.answer.data) expect(row).not.toHaveProperty('hash')
    expect(isKeyId(ids[0]) && (await findKey(world.deps.db, ids[0]))).not.toHaveProperty('hash')
  })
})
