// A month's report: what belongs to it, what its sums are of, and what waited at its end, also long afterwards.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { readCsv } from '../../src/domain/csv.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import type { Adjustment } from '../../src/db/schema.ts'
import { createApp } from '../../src/http/app.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requeueAdjustment } from '../../src/usecases/requeue-adjustment.ts'
import { OPERATOR } from '../harness.ts'
import { giving, type Given } from '../giving.ts'
import { amount, createMoneyWorld } from '../money-world.ts'

const person = (name: string): Operator => ({
  name,
  identity: `${name}@saas.example`,
  scopes: SCOPES,
})

const RULES = [
  giving('promise'),
  giving('outage', { reason: 'outage' }),
  giving('record', { settlement: 'already_paid', reason: 'refund' }),
]

type World = Awaited<ReturnType<typeof createMoneyWorld>>
let world: World
let app: ReturnType<typeof createApp>
/** Each test has a year of its own: all are in one database. */
let year = 2030

beforeEach(async () => {
  year += 1
  world = await createMoneyWorld(
    { holdAbove: amount(100_000), twoApproversAbove: amount(500_000), charges: 'allow' },
    RULES,
  )
  app = createApp(() => world.deps)
  at('01-02T12:00:00Z')
})

const at = (monthAndTime: string): void => world.setClock(`${year}-${monthAndTime}`)

let subjects = 0
/** Its adjustment, in whatever state one pass of the queue brings it into. */
async function give(type: string, part: Partial<Given>): Promise<Adjustment> {
  subjects += 1
  const event = await world.give(type, { subject: `ticket:r${subjects}`, amount: -2500, ...part })
  await world.work()
  return world.adjustment(event)
}

const request = async (query: string): Promise<Response> =>
  await app.request(`/api/v1/reports?${query}`, { headers: OPERATOR })
const ask = async (query: string): Promise<any> => (await request(query)).json()

/** All pages of it: its rows, and what the last one says. */
async function whole(
  month: string,
  list = 'adjustments',
  limit = 100,
  between: (page: readonly any[]) => Promise<void> = async () => {},
): Promise<any> {
  const rows: any[] = []
  let [pages, cursor] = [0, '']
  for (;;) {
    const answer = await ask(`month=${year}-${month}&list=${list}&limit=${limit}${cursor}`)
    expect(answer).toMatchObject({ success: true })
    pages += 1
    const page = answer.data.adjustments ?? answer.data.open ?? []
    rows.push(...page)
    await between(page)
    expect(answer.data.isComplete).toBe(!answer.hasMore)
    if (!answer.hasMore) return { ...answer.data, rows, pages }
    cursor = `&cursor=${answer.nextCursor}`
  }
}

/** Which of these it has, as often as it has them. */
const ownIn = (report: any, own: readonly Adjustment[]): string[] =>
  idsOf(report)
    .filter((id) => own.some((row) => row.id === id))
    .toSorted()

const idsOf = (report: any): string[] => report.rows.map(({ id }: any) => id)

const approve = async (row: Adjustment, who: string): Promise<Adjustment> => {
  const { id, version, amount: asked, currency } = row
  const done = await approveAdjustment(world.deps, person(who), id, {
    version,
    amount: asked,
    currency,
  })
  if (!done.ok) throw new Error(done.error.reason)
  return done.value
}

/** The billing API in memory tells of no single invoice, which a reversal asks for. */
function knowingInvoices(): Partial<World['deps']> {
  const billing: any = world.deps.billing
  const data = { status: 'outstanding', currency: 'usd', customerId: 'cus_acme-42' }
  const get = async () => ({ ok: true, value: { data } })
  return { billing: { ...billing, invoices: { ...billing.invoices, get } } }
}

const undo = ({ subject }: Adjustment) =>
  world.receive('batch', [{ id: `undo-${year}`, type: 'promise', undo: subject }], {
    nowMs: world.at(),
  })

const set = (columns: string, { id }: Adjustment) =>
  env.DB.prepare(`UPDATE adjustments SET ${columns} WHERE id = ?`).bind(id).run()

