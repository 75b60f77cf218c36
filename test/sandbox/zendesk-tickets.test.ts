// Tickets of the Zendesk stand-in: what an update does, and what a closed ticket still takes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { RunningSandbox } from './running-sandbox.ts'
import { basic, zendeskOf } from './zendesk-calls.ts'

let sandbox: RunningSandbox
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const CLOSED = {
  error: 'RecordInvalid',
  description: 'Record validation errors',
  details: {
    status: [{ description: 'Status: closed prevents ticket update', error: 'InvalidValue' }],
  },
}

describe('who calls', () => {
  it.each([
    ['nobody', ''],
    ['another token', basic('makegood@saas.example/token:wrong')],
    ['another user', basic('agent@saas.example/token:sandbox_zendesk_token')],
    ['the token as a password', basic('makegood@saas.example:sandbox_zendesk_token')],
    ['a bearer', 'Bearer sandbox_zendesk_token'],
  ])('is refused as %s, and nothing is read', async (_name, authorization) => {
    for (const path of ['/tickets/5158.json', '/nowhere']) {
      const answer = await zendesk.raw('GET', path, undefined, authorization)
      expect([answer.status, await answer.json()]).toEqual([
        401,
        { error: "Couldn't authenticate you" },
      ])
    }
  })

  it('is shown by users/me', async () => {
    expect((await zendesk.get('/users/me.json')).json.user).toMatchObject({
      email: 'makegood@saas.example',
      role: 'admin',
    })
  })
})

describe('a ticket', () => {
  it('is seeded as Acme opened it, and has a customer who is unknown beside it', async () => {
    expect(await zendesk.ticket(5158)).toMatchObject({
      id: 5158,
      subject: 'Exports failed for two days',
      status: 'open',
      tags: ['billing'],
      updated_at: '2026-10-24T10:12:07Z',
      requester_id: 9101,
    })
    expect((await zendesk.ticket(5159)).status).toBe('open')
    expect((await zendesk.ticket(5160)).status).toBe('closed')
    expect((await zendesk.comments(5158))[0]).toMatchObject({ author_id: 9101, public: true })
  })

  it('that is not there is not found, whatever is asked of it', async () => {
    const missing = { error: 'RecordNotFound', description: 'Not found' }
    for (const [method, path, body] of [
      ['GET', '/tickets/1.json', undefined],
      ['GET', '/tickets/x.json', undefined],
      ['PUT', '/tickets/1.json', { ticket: { tags: [] } }],
      ['PUT', '/tickets/1/tags.json', { tags: ['a'] }],
      ['GET', '/tickets/1/comments.json', undefined],
    ] as const) {
      const { status, json } = await zendesk.call(method, path, body)
      expect([method, path, status, json]).toEqual([method, path, 404, missing])
    }
    expect((await zendesk.get('/nowhere.json')).json.error.title).toBe('InvalidEndpoint')
  })

  it('takes a comment, its tags, its status and a field in one update', async () => {
    const field = await zendesk.field({ type: 'text', title: 'Credit status' })
    const { status, json } = await zendesk.update(5158, {
      comment: { body: 'Credit of 25.00 USD is issued.', public: false },
      tags: ['billing', 'makegood_status_issued'],
      custom_fields: [{ id: field.id, value: 'issued' }],
      status: 'pending',
      priority: 'high',
      subject: 'Exports failed',
    })
    expect([status, json.ticket]).toMatchObject([
      200,
      {
        tags: ['billing', 'makegood_status_issued'],
        custom_fields: [{ id: field.id, value: 'issued' }],
        status: 'pending',
        priority: 'high',
        subject: 'Exports failed',
      },
    ])
    expect(await zendesk.ticket(5158)).toEqual(json.ticket)
    const [, ours] = await zendesk.comments(5158)
    expect(ours).toMatchObject({
      author_id: 9001,
      body: 'Credit of 25.00 USD is issued.',
      public: false,
    })
  })

  it('adds and takes away tags beside those that it has, in small letters, each once', async () => {
    const { json } = await zendesk.update(5158, {
      additional_tags: ['Credit_Requested', 'billing'],
      remove_tags: ['never_there'],
    })
    expect(json.ticket.tags).toEqual(['billing', 'credit_requested'])
  })

  it('shows a comment to the customer unless it says that it is internal', async () => {
    await zendesk.update(5158, { comment: { body: 'Oops' } })
    expect((await zendesk.comments(5158)).at(-1).public).toBe(true)
  })

  it('has a comment by whom the call names, if that is somebody', async () => {
    const by = (author_id: number) => ({ comment: { body: 'Thanks', public: true, author_id } })
    expect((await zendesk.update(5158, by(9101))).status).toBe(200)
    expect((await zendesk.update(5158, by(1))).status).toBe(422)
    const authors = (await zendesk.comments(5158)).map(({ author_id }) => author_id)
    expect(authors).toEqual([9101, 9101])
  })

  it('has no way to change or take back a comment', async () => {
    const [{ id }] = await zendesk.comments(5158)
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const { status } = await zendesk.call(method, `/tickets/5158/comments/${id}.json`, {})
      expect([method, status]).toEqual([method, 404])
    }
    expect(await zendesk.comments(5158)).toHaveLength(1)
  })

  it('refuses what Zendesk does not know by name, and changes nothing', async () => {
    const before = await zendesk.ticket(5158)
    for (const [wrong, field] of [
      [{ saf_update: true }, 'ticket'],
      [{ status: 'finished' }, 'ticket.status'],
      [{ tags: ['two words'] }, 'ticket.tags.0'],
      [{ tags: 'billing' }, 'ticket.tags'],
      [{ comment: { body: '' } }, 'ticket.comment.body'],
      [{ comment: { text: 'x' } }, 'ticket.comment.body'],
    ] as const) {
      const { status, json } = await zendesk.update(5158, wrong)
      expect([status, json.error, Object.keys(json.details)]).toMatchObject([
        422,
        'RecordInvalid',
        expect.arrayContaining([field]),
      ])
    }
    const noJson = await fetch(`${sandbox.origin}/zendesk/api/v2/tickets/5158.json`, {
      method: 'PUT',
      headers: { authorization: basic('makegood@saas.example/token:sandbox_zendesk_token') },
      body: '{',
    })
    expect(noJson.status).toBe(422)
    expect(await zendesk.ticket(5158)).toEqual(before)
  })

  it('is created with its first comment, for a customer who is known or new', async () => {
    const comment = { body: 'We were charged twice.', public: true }
    const known = await zendesk.post('/tickets.json', {
      ticket: { subject: 'Twice', comment, requester_id: 9104, tags: ['vip'] },
    })
    expect([known.status, known.json.ticket]).toMatchObject([
      201,
      { id: 5161, requester_id: 9104, tags: ['vip'], description: 'We were charged twice.' },
    ])
    const requester = { name: 'New', email: 'New@x.example' }
    const fresh = await zendesk.post('/tickets.json', { ticket: { comment, requester } })
    const again = await zendesk.post('/tickets.json', { ticket: { comment, requester } })
    expect(fresh.json.ticket.requester_id).toBe(again.json.ticket.requester_id)
    const nobody = await zendesk.post('/tickets.json', { ticket: { comment, requester_id: 1 } })
    expect(nobody.status).toBe(422)
  })
})

