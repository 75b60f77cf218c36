// Triggers of the Zendesk stand-in really fire: rendered, signed, and sent to this machine alone.
import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { assert } from '../../src/domain/assert.ts'
import { freePort, startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'
import { startReceiver } from './webhook-receiver.ts'
import type { Receiver } from './webhook-receiver.ts'
import { AGENT, LEAD, zendeskOf } from './zendesk-calls.ts'

let sandbox: RunningSandbox
let receiver: Receiver
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
  receiver = await startReceiver()
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
  receiver.forget()
})
// What one test has set off must not arrive in the next.
afterEach(() => settled(0))

const includes = (value: string) => ({ field: 'current_tags', operator: 'includes', value })
const lacks = (value: string) => ({ field: 'current_tags', operator: 'not_includes', value })
const status = (operator: string, value?: string) => ({
  field: 'status',
  operator,
  ...(value === undefined ? {} : { value }),
})
const isChange = { field: 'update_type', operator: 'is', value: 'Change' }
const isCreate = { field: 'update_type', operator: 'is', value: 'Create' }

async function listening(...all: Json[]): Promise<any> {
  const webhook = await zendesk.webhook(receiver.url)
  await zendesk.trigger(webhook.id, all)
  return webhook
}

const invocations = async (): Promise<any[]> =>
  (await sandbox.control('GET', '/zendesk/invocations')).json.invocations

async function settled(count: number): Promise<any[]> {
  let found: any[] = []
  await vi.waitUntil(
    async () => {
      found = await invocations()
      return found.length >= count && found.every(({ state }) => state !== 'due')
    },
    { timeout: 5000 },
  )
  return found
}

const advance = (seconds: number) => sandbox.control('POST', '/clock', { advanceSeconds: seconds })