/** All differences between what was recorded and what was invoiced are named. */
function expectBalanced(report: any): void {
  const net = ({ credits, charges }: any) => credits + charges
  for (const { recorded, notInvoiced, fromEarlier, differing, invoiced } of report.totals) {
    expect(net(recorded) - net(notInvoiced) + net(fromEarlier) + net(differing)).toBe(net(invoiced))
  }
}

describe('what belongs to a month', () => {
  it('is what was invoiced in it, by the clocks of the configured time zone', async () => {
    at('09-30T21:59:59Z')
    const before = await give('promise', {})
    at('09-30T22:00:00Z')
    const first = await give('promise', {})
    at('10-31T22:59:59Z')
    const last = await give('promise', {})
    at('10-31T23:00:00Z')
    const after = await give('promise', {})
    at('12-01T12:00:00Z')
    const october = await whole('10')
    expect(idsOf(october)).toEqual([first.id, last.id])
    expect(october).toMatchObject({
      timeZone: 'Europe/Berlin',
      from: `${year}-09-30T22:00:00.000Z`,
      to: `${year}-10-31T23:00:00.000Z`,
      isFinal: true,
    })
    expect(october.rows.map(({ date }: any) => date)).toEqual([`${year}-10-01`, `${year}-10-31`])
    expect(idsOf(await whole('09'))).toEqual([before.id])
    expect(idsOf(await whole('11'))).toEqual([after.id])
  })

  it('says of each who, why, on which account, from where, and what was billed', async () => {
    at('05-10T12:00:00Z')
    const held = await give('outage', {
      amount: -200_000,
      asker: 'Agent@saas.example',
      originalInvoice: 'INV-1',
    })
    await approve(held, 'boss')
    await world.sweep()
    await world.work()
    at('06-10T12:00:00Z')
    const [row] = (await whole('05')).rows
    expect(row).toMatchObject({
      id: held.id,
      state: 'invoiced',
      direction: 'credit',
      amount: -200_000,
      currency: 'usd',
      invoice: { net: -200_000, tax: 0, total: -200_000, status: 'outstanding', currency: 'usd' },
      settlement: 'owed',
      reason: 'outage',
      reasonLabel: 'Service outage',
      ledgerAccount: '4010',
      customer: 'cus_acme-42',
      asker: 'agent@saas.example',
      approvers: ['boss'],
      source: { endpoint: 'batch', subject: held.subject, event: held.eventId },
      originalInvoice: 'INV-1',
    })
    expect(row.invoice.number).toMatch(/^inv_/)
  })

  it('has sums by reason and settlement, credits and charges apart', async () => {
    at('05-10T12:00:00Z')
    await give('promise', { amount: -1000 })
    await give('promise', { amount: 300 })
    await give('outage', { amount: -50 })
    await give('record', { amount: -700 })
    at('06-10T12:00:00Z')
    const { sums, totals } = await whole('05', 'sums')
    const short = sums.map(({ reason, settlement, credits, charges }: any) => [
      reason,
      settlement,
      credits.total,
      charges.total,
    ])
    expect(short).toEqual([
      ['goodwill', 'owed', -1000, 300],
      ['outage', 'owed', -50, 0],
      ['refund', 'already_paid', -700, 0],
    ])
    expect(totals.map(({ settlement, invoiced }: any) => [settlement, invoiced])).toEqual([
      ['owed', { adjustments: 3, credits: -1050, charges: 300 }],
      ['already_paid', { adjustments: 1, credits: -700, charges: 0 }],
    ])
  })

  it('has net, tax and total as the billing API answered them, and names the difference', async () => {
    at('05-10T12:00:00Z')
    const inclusive = await give('promise', { amount: -2500 })
    await set('invoice_subtotal = -2101, invoice_tax = -399, invoice_total = -2500', inclusive)
    at('06-10T12:00:00Z')
    const report = await whole('05')
    expect(report.rows[0]).toMatchObject({
      amount: -2500,
      invoice: { net: -2101, tax: -399, total: -2500 },
    })
    expect(report.sums[0].credits).toEqual({ adjustments: 1, net: -2101, tax: -399, total: -2500 })
    expect(report.totals[0]).toMatchObject({
      recorded: { credits: -2500 },
      differing: { credits: 399 },
      invoiced: { credits: -2101 },
    })
    expectBalanced(report)
  })

  it('keeps two currencies apart, also where one was asked for and the other was billed', async () => {
    at('05-10T12:00:00Z')
    await give('promise', { amount: -1000 })
    const other = await give('promise', { amount: -2500 })
    await set(`invoice_currency = 'EUR'`, other)
    at('06-10T12:00:00Z')
    const report = await whole('05')
    expect(report.sums.map(({ currency, credits }: any) => [currency, credits.net])).toEqual([
      ['usd', -1000],
      ['eur', -2500],
    ])
    expectBalanced(report)
  })

  it('counts what is void by now in its sums, and says how much of them that is', async () => {
    at('05-10T12:00:00Z')
    const voided = await give('promise', { amount: -1000 })
    await give('promise', { amount: -500 })
    at('06-10T12:00:00Z')
    await set(`invoice_status = 'void', reversed_by = 'void'`, voided)
    const { sums, rows } = await whole('05')
    expect(sums[0].credits.total).toBe(-1500)
    expect(sums[0].voided).toMatchObject({ adjustments: 1, total: -1000 })
    expect(rows[0]).toMatchObject({ invoice: { status: 'void' }, reversedBy: 'void' })
  })

  it('is another one for a reversal that comes later', async () => {
    at('05-10T12:00:00Z')
    const original = await give('promise', { amount: -1000 })
    at('06-10T12:00:00Z')
    await undo(original)
    for (const _ of [1, 2, 3, 4, 5]) {
      world.setClock(61_000)
      await world.sweep()
      await world.work(knowingInvoices())
    }
    at('07-10T12:00:00Z')
    const [may, june] = [await whole('05'), await whole('06')]
    expect(idsOf(may)).toEqual([original.id])
    expect(june.rows).toMatchObject([
      { state: 'invoiced', direction: 'charge', reverses: original.id, amount: 1000 },
    ])
    expect(may.rows[0].reversedBy).toBe(june.rows[0].id)
    expect(may.sums[0].credits.total + june.sums[0].charges.total).toBe(0)
  })

  it('of what has no invoice is the one in which it was recorded, until it has one', async () => {
    at('05-31T12:00:00Z')
    const held = await give('promise', { amount: -200_000 })
    const plain = await give('promise', { amount: -1000 })
    at('06-01T12:00:00Z')
    expect(idsOf(await whole('05'))).toEqual([plain.id, held.id])
    await approve(held, 'boss')
    await world.sweep()
    await world.work()
    at('07-01T12:00:00Z')
    const [may, june] = [await whole('05'), await whole('06')]
    expect([idsOf(may), idsOf(june)]).toEqual([[plain.id], [held.id]])
    expect(may.totals[0]).toMatchObject({
      asked: { adjustments: 2, credits: -201_000 },
      recorded: { adjustments: 2, credits: -201_000 },
      notInvoiced: { adjustments: 1, credits: -200_000 },
      invoiced: { adjustments: 1, credits: -1000 },
    })
    expect(june.totals[0]).toMatchObject({
      asked: { adjustments: 0 },
      fromEarlier: { adjustments: 1, credits: -200_000 },
      invoiced: { adjustments: 1, credits: -200_000 },
    })
    for (const report of [may, june]) expectBalanced(report)
  })

  it('tells what was asked for and withdrawn from what was recorded, and counts conflicts', async () => {
    at('05-10T12:00:00Z')
    const undone = await give('promise', { amount: -200_000 })
    await undo(undone)
    await world.sweep()
    await world.work()
    expect((await give('promise', { subject: `again:${year}` })).state).toBe('invoiced')
    await world.give('promise', { subject: `again:${year}`, amount: -9999 })
    at('06-10T12:00:00Z')
    const report = await whole('05')
    expect(report.rows.map(({ state }: any) => state)).toEqual(['invoiced', 'cancelled'])
    expect(report.totals[0]).toMatchObject({
      asked: { adjustments: 2, credits: -202_500 },
      recorded: { adjustments: 1, credits: -2500 },
      invoiced: { adjustments: 1, credits: -2500 },
    })
    expect(report.undecidedEvents).toEqual({ conflict: 1, undecided: 0, dismissed: 0 })
    expectBalanced(report)
  })
})

