// A month on its page: totals, sums, what waited, and the files to take away.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { REPORT_ZIP_ADJUSTMENTS_MAX } from '../../../src/domain/limits.ts'
import type { Adjustment } from '../../../src/db/schema.ts'
import { giving, type Given } from '../../giving.ts'
import { OPERATOR } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { amount, createMoneyWorld } from '../../money-world.ts'
import { createPerson, FROM_HERE, keyOf, type Person } from './browsing.ts'

const RULES = [
  giving('promise'),
  giving('outage', { reason: 'outage' }),
  giving('record', { settlement: 'already_paid', reason: 'refund' }),
]

let world: Awaited<ReturnType<typeof createMoneyWorld>>
let person: Person
/** Each test has a year of its own: all are in one database. */
let year = 2050

const at = (monthAndTime: string): void => world.setClock(`${year}-${monthAndTime}`)

/** Later: a session is over by then. */
async function later(monthAndTime: string): Promise<void> {
  at(monthAndTime)
  await person.logIn(OPERATOR['x-api-key'])
}

beforeEach(async () => {
  year += 1
  world = await createMoneyWorld({ holdAbove: amount(10_000), charges: 'allow' }, RULES)
  at('10-05T12:00:00Z')
  person = createPerson(() => ({
    ...world.deps,
    verifyPage: async () => new Response('<title>verify</title>').body,
  }))
  await person.logIn(OPERATOR['x-api-key'])
})

let subjects = 0
async function give(type: string, part: Partial<Given> = {}): Promise<Adjustment> {
  subjects += 1
  const event = await world.give(type, { subject: `ticket:d${subjects}`, amount: -2500, ...part })
  await world.work()
  const row = await world.adjustment(event)
  // What is written in this very moment is in the next report.
  at(
    `10-05T12:${String(Math.floor(subjects / 60)).padStart(2, '0')}:${String(subjects % 60).padStart(2, '0')}Z`,
  )
  return row
}

const month = (query = '') => person.ask(`/reports?month=${year}-10${query}`)

/** By its central directory; test/scripts/zip.test.ts reads such files to the letter. */
function unzip(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer)
  const files = new Map<string, Uint8Array>()
  const end = bytes.length - 22
  let at = view.getUint32(end + 16, true)
  for (let each = 0; each < view.getUint16(end + 10, true); each++) {
    const [size, length, local] = [at + 24, at + 28, at + 42].map((place) =>
      view.getUint32(place, true),
    )
    const nameLength = length! & 0xffff
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    files.set(name, bytes.subarray(local! + 30 + nameLength, local! + 30 + nameLength + size!))
    at += 46 + nameLength
  }
  return files
}

describe('a month', () => {
  it('shows its three totals and its sums by reason, settlement and account', async () => {
    await give('promise')
    await give('outage', { amount: -1000 })
    await give('record', { amount: -3000 })
    await give('promise', { amount: 700 })
    await give('promise', { amount: -20_000 })
    const { text } = await month()
    expect(text).toContain(`October ${year} Not over yet By the clocks of Europe/Berlin`)
    expect(text).toContain(
      'Promises Test USD −228.00 USD 4 adjustments −228.00 USD 4 adjustments −28.00 USD 3 adjustments',
    )
    expect(text).toContain('+200.00 USD recorded, and not invoiced in this month')
    expect(text).toMatch(/Records Test USD −30\.00 USD 1 adjustment −30\.00 USD/)
    expect(text).toMatch(
      /[Gg]oodwill credits \S+ Promises Test 1 −25\.00 USD 0\.00 USD −25\.00 USD/,
    )
    expect(text).toMatch(/[Gg]oodwill charges \S+ Promises Test 1 \+7\.00 USD/)
  })

  it('says of itself when it is final, and leads to the months beside it', async () => {
    await give('promise')
    await later('11-02T00:00:00Z')
    const { text, html } = await month()
    expect(text).toContain('Final By the clocks')
    expect(html).toContain(`href="/reports?month=${year}-09"`)
    expect(html).toContain(`href="/reports?month=${year}-11"`)
    const next = await person.ask(`/reports?month=${year + 1}-01`)
    expect([next.status, next.text.includes('This month has not begun yet.')]).toEqual([400, true])
    expect((await person.ask('/reports')).text).toContain(`November ${year}`)
  })

  it('shows what was held when it ended, also once it is answered', async () => {
    await give('promise', { amount: -20_000 })
    await later('11-02T00:00:00Z')
    const { text } = await month('&list=open')
    expect(text).toContain('−200.00 USD')
    expect(text).toMatch(/Held, promises: \d+ in all, −[\d,.]+ USD credits, /)
  })
})