describe('the tags of a ticket', () => {
  it('are added, replaced and taken away on their own', async () => {
    const path = '/tickets/5158/tags.json'
    const added = await zendesk.put(path, { tags: ['credit_requested', 'billing'] })
    expect([added.status, added.json]).toEqual([200, { tags: ['billing', 'credit_requested'] }])
    const taken = await zendesk.remove(path, { tags: ['billing'] })
    expect([taken.status, taken.json]).toEqual([200, { tags: ['credit_requested'] }])
    const replaced = await zendesk.post(path, { tags: ['a', 'b'] })
    expect([replaced.status, replaced.json]).toEqual([201, { tags: ['a', 'b'] }])
    expect((await zendesk.get(path)).json).toEqual({ tags: ['a', 'b'] })
  })

  it("say what a dropdown's value is, and the dropdown says what they are", async () => {
    const options = [
      { name: '10.00', value: 'credit_10' },
      { name: '25.00', value: 'credit_25' },
    ]
    const { id } = await zendesk.field({
      type: 'tagger',
      title: 'Credit',
      custom_field_options: options,
    })
    const value = async () => (await zendesk.ticket(5158)).custom_fields[0].value
    const chosen = await zendesk.update(5158, { custom_fields: [{ id, value: 'credit_10' }] })
    expect(chosen.json.ticket.tags).toEqual(['billing', 'credit_10'])
    const other = await zendesk.update(5158, { custom_fields: [{ id, value: 'credit_25' }] })
    expect(other.json.ticket.tags).toEqual(['billing', 'credit_25'])
    await zendesk.update(5158, { tags: ['billing'] })
    expect(await value()).toBe(null)
    await zendesk.put('/tickets/5158/tags.json', { tags: ['credit_10'] })
    expect(await value()).toBe('credit_10')
    const none = await zendesk.update(5158, { custom_fields: [{ id, value: null }] })
    expect(none.json.ticket.tags).toEqual(['billing'])
    const wrong = await zendesk.update(5158, { custom_fields: [{ id, value: 'credit_99' }] })
    expect([wrong.status, wrong.json.details.base[0].description]).toEqual([
      422,
      'Credit: credit_99 is not one of its options',
    ])
  })
})