describe('a month', () => {
  it('in which nothing came is empty', async () => {
    at('06-10T12:00:00Z')
    const report = await whole('05')
    expect(report).toMatchObject({ rows: [], sums: [], totals: [], isFinal: true, pages: 1 })
  })

  it('that is not over says so, and reaches until now', async () => {
    at('05-10T12:00:00Z')
    const { id } = await give('promise', {})
    world.setClock(1)
    const report = await whole('05')
    expect(idsOf(report)).toEqual([id])
    expect(report).toMatchObject({ isFinal: false, asOf: `${year}-05-10T12:00:00.001Z` })
    at('05-31T22:09:59Z')
    expect((await whole('05')).isFinal).toBe(false)
    at('05-31T22:10:00Z')
    expect((await whole('05')).isFinal).toBe(true)
  })

  it.each([
    ['month=2030-13', 'month'],
    ['', 'month'],
    ['month=2099-12', 'month'],
    ['month=2030-01&cursor=abc', 'cursor'],
    ['month=2030-01&format=csv&cursor=abc', 'cursor'],
    ['month=2030-01&list=held', 'list'],
    ['month=2030-01&month=2030-02', 'month'],
    ['month=2030-01&of=me', 'of'],
  ])('?%s is refused by the name of what is wrong', async (query, param) => {
    const { status, error } = await request(query).then(async (answer) => ({
      status: answer.status,
      ...(await answer.json<any>()),
    }))
    expect({ status, param: error.param }).toEqual({ status: 400, param })
  })

  it('refuses the cursor of another month, and one that somebody has made up', async () => {
    at('05-10T12:00:00Z')
    for (const _ of [1, 2, 3]) await give('promise', {})
    at('07-10T12:00:00Z')
    const { nextCursor } = await ask(`month=${year}-05&limit=1`)
    const answers = [
      await ask(`month=${year}-06&limit=1&cursor=${nextCursor}`),
      await ask(`month=${year}-05&list=sums&limit=1&cursor=${nextCursor}`),
      await ask(`month=${year}-05&limit=1&cursor=${btoa('{"kind":"report"}').replaceAll('=', '')}`),
    ]
    expect(answers.map(({ error }) => error.param)).toEqual(['cursor', 'cursor', 'cursor'])
  })
})

