// What docs/scale.md counts with is what D1 itself and the queues say of an event that is ignored, repeated, adjusted, held
// and told; each count is exact, so that none can creep. Its dollars are those counts at the prices that stand there.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import scale from '../docs/scale.md?raw'
import { countedDatabase } from './counted-database.ts'
import { refund, ticket } from './harness.ts'
import { pricedWorld, type StepCost } from './priced-world.ts'
import { createWorld } from './world.ts'

/** Of the section with this heading: the cells of each row of its first table, behind the first. */
function tableOf(heading: string): ReadonlyMap<string, readonly string[]> {
  const [, section = ''] = scale.split(`# ${heading}\n`)
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? []
  const rows = table.split('\n').map((line) => line.split('|').slice(1, -1))
  return new Map(
    rows.map((row) => {
      const [first = '', ...cells] = row.map((cell) => cell.trim())
      return [first, cells]
    }),
  )
}

const numberOf = (text = ''): number => Number(text.replaceAll(/[$,]/g, ''))

const numbers = (heading: string, row: string): readonly number[] =>
  (tableOf(heading).get(row) ?? []).map(numberOf)

type Way = { readonly source: string; readonly bodies: readonly unknown[] }
type Costs = { readonly made: StepCost; readonly told: StepCost; readonly requests: number }

const sum = (steps: readonly StepCost[]): StepCost => ({
  rowsWritten: steps.reduce((total, each) => total + each.rowsWritten, 0),
  rowsRead: steps.reduce((total, each) => total + each.rowsRead, 0),
  calls: steps.reduce((total, each) => total + each.calls, 0),
  messages: steps.reduce((total, each) => total + each.messages, 0),
  queries: steps.flatMap(({ queries }) => queries),
  writes: steps.flatMap(({ writes }) => writes),
})

/** Of the last body; what comes before it makes what an event usually finds there: the day's sums, the rule, the customer. */
async function costsOf({ source, bodies }: Way): Promise<Costs> {
  const world = await pricedWorld()
  await world.receive('stripe', refund({ amount: 1 }))
  await world.receive('zendesk', ticket({ tags: 'credit_requested', amount: '1.34' }))
  for (const body of bodies.slice(0, -1)) await world.receive(source, body)
  await world.settle()
  const received = await world.receiving(source, bodies.at(-1))
  const made = sum([received, await world.issuing()])
  return { made, told: await world.telling(), requests: 1 + received.messages }
}

const again = refund({ amount: 777 })
const credit = (amount: string) => ticket({ tags: 'credit_requested', amount })
const WAYS: Readonly<Record<string, () => Way>> = {
  'ignored, of Stripe': () => ({ source: 'stripe', bodies: [refund({ status: 'pending' })] }),
  'ignored, of Zendesk': () => ({ source: 'zendesk', bodies: [ticket({ tags: '' })] }),
  'delivered again': () => ({ source: 'stripe', bodies: [again, again] }),
  undecided: () => ({ source: 'zendesk', bodies: [credit('ten')] }),
  held: () => ({ source: 'zendesk', bodies: [credit('300.00')] }),
  'adjusted and invoiced': () => ({ source: 'zendesk', bodies: [credit('12.34')] }),
  'recorded and marked paid': () => ({ source: 'stripe', bodies: [refund({ amount: 779 })] }),
}
const TOLD = 'its notice, told on one channel'

const OPERATIONS_PER_MESSAGE = 3

const told = ({ rowsWritten, rowsRead, queries, calls, messages }: StepCost): readonly number[] => [
  rowsWritten,
  rowsRead,
  queries.length,
  calls,
  messages * OPERATIONS_PER_MESSAGE,
]

describe('what an event costs', () => {
  it.each(Object.keys(WAYS))('that is %s is as it is written', async (what) => {
    const { made } = await costsOf(WAYS[what]!())
    expect(told(made)).toEqual(numbers('What an event costs', what))
  })

  it('when it is told is as it is written', async () => {
    const { told: telling } = await costsOf(WAYS['adjusted and invoiced']!())
    expect(told(telling)).toEqual(numbers('What an event costs', TOLD))
  })

  it('is at most four rows where it is ignored, and none where it was there', () => {
    expect(numbers('What an event costs', 'ignored, of Stripe')[0]).toBeLessThanOrEqual(4)
    expect(numbers('What an event costs', 'ignored, of Zendesk')[0]).toBeLessThanOrEqual(4)
    expect(numbers('What an event costs', 'delivered again')[0]).toBe(0)
  })
})

