// Links over the operator's API: made for any invoice, listed, shown again, revoked.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LINKS_PER_INVOICE_MAX } from '../../src/domain/limits-links.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import { issuedBy } from '../../src/usecases/issued-by.ts'
import { linkAddress } from '../../src/usecases/link-address.ts'
import { adjustmentOf, deliver, ticket } from '../harness.ts'
import { countedDatabase } from '../counted-database.ts'
import { BROWSER, createLinkWorld, invoiceElsewhere } from '../link-world.ts'
import { setFaults } from '../world.ts'

const DAY_MS = 86_400_000

let world: Awaited<ReturnType<typeof createLinkWorld>>

beforeEach(async () => {
  world = await createLinkWorld()
})
afterEach(async () => {
  await setFaults()
  await world.settle()
})

const make = (body: unknown) => world.api('POST', '/links', body)
const iso = (ms: number) => new Date(ms).toISOString()

it('a link is made for an invoice that no adjustment made, and opens it', async () => {
  const invoiceId = await invoiceElsewhere()
  const { status, body } = await make({ invoiceId })
  expect(status).toBe(201)
  expect(body.data).toEqual({
    object: 'link',
    id: expect.stringMatching(/^lnk_[0-9a-z]{32}$/),
    invoiceId,
    label: null,
    state: 'open',
    createdAt: iso(world.now()),
    expiresAt: iso(world.now() + 400 * DAY_MS),
    revokedAt: null,
    opened: { times: 0, firstAt: null, lastAt: null },
    url: expect.stringMatching(/^https:\/\/makegood\.example\/i\/[0-9a-z]{20}$/),
  })
  const opened = await world.click(new URL(body.data.url).pathname)
  expect(opened.headers.get('location')).toContain(invoiceId)
  await world.settle()
  const shown = await world.api('GET', `/links/${body.data.id}`)
  const at = iso(world.now())
  expect(shown.body.data).toEqual({ ...body.data, opened: { times: 1, firstAt: at, lastAt: at } })
  expect(await world.entries(body.data.id)).toEqual([
    {
      actor: 'operator:bootstrap',
      action: 'link.made',
      data: { invoice: invoiceId, nth: 0, expiresAt: world.now() + 400 * DAY_MS },
    },
    {
      actor: 'system:links',
      action: 'link.opened',
      data: { invoice: invoiceId, agent: 'desktop', opened: 1 },
    },
  ])
})

it('asked twice, also at once, it is one link; a label makes another, and the open one keeps its end', async () => {
  const invoiceId = await invoiceElsewhere()
  const answers = await Promise.all([1, 2, 3].map(() => make({ invoiceId, label: 'for ACME' })))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(2)
  expect(new Set(answers.map(({ body }) => body.data.id)).size).toBe(1)
  const [first] = answers.map(({ body }) => body.data)
  const again = await make({ invoiceId, label: 'for ACME', expiresInDays: 3 })
  expect([again.status, again.body.data]).toEqual([200, first])
  const other = await make({ invoiceId, expiresInDays: 3 })
  expect([other.status, other.body.data.expiresAt]).toEqual([201, iso(world.now() + 3 * DAY_MS)])
  const { results } = await env.DB.prepare('SELECT nth, label FROM links WHERE invoice_id = ?')
    .bind(invoiceId)
    .all()
  expect(results).toEqual(
    expect.arrayContaining([
      { nth: 0, label: null },
      { nth: 1, label: 'for ACME' },
    ]),
  )
  // What people wrote stands in no entry.
  expect(JSON.stringify(await world.entries(first.id))).not.toContain('ACME')
})

it('the link that came with an adjustment is found again, and its making is said in the entry of the invoice', async () => {
  const [event] = await deliver('zendesk', ticket())
  const { id, link, invoice } = await adjustmentOf(event!, 'invoiced')
  const { status, body } = await make({ invoiceId: invoice.id })
  expect([status, body.data.url]).toEqual([200, link])
  const [made] = (await world.entries(id)).filter(
    ({ action }: { action: string }) => action === 'adjustment.invoiced',
  )
  expect(made.data.link).toBe(body.data.id)
})

it('an invoice that is adopted keeps the link that people know, and gets another where that one has ended', async () => {
  const ofEntry = async (event: string) => {
    const { id, invoice } = await adjustmentOf(event, 'invoiced')
    const [made] = (await world.entries(id)).filter(
      ({ action }: { action: string }) => action === 'adjustment.invoiced',
    )
    return { id, invoiceId: invoice.id, link: made.data.link }
  }
  const [event] = await deliver('zendesk', ticket())
  const { id, invoiceId, link } = await ofEntry(event!)
  const adjustment = (await findAdjustment(world.deps().db, id))!
  const invoice = {
    id: invoiceId,
    invoiceNumber: '',
    livemode: false,
    status: 'outstanding' as const,
    currency: adjustment.currency,
    subtotal: adjustment.amount,
    taxAmount: 0,
    total: adjustment.amount,
    customerId: adjustment.request!.customerId,
  }
  const adopted = async () => {
    const { issued } = await issuedBy(world.deps(), adjustment, invoice, {
      adopted: true,
      requestId: null,
    })
    return issued.link
  }
  expect(await adopted()).toMatchObject({ id: link, nth: 0 })
  await world.api('DELETE', `/links/${link}`)
  expect(await adopted()).toMatchObject({ nth: 1 })
  expect((await adopted())!.id).not.toBe(link)
})

