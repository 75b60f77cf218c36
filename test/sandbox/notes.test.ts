// The stand-ins for Freshdesk, Intercom, HubSpot and Jira: the calls by which notes are written and found.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nodesOf } from '../../sandbox/notes/wiki-markup.ts'
import { startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const hubspotNote = (to: string, type = 214) => ({
  properties: { hs_timestamp: '2026-10-26T07:33:20.000Z', hs_note_body: 'hello' },
  associations: [
    {
      to: { id: to },
      types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type }],
    },
  ],
})

const SERVICES = [
  {
    name: 'freshdesk',
    authorization: `Basic ${btoa('sandbox_freshdesk_key:X')}`,
    place: '42',
    written: 201,
    notePath: (id: string) => `/freshdesk/api/v2/tickets/${id}/notes`,
    note: () => ({ body: 'hello', private: true }) as Json,
    listPath: '/freshdesk/api/v2/tickets/42/conversations?per_page=100&page=1',
  },
  {
    name: 'intercom',
    authorization: 'Bearer sandbox_intercom_token',
    place: 'tickets:42',
    written: 200,
    notePath: (id: string) => `/intercom/tickets/${id}/reply`,
    note: () =>
      ({ message_type: 'note', type: 'admin', admin_id: '814860', body: 'hello' }) as Json,
    listPath: '/intercom/tickets/42',
  },
  {
    name: 'hubspot',
    authorization: 'Bearer sandbox_hubspot_token',
    place: 'deals:42',
    written: 201,
    notePath: () => '/hubspot/crm/v3/objects/notes',
    note: (id: string) => hubspotNote(id) as Json,
    listPath: '/hubspot/crm/v4/objects/deals/42/associations/notes?limit=500',
  },
  {
    name: 'jira',
    authorization: `Basic ${btoa('makegood@saas.example:sandbox_jira_token')}`,
    place: '42',
    written: 201,
    notePath: (id: string) => `/jira/rest/servicedeskapi/request/${id}/comment`,
    note: () => ({ body: 'hello', public: false }) as Json,
    listPath: '/jira/rest/api/3/issue/42/comment?orderBy=-created&maxResults=100&startAt=0',
  },
] as const
type Service = (typeof SERVICES)[number]

async function call(service: Service, method: string, path: string, body?: Json, key?: string) {
  const response = await fetch(sandbox.origin + path, {
    method,
    headers: { authorization: key ?? service.authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}

const write = (service: Service, id = '42', key?: string) =>
  call(service, 'POST', service.notePath(id), service.note(id), key)

async function notesOf({ name, place }: Service): Promise<any[]> {
  await sandbox.control('DELETE', '/faults')
  const path = `/notes/${name}/${encodeURIComponent(place)}`
  return (await sandbox.control('GET', path)).json.notes
}

describe.each(SERVICES)('a note at $name', (service) => {
  it('is written with an id, lies there, is listed, and is there twice when it is sent twice', async () => {
    for (let time = 0; time < 2; time++) {
      const { status, text } = await write(service)
      expect(status).toBe(service.written)
      expect(JSON.parse(text)).toHaveProperty('id')
    }
    const notes = await notesOf(service)
    expect(notes).toMatchObject([
      { text: 'hello', isPublic: false },
      { text: 'hello', isPublic: false },
    ])
    const listed = await call(service, 'GET', service.listPath)
    expect(listed.status).toBe(200)
    for (const { id } of notes) expect(listed.text).toContain(String(id))
  })

  it('is refused without the key, at a place that is not there, and in another shape', async () => {
    expect(await write(service, '42', 'Bearer other')).toMatchObject({ status: 401 })
    expect(await write(service, '99')).toMatchObject({ status: 404 })
    const path = service.notePath('42')
    expect(await call(service, 'POST', path, { text: 'hello' })).toMatchObject({ status: 400 })
    expect(await notesOf(service)).toEqual([])
  })

  it.each([
    [{ kind: 'rate_limited', retryAfterSeconds: 7 }, 429, 0],
    [{ kind: 'server_error', status: 503 }, 503, 0],
    [{ kind: 'server_error', status: 503, applied: true }, 503, 1],
    [{ kind: 'html', status: 200 }, 200, 0],
  ])('meets the fault %j as it should', async (fault, status, count) => {
    const faults = [{ ...fault, path: `/${service.name}/**` }]
    await sandbox.control('PUT', '/faults', { faults })
    const answer = await write(service)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe(status === 429 ? '7' : null)
    expect(await notesOf(service)).toHaveLength(count)
  })

  it('is logged without its key', async () => {
    await write(service)
    const { json } = await sandbox.control('GET', '/requests')
    expect(json.requests[0]).toMatchObject({ method: 'POST', path: service.notePath('42') })
    expect(JSON.stringify(json)).not.toMatch(/sandbox_(freshdesk|intercom|hubspot|jira)/)
  })
})

describe('a long list', () => {
  it('has its pages as each vendor has them', async () => {
    const [freshdesk, intercom, hubspot, jira] = SERVICES
    for (const service of SERVICES) {
      const path = `/notes/${service.name}/${encodeURIComponent(service.place)}`
      await sandbox.control('POST', path, { count: 550 })
    }
    const read = async (service: Service, path: string) =>
      JSON.parse((await call(service, 'GET', path)).text)
    const ticket = '/freshdesk/api/v2/tickets/42/conversations'
    expect(await read(freshdesk, ticket)).toHaveLength(30)
    const sixth = await read(freshdesk, `${ticket}?per_page=100&page=6`)
    expect(sixth).toHaveLength(50)
    expect(sixth.at(-1).body).toContain('Note 550')
    expect(await call(freshdesk, 'GET', `${ticket}?per_page=101`)).toMatchObject({ status: 400 })
    const { ticket_parts: parts } = await read(intercom, '/intercom/tickets/42')
    expect(parts.ticket_parts).toHaveLength(500)
    expect(parts.total_count).toBe(550)
    const deal = '/hubspot/crm/v4/objects/deals/42/associations/notes?limit=500'
    const first = await read(hubspot, deal)
    expect(first.results).toHaveLength(500)
    const rest = await read(hubspot, `${deal}&after=${first.paging.next.after}`)
    expect(rest.results).toHaveLength(50)
    expect(rest).not.toHaveProperty('paging')
    const newest = await read(jira, jira.listPath)
    expect(newest.comments).toHaveLength(100)
    expect(JSON.stringify(newest.comments[0])).toContain('Note 550')
    expect(newest.total).toBe(550)
  })
})

describe("Jira's wiki markup", () => {
  it('is text where it is escaped, and something else where it is not', () => {
    const types = (line: string) => nodesOf(line).map(({ type }) => type)
    for (const line of ['[a|https://x.example]', '{color:red}', '!a.png!', '*loud*']) {
      expect(types(`see ${line}`)).not.toEqual(['text'])
    }
    expect(nodesOf('see \\*loud\\* \\[a\\] \\{b\\} acme-42 ntc_ab2c')).toEqual([
      { type: 'text', text: 'see *loud* [a] {b} acme-42 ntc_ab2c' },
    ])
  })
})