describe('dollars for a million', () => {
  const HEADING = 'Dollars for a million'
  const [, prices = ''] = /\*\*List prices\*\*: ([^.]*\.[^\n]*)/.exec(scale) ?? []
  const price = (what: string): number => {
    const [, dollars] = new RegExp(`\\$([\\d.]+) for a million ${what}`).exec(prices) ?? []
    return Number(dollars)
  }
  const [, cpu = ''] = /(\d+) ms of CPU for each request/.exec(scale) ?? []

  const dollarsOf = ({ rowsWritten, rowsRead, messages }: StepCost, requests: number) => {
    const parts = [
      rowsWritten * price('rows written'),
      rowsRead * price('rows read'),
      messages * OPERATIONS_PER_MESSAGE * price('queue operations'),
      requests * (price('requests') + Number(cpu) * price('milliseconds of CPU')),
    ]
    return [...parts, parts.reduce((total, each) => total + each, 0)].map((each) => each.toFixed(2))
  }

  it.each(Object.keys(WAYS))('that are %s are computed from the counts', async (what) => {
    const { made, requests } = await costsOf(WAYS[what]!())
    expect(dollarsOf(made, requests)).toEqual(
      tableOf(HEADING)
        .get(what)
        ?.map((cell) => cell.replace('$', '')),
    )
  })

  it('notices are computed likewise', async () => {
    const { told: telling } = await costsOf(WAYS['adjusted and invoiced']!())
    expect(dollarsOf(telling, 1)).toEqual(
      tableOf(HEADING)
        .get(TOLD)
        ?.map((cell) => cell.replace('$', '')),
    )
  })

  it('that are ignored are at most five', () => {
    for (const what of ['ignored, of Stripe', 'ignored, of Zendesk']) {
      expect(numbers(HEADING, what).at(-1)).toBeLessThanOrEqual(5)
    }
  })

  it.each([10, 1_000])('a month of %i a second are computed from them', (rate) => {
    const cost = (what: string): readonly number[] => numbers('What an event costs', what)
    const [ignored = 0] = cost('ignored, of Stripe')
    const [invoiced = 0, , , , operations = 0] = cost('adjusted and invoiced')
    const [notice = 0] = cost(TOLD)
    const events = (rate * 365 * 86_400) / 12
    const written = events * (0.99 * ignored + 0.01 * (invoiced + notice)) - 50e6
    const queued = Math.max(0, events * 0.01 * operations - 1e6)
    const dollars = (written * price('rows written') + queued * price('queue operations')) / 1e6
    const row = tableOf('What one database carries').get(rate.toLocaleString('en'))
    const said = numberOf(row?.at(-1)?.replace('about ', ''))
    expect(dollars / said).toBeGreaterThan(0.95)
    expect(dollars / said).toBeLessThan(1.05)
  })
})

describe('what an event takes of the ten gigabytes', () => {
  const sizeNow = async (): Promise<number> =>
    (await env.DB.prepare('SELECT 1').run()).meta.size_after ?? 0

  it.each<[string, number, (nth: number) => [string, unknown]]>([
    ['ignored', 300, () => ['stripe', refund({ status: 'pending' })]],
    [
      'adjusted and invoiced',
      100,
      (nth) => [
        'zendesk',
        ticket({ tags: 'credit_requested', amount: `1.${String(nth).padStart(2, '0')}` }),
      ],
    ],
  ])(
    'that is %s',
    async (what, count, body) => {
      const { db } = countedDatabase(() => true)
      const world = await createWorld({ db })
      const before = await sizeNow()
      for (let nth = 0; nth < count; nth += 1) {
        const [source, sent] = body(nth)
        await world.receive(source, sent)
        await world.work()
      }
      const bytes = ((await sizeNow()) - before) / count
      const without = bytes - JSON.stringify(body(0)[1]).length
      const [, told = ''] =
        what === 'ignored'
          ? /about (\d+) bytes and/.exec(scale)!
          : /about (\d+) kB and/.exec(scale)!
      const unit = what === 'ignored' ? 1 : 1_000
      expect(without / unit / Number(told)).toBeGreaterThan(0.8)
      expect(without / unit / Number(told)).toBeLessThan(1.2)
    },
    60_000,
  )
})

// The last, since an index that is made anew is packed otherwise.
describe('the rows of an adjustment', () => {
  const HEADING = 'Where the rows of an adjustment come from'
  const rows = [...tableOf(HEADING)].flatMap(([cell, [count]]) => {
    const [, name] = /^`(\w+)`$/.exec(cell) ?? []
    return name === undefined ? [] : [[name, numberOf(count)] as const]
  })
  const written = async () => (await costsOf(WAYS['adjusted and invoiced']!())).made
  const indexes = async () => {
    const { results } = await env.DB.prepare(
      "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    ).all<{ name: string; tbl_name: string; sql: string }>()
    return new Map(results.map((each) => [each.name, each]))
  }

  it('are those of its tables and indexes, and no others', async () => {
    const { rowsWritten, writes } = await written()
    expect(rows.reduce((total, [, count]) => total + count, 0)).toBe(rowsWritten)
    // Which a trigger writes: they are counted with the row that it is about.
    const tableOfRow = new Map([['limit_sums', 'adjustments']])
    const known = await indexes()
    const byTable: Record<string, number> = {}
    for (const [name, count] of rows) {
      const table = known.get(name)?.tbl_name ?? tableOfRow.get(name) ?? name
      byTable[table] = (byTable[table] ?? 0) + count
    }
    const found: Record<string, number> = {}
    for (const { table, rows: count } of writes) found[table] = (found[table] ?? 0) + count
    expect(found).toEqual(byTable)
  })

  it('fall by what is written of each index, once that is dropped', async () => {
    const known = await indexes()
    const all = (await written()).rowsWritten
    const own = rows.filter(([name]) => known.has(name))
    for (const [name, count] of own) {
      await env.DB.prepare(`DROP INDEX ${name}`).run()
      expect(all - (await written()).rowsWritten, name).toBe(count)
      await env.DB.prepare(known.get(name)!.sql).run()
    }
    expect(own.length).toBe(15)
  }, 60_000)
})