describe('what was held or had failed', () => {
  it('is summed up by settlement, credits and charges apart, with its mode', async () => {
    await give('promise', { amount: -20_000 })
    await give('record', { amount: -20_000 })
    await give('promise', { amount: 40_000 })
    await later('11-02T00:00:00Z')
    const { text } = await month('&list=open')
    expect(text).toMatch(
      /Held, promises: \d+ in all, −[\d,.]+ USD credits, \+400\.00 USD charges Test/,
    )
    expect(text).toMatch(/Held, records: \d+ in all, −[\d,.]+ USD credits, 0\.00 USD charges Test/)
    expect(text).toMatch(/\+400\.00 USD Test .{1,80} Promises Held/)
    expect(text).toMatch(/−200\.00 USD Test .{1,80} Records Held/)
  })

  it('is summed up so far while there is more of it, and its ZIP may be asked for by part', async () => {
    for (let n = 0; n < 26; n++) await give('promise', { amount: -20_000 })
    await later('11-02T00:00:00Z')
    const { text, html } = await month('&list=open')
    expect(text).toContain('more waited than stands here')
    expect(text).toMatch(/Held, promises: \d+ so far, /)
    expect(text).not.toContain('in all')
    expect(html).toContain('name="part"')
  }, 60_000)
})

describe('an address', () => {
  it.each([
    ['/reports?month=2026-1', 'month: a month is wanted'],
    ['/reports?month=', 'month: a month is wanted'],
    ['/reports?list=x', 'list: one of these is wanted: sums, open.'],
    ['/reports/csv?month=2025-13&list=sums', 'month: a month is wanted'],
    ['/reports/csv?list=x', 'list: one of these is wanted: adjustments, sums, open.'],
    ['/reports/zip?month=10%2F2026', 'month: a month is wanted'],
    ['/reports/zip?part=abc', 'part: a whole number'],
    ['/reports/zip?part=0', 'part: a whole number'],
    ['/reports/zip?asof=soon', 'asof: milliseconds'],
  ])(
    'that is odd is told by its name, not answered with another month: %s',
    async (path, words) => {
      const { status, headers, text } = await person.ask(path, { headers: FROM_HERE })
      expect([status, text.includes(words)]).toEqual([400, true])
      expect(headers.get('content-type')).toContain('text/html')
      expect(text).not.toContain('To take away')
    },
  )
})

