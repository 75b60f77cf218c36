// The box on every page: one word, and what it may be.

import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATOR, sandboxControl, ticket } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { createWorld } from '../../world.ts'
import { createPerson, keyOf, type Person } from './browsing.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let row: Awaited<ReturnType<typeof world.adjustment>>

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
  const [event] = await world.receive('zendesk', ticket({ ticket_id: '99123' }))
  await world.work()
  row = await world.adjustment(event!)
})

const find = (q: string) => person.ask(`/search?q=${encodeURIComponent(q)}`)

describe('the search box', () => {
  it('stands on every page, and keeps what was looked for on its own', async () => {
    for (const path of ['/', '/inbox', '/customers', '/links', '/settings', '/search']) {
      expect((await person.ask(path)).html, path).toMatch(/action="\/search"[^]*name="q"/)
    }
    expect((await find('99123')).html).toContain('name="q" value="99123"')
    expect((await person.ask('/search')).text).toContain('into the box')
  })

  it('finds a ticket, an event, an invoice, a customer and an amount', async () => {
    for (const q of [
      '99123',
      '#99123',
      row.eventId,
      row.id,
      row.invoiceNumber!,
      'acme-42',
      '25.00',
    ]) {
      const { status, html } = await find(q)
      expect([
        q,
        status,
        html.includes(`href="/adjustments/${row.id}"`) ||
          html.includes(`href="/events/${row.eventId}"`),
      ]).toEqual([q, 200, true])
    }
    expect((await find('cus_acme')).html).toContain('<a href="/customers/cus_acme">')
  })

  it('says what to try where nothing is found, and refuses what is too long', async () => {
    expect((await find('no such thing')).text).toContain('Nothing is found')
    const long = await find('x'.repeat(201))
    expect([long.status, long.text.includes('too long to look for')]).toEqual([400, true])
  })

  it('shows hostile text as text', async () => {
    const { html } = await find('"><script>alert(1)</script>')
    expect(html).not.toContain('<script>alert')
    expect(html).toContain('&lt;script&gt;alert(1)')
  })

  it('is for who may read', async () => {
    const writer = createPerson(() => world.deps)
    await writer.logIn((await keyOf(world.deps, 'search-writer', ['write'])).secret)
    expect((await writer.ask('/search?q=99123')).status).toBe(403)
  })

  it('reads at most 500 rows, whatever is looked for', async () => {
    for (let n = 0; n < 210; n++) await world.receive('zendesk', ticket())
    await world.work()
    for (const q of ['acme-42', 'cus_acme', '25.00', row.invoiceNumber!, '99123', 'nothing']) {
      const { rowsRead } = await metered(async (db) => {
        const reader = createPerson(() => ({ ...world.deps, db }))
        reader.setCookie(person.cookie())
        expect((await reader.ask(`/search?q=${q}`)).status).toBe(200)
      })
      expect(rowsRead, q).toBeLessThanOrEqual(500)
    }
  }, 60_000)
})
