// Pausing and resuming over HTTP: what each answers, and that nothing changes twice.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Config } from '../../src/config.ts'
import { PAUSED_CUSTOMERS_MAX } from '../../src/domain/limits.ts'
import { createApp } from '../../src/http/app.ts'
import config from '../makegood.config.ts'
import { countRows, OPERATOR, ticket } from '../harness.ts'
import { actionsOf, callsOf, createWorld, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => setFaults())

/** The tests' configuration, in which `batch-credit` had other names before. */
const renamed: Config = {
  ...config,
  rules: config.rules.map((rule) =>
    rule.id === 'batch-credit' ? { ...rule, was: ['batch-older', 'batch-oldest'] } : rule,
  ),
}

async function call(method: string, path: string, deps: Partial<World['deps']> = {}) {
  const app = createApp(() => ({ ...world.deps, ...deps }))
  const response = await app.request(`/api/v1/switches${path}`, { method, headers: OPERATOR })
  return { status: response.status, answer: await response.json<any>() }
}

const listed = async (): Promise<any[]> => (await call('GET', '')).answer.data

describe('PUT and DELETE', () => {
  it.each([
    ['/all', 'all', null],
    ['/rule/stripe-refund-record', 'rule', 'stripe-refund-record'],
    ['/rule/by-hand', 'rule', 'by-hand'],
    ['/endpoint/stripe', 'endpoint', 'stripe'],
    ['/endpoint/operator', 'endpoint', 'operator'],
    ['/customer/cus_acme', 'customer', 'cus_acme'],
  ])('%s is paused, listed, and resumed', async (path, kind, key) => {
    const row = {
      object: 'switch',
      kind,
      key,
      pausedAt: new Date(world.now()).toISOString(),
      actor: 'operator:bootstrap',
      cause: null,
    }
    const data = { object: 'switch_state', kind, key, isPaused: true, switches: [row] }
    for (const again of [false, true]) {
      if (again) await world.advance(1)
      expect(await call('PUT', path)).toEqual({ status: 200, answer: { success: true, data } })
      expect(await listed()).toEqual([row])
    }
    const resumed = { object: 'switch_state', kind, key, isPaused: false, due: 0 }
    for (let times = 0; times < 2; times++) {
      expect(await call('DELETE', path)).toEqual({
        status: 200,
        answer: { success: true, data: resumed },
      })
    }
    expect(await listed()).toEqual([])
    expect(await actionsOf(`${kind}:${key ?? ''}`)).toEqual(['switch.paused', 'switch.resumed'])
  })

  it.each(['batch-credit', 'batch-older'])(
    'by the id %s a renamed rule is paused under all its ids, and resumed under all',
    async (id) => {
      const ids = ['batch-credit', 'batch-older', 'batch-oldest']
      const { answer } = await call('PUT', `/rule/${id}`, { config: renamed })
      expect(answer.data.switches.map((row: any) => row.key)).toEqual(ids)
      expect((await listed()).map((row) => row.key)).toEqual(ids)
      const other = id === 'batch-credit' ? 'batch-oldest' : 'batch-credit'
      await call('DELETE', `/rule/${other}`, { config: renamed })
      expect(await listed()).toEqual([])
    },
  )

  it('what Makegood paused itself says why, and a person doesn’t take it over', async () => {
    await env.DB.prepare(
      `INSERT INTO switches VALUES ('rule', 'batch-credit', ?, 'system:limits', 'per_hour_per_rule')`,
    )
      .bind(world.now())
      .run()
    const { answer } = await call('PUT', '/rule/batch-credit')
    expect(answer.data.switches).toMatchObject([
      { actor: 'system:limits', cause: 'per_hour_per_rule' },
    ])
  })

  it('a rule that was paused and is configured no more can still be resumed', async () => {
    await call('PUT', '/rule/batch-credit')
    const none = { config: { ...config, rules: [] } }
    expect((await call('DELETE', '/rule/batch-credit', none)).status).toBe(200)
    expect((await call('DELETE', '/rule/batch-credit', none)).status).toBe(404)
    expect(await listed()).toEqual([])
  })

  it.each(['PUT', 'DELETE'])('%s: 404 for what can’t be paused', async (method) => {
    for (const [path, code] of [
      ['/rule/nobody', 'rule_not_found'],
      ['/endpoint/nobody', 'endpoint_not_found'],
      ['/all/everything', 'not_found'],
      ['/rule', 'not_found'],
      ['/customer', 'not_found'],
      ['/colour/red', 'not_found'],
    ] as const) {
      const { status, answer } = await call(method, path)
      expect([path, status, answer.error.code]).toEqual([path, 404, code])
    }
    expect(await listed()).toEqual([])
  })

  it.each(['%20', 'a%0Ab', 'a%2Fb', 'ann%40acme.example', 'x'.repeat(257)])(
    '%s is no customer’s id',
    async (key) => {
      const { status, answer } = await call('PUT', `/customer/${key}`)
      expect(status).toBe(400)
      expect(answer.error).toMatchObject({ type: 'validation_error', param: 'key' })
      expect(await listed()).toEqual([])
    },
  )

  it('an external id pauses nobody: 404 where the billing API says so, and nothing is written', async () => {
    const entries = await countRows('audit_entries')
    const { status, answer } = await call('PUT', '/customer/acme-42')
    expect([status, answer.error.code]).toEqual([404, 'customer_not_found'])
    expect(await listed()).toEqual([])
    expect(await countRows('audit_entries')).toBe(entries)
    await world.receive('zendesk', ticket())
    expect(await world.work()).toEqual(['issued'])
  })

  it('a customer is paused while the billing API is down, or none is configured', async () => {
    await setFaults({ kind: 'server_error', status: 503, method: 'GET', path: '/customers/*' })
    expect((await call('PUT', '/customer/cus_acme')).status).toBe(200)
    expect(world.lines).toContainEqual(
      expect.objectContaining({
        event: 'pause.customer_not_asked',
        customer: 'cus_acme',
        status: 503,
      }),
    )
    expect((await call('PUT', '/customer/cus_later', { billing: null })).status).toBe(200)
    expect(await listed()).toHaveLength(2)
  })

  it('who is gone at the billing API, and what was paused by any other name, is resumed', async () => {
    const keys = ['cus_gone', 'ann@acme.example']
    await env.DB.prepare(
      `INSERT INTO switches SELECT 'customer', value, 1, 'operator:anna', NULL FROM json_each(?)`,
    )
      .bind(JSON.stringify(keys))
      .run()
    const before = (await callsOf('GET', /^\/customers/)).length
    for (const key of keys) {
      expect((await call('DELETE', `/customer/${encodeURIComponent(key)}`)).status).toBe(200)
    }
    expect(await listed()).toEqual([])
    expect(await callsOf('GET', /^\/customers/)).toHaveLength(before)
  })

  it('a bounded number of customers is paused; everything can be paused in any case', async () => {
    await env.DB.prepare(
      `INSERT INTO switches SELECT 'customer', 'cus_' || value, 1, 'operator:anna', NULL
       FROM json_each(?)`,
    )
      .bind(JSON.stringify([...Array(PAUSED_CUSTOMERS_MAX).keys()]))
      .run()
    const earlier = await actionsOf('customer:cus_acme')
    const { status, answer } = await call('PUT', '/customer/cus_acme')
    expect([status, answer.error.code]).toEqual([409, 'too_many_customers_paused'])
    expect(await actionsOf('customer:cus_acme')).toEqual(earlier)
    expect((await call('PUT', '/customer/cus_0')).status).toBe(200)
    expect((await call('PUT', '/all')).status).toBe(200)
    expect(await listed()).toHaveLength(PAUSED_CUSTOMERS_MAX + 1)
  })
})

it('two people who pause at once make one switch and one entry', async () => {
  await Promise.all(['/rule/credit-requested', '/rule/credit-requested'].map((p) => call('PUT', p)))
  expect(await listed()).toHaveLength(1)
  expect(await actionsOf('rule:credit-requested')).toEqual(['switch.paused'])
  const due = await Promise.all([1, 2].map(() => call('DELETE', '/rule/credit-requested')))
  expect(due.map(({ status }) => status)).toEqual([200, 200])
  expect(await actionsOf('rule:credit-requested')).toEqual(['switch.paused', 'switch.resumed'])
})
