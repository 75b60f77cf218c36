// What each page reads of full tables. `ROWS_FILLED=1000000` asks for a million rows in each, and 100,000 adjustments;
// it prints what each page has read, and how long the Worker took for it.

import { beforeAll, describe, expect, it } from 'vitest'
import { env } from 'cloudflare:workers'
import { countedDatabase } from '../../counted-database.ts'
import { findToCompare } from '../../../src/db/read-similar.ts'
import { FIRST_AT, fillTables } from '../../full-tables.ts'
import { depsWith, OPERATOR } from '../../harness.ts'
import { createPerson } from './browsing.ts'

const COUNT = Number(env.ROWS_FILLED)
const ADJUSTMENTS = Math.min(COUNT, 100_000)
const ASKED_EACH = COUNT > 20_000 ? 9 : 1
const ROWS_MAX = 500
/** Of the database, each of which is a way there and back. */
const CALLS_MAX = 20
const { db, counts, reset } = countedDatabase()
const now = () => FIRST_AT + 100 * 86_400_000
const person = createPerson(() => depsWith({ db, now, log: () => {} }))
/** What counts makes some reads twice, so that another is timed. */
const timed = createPerson(() => depsWith({ now, log: () => {} }))

beforeAll(async () => {
  await fillTables(COUNT, ADJUSTMENTS)
  await fillDays()
  await person.logIn(OPERATOR['x-api-key'])
  await timed.logIn(OPERATOR['x-api-key'])
}, 3_600_000)

const table: { path: string; rows: number; calls: number; milliseconds: number }[] = []

/** Sums of the last 100 days, of 4 rules at 3 endpoints: more than a page reads. */
const fillDays = async () => {
  await env.DB.prepare(
    `WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 99)
    INSERT INTO daily_totals SELECT 'test', 'usd', date(${now()} / 1000 - i * 86400, 'unixepoch'),
      e.value, e.value, 'rule-' || r.value, 'owed', 'credit', 9, 900, 1, 100, 8, 800, 0, 0, 0, 0, 0, 0, 0, 0
    FROM d, json_each('["zendesk","stripe","standard"]') e, json_each('[1,2,3,4]') r`,
  ).run()
  await env.DB.prepare(
    `WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 99)
    INSERT INTO daily_events SELECT 'test', date(${now()} / 1000 - i * 86400, 'unixepoch'),
      e.value, e.value, 'rule-' || r.value, 9, 1, 1, 5, 0, 0
    FROM d, json_each('["zendesk","stripe","standard"]') e, json_each('[1,2,3,4]') r`,
  ).run()
}

/** The clock of a Worker goes on only where it waits for something. */
const tick = async (): Promise<number> => {
  await env.DB.prepare('SELECT 1').run()
  return performance.now()
}

async function measure(path: string): Promise<void> {
  await expectPage(path)
  const { rowsRead: rows, calls } = counts
  expect(calls, path).toBeLessThanOrEqual(CALLS_MAX)
  const times: number[] = []
  for (let asked = 0; asked < ASKED_EACH; asked++) {
    const from = await tick()
    await timed.ask(path)
    times.push((await tick()) - from)
  }
  const [milliseconds = NaN] = times.toSorted((one, other) => one - other).slice(ASKED_EACH >> 1)
  table.push({ path, rows, calls, milliseconds })
}

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

  it.each([
    '/',
    '/inbox',
    '/inbox?before=5000',
    '/events',
    '/events?fate=conflict',
    '/events?endpoint=zendesk&before=9000',
    '/events/evt_' + '70'.padStart(32, '0'),
    '/adjustments',
    '/adjustments?state=failed',
    '/adjustments?before=9000',
    '/adjustments/adj_' + '70'.padStart(32, '0'),
    '/customers',
    '/customers/import',
    '/customers/cus_3',
    '/links',
    '/links/lnk_' + '70'.padStart(32, '0'),
    '/reports?month=2026-09',
    '/reports?month=2026-09&list=sums',
    '/reports?month=2026-09&list=open',
    '/search?q=20',
    '/rules',
    '/audit',
    '/audit?ticket=77',
    '/endpoints',
    '/settings',
    '/settings/erasures',
  ])('%s reads no more than 500, in at most 20 calls', measure, 60_000)

  it('each page was measured', () => {
    const lines = table.map(
      ({ path, rows, calls, milliseconds }) =>
        `${String(rows).padStart(4)} rows ${String(calls).padStart(3)} calls ${milliseconds.toFixed(1).padStart(6)} ms  ${path}`,
    )
    if (ASKED_EACH > 1) console.log(lines.join('\n'))
    expect(table.length).toBeGreaterThan(25)
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