describe('a trigger', () => {
  it('sends its body rendered and signed as Zendesk signs', async () => {
    const webhook = await listening(includes('credit_requested'))
    const { json } = await zendesk.act(5158, { addTags: ['credit_requested', 'credit_25'] })
    expect(json.fired).toHaveLength(1)
    await receiver.arrived(1)
    const [sent] = receiver.received
    assert(sent !== undefined, 'one request has arrived')
    expect(JSON.parse(sent.body)).toEqual({
      kind: 'makegood.ticket',
      ticket_id: '5158',
      tags: 'billing credit_requested credit_25',
      amount: '',
      currency: 'USD',
      customer_external_id: 'acme-42',
      organization: 'org-acme',
      requester: 'ap@acme.example',
      asker: AGENT,
      updated_at: (await zendesk.ticket(5158)).updated_at,
    })
    const timestamp = String(sent.headers['x-zendesk-webhook-signature-timestamp'])
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(10_000)
    const signature = createHmac('sha256', webhook.signing_secret.secret)
      .update(timestamp + sent.body)
      .digest('base64')
    expect(sent.headers).toMatchObject({
      'x-zendesk-webhook-signature': signature,
      'x-zendesk-webhook-id': webhook.id,
      'x-zendesk-webhook-invocation-id': expect.stringMatching(/./),
    })
    expect(await settled(1)).toMatchObject([
      { ticketId: 5158, state: 'delivered', attempts: 1, lastOutcome: '200', body: sent.body },
    ])
  })

  it('renders fields, an option by its title, the status as a word, and nothing for the rest', async () => {
    const amount = await zendesk.field({ type: 'decimal', title: 'Amount' })
    const options = [{ name: 'Outage', value: 'reason_outage' }]
    const reason = await zendesk.field({
      type: 'tagger',
      title: 'Reason',
      custom_field_options: options,
    })
    const webhook = await zendesk.webhook(receiver.url)
    const names = [
      `ticket.ticket_field_${amount.id}`,
      `ticket.ticket_field_${reason.id}`,
      `ticket.ticket_field_option_title_${reason.id}`,
      'ticket.status',
      'ticket.organization.external_id',
      'ticket.latest_comment',
      'moon.phase',
    ]
    const body = names.map((name) => `{{ ${name} }}`).join('|')
    const actions = [{ field: 'notification_webhook', value: [webhook.id, body] }]
    await zendesk.trigger(webhook.id, [isChange], { actions })
    const fields = { [amount.id]: '42.50', [reason.id]: 'reason_outage' }
    await zendesk.act(5159, { fields, status: 'hold' })
    await receiver.arrived(1)
    expect(receiver.received[0]?.body).toBe('42.50|reason_outage|Outage|On-hold|||')
  })

  it('does not escape what it puts in, so that free text breaks its JSON', async () => {
    const webhook = await zendesk.webhook(receiver.url)
    const actions = [
      { field: 'notification_webhook', value: [webhook.id, '{"subject":"{{ticket.title}}"}'] },
    ]
    await zendesk.trigger(webhook.id, [isChange], { actions })
    await zendesk.update(5158, { subject: 'The "big" outage' })
    await receiver.arrived(1)
    expect(receiver.received[0]?.body).toBe('{"subject":"The "big" outage"}')
  })

  it('is set off by a call as by an agent, with the user whose token it is', async () => {
    await listening(includes('credit_requested'))
    await zendesk.put('/tickets/5158/tags.json', { tags: ['credit_requested'] })
    await zendesk.act(5159, { agent: LEAD, addTags: ['credit_requested'] })
    await receiver.arrived(2)
    const askers = receiver.bodies().map(({ asker }) => String(asker))
    expect(askers.toSorted((one, other) => one.localeCompare(other))).toEqual([
      LEAD,
      'makegood@saas.example',
    ])
  })

  it('fires again at every update for as long as its conditions hold', async () => {
    await listening(includes('credit_requested'))
    await zendesk.act(5158, { addTags: ['credit_requested'] })
    await zendesk.act(5158, { addTags: ['credit_requested'] })
    await zendesk.act(5158, { status: 'pending' })
    await zendesk.act(5158, { removeTags: ['credit_requested'] })
    expect(await settled(2)).toHaveLength(2)
  })

  it('fires for agents alone, or for customers alone, where it asks who makes the update', async () => {
    const webhook = await zendesk.webhook(receiver.url)
    const role = (operator: string, value: string) => ({ field: 'role', operator, value })
    const agents = await zendesk.trigger(webhook.id, [role('is', 'agent'), includes('a')])
    const notAgents = await zendesk.trigger(webhook.id, [role('is_not', 'agent'), includes('a')])
    const customers = await zendesk.trigger(webhook.id, [role('is', 'end_user'), includes('a')])
    const { json } = await zendesk.act(5158, { addTags: ['a'] })
    expect(json.fired).toEqual([agents.id])
    const message = { customer: 'ap@acme.example', comment: 'Any news?', addTags: ['b'] }
    const written = await sandbox.control('POST', '/zendesk/tickets/5158/act', message)
    expect(written.json.fired).toEqual([notAgents.id, customers.id])
    expect(written.json.ticket.tags).toEqual(['billing', 'a', 'b'])
    expect((await zendesk.comments(5158)).at(-1)).toMatchObject({ body: 'Any news?', public: true })
    for (const customer of [AGENT, 'nobody@acme.example']) {
      const refused = { ...message, customer }
      const { status } = await sandbox.control('POST', '/zendesk/tickets/5158/act', refused)
      expect([customer, status]).toEqual([customer, 422])
    }
  })

  it('fires once where an action of its own ends its condition', async () => {
    const webhook = await zendesk.webhook(receiver.url)
    const actions = [
      { field: 'notification_webhook', value: [webhook.id, '{{ticket.tags}}'] },
      { field: 'current_tags', value: 'makegood_asked' },
    ]
    const conditions = [includes('credit_requested'), lacks('makegood_asked')]
    await zendesk.trigger(webhook.id, conditions, { actions })
    await zendesk.act(5158, { addTags: ['credit_requested'] })
    await zendesk.act(5158, { status: 'pending' })
    expect(await settled(1)).toHaveLength(1)
    expect((await zendesk.ticket(5158)).tags).toContain('makegood_asked')
  })

  it('sets off another one that stands before it, and each fires once in an update', async () => {
    const webhook = await zendesk.webhook(receiver.url)
    const telling = { field: 'notification_webhook', value: [webhook.id, 'second'] }
    const first = await zendesk.trigger(webhook.id, [includes('b')], {
      actions: [telling, { field: 'current_tags', value: 'c' }],
    })
    const second = await zendesk.trigger(webhook.id, [includes('a')], {
      actions: [{ field: 'current_tags', value: 'b' }],
    })
    const { json } = await zendesk.act(5158, { addTags: ['a'] })
    expect(json.fired).toEqual([second.id, first.id])
    expect(json.ticket.tags).toEqual(['billing', 'a', 'b', 'c'])
  })

  it.each([
    ['any of its tags', [includes('x credit_requested')], 1],
    ['all of its conditions', [includes('credit_requested'), includes('x')], 0],
    ['none of the tags that it lacks', [lacks('x credit_requested')], 0],
    ['a change', [isChange], 1],
    ['a creation, which this is not', [isCreate], 0],
    ['the status as it is', [status('is', 'pending')], 1],
    ['the status as it was', [status('is', 'open')], 0],
    ['another status', [status('is_not', 'open')], 1],
    ['a status before another', [status('less_than', 'solved')], 1],
    ['a status that is no later than its own', [status('less_than', 'pending')], 0],
    ['a status after another', [status('greater_than', 'open')], 1],
    ['a status that changed', [status('changed')], 1],
    ['a status that did not', [status('not_changed')], 0],
    ['a status that changed to this one', [status('value', 'pending')], 1],
    ['a status that changed to another', [status('value', 'open')], 0],
    ['a status that changed from this one', [status('value_previous', 'open')], 1],
  ])('looks at %s', async (_name, all, count) => {
    await listening(...all)
    const { json } = await zendesk.act(5158, {
      addTags: ['credit_requested'],
      status: 'pending',
    })
    expect(json.fired).toHaveLength(count)
  })

  it('needs one of those of which any has to hold', async () => {
    const webhook = await zendesk.webhook(receiver.url)
    const any = [includes('a'), includes('b')]
    await zendesk.trigger(webhook.id, [], { conditions: { all: [isChange], any } })
    expect((await zendesk.act(5158, { addTags: ['c'] })).json.fired).toHaveLength(0)
    expect((await zendesk.act(5158, { addTags: ['b'] })).json.fired).toHaveLength(1)
  })

  it('sees a new ticket as created', async () => {
    await listening(isCreate)
    const comment = { body: 'Hello', public: true }
    const { json } = await zendesk.post('/tickets.json', {
      ticket: { comment, requester_id: 9103 },
    })
    await receiver.arrived(1)
    expect(receiver.bodies()).toMatchObject([
      { ticket_id: String(json.ticket.id), customer_external_id: 'bolt-7' },
    ])
  })

  it('is silent when it is off, and at a ticket that is closed or becomes it', async () => {
    const webhook = await listening(isChange)
    await zendesk.put('/tickets/5160/tags.json', { tags: ['credit_requested'] })
    await zendesk.act(5158, { status: 'closed' })
    expect(await invocations()).toEqual([])
    await zendesk.trigger(webhook.id, [includes('z')], { active: false })
    expect((await zendesk.act(5159, { addTags: ['z'] })).json.fired).toHaveLength(1)
  })

  it('does not see an update that changes nothing', async () => {
    await listening(isChange)
    expect((await zendesk.act(5158, { addTags: ['billing'] })).json.fired).toEqual([])
  })
})