it('where no key that is there shows it, the next one is made with the key of now, and the old one opens', async () => {
  const { path, link } = await world.link()
  const { settings } = world.deps()
  world.another({ settings: { ...settings, linkKeys: ['a-new-key-'.repeat(4)] } })
  const made = await make({ invoiceId: link.invoiceId })
  expect([made.status, made.body.data.id === link.id]).toEqual([201, false])
  const again = await make({ invoiceId: link.invoiceId })
  expect([again.status, again.body.data]).toEqual([200, made.body.data])
  expect(await linkAddress(world.deps(), link.invoiceId, null)).toBe(made.body.data.url)
  expect((await world.click(path)).status).toBe(302)
  expect((await world.click(new URL(made.body.data.url).pathname)).status).toBe(302)
})

it('after its end or its revocation another one is made, and that is the one that is shown', async () => {
  const [event] = await deliver('zendesk', ticket())
  const { id, link, invoice } = await adjustmentOf(event!, 'invoiced')
  const { body } = await make({ invoiceId: invoice.id })
  expect((await world.api('DELETE', `/links/${body.data.id}`)).body.data.state).toBe('revoked')
  expect((await world.api('GET', `/adjustments/${id}`)).body.data.link).toBeNull()
  const next = await make({ invoiceId: invoice.id })
  expect(next.status).toBe(201)
  expect(next.body.data.url).not.toBe(link)
  expect((await world.api('GET', `/adjustments/${id}`)).body.data.link).toBe(next.body.data.url)
})

it('is revoked once, with one entry, and shown revoked ever after', async () => {
  const { link, path } = await world.link()
  const [first, second] = [
    await world.api('DELETE', `/links/${link.id}`),
    await world.api('DELETE', `/links/${link.id}`),
  ]
  expect([first.status, second.status]).toEqual([200, 200])
  expect(first.body).toEqual(second.body)
  expect(first.body.data).toMatchObject({ state: 'revoked', revokedAt: iso(world.now()) })
  expect(first.body.data).not.toHaveProperty('url')
  expect((await world.entries(link.id)).map(({ action }) => action)).toEqual([
    'link.made',
    'link.revoked',
  ])
  world.another()
  expect((await world.click(path)).status).toBe(410)
  await expect(
    env.DB.prepare('UPDATE links SET revoked_at = NULL WHERE id = ?').bind(link.id).run(),
  ).rejects.toThrow('a revoked link stays revoked')
  await expect(
    env.DB.prepare('UPDATE links SET invoice_id = ? WHERE id = ?').bind('inv_x', link.id).run(),
  ).rejects.toThrow('a link leads to one invoice for ever')
  await expect(
    env.DB.prepare('DELETE FROM links WHERE id = ?').bind(link.id).run(),
  ).rejects.toThrow('links are revoked, never removed')
})

it('an invoice has so many links, and no more', async () => {
  const invoiceId = await invoiceElsewhere()
  for (let n = 0; n < LINKS_PER_INVOICE_MAX; n += 1) {
    expect((await make({ invoiceId, label: `for ${n}` })).status).toBe(201)
  }
  const { status, body } = await make({ invoiceId, label: 'one more' })
  expect([status, body.error.code]).toEqual([409, 'too_many_links'])
})

it.each([
  [{}, 'invoiceId'],
  [{ invoiceId: '' }, 'invoiceId'],
  [{ invoiceId: 'x'.repeat(257) }, 'invoiceId'],
  [{ invoiceId: 'inv_1', expiresInDays: 0 }, 'expiresInDays'],
  [{ invoiceId: 'inv_1', expiresInDays: 3_651 }, 'expiresInDays'],
  [{ invoiceId: 'inv_1', label: '' }, 'label'],
  [{ invoiceId: 'inv_1', label: 'two\nlines' }, 'label'],
  [{ invoiceId: 'inv_1', label: 'x'.repeat(81) }, 'label'],
  [{ invoiceId: 'inv_1', url: 'https://evil.example' }, 'url'],
])('%j is refused, by the name of what is wrong', async (wanted, param) => {
  const { status, body } = await make(wanted)
  expect([status, body.error.param]).toEqual([400, param])
})

