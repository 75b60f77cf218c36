// What `connect` makes at the Zendesk stand-in: fields, macros, webhooks, triggers and views.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'
import { AGENT, LEAD, TEMPLATE, zendeskOf } from './zendesk-calls.ts'

let sandbox: RunningSandbox
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const HERE = 'http://127.0.0.1:8787/webhooks/zendesk'
const ON_TAG = [{ field: 'current_tags', operator: 'includes', value: 'credit_requested' }]
const VIEW = {
  title: 'Credits that wait',
  all: [{ field: 'status', operator: 'less_than', value: 'solved' }],
  any: [{ field: 'current_tags', operator: 'includes', value: 'makegood_status_waiting' }],
  output: { columns: ['nice_id', 'status'] },
}

async function everything(): Promise<Json> {
  const found: Json = {}
  for (const list of ['ticket_fields', 'macros', 'webhooks', 'triggers', 'views']) {
    found[list] = (await zendesk.get(`/${list}.json`)).json[list]
  }
  return found
}

describe('what is made', () => {
  it('is listed, shown, and gone when it is deleted: nothing is left', async () => {
    const before = await everything()
    const webhook = await zendesk.webhook(HERE)
    const made = [
      ['ticket_fields', 'ticket_field', await zendesk.field({ type: 'text', title: 'Status' })],
      ['macros', 'macro', await zendesk.macro({ title: 'Credit', actions: tagging('a') })],
      ['triggers', 'trigger', await zendesk.trigger(webhook.id, ON_TAG)],
      ['views', 'view', await zendesk.view(VIEW)],
      ['webhooks', 'webhook', webhook],
    ] as const
    for (const [list, name, record] of made) {
      const { signing_secret: _secret, ...shown } = record
      const got = await zendesk.get(`/${list}/${record.id}.json`)
      expect([list, got.json[name]]).toEqual([list, shown])
      const listed = (await zendesk.get(`/${list}.json`)).json[list]
      expect([list, listed]).toEqual([list, expect.arrayContaining([shown])])
    }
    for (const [list, , { id }] of made) {
      const gone = await zendesk.remove(`/${list}/${id}.json`)
      expect([list, gone.status, gone.json]).toEqual([list, 204, ''])
      expect((await zendesk.remove(`/${list}/${id}.json`)).status).toBe(404)
      expect((await zendesk.get(`/${list}/${id}.json`)).status).toBe(404)
    }
    expect(await everything()).toEqual(before)
  })

  it('is there twice when it is made twice: names are not unique at Zendesk', async () => {
    for (let time = 0; time < 2; time++) await zendesk.field({ type: 'text', title: 'Status' })
    const { json } = await zendesk.get('/ticket_fields.json')
    const titles = json.ticket_fields.map((field: any) => field.title)
    expect(titles).toEqual(['Subject', 'Status', 'Status', 'Status'])
  })
})

const tagging = (tags: string) => [{ field: 'current_tags', value: tags }]

describe('lists', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await zendesk.macro({ title: name, actions: tagging(name) })
    }
  })
  const titles = (json: any) => json.macros.map((macro: any) => macro.title).join('')

  it('page by cursor where a page has a size', async () => {
    const pages: string[] = []
    let address: string | null = '/macros.json?page[size]=2'
    while (address !== null) {
      const { json } = await zendesk.get(address)
      pages.push(titles(json))
      expect(json.meta.has_more).toBe(json.links.next !== null)
      if (json.links.next === null) break
      const next: URL = new URL(json.links.next)
      expect([next.origin, next.pathname]).toEqual([sandbox.origin, '/zendesk/api/v2/macros.json'])
      expect(next.searchParams.get('page[after]')).toBe(json.meta.after_cursor)
      address = `/macros.json${next.search}`
    }
    expect(pages).toEqual(['ab', 'cd', 'e'])
  })

  it('page by number in the older way, without a word of cursors', async () => {
    const { json } = await zendesk.get('/macros.json?per_page=3')
    expect([titles(json), json.count, json.meta, json.previous_page]).toEqual([
      'abc',
      5,
      undefined,
      null,
    ])
    const next = await zendesk.get(`/macros.json${new URL(json.next_page).search}`)
    expect([titles(next.json), next.json.next_page]).toEqual(['de', null])
  })

  it.each(['page[size]=0', 'page[size]=101', 'page[after]=x', 'per_page=x', 'page=0'])(
    'refuse %s',
    async (query) => {
      expect((await zendesk.get(`/macros.json?${query}`)).status).toBe(400)
    },
  )

  it('never end where a fault says so', async () => {
    const faults = [{ kind: 'repeating_cursor', path: '/zendesk/api/v2/macros.json' }]
    await sandbox.control('PUT', '/faults', { faults })
    const first = await zendesk.get('/macros.json?page[size]=2')
    const { search } = new URL(first.json.links.next)
    const second = await zendesk.get(`/macros.json${search}`)
    expect([second.json.meta.has_more, second.json.links.next]).toEqual([
      true,
      first.json.links.next,
    ])
  })
})