describe('a webhook', () => {
  it.each([
    'https://makegood.example/webhooks/zendesk',
    'http://127.0.0.1.x.example/',
    'http://10.0.0.1/',
  ])('at %s is kept, and never called', async (endpoint) => {
    const webhook = await zendesk.webhook(endpoint)
    await zendesk.trigger(webhook.id, [isChange])
    await zendesk.act(5158, { addTags: ['a'] })
    expect(await settled(1)).toMatchObject([
      { state: 'failed', lastOutcome: 'only loopback addresses are called' },
    ])
    const request = { endpoint, http_method: 'POST', request_format: 'json', payload: '{}' }
    expect((await zendesk.post('/webhooks/test', { request })).status).toBe(422)
  })

  it('follows no redirect, which could lead elsewhere', async () => {
    receiver.answer = 302
    await listening(isChange)
    await zendesk.act(5158, { addTags: ['a'] })
    expect(await settled(1)).toMatchObject([{ state: 'failed', lastOutcome: '302' }])
    expect(receiver.received).toHaveLength(1)
  })

  it.each([400, 401, 404, 500, 502])('gives up at once after a %i', async (answer) => {
    receiver.answer = answer
    await listening(isChange)
    await zendesk.act(5158, { addTags: ['a'] })
    await settled(1)
    await advance(3600)
    expect(receiver.received).toHaveLength(1)
  })

  it('gives up at once after a 503 that does not say when to come again', async () => {
    receiver.answer = 503
    await listening(isChange)
    await zendesk.act(5158, { addTags: ['a'] })
    expect(await settled(1)).toMatchObject([{ state: 'failed', attempts: 1, lastOutcome: '503' }])
  })

  it('tries a 409 three times more, with the same body and id, signed anew', async () => {
    receiver.answer = 409
    const { signing_secret: secret } = await listening(isChange)
    await zendesk.act(5158, { addTags: ['a'] })
    await receiver.arrived(1)
    await advance(3600)
    expect(await settled(1)).toMatchObject([{ state: 'failed', attempts: 4, lastOutcome: '409' }])
    const [one, , , last] = receiver.received
    assert(one !== undefined && last !== undefined, 'four requests have arrived')
    expect(last.body).toBe(one.body)
    const id = 'x-zendesk-webhook-invocation-id'
    expect(last.headers[id]).toBe(one.headers[id])
    const time = String(last.headers['x-zendesk-webhook-signature-timestamp'])
    expect(Date.parse(time)).toBeGreaterThan(Date.now() + 3_000_000)
    const expected = createHmac('sha256', secret.secret)
      .update(time + last.body)
      .digest('base64')
    expect(last.headers['x-zendesk-webhook-signature']).toBe(expected)
  })

  it('tries a silence five times more', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}/`
    const webhook = await zendesk.webhook(nobody)
    await zendesk.trigger(webhook.id, [isChange])
    await zendesk.act(5158, { addTags: ['a'] })
    await vi.waitUntil(async () => (await invocations())[0].attempts === 1)
    await advance(3600)
    expect(await settled(1)).toMatchObject([
      { state: 'failed', attempts: 6, lastOutcome: 'no answer' },
    ])
  })

  it('comes again after a 503 when it says, if that is within a minute', async () => {
    receiver.answer = 503
    receiver.retryAfter = '30'
    await listening(isChange)
    await zendesk.act(5158, { addTags: ['a'] })
    await receiver.arrived(1)
    await advance(29)
    expect(receiver.received).toHaveLength(1)
    receiver.answer = 202
    await advance(2)
    expect(await settled(1)).toMatchObject([{ state: 'delivered', attempts: 2 }])
    receiver.answer = 429
    receiver.retryAfter = '60'
    await zendesk.act(5158, { addTags: ['b'] })
    expect(await settled(2)).toMatchObject([{ state: 'failed', attempts: 1 }, {}])
  })

  it('is called for what was due when its trigger is deleted meanwhile', async () => {
    receiver.answer = 409
    const webhook = await zendesk.webhook(receiver.url)
    const trigger = await zendesk.trigger(webhook.id, [isChange])
    await zendesk.act(5158, { addTags: ['a'] })
    await receiver.arrived(1)
    await zendesk.remove(`/triggers/${trigger.id}.json`)
    await zendesk.remove(`/webhooks/${webhook.id}`)
    await advance(60)
    expect(await settled(1)).toMatchObject([
      { state: 'failed', lastOutcome: 'the webhook is gone or inactive' },
    ])
  })

  it('that is tested is signed with the public test secret, before it is there and after', async () => {
    const existing = await zendesk.webhook(receiver.url)
    const request = {
      endpoint: receiver.url,
      http_method: 'POST',
      request_format: 'json',
      payload: '{"kind":"makegood.ticket"}',
    }
    const answers = [
      await zendesk.post('/webhooks/test', { request }),
      await zendesk.post(`/webhooks/test?webhook_id=${existing.id}`, {}),
    ]
    expect(answers.map(({ status: code, json }) => [code, json.response.status])).toEqual([
      [200, 200],
      [200, 200],
    ])
    const publicSecret = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='
    for (const { headers, body } of receiver.received) {
      const time = String(headers['x-zendesk-webhook-signature-timestamp'])
      const expected = createHmac('sha256', publicSecret)
        .update(time + body)
        .digest('base64')
      expect(headers['x-zendesk-webhook-signature']).toBe(expected)
    }
    expect(receiver.received.map(({ body }) => body)).toEqual([request.payload, '{}'])
    receiver.answer = 401
    const refused = await zendesk.post('/webhooks/test', { request })
    expect([refused.status, refused.json.response.status]).toEqual([200, 401])
    expect(await invocations()).toEqual([])
  })
})

describe('an agent on screen', () => {
  it('is refused where he is none, does nothing that is known, or there is no ticket', async () => {
    const before = await zendesk.ticket(5158)
    for (const [id, wrong, code] of [
      [5158, { agent: 'ap@acme.example', addTags: ['a'] }, 422],
      [5158, { agent: 'nobody' }, 422],
      [5158, { addTag: ['a'] }, 422],
      [5158, { macro: 'none' }, 422],
      [1, { addTags: ['a'] }, 404],
    ] as const) {
      expect([wrong, (await zendesk.act(id, wrong)).status]).toEqual([wrong, code])
    }
    expect(await zendesk.ticket(5158)).toEqual(before)
  })

  it('can only tag a closed ticket', async () => {
    expect((await zendesk.act(5160, { status: 'open' })).status).toBe(422)
    const { status: code, json } = await zendesk.act(5160, { addTags: ['credit_requested'] })
    expect([code, json.ticket.tags]).toEqual([200, ['billing', 'credit_requested']])
  })
})