describe('pages', () => {
  it('of one row each say the same as one of all, and the sums are complete on the last', async () => {
    at('05-10T12:00:00Z')
    for (const _ of [1, 2, 3]) await give('promise', {})
    for (const _ of [1, 2]) await give('promise', { amount: -200_000 })
    at('06-10T12:00:00Z')
    const [one, many] = [await whole('05'), await whole('05', 'adjustments', 1)]
    expect([one.pages, one.rows.length]).toEqual([1, 5])
    expect(many.pages).toBeGreaterThan(4)
    const compared = ['rows', 'sums', 'totals', 'undecidedEvents'] as const
    for (const name of compared) expect(many[name]).toEqual(one[name])
  })
})

describe('what waited at the cut-off', () => {
  const stateOf = (report: any, { id }: Adjustment) =>
    report.rows.find((row: any) => row.id === id)?.atCutoff.state ?? null

  it('is what waits still, and what has gone on since then', async () => {
    at('05-30T12:00:00Z')
    const names = ['still', 'approved', 'rejected', 'twice', 'before'] as const
    const rows = new Map<string, Adjustment>()
    for (const name of names) {
      const asked = name === 'twice' ? -600_000 : -200_000
      rows.set(name, await give('promise', { amount: asked }))
    }
    await approve(rows.get('before')!, 'boss')
    // One of two approvals comes before the cut-off: it waits for the other.
    const once = await approve(rows.get('twice')!, 'boss')
    await world.sweep()
    await world.work()
    at('06-02T12:00:00Z')
    const fresh = await give('promise', { amount: -200_000 })
    const late = await give('promise', { amount: -200_000 })
    await approve(late, 'boss')
    await approve(rows.get('approved')!, 'boss')
    await approve(once, 'ann')
    const { id, version } = rows.get('rejected')!
    await rejectAdjustment(world.deps, person('boss'), id, { version, note: null })
    await world.sweep()
    await world.work()
    at('07-02T12:00:00Z')
    const report = await whole('05', 'open')
    const found = Object.fromEntries([...rows].map(([name, row]) => [name, stateOf(report, row)]))
    expect(found).toEqual({
      still: 'held',
      approved: 'held',
      rejected: 'held',
      twice: 'held',
      before: null,
    })
    // Both were held after it; one went on since.
    expect([fresh, late].map((row) => stateOf(report, row))).toEqual([null, null])
    const approved = report.rows.find((row: any) => row.id === rows.get('approved')!.id)
    expect(approved).toMatchObject({
      state: 'invoiced',
      atCutoff: { state: 'held', since: `${year}-05-30T12:00:00.000Z` },
    })
    const [counted] = report.sums.filter(({ state }: any) => state === 'held')
    expect(counted.adjustments).toBe(report.rows.length)
    expect(idsOf(await whole('05', 'open', 1)).toSorted()).toEqual(idsOf(report).toSorted())
  })

  it('has what one of two people has approved since then once, and once when both have', async () => {
    at('05-30T12:00:00Z')
    const [one, both] = [
      await give('promise', { amount: -600_000 }),
      await give('promise', { amount: -600_000 }),
    ]
    at('06-02T12:00:00Z')
    await approve(one, 'boss')
    await approve(await approve(both, 'boss'), 'ann')
    at('07-02T12:00:00Z')
    for (const limit of [100, 1]) {
      const report = await whole('05', 'open', limit)
      expect(ownIn(report, [one, both])).toEqual([one.id, both.id].toSorted())
      const last = await whole('05', 'open', limit)
      expect(last.sums[0].adjustments).toBe(last.rows.length)
    }
  })

  it('has each once, also where it is answered while the pages are read', async () => {
    at('05-30T12:00:00Z')
    const rows: Adjustment[] = []
    for (const _ of [1, 2, 3]) rows.push(await give('promise', { amount: -200_000 }))
    at('06-02T12:00:00Z')
    // Those behind it, whose pages come later; then itself, whose page is over.
    const answers = [rows[2]!, rows[0]!, rows[1]!]
    const report = await whole('05', 'open', 1, async (page) => {
      const isFirst = page.some(({ id }: any) => id === rows[0]!.id)
      if (answers.length === 3 && !isFirst) return
      const next = answers.shift()
      if (next) await approve(next, 'boss')
    })
    expect(answers).toEqual([])
    expect(ownIn(report, rows)).toEqual(rows.map(({ id }) => id).toSorted())
    const [held] = report.sums.filter(({ state }: any) => state === 'held')
    expect(held.adjustments).toBe(
      report.rows.filter((row: any) => row.atCutoff.state === 'held').length,
    )
  })

  it('has what waited, however often people were reminded of it before it was answered', async () => {
    at('05-30T12:00:00Z')
    const row = await give('promise', { amount: -200_000 })
    await set(`hold_reasons = '["outcome_unknown"]'`, row)
    for (let day = 1; day <= 30; day++) {
      at(`06-${String(day).padStart(2, '0')}T17:00:00Z`)
      await world.sweep()
      await world.work()
    }
    expect(ownIn(await whole('05', 'open'), [row])).toEqual([row.id])
    const found = await requeueAdjustment(world.deps, person('boss'), row.id, {
      version: row.version,
      looked: true,
    })
    if (!found.ok) throw new Error(found.error.reason)
    world.queue.length = 0
    at('07-02T12:00:00Z')
    const [shown] = (await whole('05', 'open')).rows.filter(({ id }: any) => id === row.id)
    expect(shown?.atCutoff).toEqual({ state: 'held', since: `${year}-05-30T12:00:00.000Z` })
  })

  it('is what had failed by then, also where it was tried again later and failed again', async () => {
    at('05-30T12:00:00Z')
    const fail = async (row: Adjustment): Promise<Adjustment> => {
      const { failRow } = await import('../failed-adjustment.ts')
      return failRow(world.deps, row, world.at())
    }
    const made = async () => {
      subjects += 1
      const event = await world.give('promise', { subject: `ticket:r${subjects}`, amount: -100 })
      world.queue.length = 0
      return world.adjustment(event)
    }
    const [still, again, later] = [await fail(await made()), await fail(await made()), await made()]
    at('06-02T12:00:00Z')
    await fail(later)
    const seen = { version: again.version, looked: false }
    const requeued = await requeueAdjustment(world.deps, person('boss'), again.id, seen)
    if (!requeued.ok) throw new Error(requeued.error.reason)
    world.queue.length = 0
    await fail(requeued.value)
    at('07-02T12:00:00Z')
    const may = await whole('05', 'open')
    expect([still, again, later].map((row) => stateOf(may, row))).toEqual([
      'failed',
      'failed',
      null,
    ])
    const june = await whole('06', 'open')
    expect([still, again, later].map((row) => stateOf(june, row))).toEqual([
      'failed',
      'failed',
      'failed',
    ])
  })
})