describe('a field', () => {
  it('is for agents only, unless it says otherwise', async () => {
    expect(await zendesk.field({ type: 'decimal', title: 'Amount' })).toMatchObject({
      id: 360_012_345_678,
      visible_in_portal: false,
      editable_in_portal: false,
      removable: true,
    })
    const open = { visible_in_portal: true, editable_in_portal: true }
    expect(await zendesk.field({ type: 'text', title: 'Note', ...open })).toMatchObject(open)
  })

  it('that every account has is not deleted', async () => {
    const { status, json } = await zendesk.remove('/ticket_fields/360000000001.json')
    expect([status, json.details.base[0].description]).toEqual([422, 'Subject: cannot be deleted'])
  })

  const option = (value: string) => [{ name: value, value }]
  it.each([
    ['of another type', { type: 'checkbox', title: 'x' }],
    ['without a title', { type: 'text', title: '' }],
    ['that is a dropdown of nothing', { type: 'tagger', title: 'x' }],
    ['with options that is none', { type: 'text', title: 'x', custom_field_options: option('a') }],
    ['with a value of another', { type: 'tagger', title: 'x', custom_field_options: option('t') }],
    ['with an unknown setting', { type: 'text', title: 'x', editable: true }],
  ])('%s is refused', async (_name, record) => {
    await zendesk.field({ type: 'tagger', title: 'First', custom_field_options: option('t') })
    const { status, json } = await zendesk.post('/ticket_fields.json', { ticket_field: record })
    expect([status, json.error]).toEqual([422, 'RecordInvalid'])
  })

  it('that is deleted takes its values with it', async () => {
    const { id } = await zendesk.field({ type: 'text', title: 'Status' })
    await zendesk.update(5158, { custom_fields: [{ id, value: 'issued' }] })
    await zendesk.remove(`/ticket_fields/${id}.json`)
    expect((await zendesk.ticket(5158)).custom_fields).toEqual([])
  })
})

describe('a macro', () => {
  const actions = [
    { field: 'current_tags', value: 'credit_requested credit_25' },
    { field: 'status', value: 'pending' },
    { field: 'comment_value', value: 'On its way.' },
    { field: 'comment_mode_is_public', value: 'false' },
  ]

  it('shows what it would make of a ticket, and saves nothing', async () => {
    const { id } = await zendesk.macro({ title: 'Credit 25', actions })
    const before = await zendesk.ticket(5158)
    const { status, json } = await zendesk.get(`/tickets/5158/macros/${id}/apply.json`)
    expect([status, json.result.ticket]).toMatchObject([
      200,
      {
        tags: ['billing', 'credit_requested', 'credit_25'],
        status: 'pending',
        comment: { body: 'On its way.', public: false },
      },
    ])
    expect(await zendesk.ticket(5158)).toEqual(before)
    expect((await zendesk.get('/tickets/5158/macros/1/apply.json')).status).toBe(404)
    expect((await zendesk.get(`/tickets/5160/macros/${id}/apply.json`)).status).toBe(422)
  })

  it('is done by an agent in one update, by its title or its id', async () => {
    const { id } = await zendesk.macro({ title: 'Credit 25', actions })
    const { json } = await zendesk.act(5158, { macro: 'Credit 25' })
    expect(json.ticket).toMatchObject({
      tags: ['billing', 'credit_requested', 'credit_25'],
      status: 'pending',
    })
    const note = { author_id: 9002, body: 'On its way.', public: false }
    expect((await zendesk.comments(5158)).at(-1)).toMatchObject(note)
    await zendesk.act(5159, { macro: id, addTags: ['vip'], removeTags: ['credit_25'] })
    expect((await zendesk.ticket(5159)).tags).toEqual(['billing', 'credit_requested', 'vip'])
  })

  it('replaces and takes away tags, and sets a field', async () => {
    const { id: field } = await zendesk.field({ type: 'decimal', title: 'Amount' })
    const more = [
      { field: 'set_tags', value: 'one two three' },
      { field: 'remove_tags', value: 'two' },
      { field: `custom_fields_${field}`, value: '42.50' },
      { field: 'priority', value: 'urgent' },
    ]
    await zendesk.macro({ title: 'All', actions: more })
    const { json } = await zendesk.act(5158, { macro: 'All' })
    expect(json.ticket).toMatchObject({
      tags: ['one', 'three'],
      custom_fields: [{ id: field, value: '42.50' }],
      priority: 'urgent',
    })
  })

  it('of the leads is there for nobody else', async () => {
    const { json } = await zendesk.get('/groups.json')
    const { id } = json.groups.find((group: any) => group.name === 'Leads')
    const restriction = { type: 'Group', id }
    await zendesk.macro({ title: 'Approve', actions: tagging('credit_approved'), restriction })
    for (const agent of [AGENT, 'somebody@saas.example']) {
      const { status, json: refused } = await zendesk.act(5158, { agent, macro: 'Approve' })
      expect([status, refused.error.param]).toEqual([422, 'macro'])
    }
    expect((await zendesk.ticket(5158)).tags).toEqual(['billing'])
    expect((await zendesk.act(5158, { agent: LEAD, macro: 'Approve' })).status).toBe(200)
    expect((await zendesk.ticket(5158)).tags).toContain('credit_approved')
  })

  it.each([
    ['an action that is not known', { title: 'x', actions: [{ field: 'fire', value: '1' }] }],
    ['a status that is none', { title: 'x', actions: [{ field: 'status', value: 'done' }] }],
    ['no action', { title: 'x', actions: [] }],
    ['a webhook, which only triggers call', { title: 'x', actions: [notify('x')] }],
    ['a group that is none', { title: 'x', actions: tagging('a'), restriction: group(1) }],
  ])('with %s is refused', async (_name, macro) => {
    expect((await zendesk.post('/macros.json', { macro })).status).toBe(422)
  })
})