describe('a decimal field', () => {
  it.each(['42.50', '1234', '-3', '12,5', '.5'])('takes %s as it was typed', async (value) => {
    const { id } = await zendesk.field({ type: 'decimal', title: 'Amount' })
    const { status, json } = await zendesk.update(5158, { custom_fields: [{ id, value }] })
    expect([status, json.ticket.custom_fields]).toEqual([200, [{ id, value }]])
  })

  it.each(['12 €', '1,234.50', 'ten', '1e3'])('refuses %s', async (value) => {
    const { id } = await zendesk.field({ type: 'decimal', title: 'Amount' })
    expect((await zendesk.update(5158, { custom_fields: [{ id, value }] })).status).toBe(422)
  })

  it('that is not there is left out in silence, as Zendesk does', async () => {
    const { status, json } = await zendesk.update(5158, { custom_fields: [{ id: 7, value: '1' }] })
    expect([status, json.ticket.custom_fields]).toEqual([200, []])
  })
})

describe('a safe update', () => {
  const comment = { body: 'Once', public: false }

  it('goes through with the stamp of the ticket as it is, and not with an older one', async () => {
    const { updated_at: stamp } = await zendesk.ticket(5158)
    const safe = { comment, safe_update: true, updated_stamp: stamp }
    expect((await zendesk.update(5158, safe)).status).toBe(200)
    const { status, json } = await zendesk.update(5158, safe)
    expect([status, json.error]).toEqual([409, 'UpdateConflict'])
    expect(await zendesk.comments(5158)).toHaveLength(2)
  })

  it('fails when an agent changed the ticket in between, and without a stamp', async () => {
    const { updated_at: stamp } = await zendesk.ticket(5158)
    await zendesk.act(5158, { addTags: ['vip'] })
    for (const updated_stamp of [stamp, '', 'yesterday']) {
      const { status } = await zendesk.update(5158, { comment, safe_update: true, updated_stamp })
      expect([updated_stamp, status]).toEqual([updated_stamp, 409])
    }
    expect((await zendesk.update(5158, { comment, safe_update: true })).status).toBe(409)
    expect((await zendesk.update(5158, { comment, updated_stamp: stamp })).status).toBe(200)
  })

  it('protects the tags on their own as well', async () => {
    const body = { tags: ['x'], safe_update: 'true', updated_stamp: '2026-10-24T10:12:06Z' }
    expect((await zendesk.put('/tickets/5158/tags.json', body)).status).toBe(409)
    const right = { ...body, updated_stamp: '2026-10-24T10:12:07Z' }
    expect((await zendesk.put('/tickets/5158/tags.json', right)).status).toBe(200)
  })

  it('lets one of twenty through that are made at the same time', async () => {
    const { updated_at: stamp } = await zendesk.ticket(5158)
    const safe = { comment, safe_update: true, updated_stamp: stamp }
    const answers = await Promise.all(Array.from({ length: 20 }, () => zendesk.update(5158, safe)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await zendesk.comments(5158)).toHaveLength(2)
  })

  it('sees every update, for each has a stamp of its own', async () => {
    const stamps = []
    for (let update = 0; update < 4; update++) {
      await zendesk.update(5158, { comment })
      stamps.push((await zendesk.ticket(5158)).updated_at)
    }
    expect(new Set(stamps).size).toBe(4)
    const safe = { comment, safe_update: true, updated_stamp: stamps[2] }
    expect((await zendesk.update(5158, safe)).status).toBe(409)
  })

  it('misses an update of the same second where stamps are seconds, as on a real clock', async () => {
    await sandbox.control('PUT', '/switches', { zendeskStamps: 'seconds' })
    const statuses: number[] = []
    // A new second may begin within a round: then the round shows nothing, and another is made.
    for (let round = 0; round < 5 && !statuses.includes(200); round++) {
      await zendesk.update(5158, { comment })
      const { updated_at: stamp } = await zendesk.ticket(5158)
      await zendesk.update(5158, { comment })
      const safe = { comment, safe_update: true, updated_stamp: stamp }
      statuses.push((await zendesk.update(5158, safe)).status)
    }
    expect(statuses).toContain(200)
  })
})

describe('an update that changes nothing', () => {
  it('leaves the stamp as it is', async () => {
    const before = await zendesk.ticket(5158)
    await zendesk.update(5158, { tags: ['billing'], status: 'open' })
    await zendesk.put('/tickets/5158/tags.json', { tags: ['billing'] })
    expect(await zendesk.ticket(5158)).toEqual(before)
  })
})

describe('a closed ticket', () => {
  it.each([
    ['comment', { comment: { body: 'Late', public: false } }],
    ['status', { status: 'open' }],
    ['status that it has', { status: 'closed' }],
    ['field', { custom_fields: [{ id: 7, value: '1' }] }],
    ['tag that comes with a comment', { tags: ['x'], comment: { body: 'Late', public: false } }],
  ])('takes no %s, and nothing of that update is done', async (_name, change) => {
    const before = await zendesk.ticket(5160)
    const { status, json } = await zendesk.update(5160, change)
    expect([status, json]).toEqual([422, CLOSED])
    expect(await zendesk.ticket(5160)).toEqual(before)
    expect(await zendesk.comments(5160)).toHaveLength(1)
  })

  it('still takes tags, its subject and its priority', async () => {
    const tagged = await zendesk.put('/tickets/5160/tags.json', { tags: ['makegood_ntc_1'] })
    expect(tagged.json.tags).toEqual(['billing', 'makegood_ntc_1'])
    const { status, json } = await zendesk.update(5160, {
      additional_tags: ['late'],
      subject: 'Outage',
      priority: 'low',
    })
    expect([status, json.ticket]).toMatchObject([
      200,
      { subject: 'Outage', priority: 'low', tags: ['billing', 'makegood_ntc_1', 'late'] },
    ])
  })
})

describe('comments', () => {
  it('are listed oldest first or newest first, and page by cursor', async () => {
    for (const body of ['one', 'two', 'three']) {
      await zendesk.update(5158, { comment: { body, public: false } })
    }
    const bodies = (json: any) => json.comments.slice(0, 3).map((one: any) => one.body)
    const path = '/tickets/5158/comments.json'
    const newest = await zendesk.get(`${path}?sort_order=desc`)
    expect(bodies(newest.json)).toEqual(['three', 'two', 'one'])
    const first = await zendesk.get(`${path}?sort=-created_at&page[size]=2`)
    expect(bodies(first.json)).toEqual(['three', 'two'])
    expect(first.json.meta.has_more).toBe(true)
    const next = new URL(first.json.links.next)
    const second = await zendesk.get(`${path}${next.search}`)
    expect(bodies(second.json)[0]).toBe('one')
    expect([second.json.meta.has_more, second.json.links.next]).toEqual([false, null])
  })
})

describe('a search', () => {
  const found = async (query: string) => {
    const { json } = await zendesk.get(`/search.json?query=${encodeURIComponent(query)}`)
    return json.results.map((ticket: any) => ticket.id)
  }

  it('finds by tag and by status, and by what is not there', async () => {
    await zendesk.put('/tickets/5159/tags.json', { tags: ['credit_requested'] })
    await zendesk.put('/tickets/5160/tags.json', { tags: ['credit_requested'] })
    expect(await found('type:ticket tags:credit_requested')).toHaveLength(2)
    expect(await found('tags:credit_requested status<closed')).toEqual([5159])
    expect(await found('tags:billing -tags:credit_requested')).toEqual([5158])
    expect(await found('status:closed')).toEqual([5160])
    expect(await found('tags:nothing')).toEqual([])
  })

  it.each(['', 'words', 'type:user', 'status:finished', 'tags:a words'])(
    'for "%s" is refused, and does not find everything',
    async (query) => {
      const { status } = await zendesk.get(`/search.json?query=${encodeURIComponent(query)}`)
      expect(status).toBe(422)
    },
  )

  it('lags behind the tickets where a fault says so', async () => {
    await sandbox.control('PUT', '/faults', {
      faults: [{ kind: 'lagging_list', path: '/zendesk/api/v2/search.json', ms: 60_000 }],
    })
    await zendesk.put('/tickets/5158/tags.json', { tags: ['credit_requested'] })
    expect(await found('tags:credit_requested')).toEqual([])
    await sandbox.control('POST', '/clock', { advanceSeconds: 70 })
    expect(await found('tags:credit_requested')).toEqual([5158])
  })
})