describe('as CSV', () => {
  it('is the whole month in one file, and no formula', async () => {
    at('05-10T12:00:00Z')
    await give('promise', { asker: '=cmd|calc@saas.example', amount: -2500 })
    await give('outage', { subject: `+SUM(A1),"${year}"`, amount: 1250 })
    at('06-10T12:00:00Z')
    const response = await request(`month=${year}-05&format=csv`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).toContain(
      `makegood-${year}-05-adjustments.csv`,
    )
    const [head, ...lines] = readCsv(await response.text())
    const rows = lines.map(({ fields }) =>
      Object.fromEntries(head!.fields!.map((name, place) => [name, fields![place]])),
    )
    expect(rows).toMatchObject([
      { date: `${year}-05-10`, asker: `'=cmd|calc@saas.example`, net: '-25.00', total: '-25.00' },
      { subject: `'+SUM(A1),"${year}"`, net: '12.50', ledger_account: '4010', direction: 'charge' },
    ])
  })

  it('has the sums of the whole month, with their accounts', async () => {
    at('05-10T12:00:00Z')
    for (const _ of [1, 2]) await give('outage', { amount: -2500 })
    at('06-10T12:00:00Z')
    const url = `https://makegood.example/api/v1/reports?month=${year}-05&list=sums`
    const asked = await app.request(url, { headers: { ...OPERATOR, accept: 'text/csv' } })
    const lines = (await asked.text()).split('\r\n')
    expect(lines[0]).toBe(
      'line,mode,currency,settlement,reason,ledger_account,adjustments,net,tax,total,as_of,is_final',
    )
    const taken = `${year}-06-10T12:00:00.000Z,true`
    expect(lines[1]).toBe(`credits,test,usd,owed,outage,4010,2,-50.00,0.00,-50.00,${taken}`)
    expect(lines).toContain(`total_invoiced,test,usd,owed,,,2,-50.00,,,${taken}`)
    expect(lines.at(-1)).toBe('')
  })

  it('has when the sums were taken, whether they are final, and what nobody has decided', async () => {
    at('05-10T12:00:00Z')
    await give('promise', { subject: `open:${year}` })
    await world.give('promise', { subject: `open:${year}`, amount: -9999 })
    at('05-28T12:00:00Z')
    const lines = (await (await request(`month=${year}-05&list=sums&format=csv`)).text())
      .split('\r\n')
      .filter((line) => line.startsWith('undecided_events'))
    const taken = `${year}-05-28T12:00:00.000Z,false`
    expect(lines).toEqual([
      `undecided_events,,,,conflict,,1,,,,${taken}`,
      `undecided_events,,,,undecided,,0,,,,${taken}`,
      `undecided_events,,,,dismissed,,0,,,,${taken}`,
    ])
  })
})