describe('the files', () => {
  it('are the API’s own CSV', async () => {
    const row = await give('promise')
    for (const [list, line] of [
      ['adjustments', row.id],
      ['sums', 'total_invoiced'],
      ['open', 'date,id,state'],
    ] as const) {
      const { status, headers, html } = await person.ask(
        `/reports/csv?month=${year}-10&list=${list}`,
      )
      expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
      expect(headers.get('content-disposition')).toContain(`makegood-${year}-10-${list}.csv`)
      expect(html).toContain(line)
    }
    expect((await person.ask(`/reports/csv?month=${year + 3}-10`)).text).toContain('has not begun')
  })

  const zipOf = async (path: string): Promise<ReadonlyMap<string, Uint8Array>> => {
    const response = await person.bytes(path)
    expect(response.headers.get('content-type')).toBe('application/zip')
    return unzip(new Uint8Array(await response.arrayBuffer()))
  }
  const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

  it('have all in one ZIP: tables, evidence, the log with its proofs, and the page that checks it', async () => {
    const hostile = '"><script>alert(1)</script>'
    const rows = [await give('promise'), await give('outage', { asker: hostile })]
    const files = await zipOf(`/reports/zip?month=${year}-10`)
    expect([...files.keys()].toSorted()).toEqual(
      [
        'README.txt',
        'adjustments.csv',
        'audit-log.ndjson',
        'checkpoint.txt',
        'open.csv',
        'sums.csv',
        'verify.html',
        ...rows.map(({ id }) => `evidence/${id}.html`),
      ].toSorted(),
    )
    expect(textOf(files.get('README.txt'))).toContain(
      'It has the evidence of every adjustment of the month: 2.',
    )
    expect(textOf(files.get('README.txt'))).toMatch(/As of \S+: THE MONTH IS NOT FINAL/)
    for (const { id, invoiceId } of rows) {
      const page = textOf(files.get(`evidence/${id}.html`))
      expect(page).toContain(invoiceId)
      expect(page).toContain('Proven to be in the log')
      expect(page).not.toContain('<script')
      expect(textOf(files.get('adjustments.csv'))).toContain(id)
      expect(textOf(files.get('audit-log.ndjson'))).toContain(id)
    }
    expect(textOf(files.get('sums.csv'))).toContain('total_recorded')
  })

  it('of a larger month are parts, each within what a Worker may ask, and no more than there are', async () => {
    for (let n = 0; n < REPORT_ZIP_ADJUSTMENTS_MAX + 2; n++) await give('promise', { amount: -100 })
    const first = await zipOf(`/reports/zip?month=${year}-10`)
    const second = await zipOf(`/reports/zip?month=${year}-10&part=2`)
    const pages = (files: typeof first) =>
      [...files.keys()].filter((name) => name.startsWith('evidence/'))
    expect([pages(first).length, pages(second).length]).toEqual([REPORT_ZIP_ADJUSTMENTS_MAX, 2])
    expect(new Set([...pages(first), ...pages(second)]).size).toBe(REPORT_ZIP_ADJUSTMENTS_MAX + 2)
    expect(textOf(first.get('README.txt'))).toContain('The next ones are in part 2.')
    expect(second.has('adjustments.csv')).toBe(false)
    const none = await person.ask(`/reports/zip?month=${year}-10&part=3`, { headers: FROM_HERE })
    expect([none.status, none.text.includes('This month has no part 3.')]).toEqual([404, true])
    expect((await month()).text).toContain('of 2')
    const { statements } = await metered(async (db) => {
      const reader = createPerson(() => ({
        ...world.deps,
        db,
        verifyPage: async () => new Response('x').body,
      }))
      reader.setCookie(person.cookie())
      await (await reader.bytes(`/reports/zip?month=${year}-10`)).arrayBuffer()
    })
    expect(statements).toBeLessThan(900)
  }, 60_000)

  it('of one page are of one moment, whatever is invoiced between its parts', async () => {
    const most = REPORT_ZIP_ADJUSTMENTS_MAX
    for (let n = 0; n < most + 2; n++) await give('promise', { amount: -20_000 })
    const { html } = await month()
    const [, asOf] = /name="asof" value="(\d+)"/.exec(html) ?? []
    const path = `/reports/zip?month=${year}-10&asof=${asOf}`
    const response = await person.bytes(path)
    expect(response.headers.get('content-disposition')).toContain('-part-1.zip')
    const first = unzip(new Uint8Array(await response.arrayBuffer()))
    // What is invoiced comes before all that is not: those behind it would move on.
    await give('promise')
    const logged = async () =>
      await env.DB.prepare(
        `SELECT count(*) AS n FROM audit_entries WHERE action = 'audit.exported'`,
      ).first<number>('n')
    const before = await logged()
    const second = await zipOf(`${path}&part=2`)
    expect(await logged()).toBe(before)
    const pages = [...first.keys(), ...second.keys()].filter((name) => name.startsWith('evidence/'))
    expect([pages.length, new Set(pages).size]).toEqual([most + 2, most + 2])
    expect(second.has('checkpoint.txt')).toBe(true)
    const asOfIn = (files: typeof first) =>
      /As of (\S+):/.exec(textOf(files.get('README.txt')))?.[1]
    expect(asOfIn(first)).toBe(new Date(Number(asOf)).toISOString())
    expect(asOfIn(second)).toBe(asOfIn(first))
  }, 60_000)

  it('of a part that is not there are refused before the month is read, and made for their page alone', async () => {
    for (let n = 0; n < 5; n++) await give('promise')
    const { rowsRead } = await metered(async (db) => {
      const reader = createPerson(() => ({
        ...world.deps,
        db,
        verifyPage: async () => new Response('x').body,
      }))
      reader.setCookie(person.cookie())
      const { status } = await reader.bytes(`/reports/zip?month=${year}-10&part=2000`)
      expect(status).toBe(404)
    })
    expect(rowsRead).toBeLessThan(500)
    const followed = await person.ask(`/reports/zip?month=${year}-10`)
    expect([followed.status, followed.text.includes('Open the page')]).toEqual([403, true])
  })

  it('say so where the page that checks them is not deployed', async () => {
    const without = createPerson(() => ({ ...world.deps, verifyPage: async () => null }))
    without.setCookie(person.cookie())
    const { status, text } = await without.ask(`/reports/zip?month=${year}-10`, {
      headers: FROM_HERE,
    })
    expect([status, text.includes('verify.html is not deployed')]).toEqual([503, true])
  })

  it('and the page are for who may read', async () => {
    const writer = createPerson(() => world.deps)
    await writer.logIn((await keyOf(world.deps, `report-writer-${year}`, ['write'])).secret)
    for (const path of ['/reports', '/reports/csv', '/reports/zip']) {
      expect([path, (await writer.ask(path)).status]).toEqual([path, 403])
    }
  })
})
