// Every route of the app, and the scope that it asks for. The routes are the app's own, so a new one
// fails here until it is said who may call it.

import { beforeAll, describe, expect, it } from 'vitest'
import { BOOTSTRAP, SCOPES, type Scope } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { revokeKey } from '../../src/usecases/revoke-key.ts'
import { OPERATOR } from '../harness.ts'
import { GUARDS, OPEN_PAGES, PAGES } from './dashboard/routes.ts'
import { createWorld } from '../world.ts'

/** A line for each route of the operator's API. Of two scopes, the body decides which is wanted. */
const API: Readonly<Record<string, Scope | readonly [Scope, Scope]>> = {
  'GET /api/v1/adjustments': 'read',
  'GET /api/v1/adjustments/:id': 'read',
  'GET /api/v1/adjustments/:id/evidence': 'read',
  'POST /api/v1/adjustments': 'write',
  'POST /api/v1/adjustments/:id/approve': 'approve',
  'POST /api/v1/adjustments/:id/customer': 'approve',
  'POST /api/v1/adjustments/:id/reject': 'approve',
  'POST /api/v1/adjustments/:id/reverse': ['write', 'approve'],
  'POST /api/v1/adjustments/:id/requeue': 'approve',
  'POST /api/v1/adjustments/:id/adopt': 'approve',
  'POST /api/v1/adjustments/requeue': 'approve',
  'GET /api/v1/reports': 'read',
  'GET /api/v1/search': 'read',
  'GET /api/v1/status': 'read',
  'GET /api/v1/events': 'read',
  'GET /api/v1/events/:id': 'read',
  'POST /api/v1/events/:id/dismiss': 'write',
  'POST /api/v1/events/:id/requeue': 'approve',
  'DELETE /api/v1/identities/:id': 'write',
  'GET /api/v1/audit': 'read',
  'GET /api/v1/audit/checkpoint': 'read',
  'GET /api/v1/audit/export': 'read',
  'GET /api/v1/audit/verify': 'read',
  'POST /api/v1/audit/checkpoint': 'read',
  'GET /api/v1/customers': 'read',
  'GET /api/v1/customers/:id': 'read',
  'POST /api/v1/customers': 'write',
  'POST /api/v1/customers/batch': 'write',
  'PUT /api/v1/customers/:id': 'write',
  'GET /api/v1/erasures': 'read',
  'GET /api/v1/erasures/:id': 'read',
  'GET /api/v1/features': 'read',
  'GET /api/v1/features/:code': 'read',
  'POST /api/v1/features/manage': 'write',
  'PUT /api/v1/features/:code/manage': 'write',
  'GET /api/v1/identities': 'read',
  'GET /api/v1/identities/:id': 'read',
  'POST /api/v1/erasures': 'admin',
  'POST /api/v1/identities': 'write',
  'POST /api/v1/identities/import': 'write',
  'GET /api/v1/invoices': 'read',
  'GET /api/v1/invoices/:id': 'read',
  'GET /api/v1/invoices/:id/download': 'read',
  'POST /api/v1/invoices': 'write',
  'POST /api/v1/invoices/:id/send': 'write',
  'PUT /api/v1/invoices/:id/status': ['write', 'approve'],
  'DELETE /api/v1/keys/:id': 'admin',
  'GET /api/v1/keys': 'admin',
  'GET /api/v1/keys/:id': 'admin',
  'POST /api/v1/keys': 'admin',
  'DELETE /api/v1/links/:id': 'write',
  'GET /api/v1/links': 'read',
  'GET /api/v1/links/:id': 'read',
  'POST /api/v1/links': 'write',
  'GET /api/v1/discrepancies': 'read',
  'POST /api/v1/discrepancies/:id/settle': 'approve',
  'GET /api/v1/reconciliations': 'read',
  'GET /api/v1/reconciliations/:id': 'read',
  'POST /api/v1/reconciliations': 'write',
  'GET /api/v1/rules': 'read',
  'POST /api/v1/rules/dry-run': 'read',
  'DELETE /api/v1/switches/:kind/:key?': 'approve',
  'GET /api/v1/switches': 'read',
  'GET /api/v1/switches/:kind/:key?': 'read',
  'PUT /api/v1/switches/:kind/:key?': 'write',
}

/** Open to everybody: each proves its caller in its own way, or has nothing to hide. */
const OPEN = [
  'ALL /i/:slug{[^]*}',
  'ALL /webhooks/:endpoint/:token?',
  'GET /docs',
  'GET /docs/errors',
  'GET /docs/errors/:code',
  'GET /docs/style.css',
  'GET /healthz',
  'GET /i',
  'GET /i/:slug{[^]*}',
  'GET /openapi.json',
  'GET /readyz',
  'GET /webhooks/:endpoint/:token?',
  'HEAD /webhooks/:endpoint/:token?',
  'POST /webhooks/:endpoint/:token?',
]

/** Of all routes: what stands before them, and answers nothing by itself. */
const MIDDLEWARE = new Set<string>(['ALL /*', 'ALL /i/*', 'ALL /api/v1/*', ...GUARDS])

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