it('an invoice that the billing API does not have gets none, and nothing is written', async () => {
  for (const invoiceId of ['inv_nobody', '..', '%2e%2e', '../customers/cus_acme']) {
    const { status, body } = await make({ invoiceId })
    expect([status, body.error.code], invoiceId).toEqual([404, 'invoice_not_found'])
  }
  await setFaults({ kind: 'server_error', status: 503 })
  const { status, body } = await make({ invoiceId: 'inv_nobody' })
  expect([status, body.error.code]).toEqual([503, 'billing_unavailable'])
  const { results } = await env.DB.prepare(
    "SELECT 1 FROM links WHERE invoice_id LIKE '%nobody%' OR invoice_id LIKE '%.%'",
  ).all()
  expect(results).toEqual([])
})

it('without a link key there are none', async () => {
  world.another({ settings: { ...world.deps().settings, linkKeys: [] } })
  const { status, body } = await make({ invoiceId: await invoiceElsewhere() })
  expect([status, body.error.message]).toEqual([503, 'LINK_KEY is not set.'])
})

it('is shown at the domain and the path that the configuration names', async () => {
  const { link, slug } = await world.link()
  const { config, settings } = world.deps()
  const shown = async () => (await world.api('GET', `/links/${link.id}`)).body.data.url
  expect(await shown()).toBe(`https://makegood.example/i/${slug}`)
  world.another({ settings: { ...settings, publicUrl: null } })
  expect(await shown()).toBe(`http://localhost/i/${slug}`)
  const links = { ...config.links, origin: 'https://docs.example.com', path: '/documents' }
  world.another({ config: { ...config, links } })
  expect(await shown()).toBe(`https://docs.example.com/documents/${slug}`)
})

it('the list pages newest first, by invoice and state, and holds no address', async () => {
  const links = [await world.link(), await world.link({ expiresInDays: 1 }), await world.link()]
  await world.api('DELETE', `/links/${links[2]!.link.id}`)
  await world.advance(86_400)
  const [open, expired, revoked] = links.map(({ link }) => link.id)
  const ids = async (query: string) => {
    const { body } = await world.api('GET', `/links?${query}`)
    return body.data.map(({ id }: { id: string }) => id)
  }
  expect((await ids('limit=3')).toString()).toBe([revoked, expired, open].toString())
  expect(await ids('state=revoked&limit=1')).toEqual([revoked])
  expect(await ids('state=expired&limit=1')).toEqual([expired])
  expect((await ids('state=open&limit=1'))[0]).toBe(open)
  expect(await ids(`invoice=${links[0]!.link.invoiceId}`)).toEqual([open])
  expect(await ids(`invoice=${links[0]!.link.invoiceId}&state=revoked`)).toEqual([])
  const first = await world.api('GET', '/links?limit=2')
  expect(first.body).toMatchObject({ hasMore: true })
  expect(await ids(`limit=1&cursor=${first.body.nextCursor}`)).toEqual([open])
  const text = JSON.stringify(first.body)
  for (const { slug } of links) expect(text).not.toContain(slug)
  expect((await world.api('GET', '/links?state=gone')).status).toBe(400)
})

it('the list reads so many rows and no more, and one by its invoice a few', async () => {
  const { db, counts, reset } = countedDatabase()
  const { link } = await world.link()
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
     INSERT INTO links SELECT NULL, 'lnk_filler' || i, 'inv_filler' || i, 0, NULL, 1, 2, NULL, 0, NULL, NULL, NULL, NULL FROM n`,
  ).run()
  world.another({ db })
  reset()
  const { body } = await world.api('GET', '/links?state=revoked')
  expect(body).toMatchObject({ data: [], hasMore: true })
  expect(counts.rowsRead).toBeLessThan(2_100)
  reset()
  const one = await world.api('GET', `/links?invoice=${link.invoiceId}`)
  expect(one.body.data).toHaveLength(1)
  expect(counts.rowsRead).toBeLessThan(20)
})

it('an unknown id is 404, for whatever is asked of it', async () => {
  for (const id of ['lnk_00000000000000000000000000000000', 'adj_1', 'x']) {
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await world.api(method, `/links/${id}`)
      expect([status, body.error.code]).toEqual([404, 'link_not_found'])
    }
  }
})

it('a database that is read by somebody else holds no slug and no signed address', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => world.link()))
  for (const { path } of made) expect((await world.click(path, BROWSER)).status).toBe(302)
  await world.settle()
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>()
  let dump = ''
  for (const { name } of tables.results) {
    dump += JSON.stringify((await env.DB.prepare(`SELECT * FROM "${name}"`).all()).results)
  }
  expect(dump).toContain(made[0]!.link.id)
  for (const { slug } of made) expect(dump).not.toContain(slug)
  expect(dump).not.toMatch(/signature=/)
  expect(dump).not.toContain(world.deps().settings.linkKeys[0])
})
