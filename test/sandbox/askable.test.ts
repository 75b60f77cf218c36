// What the stand-ins of Zendesk and Stripe can be asked afterwards: who changed a ticket, and what happened.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'
import { AGENT, zendeskOf } from './zendesk-calls.ts'

let sandbox: RunningSandbox
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const act = (id: number, what: Json) =>
  sandbox.control('POST', `/zendesk/tickets/${id}/act`, { agent: AGENT, ...what })

describe("a ticket's audits", () => {
  it('tell who made each update, and what it changed', async () => {
    const ticket = { subject: 'Down', comment: { body: 'Hello' }, tags: ['billing'] }
    const made = (await zendesk.post('/tickets.json', { ticket })).json.ticket
    await act(made.id, { addTags: ['credit_requested'], status: 'pending' })
    const { json } = await zendesk.get(`/tickets/${made.id}/audits.json?page[size]=100`)
    expect(json.meta).toMatchObject({ has_more: false })
    expect(json.audits).toMatchObject([
      {
        author_id: 9001,
        events: [
          { type: 'Comment', body: 'Hello' },
          { type: 'Create', field_name: 'subject', value: 'Down' },
          { type: 'Create', field_name: 'status', value: 'open' },
          { type: 'Create', field_name: 'tags', value: ['billing'] },
        ],
      },
      {
        author_id: 9002,
        events: [
          { type: 'Change', field_name: 'status', previous_value: 'open', value: 'pending' },
          {
            type: 'Change',
            field_name: 'tags',
            previous_value: ['billing'],
            value: ['billing', 'credit_requested'],
          },
        ],
      },
    ])
    const { ticket: now } = (await zendesk.get(`/tickets/${made.id}.json`)).json
    expect(json.audits.at(-1).created_at).toBe(now.updated_at)
  })

  it('come in pages, and an update that changes nothing has none', async () => {
    await act(5158, { addTags: ['one'] })
    await act(5158, { addTags: ['one'] })
    await act(5158, { addTags: ['two'] })
    const first = (await zendesk.get('/tickets/5158/audits.json?page[size]=1')).json
    const cursor = encodeURIComponent(first.meta.after_cursor)
    const path = `/tickets/5158/audits.json?page[size]=1&page[after]=${cursor}`
    const second = (await zendesk.get(path)).json
    expect([first, second].map(({ audits }) => audits[0].events[0].value.at(-1))).toEqual([
      'one',
      'two',
    ])
    expect(second.meta.has_more).toBe(false)
    expect((await zendesk.get('/tickets/1/audits.json')).status).toBe(404)
  })
})

it('shows people and organizations by their ids, and leaves out who is not there', async () => {
  const { json } = await zendesk.get('/users/show_many.json?ids=9002,9101,1')
  expect(json.users).toMatchObject([
    { id: 9002, email: AGENT, role: 'agent' },
    { id: 9101, email: 'ap@acme.example', external_id: 'acme-42', role: 'end-user' },
  ])
  const company = await zendesk.get('/organizations/701.json')
  expect(company.json.organization).toMatchObject({ id: 701, external_id: 'org-acme' })
  expect((await zendesk.get('/organizations/1.json')).status).toBe(404)
})

it('searches by the time of the last update, and oldest first where it is asked to', async () => {
  await act(5159, { addTags: ['one'] })
  await sandbox.control('POST', '/clock', { advanceSeconds: 60 })
  await act(5158, { addTags: ['one'] })
  const { updated_at: at } = (await zendesk.get('/tickets/5158.json')).json.ticket
  const found = async (operator: string, order = '') => {
    const query = encodeURIComponent(`tags:one updated${operator}${at}`)
    const { status, json } = await zendesk.get(`/search.json?query=${query}${order}`)
    return status === 200 ? json.results.map(({ id }: { id: number }) => id) : status
  }
  expect(await found('>=')).toEqual([5158])
  expect(await found('>')).toEqual([])
  expect(await found('<')).toEqual([5159])
  expect(await found('<=')).toEqual([5158, 5159])
  expect(await found('<=', '&sort_by=updated_at&sort_order=asc')).toEqual([5159, 5158])
  expect(await found(':')).toBe(422)
})

describe("Stripe's events", () => {
  const list = async (query: string) => {
    const response = await fetch(`${sandbox.origin}/stripe/v1/events?${query}`, {
      headers: { authorization: 'Bearer sk_test_sandbox_stripe' },
    })
    const json: any = await response.json()
    return { status: response.status, json, ids: json.data?.map(({ id }: any) => id) }
  }
  const events = ['refund.created', 'refund.updated', 'charge.refunded'].map((type, n) => ({
    id: `evt_${n}`,
    type,
    created: 1_000 + n,
  }))

  it('are listed newest first, by time and type, in pages', async () => {
    await sandbox.control('POST', '/stripe/events', { events })
    expect((await list('')).ids).toEqual(['evt_2', 'evt_1', 'evt_0'])
    expect((await list('created[gte]=1001&created[lt]=1002')).ids).toEqual(['evt_1'])
    const types = 'types[]=refund.created&types[]=refund.updated'
    const first = await list(`${types}&limit=1`)
    expect([first.ids, first.json.has_more]).toEqual([['evt_1'], true])
    const second = await list(`${types}&limit=1&starting_after=evt_1`)
    expect([second.ids, second.json.has_more]).toEqual([['evt_0'], false])
  })

  it('are each there once, as they were first told', async () => {
    const again = [{ ...events[0], created: 2_000 }]
    await sandbox.control('POST', '/stripe/events', { events })
    await sandbox.control('POST', '/stripe/events', { events: again })
    const { json } = await list('types[]=refund.created')
    expect(json.data).toEqual([events[0]])
  })

  it('are refused with a key, a limit or a filter that Stripe would refuse', async () => {
    const headers = { authorization: 'Bearer sk_test_other' }
    const { status } = await fetch(`${sandbox.origin}/stripe/v1/events`, { headers })
    expect(status).toBe(401)
    expect((await list('limit=101')).status).toBe(400)
    expect((await list('created[gte]=yesterday')).status).toBe(400)
    expect((await list('starting_after=evt_nobody')).status).toBe(404)
    const many = Array.from({ length: 21 }, (_, n) => `types[]=t${n}`).join('&')
    expect((await list(many)).status).toBe(400)
  })
})