let world: World
let app: ReturnType<typeof createApp>
/** Of a scope: a key that has it alone, and one that has all the others. */
let keys: Record<Scope, { only: string; without: string }>
let shut: Record<'missing' | 'unknown' | 'revoked' | 'expired', string>

beforeAll(async () => {
  world = await createWorld()
  app = createApp(() => world.deps)
  let count = 0
  const make = async (scopes: readonly Scope[], expiresAt: number | null = null) => {
    // All of one person, so that what he may is what the key may.
    const email = 'one@saas.example'
    const wanted = { name: `key-${(count += 1)}`, email, scopes, expiresAt }
    const made = await makeKey(world.deps, wanted, BOOTSTRAP)
    if (!made.ok) throw new Error(made.error.reason)
    return made.value
  }
  const pair = async (scope: Scope) => ({
    only: (await make([scope])).secret,
    without: (await make(SCOPES.filter((each) => each !== scope))).secret,
  })
  keys = {
    read: await pair('read'),
    write: await pair('write'),
    approve: await pair('approve'),
    admin: await pair('admin'),
  }
  const revoked = await make(SCOPES)
  await revokeKey(world.deps, revoked.key.id, BOOTSTRAP)
  const expired = await make(SCOPES, world.now() + 1_000)
  await world.advance(1)
  const unknown = `ck_mg_${'0'.repeat(32)}`
  shut = { missing: '', unknown, revoked: revoked.secret, expired: expired.secret }
})

const routes = (): string[] => {
  const all = createApp(() => world.deps).routes.map(({ method, path }) => `${method} ${path}`)
  return [...new Set(all)].filter((route) => !MIDDLEWARE.has(route)).toSorted()
}

async function ask(route: string, key: string, asMethod?: string, once?: string) {
  const [method = '', pattern = ''] = route.split(' ')
  const path = pattern.replaceAll(/:\w+/g, 'nothing')
  const takesBody = method === 'POST' || method === 'PUT' || method === 'PATCH'
  return app.request(path, {
    method: asMethod ?? method,
    headers: {
      ...(key === '' ? {} : { 'x-api-key': key }),
      ...(once === undefined ? {} : { 'idempotency-key': once }),
    },
    ...(takesBody ? { body: '{"no_such_field":1}' } : {}),
  })
}

it('each route of the app is listed here, and nothing else is', () => {
  const known = [...Object.keys(API), ...OPEN, ...OPEN_PAGES, ...PAGES]
  expect(routes()).toEqual(known.toSorted())
})

describe.each(Object.entries(API))('%s', (route, wanted) => {
  const scopes = [wanted].flat()
  const [scope] = scopes
  const words = scopes.join(' or ')

  it('is shut without a key, and with one that is unknown, revoked or expired', async () => {
    for (const [what, key] of Object.entries(shut)) {
      const response = await ask(route, key)
      expect([response.status, await response.json()], what).toEqual([401, UNAUTHORIZED])
    }
  })

  it(`is open to a key with the scope ${words} alone, and to the bootstrap key`, async () => {
    for (const key of [...scopes.map((each) => keys[each].only), OPERATOR['x-api-key']]) {
      expect([401, 403, 500, 503]).not.toContain((await ask(route, key)).status)
    }
  })

  it(`is shut to a key without ${words} also where the same Idempotency-Key was answered before`, async () => {
    if (route.startsWith('GET ')) return
    const once = `once:${route.replace(' ', ':')}`
    for (const each of scopes) await ask(route, keys[each].only, undefined, once)
    for (const other of SCOPES) {
      if (scopes.includes(other)) continue
      const { status } = await ask(route, keys[other].only, undefined, once)
      expect([other, status]).toEqual([other, 403])
    }
  })

  it(`is shut to a key with every scope but ${words}, and says which is wanted`, async () => {
    const refused = scopes.length === 1 ? [keys[scope!].without] : []
    for (const other of SCOPES) if (!scopes.includes(other)) refused.push(keys[other].only)
    for (const key of refused) {
      const response = await ask(route, key)
      expect([response.status, await response.json()]).toEqual([
        403,
        {
          success: false,
          error: {
            type: 'permission_error',
            code: 'forbidden',
            message: `This needs a key with the scope ${words}.`,
            doc_url: 'https://makegood.example/docs/errors/forbidden',
          },
        },
      ])
    }
  })
})

it.each(Object.entries(API).filter(([route]) => route.startsWith('GET ')))(
  '%s is no more open to HEAD',
  async (route, wanted) => {
    expect((await ask(route, shut.missing, 'HEAD')).status).toBe(401)
    for (const scope of [wanted].flat()) {
      expect((await ask(route, keys[scope].without, 'HEAD')).status).toBe(403)
    }
  },
)

it('what is not there is 404 to a key, and 401 without one', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const route = `${method} /api/v1/nothing`
    expect((await ask(route, shut.missing)).status).toBe(401)
    expect((await ask(route, shut.revoked)).status).toBe(401)
    expect((await ask(route, keys.read.only)).status).toBe(404)
  }
})
