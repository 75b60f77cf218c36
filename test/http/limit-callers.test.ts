// How often the operator's API may be called, by whom; and that neither deliveries nor links are held back by it.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import { createCallerMemory } from '../../src/caller-memory.ts'
import { createDeps } from '../../src/deps.ts'
import {
  API_CALLS_MAX,
  API_STRANGERS_MAX,
  CALLER_KNOWN_MS,
  CALLERS_KNOWN_MAX,
} from '../../src/domain/limits.ts'
import { createApp } from '../../src/http/app.ts'
import config from '../makegood.config.ts'
import { OPERATOR, signedRequest, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let app: ReturnType<typeof createApp>
let statements: number
beforeEach(async () => {
  world = await createWorld()
  use({})
})

/** The world's app, with parts of it replaced, and a count of what it asks of the database. */
function use(parts: Partial<Deps>): void {
  statements = 0
  const db = new Proxy(world.deps.db, {
    get: (target, field, receiver) => {
      statements += 1
      return Reflect.get(target, field, receiver)
    },
  })
  const deps = { ...world.deps, db, callers: createCallerMemory(), ...parts }
  app = createApp(() => deps)
}

const get = (headers: Record<string, string>, path = '/api/v1/status') =>
  app.request(`https://makegood.example${path}`, { headers })
const from = (address: string, key?: string) => ({
  'cf-connecting-ip': address,
  ...(key === undefined ? {} : { 'x-api-key': key }),
})
const wrongKey = (n: number): string => `ck_mg_${String(n).padStart(32, '0')}`

describe('a network that no key of is known', () => {
  it('is held back before anything is read, and is told when to come again', async () => {
    const address = '203.0.113.7'
    const statuses: number[] = []
    for (let n = 0; n < API_STRANGERS_MAX; n += 1) {
      statuses.push((await get(from(address, wrongKey(n)))).status)
    }
    expect(new Set(statuses)).toEqual(new Set([401]))
    statements = 0
    const late = await get(from(address, wrongKey(99)))
    expect([late.status, late.headers.get('retry-after'), statements]).toEqual([429, '60', 0])
    expect(await late.json()).toEqual({
      success: false,
      error: {
        type: 'rate_limit_error',
        code: 'rate_limited',
        message:
          'Too many calls came from this network without a key that is let in. Try again in a minute.',
        doc_url: 'https://makegood.example/docs/errors/rate_limited',
      },
    })
    expect(late.headers.get('x-request-id')).not.toBeNull()
    expect(world.lines.at(-1)).toMatchObject({ status: 429, reason: 'network_calls_too_often' })
    expect((await get(from(address))).status).toBe(429)
    expect((await get(from('203.0.113.8', wrongKey(1)))).status).toBe(401)
  })

  it('is one for the addresses of an IPv6 customer', async () => {
    const asked: string[] = []
    use({ mayKnock: async (network) => asked.push(network) > 0 })
    await get(from('2001:db8:1:2::1'))
    await get(from('2001:db8:1:2:ffff::9'))
    expect(new Set(asked).size).toBe(1)
  })

  it('holds nobody back whose key was let in a moment ago, in the same network too', async () => {
    let isFull = false
    use({ mayKnock: async () => !isFull })
    expect((await get(from('203.0.113.9', OPERATOR['x-api-key']))).status).toBe(200)
    isFull = true
    expect((await get(from('203.0.113.9', OPERATOR['x-api-key']))).status).toBe(200)
    expect((await get(from('203.0.113.9', wrongKey(1)))).status).toBe(429)
    await world.advance(CALLER_KNOWN_MS / 1_000)
    expect((await get(from('203.0.113.9', OPERATOR['x-api-key']))).status).toBe(429)
  })

  it('is not asked about where nobody says whose it is, as on this machine', async () => {
    use({ mayKnock: async () => false })
    expect((await get({ 'x-api-key': wrongKey(1) })).status).toBe(401)
  })
})

describe('a key', () => {
  it('that calls too often is told to wait, and another one is not', async () => {
    const marks: string[] = []
    const used = new Map<string, number>()
    use({
      mayCall: async (mark) => {
        marks.push(mark)
        used.set(mark, (used.get(mark) ?? 0) + 1)
        return (used.get(mark) ?? 0) <= 3
      },
    })
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) statuses.push((await get(OPERATOR)).status)
    expect(statuses).toEqual([200, 200, 200, 429])
    const late = await get(OPERATOR)
    expect([late.status, late.headers.get('retry-after')]).toEqual([429, '10'])
    expect(world.lines.at(-1)).toMatchObject({ status: 429, reason: 'calls_too_often' })
    expect((await get({ 'x-api-key': wrongKey(1) })).status).toBe(401)
    expect(JSON.stringify(marks)).not.toContain(OPERATOR['x-api-key'])
  })

  it('has as many calls as the binding says', async () => {
    const { mayCall } = createDeps(env, config)
    const answers: boolean[] = []
    for (let n = 0; n < API_CALLS_MAX + 2; n += 1) answers.push(await mayCall('of-this-test'))
    expect(answers.filter(Boolean).length).toBeGreaterThanOrEqual(API_CALLS_MAX)
    expect(answers.at(-1)).toBe(false)
    expect(await mayCall('another')).toBe(true)
  })
})

describe('a limiter', () => {
  it('that is not there, or fails, holds nobody back', async () => {
    const { API_CALLS: _, API_STRANGERS: __, ...without } = env
    const { mayCall, mayKnock } = createDeps(without, config)
    for (let n = 0; n < 100; n += 1)
      expect([await mayCall('a'), await mayKnock('b')]).toEqual([true, true])
    const fails = () => Promise.reject(new TypeError('no limiter'))
    use({ mayCall: fails, mayKnock: fails })
    expect((await get(from('203.0.113.10', OPERATOR['x-api-key']))).status).toBe(200)
    expect(world.lines).toContainEqual(expect.objectContaining({ event: 'call_limiter_failed' }))
  })

  it('is not asked about deliveries, links and health', async () => {
    const never = () => Promise.reject(new Error('asked'))
    use({ mayCall: never, mayKnock: never })
    const delivery = await signedRequest('zendesk', ticket({ tags: 'nothing' }))
    delivery.headers.set('cf-connecting-ip', '203.0.113.11')
    expect((await app.fetch(delivery, env)).status).toBe(202)
    for (const path of ['/i/nothing', '/healthz', '/readyz']) await get(from('203.0.113.11'), path)
    expect(world.lines.some(({ event }) => event === 'call_limiter_failed')).toBe(false)
  })
})

it('an isolate remembers only so many whom it has let in, the last ones', () => {
  const callers = createCallerMemory()
  for (let n = 0; n <= CALLERS_KNOWN_MAX; n += 1) callers.note(`mark-${n}`, 1_000)
  expect(callers.isKnown('mark-0', 1_000)).toBe(false)
  expect(callers.isKnown('mark-1', 1_000)).toBe(true)
  expect(callers.isKnown(`mark-${CALLERS_KNOWN_MAX}`, 1_000 + CALLER_KNOWN_MS)).toBe(false)
  expect(callers.isKnown(`mark-${CALLERS_KNOWN_MAX}`, 999)).toBe(false)
})
