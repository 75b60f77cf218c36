// What people have in hand when they ask, and what the lists' filters find.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { LIST_WINDOW_ROWS } from '../../src/domain/limits.ts'
import { soughtBy } from '../../src/domain/search.ts'
import { createApp } from '../../src/http/app.ts'
import { OPERATOR, sandboxControl, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let app: ReturnType<typeof createApp>

const api = async (path: string): Promise<any> =>
  (await app.request(`/api/v1${path}`, { headers: OPERATOR })).json()

/** Ids of the adjustments and events that are found. */
async function find(
  q: string,
): Promise<{ adjustments: string[]; events: string[]; more: string[] }> {
  const { data } = await api(`/search?q=${encodeURIComponent(q)}`)
  const ids = (rows: any[]): string[] => rows.map(({ id }) => id)
  return { adjustments: ids(data.adjustments), events: ids(data.events), more: data.more }
}

let invoiced: any
let events: { invoiced: string; held: string; undecided: string; ignored: string }
let held: any

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  app = createApp(() => world.deps)
  const one = async (fields: Record<string, unknown>) =>
    (await world.receive('zendesk', ticket(fields)))[0]!
  events = {
    invoiced: await one({ ticket_id: '4711' }),
    held: await one({
      ticket_id: '4712',
      customer_external_id: 'nobody-7',
      tags: 'credit_requested credit_10',
    }),
    undecided: await one({ ticket_id: '4713', tags: 'credit_requested', amount: 'much' }),
    ignored: await one({ ticket_id: '4714', tags: 'nothing' }),
  }
  await world.work()
  invoiced = (await api(`/events/${events.invoiced}`)).data.adjustments[0]
  held = (await api(`/events/${events.held}`)).data.adjustments[0]
})

describe('a search', () => {
  it.each(['4711', '#4711', 'ticket:4711', ' 4711 '])('finds a ticket by %j', async (q) => {
    expect(await find(q)).toMatchObject({
      adjustments: [invoiced.id],
      events: [events.invoiced],
    })
  })

  it('finds a ticket of which nothing was made', async () => {
    expect(await find('4713')).toMatchObject({ adjustments: [], events: [events.undecided] })
  })

  it('finds an event by its id here, and an adjustment by its own', async () => {
    expect(await find(events.ignored)).toMatchObject({ adjustments: [], events: [events.ignored] })
    expect((await find(invoiced.id)).adjustments).toEqual([invoiced.id])
  })

  it('finds an event by the id that its source gave it', async () => {
    const { ownId } = (await api(`/events/${events.invoiced}`)).data
    if (ownId !== null) expect((await find(ownId)).events).toEqual([events.invoiced])
    const [id] = await world.receive('standard', { type: 'x.y', data: {} }, { id: 'msg_search_1' })
    expect((await find('msg_search_1')).events).toEqual([id])
  })

  it('finds an invoice by its number and by its id', async () => {
    expect((await find(invoiced.invoice.number)).adjustments).toEqual([invoiced.id])
    expect((await find(invoiced.invoice.id)).adjustments).toEqual([invoiced.id])
  })

  it('finds a customer as the source names him, and as the billing API does', async () => {
    expect((await find('nobody-7')).adjustments).toEqual([held.id])
    expect((await find('acme-42')).adjustments).toEqual([invoiced.id])
    expect((await find(invoiced.customer.id)).adjustments).toEqual([invoiced.id])
  })

  it.each(['25', '25.00', '25,00', '-25.00', '25.00 USD'])('finds an amount by %j', async (q) => {
    expect((await find(q)).adjustments).toEqual([invoiced.id])
  })

  it.each(['', ' ', 'x'.repeat(201)])('refuses %j', async (q) => {
    const answer = await api(`/search?q=${encodeURIComponent(q)}`)
    expect(answer.error).toMatchObject({ code: 'validation_error', param: 'q' })
  })

  it.each(["' OR 1=1 --", '%', '\0', '\u{d83d}', '__proto__', '{"a":1}'])(
    'finds nothing by %j, and breaks nothing',
    async (q) => {
      expect(await find(q.toWellFormed())).toEqual({ adjustments: [], events: [], more: [] })
    },
  )
})

it('an amount is read in either way of writing decimals, and never in another currency', () => {
  const amountOf = (text: string) => soughtBy(text, 'usd').amount
  expect(['1,234.50', '1.234,50', '1.234'].map(amountOf)).toEqual([123_450, 123_450, 123_400])
  expect(['12 EUR', 'INV-0042', '0', '1.2345'].map(amountOf)).toEqual([null, null, null, null])
})

describe('filters', () => {
  const ids = async (path: string): Promise<string[]> =>
    (await api(path)).data.map(({ id }: any) => id)

  it('of adjustments are its state, endpoint, rule, customer and amount', async () => {
    expect(await ids('/adjustments?state=held')).toEqual([held.id])
    expect(await ids('/adjustments?state=failed')).toEqual([])
    expect(await ids('/adjustments?state=invoiced&endpoint=zendesk')).toEqual([invoiced.id])
    expect(await ids(`/adjustments?rule=${invoiced.rule}&amount=-1000`)).toEqual([held.id])
    expect(await ids('/adjustments?customer=acme-42')).toEqual([invoiced.id])
    expect(await ids('/adjustments?state=held&customer=acme-42')).toEqual([])
  })

  it('of events are its fate, endpoint and type', async () => {
    expect(await ids('/events?fate=undecided')).toEqual([events.undecided])
    expect(await ids('/events?fate=ignored&endpoint=zendesk')).toEqual([events.ignored])
    expect(await ids('/events?type=x.y&fate=ignored')).toHaveLength(1)
    await app.request(`/api/v1/events/${events.undecided}/dismiss`, {
      method: 'POST',
      headers: OPERATOR,
    })
    expect(await ids('/events?fate=undecided')).toEqual([])
    expect(await ids('/events?fate=dismissed')).toEqual([events.undecided])
  })

  it.each([
    '/adjustments?state=open',
    '/events?fate=lost',
    '/adjustments?amount=1.5',
    '/events?rule=x',
  ])('%s is refused by name', async (path) => {
    expect((await api(path)).error.param).toBe(path.split(/[?=]/)[1])
  })

  it('go on behind a page that is empty, until what fits is found', async () => {
    const { results } = await env.DB.prepare(`SELECT name, sql FROM sqlite_master
      WHERE type = 'trigger' AND tbl_name = 'events'`).all<{ name: string; sql: string }>()
    await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)))
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIST_WINDOW_ROWS * 2})
       INSERT INTO events (id, delivery_id, endpoint, account, source, type, received_at, commitment, fate, decision)
       SELECT 'evt_' || i, 'd', 'zendesk', 'zendesk', 'zendesk', 't', 1, 'c', 'ignored', '{}' FROM n`,
    ).run()
    const pages: [number, boolean][] = []
    let cursor = ''
    for (;;) {
      const page = await api(`/events?fate=adjusted${cursor}`)
      pages.push([page.data.length, page.hasMore])
      if (!page.hasMore) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(pages).toEqual([
      [0, true],
      [0, true],
      [2, false],
    ])
  })
})