const group = (id: number) => ({ type: 'Group', id })
const notify = (id: string) => ({ field: 'notification_webhook', value: [id, TEMPLATE] })

describe('a webhook', () => {
  it('shows its secret when it is made and when it is asked for, and nowhere else', async () => {
    const { signing_secret: secret, ...shown } = await zendesk.webhook(HERE)
    expect(secret).toEqual({ algorithm: 'SHA256', secret: expect.stringMatching(/^.{43}=$/) })
    expect((await zendesk.get(`/webhooks/${shown.id}`)).json.webhook).toEqual(shown)
    expect((await zendesk.get('/webhooks')).json.webhooks).toEqual([shown])
    const asked = await zendesk.get(`/webhooks/${shown.id}/signing_secret`)
    expect(asked.json.signing_secret).toEqual(secret)
    await zendesk.remove(`/webhooks/${shown.id}`)
    expect((await zendesk.get(`/webhooks/${shown.id}/signing_secret`)).status).toBe(404)
  })

  it('that a trigger calls is not deleted before the trigger is', async () => {
    const webhook = await zendesk.webhook(HERE)
    const trigger = await zendesk.trigger(webhook.id, ON_TAG)
    expect((await zendesk.remove(`/webhooks/${webhook.id}`)).status).toBe(422)
    await zendesk.remove(`/triggers/${trigger.id}.json`)
    expect((await zendesk.remove(`/webhooks/${webhook.id}`)).status).toBe(204)
  })

  const right = {
    name: 'x',
    endpoint: HERE,
    http_method: 'POST',
    request_format: 'json',
    status: 'active',
    subscriptions: ['conditional_ticket_events'],
  }
  it.each([
    { endpoint: 'ftp://127.0.0.1/' },
    { http_method: 'GET' },
    { request_format: 'xml' },
    { subscriptions: ['zen:event-type:ticket.tags_changed'] },
    { subscriptions: [] },
  ])('is refused with %j', async (wrong) => {
    const { status } = await zendesk.post('/webhooks', { webhook: { ...right, ...wrong } })
    expect(status).toBe(422)
  })
})

describe('a trigger', () => {
  it.each([
    ['no condition', { conditions: { all: [], any: [] } }],
    ['a condition that is not known', { conditions: { all: [{ field: 'moon', value: 'full' }] } }],
    [
      'an operator that is none',
      { conditions: { all: [{ field: 'current_tags', operator: 'is', value: 'a' }] } },
    ],
    ['a status that is none', { conditions: { all: [{ field: 'status', value: 'done' }] } }],
    ['no action', { actions: [] }],
    ['an action that is not known', { actions: [{ field: 'fire', value: '1' }] }],
    ['a webhook that is not there', { actions: [notify('01NOWHERE')] }],
    ['a webhook without a body', { actions: [{ field: 'notification_webhook', value: ['x'] }] }],
  ])('with %s is refused', async (_name, wrong) => {
    const webhook = await zendesk.webhook(HERE)
    const trigger = {
      title: 'x',
      conditions: { all: ON_TAG, any: [] },
      actions: [notify(webhook.id)],
      ...wrong,
    }
    const { status, json } = await zendesk.post('/triggers.json', { trigger })
    expect([status, json.error]).toEqual([422, 'RecordInvalid'])
  })
})

describe('a view', () => {
  it('needs one of the conditions that Zendesk wants', async () => {
    const { status } = await zendesk.post('/views.json', { view: { ...VIEW, all: VIEW.any } })
    expect(status).toBe(422)
  })
})
