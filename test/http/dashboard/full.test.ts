// What the pages of customers, links, reports and the search read of full tables.

import { beforeAll, describe, expect, it } from 'vitest'
import { env } from 'cloudflare:workers'
import { countedDatabase } from '../../counted-database.ts'
import { findToCompare } from '../../../src/db/read-similar.ts'
import { FIRST_AT, fillTables } from '../../full-tables.ts'
import { depsWith, OPERATOR } from '../../harness.ts'
import { createPerson } from './browsing.ts'

const COUNT = Number(env.ROWS_FILLED)
const ROWS_MAX = 500
const { db, counts, reset } = countedDatabase()
const now = () => FIRST_AT + 100 * 86_400_000
const person = createPerson(() => depsWith({ db, now, log: () => {} }))

beforeAll(async () => {
  await fillTables(COUNT)
  await person.logIn(OPERATOR['x-api-key'])
}, 3_600_000)

async function expectPage(path: string) {
  reset()
  // As a browser does that follows a link of the page before.
  const page = await person.ask(path, { headers: { 'sec-fetch-site': 'same-origin' } })
  expect([path, page.status]).toEqual([path, 200])
  expect(counts.rowsRead, path).toBeLessThanOrEqual(ROWS_MAX)
  return page
}

const linkOf = (html: string, mark: string): string | null =>
  new RegExp(`href="([^"]+)" rel="next"${mark}`).exec(html)?.[1]?.replaceAll('&amp;', '&') ?? null

describe(`of ${COUNT} rows in each table`, () => {
  it.each([
    '/inbox',
    `/adjustments/adj_${'4'.padStart(32, '0')}`,
    `/events/evt_${'5'.padStart(32, '0')}`,
    '/customers',
    '/customers?q=acme-7',
    '/customers?q=cus_3',
    '/customers?q=cus_none',
    '/customers/cus_3',
    '/customers/cus_none',
    '/links',
    '/links?state=open',
    '/links?state=revoked',
    '/links?invoice=inv_3',
    '/search?q=cus_3',
    '/search?q=acme-7',
    '/search?q=20',
    '/search?q=INV-6',
    '/search?q=1.07',
    '/search?q=nothing',
  ])('%s reads no more than 500, on its first pages', async (path) => {
    const next = linkOf((await expectPage(path)).html, '')
    if (next !== null) await expectPage(next)
  })

  it('what is for the same subject by another rule is found at any age', async () => {
    const first = `adj_${'1'.padStart(32, '0')}`
    const idsFor = async (ruleId: string) =>
      (await findToCompare(db, [{ account: 'zendesk', subject: 'ticket:1', ruleId }], 30)).map(
        ({ id }) => id,
      )
    expect(await idsFor('rule-0')).toContain(first)
    expect(await idsFor('rule-1')).not.toContain(first)
    expect(await idsFor('rule-2')).toContain(first)
  })

  it('a month is added up page by page, each of which says that it is not all yet', async () => {
    let page = await expectPage('/reports?month=2026-09')
    let before = 0
    for (let pages = 0; pages < 5; pages++) {
      expect(page.text).toContain('NOT ALL OF THE MONTH YET.')
      const [, invoiced] = /so far: (\d+) invoiced/.exec(page.text) ?? []
      expect(Number(invoiced)).toBeGreaterThan(before)
      before = Number(invoiced)
      page = await expectPage(linkOf(page.html, ' data-go-on') ?? expect.fail('it goes on nowhere'))
    }
  })

  it('a month begins anew where a link from elsewhere brings figures of its own', async () => {
    const { html } = await expectPage('/reports?month=2026-09')
    const next = linkOf(html, ' data-go-on') ?? expect.fail('it goes on nowhere')
    const figures = async (headers: Record<string, string>) =>
      /so far: (\d+) invoiced/.exec((await person.ask(next, { headers })).text)?.[1]
    const [own, foreign, unsaid] = [
      await figures({ 'sec-fetch-site': 'same-origin' }),
      await figures({ 'sec-fetch-site': 'cross-site' }),
      await figures({}),
    ]
    expect(foreign).toBe(unsaid)
    expect(Number(own)).toBeGreaterThan(Number(foreign))
  })

  it('what waited at its end is shown page by page', async () => {
    let path: string | null = '/reports?month=2026-09&list=open'
    for (let pages = 0; pages < 5 && path !== null; pages++) {
      const page = await expectPage(path)
      expect(page.text).toContain('Held')
      path = linkOf(page.html, '')
    }
    expect(path).not.toBeNull()
  })
})
