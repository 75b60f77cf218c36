// The ticket as its agent sees it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { RunningSandbox } from './running-sandbox.ts'
import { zendeskOf } from './zendesk-calls.ts'

let sandbox: RunningSandbox
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

async function page(id: number | string): Promise<{ status: number; html: string }> {
  const response = await fetch(`${sandbox.origin}/sandbox/zendesk/tickets/${id}`)
  return { status: response.status, html: await response.text() }
}

/** What a reader sees, without the marks. */
const words = (html: string) =>
  html
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')

describe('the page of a ticket', () => {
  it('shows who asks, the fields, the tags and the conversation, the newest last', async () => {
    const options = [{ name: '25.00', value: 'credit_25' }]
    const status = await zendesk.field({ type: 'text', title: 'Credit status' })
    await zendesk.field({ type: 'tagger', title: 'Credit', custom_field_options: options })
    await zendesk.act(5158, { addTags: ['credit_25'] })
    await zendesk.update(5158, {
      comment: {
        body: 'Credit of 25.00 USD is issued.\nPDF: http://x.example/i/abc',
        public: false,
      },
      custom_fields: [{ id: status.id, value: 'issued' }],
    })
    await zendesk.update(5158, { comment: { body: 'All done!' } })
    const { status: code, html } = await page(5158)
    const text = words(html)
    expect(code).toBe(200)
    for (const part of [
      '#5158 Exports failed for two days open',
      'Petra Adler ap@acme.example acme-42',
      'Acme GmbH',
      'Alma Agent',
      'Credit status issued',
      'Credit 25.00',
      'Tags billing credit_25',
    ]) {
      expect(text).toContain(part)
    }
    const order = ['Petra Adler Customer', 'Makegood Internal note', 'Makegood Public reply']
    const places = order.map((mark) => text.indexOf(mark))
    expect(places.every((place) => place > 0)).toBe(true)
    expect(places).toEqual(places.toSorted((one, other) => one - other))
    expect(html).toContain('<a href="http://x.example/i/abc">http://x.example/i/abc</a>')
    expect(html.match(/class="internal"/g)).toHaveLength(1)
  })

  it('escapes what people wrote, and makes links of web addresses alone', async () => {
    const body = '<img src=x onerror=alert(1)> javascript:alert(1) https://a.example/"onclick="x'
    await zendesk.update(5158, { subject: '<b>Bold</b>', comment: { body, public: true } })
    const { html } = await page(5158)
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<b>Bold')
    expect(html).not.toContain('href="javascript')
    expect(html).not.toContain('"onclick="')
    expect(html).toContain('<a href="https://a.example/">')
  })

  it('says of a closed ticket what it still takes, and of no other', async () => {
    expect(words((await page(5160)).html)).toContain('This ticket is closed: it takes no comment')
    expect(words((await page(5158)).html)).not.toContain('This ticket is closed')
  })

  it.each(['1', 'x', '5158x', '%3Cscript%3E'])('of %s, which is none, is a 404', async (id) => {
    const { status, html } = await page(id)
    expect(status).toBe(404)
    expect(html).not.toContain('<script>')
  })
})

describe('the page of the sandbox', () => {
  it('lists the tickets, and the live organization has none', async () => {
    const home = await (await fetch(`${sandbox.origin}/`)).text()
    expect(home).toContain('<a href="/sandbox/zendesk/tickets/5158">#5158</a>')
    const live = await (await fetch(`${sandbox.origin}/?mode=live`)).text()
    expect(live).not.toContain('/sandbox/zendesk/')
  })
})
