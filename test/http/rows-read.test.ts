// What lists, searches and reports read of full tables. `ROWS_FILLED=1000000` asks for a million rows in each, and prints
// what each call has read.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { LIST_ROWS_READ_MAX } from '../../src/domain/limits.ts'
import { monthRange } from '../../src/domain/month.ts'
import { writeCursor, type ReportCursor } from '../../src/domain/report-cursor.ts'
import { createApp } from '../../src/http/app.ts'
import { countedDatabase } from '../counted-database.ts'
import { FIRST_AT, fillTables } from '../full-tables.ts'
import { depsWith, OPERATOR } from '../harness.ts'

const COUNT = Number(env.ROWS_FILLED)
const { db, counts, reset } = countedDatabase()
const now = () => FIRST_AT + 100 * 86_400_000
const app = createApp(() => depsWith({ db, now, log: () => {} }))
const table: [string, number][] = []
/** Of each part of a report. */
const PAGES = 5

beforeAll(() => fillTables(COUNT), 3_600_000)

/** What it answers; what it has read is in the table. */
async function cost(path: string, name = path): Promise<any> {
  reset()
  const response = await app.request(`/api/v1${path}`, { headers: OPERATOR })
  const answer = await response.json<any>()
  expect(answer, path).toMatchObject({ success: true })
  table.push([name, counts.rowsRead])
  return answer
}

const tooMuch = () => table.filter(([, rows]) => rows > LIST_ROWS_READ_MAX)

/** The first page, the second, and one in the middle of the table. */
async function costOfPages(path: string): Promise<void> {
  const sign = path.includes('?') ? '&' : '?'
  const first = await cost(`${path}${sign}limit=100`)
  if (first.hasMore) await cost(`${path}${sign}limit=100&cursor=${first.nextCursor}`)
  await cost(`${path}${sign}limit=100&cursor=${Math.floor(COUNT / 2)}`)
}

describe(`of ${COUNT} rows in each table`, () => {
  it.each([
    '/events',
    '/events?fate=conflict',
    '/events?fate=dismissed',
    '/events?fate=conflict&type=nothing',
    '/events?fate=shadow',
    '/events?type=nothing',
    '/events?endpoint=zendesk',
    '/adjustments',
    '/adjustments?state=held',
    '/adjustments?state=failed&customer=nobody',
    '/adjustments?state=rejected',
    '/adjustments?state=invoiced&endpoint=zendesk&rule=rule-3',
    '/adjustments?rule=nothing',
    '/adjustments?customer=acme-3',
    '/adjustments?amount=-2500',
    '/adjustments?amount=-1',
    '/links',
    '/identities',
    '/identities?customerId=nobody',
    '/discrepancies',
    '/discrepancies?state=open',
    '/discrepancies?state=settled',
    '/reconciliations',
    '/erasures',
    '/keys',
    '/audit',
    '/audit?action=adjustment.approved',
    '/audit?ticket=77',
    '/audit?customer=nobody',
  ])(
    '%s reads at most a thousand',
    async (path) => {
      await costOfPages(path)
      expect(tooMuch()).toEqual([])
    },
    60_000,
  )

  it.each([
    '77',
    '#77',
    'ticket:77',
    'INV-78',
    'inv_78',
    'own77',
    'acme-3',
    'cus_3',
    '25.00',
    'no one',
  ])(
    'a search for %s reads at most a thousand',
    async (q) => {
      await cost(`/search?q=${encodeURIComponent(q)}`)
      expect(tooMuch()).toEqual([])
    },
    60_000,
  )

  const MONTH = '2026-09'
  const { from, to } = monthRange(MONTH, 'Europe/Berlin')
  const middle = Math.floor(COUNT / 2)

  /** From its beginning, and from the beginning of each of its parts. */
  async function costOfReport(list: string, cursors: readonly (ReportCursor | null)[]) {
    for (const begin of cursors) {
      let cursor = begin && writeCursor(begin)
      for (let page = 0; page < PAGES; page++) {
        const on = cursor === null ? '' : `&cursor=${cursor}`
        const phase = `${begin?.progress.phase ?? 'from the start'}, page ${page + 1}`
        const path = `/reports?month=${MONTH}&list=${list}${on}`
        const answer = await cost(path, `/reports?list=${list}, ${phase}`)
        if (!answer.hasMore) break
        cursor = answer.nextCursor
      }
    }
  }

  it.each(['adjustments', 'sums'])(
    'each page of a report of %s reads at most a thousand',
    async (list) => {
      const place = { start: Math.floor(COUNT / 3), end: Math.floor((COUNT * 2) / 3) }
      const own = { sums: [], totals: [], waiting: { conflict: 0, undecided: 0, dismissed: 0 } }
      const progress = { at: from, seq: 0, recorded: place, events: place, ...own }
      const about = {
        kind: 'report',
        month: MONTH,
        asOf: now(),
        isListed: list !== 'sums',
      } as const
      await costOfReport(list, [
        null,
        { ...about, progress: { ...progress, phase: 'invoiced', at: (from + to) / 2 } },
        { ...about, progress: { ...progress, phase: 'recorded', seq: middle } },
        { ...about, progress: { ...progress, phase: 'events', at: 0, seq: middle } },
      ])
      expect(tooMuch()).toEqual([])
    },
    300_000,
  )

  it('each page of what waited at the cut-off reads at most a thousand', async () => {
    const about = { kind: 'open', month: MONTH, asOf: now() } as const
    const progress = (phase: 'held' | 'failed', seq: number, left = COUNT) => ({
      phase,
      seq,
      left,
      sums: [],
    })
    await costOfReport('open', [
      null,
      { ...about, progress: progress('held', middle) },
      { ...about, progress: progress('failed', middle) },
      { ...about, progress: progress('failed', COUNT) },
      { ...about, progress: progress('failed', COUNT, Math.floor(COUNT * 0.9)) },
    ])
    expect(tooMuch()).toEqual([])
  }, 300_000)

  it('nothing is left out', () => {
    const worst = table.toSorted(([, one], [, other]) => other - one)
    const short = worst.map(([path, rows]) => `${String(rows).padStart(6)}  ${path.slice(0, 90)}`)
    if (COUNT > 20_000) console.log(short.join('\n'))
    expect(table.length).toBeGreaterThan(90)
  })
})
