// Links on their pages: made for any invoice, shown, copied, opened and revoked; never an address in a list.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { OPERATOR, sandboxControl, ticket } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { createWorld } from '../../world.ts'
import { createPerson, formOf, keyOf, ORIGIN, type Person } from './browsing.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let next = 0

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})

async function invoiceId(): Promise<string> {
  const [event] = await world.receive('zendesk', ticket())
  await world.work()
  return (await world.adjustment(event!)).invoiceId!
}

/** Where its page is. */
async function made(typed: Record<string, string>): Promise<string> {
  const sent = await person.submit('/links', '/links', typed)
  expect([sent?.status, sent?.location]).toEqual([303, expect.stringMatching(/^\/links\/lnk_/)])
  return sent!.location!
}

const addressIn = (html: string): string =>
  /<code>(https:\/\/[^<]+\/i\/[^<]+)<\/code>/.exec(html)?.[1] ?? ''

describe('a link', () => {
  it('is made for an invoice, and its page has its address', async () => {
    const page = await made({ invoiceId: await invoiceId(), label: 'For the auditor', days: '30' })
    const { text, html } = await person.ask(page)
    expect(text).toContain('The link is made.')
    expect(text).toContain('For the auditor')
    expect(text).toMatch(/Ends \d+ \w+ 20\d\d/)
    const address = addressIn(html)
    expect(html).toContain(`data-copy="${address}"`)
    const opened = await person.ask(address.slice(ORIGIN.length))
    // The world here has no billing host that a link may lead to; one that nobody knows would be 404.
    expect(opened.status).toBe(503)
  })

  it('stands in the list without its address, with its state and how often it was opened', async () => {
    const invoice = await invoiceId()
    const page = await made({ invoiceId: invoice, label: 'For the auditor', days: '' })
    const address = addressIn((await person.ask(page)).html)
    const { text, html } = await person.ask('/links')
    expect(text).toContain(`${invoice} For the auditor Open never`)
    expect(html).not.toContain(address.split('/').at(-1))
    await env.DB.exec(
      `UPDATE links SET opened = 2, first_opened_at = 1, last_opened_at = ${world.now()}`,
    )
    expect((await person.ask('/links')).text).toContain('Open 2 times last just now')
  })

  it('that is revoked opens nothing, and its address is shown no more', async () => {
    const invoice = await invoiceId()
    const page = (await made({ invoiceId: invoice, label: 'x', days: '' })).split('?')[0]!
    const address = addressIn((await person.ask(page)).html)
    const sent = await person.submit(page, `${page}/revoke`)
    expect(sent?.location).toBe(`${page}?did=link-revoked`)
    const { text, html } = await person.ask(page)
    expect(text).toContain('Revoked')
    expect(html).not.toContain(address)
    expect(formOf(html, `${page}/revoke`)).toBeNull()
    expect((await person.ask(`/links?state=revoked&invoice=${invoice}`)).text).toContain(
      `${invoice} x Revoked`,
    )
    expect((await person.ask(`/links?state=expired&invoice=${invoice}`)).text).toContain(
      'No such link',
    )
  })

  it('that has ended says so', async () => {
    const invoice = await invoiceId()
    const page = await made({ invoiceId: invoice, label: 'y', days: '1' })
    const later = createPerson(() => ({ ...world.deps, now: () => world.now() + 86_400_001 }))
    await later.logIn(OPERATOR['x-api-key'])
    expect((await later.ask(page)).text).toContain('Ended')
    expect((await later.ask(`/links?state=expired&invoice=${invoice}`)).text).toContain(
      `${invoice} y Ended`,
    )
  })

  it('is refused in words for an invoice that billing does not have, with what was typed', async () => {
    const sent = await person.submit('/links', '/links', {
      invoiceId: 'inv_none',
      label: 'x1',
      days: '7',
    })
    expect(sent?.status).toBe(404)
    expect(sent?.text).toContain('The billing API has no invoice with this id.')
    expect(sent?.html).toContain('value="x1"')
    expect((await person.ask('/links/lnk_none')).status).toBe(404)
  })
})

describe('who may only read', () => {
  it('sees links, is offered nothing, and is refused', async () => {
    const page = (await made({ invoiceId: await invoiceId(), label: '', days: '' })).split('?')[0]!
    const reader = createPerson(() => world.deps)
    await reader.logIn((await keyOf(world.deps, `link-reader-${(next += 1)}`, ['read'])).secret)
    const { html } = await reader.ask('/links')
    expect(formOf(html, '/links')).toBeNull()
    expect(formOf((await reader.ask(page)).html, `${page}/revoke`)).toBeNull()
    const token = formOf(html, '/logout')!['token']!
    for (const path of ['/links', `${page}/revoke`]) {
      expect([path, (await reader.send(path, { token, invoiceId: 'inv_1' })).status]).toEqual([
        path,
        403,
      ])
    }
    expect((await person.ask(page)).text).toContain('Open the PDF')
  })
})

describe('the pages', () => {
  it('show hostile labels as text, and read at most 500 rows, page by page', async () => {
    const id = await invoiceId()
    const page = await made({ invoiceId: id, label: '"><script>alert(1)</script>', days: '' })
    for (const path of ['/links', page]) {
      const { html } = await person.ask(path)
      expect(html).not.toContain('<script>alert')
      expect(html).toContain('&lt;script&gt;alert(1)')
    }
    await env.DB.exec(
      `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600)
      INSERT INTO links (id, invoice_id, nth, label, created_at, expires_at, opened)
      SELECT 'lnk_filler' || n, 'inv_filler' || n, 0, NULL, 1, iif(n = 20, 9e15, 1), 0 FROM n`.replaceAll(
        '\n',
        ' ',
      ),
    )
    for (const path of ['/links', '/links?state=open', `/links?invoice=${id}`, page]) {
      const { rowsRead } = await metered(async (db) => {
        const reader = createPerson(() => ({ ...world.deps, db }))
        reader.setCookie(person.cookie())
        expect((await reader.ask(path)).status).toBe(200)
      })
      expect(rowsRead, path).toBeLessThanOrEqual(500)
    }
    const { html } = await person.ask('/links?state=open')
    const [, older = ''] = /href="([^"]+)" rel="next"/.exec(html) ?? []
    expect(older).toMatch(/^\/links\?state=open&amp;before=\d+$/)
  })
})
