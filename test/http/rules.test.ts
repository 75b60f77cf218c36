// The rules as they are configured, and a dry run of them, over HTTP.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { BODY_BYTES_MAX, DRY_RUN_ADJUSTMENTS_MAX } from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { pause } from '../../src/usecases/pause.ts'
import config from '../makegood.config.ts'
import { OPERATOR, ticket } from '../harness.ts'
import { createWorld, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

let world: World
beforeEach(async () => {
  world = await createWorld()
})

async function call(path: string, body?: unknown, deps: Partial<World['deps']> = {}) {
  const app = createApp(() => ({ ...world.deps, ...deps }))
  const response = await app.request(`/api/v1/rules${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: OPERATOR,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, answer: await response.json<any>() }
}

describe('GET /rules', () => {
  it('shows each rule in order, with the hash of them all', async () => {
    const { status, answer } = await call('')
    expect(status).toBe(200)
    expect(answer.data).toMatchObject({ object: 'rule_set', hash: await world.deps.ruleSet() })
    expect(answer.data.rules.map((each: any) => each.id)).toEqual(config.rules.map(({ id }) => id))
    const batch = answer.data.rules.find((each: any) => each.id === 'batch-credit')
    expect(batch).toEqual({
      object: 'rule',
      id: 'batch-credit',
      was: [],
      source: 'batch',
      on: ['credit'],
      settlement: 'owed',
      reason: { code: 'goodwill', label: 'Goodwill', account: null },
      causedBy: 'system',
      mode: 'live',
      description: 'Batch credit',
      alongside: [],
      pausedBy: [],
    })
  })

  it('says the label and the ledger account that the configuration gives a reason', async () => {
    const reasons = new Map(config.reasons).set('goodwill', { label: 'Sorry', account: '4010' })
    const { answer } = await call('', undefined, { config: { ...config, reasons } })
    const { reason } = answer.data.rules.find((each: any) => each.id === 'batch-credit')
    expect(reason).toEqual({ code: 'goodwill', label: 'Sorry', account: '4010' })
  })

  it('says what is paused, also by a former id or because everything is', async () => {
    const pausedBy = async (deps = {}) =>
      (await call('', undefined, deps)).answer.data.rules.map((each: any) => each.pausedBy.length)
    await pause(world.deps, BOOTSTRAP, { kind: 'rule', key: 'batch-credit' })
    await pause(world.deps, BOOTSTRAP, { kind: 'endpoint', key: 'stripe' })
    const only = config.rules.map(({ id }) => (id === 'batch-credit' ? 1 : 0))
    expect(await pausedBy()).toEqual(only)
    const renamed = config.rules.map((rule) =>
      rule.id === 'batch-credit' ? { ...rule, id: 'batch-newer', was: ['batch-credit'] } : rule,
    )
    expect(await pausedBy({ config: { ...config, rules: renamed } })).toEqual(only)
    await pause(world.deps, BOOTSTRAP, { kind: 'all', key: '' })
    expect(await pausedBy()).toEqual(only.map((each) => each + 1))
  })
})

describe('POST /rules/dry-run', () => {
  it('of a payload says what would be made, for whom, and why every other rule would not', async () => {
    const payload = ticket({ tags: 'credit_requested credit_25', asker: 'Agent@saas.example' })
    const { status, answer } = await call('/dry-run', { endpoint: 'zendesk', payload })
    expect(status).toBe(200)
    expect(answer.data).toMatchObject({
      object: 'dry_run',
      ruleSet: await world.deps.ruleSet(),
      limitsAskedFor: 'each_alone',
    })
    const [event] = answer.data.events
    expect(event).toMatchObject({
      object: 'dry_event',
      recorded: null,
      type: 'makegood.ticket',
      mode: 'test',
      fate: 'adjusted',
      rule: 'zendesk-ticket-credit',
      considered: [{ rule: 'zendesk-ticket-credit', answer: 'adjust' }],
      shadows: [],
      undo: null,
      adjustments: [
        {
          object: 'dry_adjustment',
          would: 'issue',
          amount: -2_500,
          currency: 'usd',
          amountText: '25.00 USD',
          subject: `ticket:${payload.ticket_id}`,
          asker: 'agent@saas.example',
          customer: {
            reference: 'acme-42',
            kind: 'external_id',
            id: 'cus_acme',
            billedIn: 'usd',
          },
          holdReasons: [],
          approversNeeded: 0,
          pausedBy: [],
        },
      ],
    })
  })

  it('of a recorded event says what it has made', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await world.work()
    const { answer } = await call('/dry-run', { event: id })
    expect(answer.data.events).toMatchObject([
      {
        id,
        recorded: { id, fate: 'adjusted' },
        adjustments: [
          { would: 'exists', standing: { event: id, state: 'invoiced' }, differences: [] },
        ],
      },
    ])
  })

  it('reads a body that isn’t JSON as text, and a type that only a header has', async () => {
    const text = JSON.stringify(ticket())
    const { answer } = await call('/dry-run', { endpoint: 'zendesk', payload: text })
    expect(answer.data.events[0]).toMatchObject({ fate: 'adjusted' })
    const headers: string[] = []
    const batch = config.endpoints.get('batch')!
    const read: typeof batch.source.read = (body, { unsignedHeader }) => {
      const type = unsignedHeader('x-topic')
      headers.push(type ?? 'none')
      return [{ ownId: 'one', type: type ?? 'none', occurredAt: null, mode: null, data: body }]
    }
    const endpoints = new Map(config.endpoints).set('batch', {
      ...batch,
      source: { ...batch.source, read },
    })
    const deps = { config: { ...config, endpoints } }
    const payload = { subject: 'order:header', amount: 5 }
    const typed = await call('/dry-run', { endpoint: 'batch', payload, type: 'credit' }, deps)
    expect(typed.answer.data.events[0]).toMatchObject({ type: 'credit', fate: 'adjusted' })
    const untyped = await call('/dry-run', { endpoint: 'batch', payload }, deps)
    expect(untyped.answer.data.events[0]).toMatchObject({ type: 'none', fate: 'ignored' })
    expect(headers).toEqual(['credit', 'none'])
  })

  it.each<[string, unknown, number, string]>([
    ['nothing', {}, 400, 'validation_error'],
    [
      'both',
      { event: `evt_${'0'.repeat(32)}`, endpoint: 'zendesk', payload: {} },
      400,
      'validation_error',
    ],
    ['no payload', { endpoint: 'zendesk' }, 400, 'validation_error'],
    ['no event', { event: 'evt_1' }, 400, 'validation_error'],
    [
      'an unknown field',
      { endpoint: 'zendesk', payload: {}, force: true },
      400,
      'validation_error',
    ],
    ['an unknown event', { event: `evt_${'0'.repeat(32)}` }, 404, 'event_not_found'],
    ['an unknown endpoint', { endpoint: 'nobody', payload: {} }, 404, 'endpoint_not_found'],
    [
      'an unreadable payload',
      { endpoint: 'zendesk', payload: '<xml/>' },
      400,
      'payload_unreadable',
    ],
    ['a body too large', `{"endpoint":"${'x'.repeat(BODY_BYTES_MAX)}"}`, 413, 'body_too_large'],
    [
      'too many adjustments',
      {
        endpoint: 'batch',
        payload: Array.from({ length: DRY_RUN_ADJUSTMENTS_MAX + 1 }, (_, at) => ({
          id: `many-${at}`,
          type: 'credit',
          subject: `order:many-${at}`,
          amount: 5,
        })),
      },
      400,
      'too_many_adjustments',
    ],
  ])('%s is refused', async (_, body, status, code) => {
    const refused = await call('/dry-run', body)
    expect([refused.status, refused.answer.error.code]).toEqual([status, code])
  })

  it('says that a person made it by hand', async () => {
    const made = await createApp(() => world.deps).request('/api/v1/adjustments', {
      method: 'POST',
      headers: OPERATOR,
      body: JSON.stringify({
        customerId: 'cus_acme',
        direction: 'credit',
        amount: 1_000,
        currency: 'usd',
        reason: 'goodwill',
      }),
    })
    const { data } = await made.json<any>()
    const { status, answer } = await call('/dry-run', { event: data.event })
    expect([status, answer.error.code]).toEqual([409, 'made_by_hand'])
  })

  it('says that a payload was forgotten', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await env.DB.prepare(
      'DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = ?)',
    )
      .bind(id)
      .run()
    const { status, answer } = await call('/dry-run', { event: id })
    expect([status, answer.error.code]).toEqual([409, 'payload_forgotten'])
  })

  it('is 503 while the billing API is down, or not configured', async () => {
    const body = { endpoint: 'zendesk', payload: ticket() }
    await setFaults({ kind: 'server_error', status: 503 })
    const down = await call('/dry-run', body)
    await setFaults()
    expect([down.status, down.answer.error.code]).toEqual([503, 'billing_unavailable'])
    const none = await call('/dry-run', body, { billing: null })
    expect([none.status, none.answer.error.code]).toEqual([503, 'not_configured'])
  })
})
