// A small chaos run, as a process, and the judge that counts it: on records in which something is doubled,
// lost or strange, each by hand, so that a run which finds nothing has looked.

import { execFile } from 'node:child_process'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isBad, judge, unshownBy } from '../../scripts/chaos-judge.ts'
import type {
  LedgerInvoice,
  RunRecord,
  SentFact,
  ToldAdjustment,
  ToldEvent,
} from '../../scripts/chaos-told.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

it('of events that were acknowledged around two kills, none is lost and none is doubled', async () => {
  const args = ['scripts/chaos.ts', '--kills', '2', '--events', '40', '--seed', '3']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
  console.info(stdout)
  expect(stdout.split('\n').filter((line) => line.startsWith('kill '))).toHaveLength(2)
  const found =
    /acknowledged (\d+); lost 0; doubled 0; ambiguous resolved 100 % \((\d+) of \2\)/.exec(stdout)
  expect(Number(found?.[1])).toBeGreaterThanOrEqual(40)
  const billed = /facts that need nobody +(\d+), (\d+) invoiced/.exec(stdout)
  expect(Number(billed?.[1])).toBeGreaterThanOrEqual(20)
  expect(billed?.[2]).toBe(billed?.[1])
}, 300_000)

const SUBJECT = 'ticket:1'

const fact = (fields: Partial<SentFact> = {}): SentFact => ({
  expects: 'adjustment',
  needs: 'nobody',
  subject: SUBJECT,
  amount: -2_500,
  currency: 'usd',
  customer: 'acme-42',
  settlement: 'owed',
  acknowledged: ['evt_1'],
  undo: 'none',
  ...fields,
})
const event = (fields: Partial<ToldEvent> = {}): ToldEvent => ({
  id: 'evt_1',
  fate: 'adjusted',
  decision: { adjustments: ['adj_1'] },
  ...fields,
})
const adjustment = (fields: Partial<ToldAdjustment> = {}): ToldAdjustment => ({
  id: 'adj_1',
  state: 'invoiced',
  version: 3,
  rule: 'zendesk-ticket-credit',
  subject: SUBJECT,
  amount: -2_500,
  currency: 'usd',
  settlement: 'owed',
  reverses: null,
  holdReasons: null,
  wakeAt: null,
  invoice: { id: 'inv_1', status: 'outstanding' },
  ...fields,
})
const invoice = (id = 'inv_1', fields: Partial<LedgerInvoice> = {}): LedgerInvoice => ({
  id,
  customerId: 'cus_acme',
  currency: 'usd',
  subtotal: -2_500,
  status: 'outstanding',
  metadata: {
    makegood_adjustment_id: 'adj_1',
    makegood_rule: 'zendesk-ticket-credit',
    makegood_subject: SUBJECT,
  },
  ...fields,
})
const GOOD: RunRecord = {
  facts: [fact()],
  events: [event()],
  adjustments: [adjustment()],
  ledger: [invoice(), invoice('inv_plan', { subtotal: 19_900, status: 'paid', metadata: {} })],
  before: ['inv_plan'],
  customers: new Map([
    ['acme-42', 'cus_acme'],
    ['bolt-7', 'cus_bolt'],
  ]),
  ambiguous: ['adj_1'],
}

/** How many of each the judge finds. */
function counted(record: Partial<RunRecord>) {
  const { outcomes: _, ...verdict } = judge({ ...GOOD, ...record })
  return Object.fromEntries(
    Object.entries(verdict).map(([name, found]) => [
      name,
      typeof found === 'number' ? found : found.length,
    ]),
  )
}

const NOTHING = {
  acknowledged: 1,
  plain: 1,
  billed: 1,
  undone: 0,
  lost: 0,
  doubled: 0,
  strange: 0,
  unbalanced: 0,
  ambiguous: 1,
  unresolved: 0,
}
/** Where nothing is in the ledger, and the sum shows it as well. */
const UNBILLED = { ...NOTHING, billed: 0, ambiguous: 0, lost: 1, unbalanced: 1 }
const held = { state: 'held', invoice: null } as const
const forPerson = { facts: [fact({ needs: 'person' })] }

describe('the judge', () => {
  it('finds nothing where each event has its one invoice', () => {
    expect(counted({})).toEqual(NOTHING)
    expect(isBad(judge(GOOD))).toBe(false)
  })

  it('finds an invoice that was posted twice for one adjustment', () => {
    expect(counted({ ledger: [invoice(), invoice('inv_2')] })).toEqual({
      ...NOTHING,
      doubled: 1,
      strange: 1,
      unbalanced: 1,
      unresolved: 1,
    })
  })

  it('finds a subject that was paid twice, by two adjustments of one rule', () => {
    const metadata = { ...invoice().metadata, makegood_adjustment_id: 'adj_2' }
    const other = adjustment({ id: 'adj_2', invoice: { id: 'inv_2', status: 'outstanding' } })
    expect(
      counted({
        adjustments: [adjustment(), other],
        ledger: [invoice(), invoice('inv_2', { metadata })],
      }),
    ).toEqual({ ...NOTHING, doubled: 1, unbalanced: 1 })
  })

  it('finds a second invoice for a fact that carries nothing of ours', () => {
    const bare = invoice('inv_2', { metadata: {} })
    expect(counted({ ledger: [...GOOD.ledger, bare] })).toEqual({
      ...NOTHING,
      doubled: 1,
      unbalanced: 1,
    })
  })

  it('finds an invoice of nothing that was meant, whatever it carries', () => {
    const bare = invoice('inv_2', { customerId: 'cus_bolt', subtotal: -1, metadata: null })
    expect(counted({ ledger: [...GOOD.ledger, bare] })).toEqual({
      ...NOTHING,
      strange: 1,
      unbalanced: 1,
    })
  })

  it.each<[string, Partial<RunRecord>]>([
    ['an acknowledged event that nobody knows', { events: [] }],
    ['one that was ignored', { events: [event({ fate: 'ignored', decision: {} })] }],
    [
      'one that a broken rule left undecided',
      { events: [event({ fate: 'undecided', decision: {} })] },
    ],
    ['one without its adjustment', { adjustments: [] }],
    ['one that says invoiced, and no invoice is there', {}],
    ['one that is still due', { adjustments: [adjustment({ state: 'due', invoice: null })] }],
    [
      'a duplicate of one that is still due',
      {
        events: [event({ fate: 'duplicate' })],
        adjustments: [adjustment({ state: 'due', invoice: null })],
      },
    ],
    ...['held', 'rejected', 'failed', 'cancelled'].map((state): [string, Partial<RunRecord>] => [
      `one that is ${state}, and needed nobody`,
      { adjustments: [adjustment({ state, invoice: null })] },
    ]),
  ])('finds %s', (_, record) => {
    expect(counted({ ledger: [], ambiguous: [], ...record })).toEqual(UNBILLED)
  })

  it('finds a record that is not paid at the billing API, whatever the app says', () => {
    const paid = { settlement: 'already_paid', invoice: { id: 'inv_1', status: 'paid' } } as const
    const record = {
      facts: [fact({ settlement: 'already_paid' })],
      adjustments: [adjustment(paid)],
    }
    expect(counted(record)).toEqual({ ...NOTHING, lost: 1 })
    expect(counted({ ...record, ledger: [invoice('inv_1', { status: 'paid' })] })).toEqual(NOTHING)
  })

  it('finds what was to make nothing, and made something', () => {
    const facts = [fact({ expects: 'nothing' })]
    const found = { plain: 0, billed: 0, lost: 1, strange: 1 }
    expect(counted({ facts })).toEqual({ ...NOTHING, ...found })
  })

  it.each<[string, Partial<LedgerInvoice>, number]>([
    ['amount', { subtotal: -2_501 }, 1],
    ['customer', { customerId: 'cus_bolt' }, 2],
    ['currency', { currency: 'eur' }, 2],
  ])('finds an invoice of another %s', (_, fields, unbalanced) => {
    expect(counted({ ledger: [invoice('inv_1', fields)] })).toEqual({
      ...NOTHING,
      strange: 1,
      unbalanced,
    })
  })

  it.each<[string, Partial<RunRecord>]>([
    ['of an adjustment that is held', { ...forPerson, adjustments: [adjustment(held)] }],
    ['of no adjustment', { events: [event({ decision: {} })], adjustments: [] }],
    ['that nobody asked for', { facts: [] }],
    ['that needed a person', forPerson],
  ])('finds an invoice %s', (_, record) => {
    expect(counted({ ...record, ambiguous: [] })).toMatchObject({ doubled: 0, strange: 1 })
  })

  it.each(['held', 'rejected', 'failed', 'cancelled'])(
    'takes what is visibly %s where a person is needed',
    (state) => {
      const adjustments = [adjustment({ state, invoice: null })]
      const record = { ...forPerson, adjustments, ledger: [] }
      expect(counted(record)).toEqual({ ...NOTHING, plain: 0, billed: 0 })
    },
  )

  it('finds an unknown outcome that nobody has looked up', () => {
    const unknown = adjustment({ ...held, holdReasons: ['outcome_unknown'] })
    expect(counted({ ...forPerson, adjustments: [unknown], ledger: [] })).toMatchObject({
      lost: 0,
      unresolved: 1,
    })
  })

  it('counts what was acknowledged, and nothing that was not', () => {
    const facts = [fact({ acknowledged: [] })]
    const nothing = { facts, events: [], adjustments: [], ledger: [], ambiguous: [] }
    const none = { acknowledged: 0, plain: 0, billed: 0, ambiguous: 0 }
    expect(counted(nothing)).toEqual({ ...NOTHING, ...none })
  })

  it('calls a run bad for each kind of finding alone', () => {
    const good = judge(GOOD)
    for (const kind of ['lost', 'doubled', 'strange', 'unbalanced', 'unresolved']) {
      expect(isBad({ ...good, [kind]: ['one'] }), kind).toBe(true)
    }
  })

  it('believes no run in which nothing happened', () => {
    const verdict = { ...judge(GOOD), undone: 1 }
    expect(unshownBy(verdict, 20)).toEqual([])
    expect(unshownBy({ ...verdict, plain: 0 }, 1)).toHaveLength(1)
    expect(unshownBy({ ...verdict, ambiguous: 0, undone: 0 }, 20)).toHaveLength(2)
    expect(unshownBy({ ...verdict, ambiguous: 0, undone: 0 }, 2)).toEqual([])
  })
})

describe('the judge of what was taken back', () => {
  const taken = fact({ undo: 'acknowledged', acknowledged: ['evt_1', 'evt_2'] })
  const undo = event({ id: 'evt_2', decision: {} })
  const reversal = (fields: Partial<ToldAdjustment>) =>
    adjustment({
      id: 'adj_2',
      subject: 'reversal:adj_1',
      amount: 2_500,
      reverses: 'adj_1',
      invoice: null,
      ...fields,
    })
  const takenBack = { facts: [taken], events: [event(), undo] }
  const FOUND = { ...NOTHING, acknowledged: 2, plain: 0, billed: 0, undone: 1 }

  it.each(['invoiced', 'held', 'failed'])('finds an undo that did nothing: it is %s', (state) => {
    const isInvoiced = state === 'invoiced'
    const record = {
      ...takenBack,
      adjustments: [adjustment({ state, ...(isInvoiced ? {} : { invoice: null }) })],
      ...(isInvoiced ? {} : { ledger: [] }),
    }
    expect(counted(record)).toEqual({ ...FOUND, lost: 1 })
  })

  it.each<[string, Partial<ToldAdjustment>]>([
    ['due', { state: 'due' }],
    ['failed', { state: 'failed' }],
    ['rejected', { state: 'rejected' }],
    ['of another amount', { state: 'held', amount: 2_501 }],
    ['of something else', { state: 'held', reverses: 'adj_3' }],
  ])('finds a reversal that is %s', (_, fields) => {
    const record = { ...takenBack, adjustments: [adjustment(), reversal(fields)] }
    expect(counted(record)).toEqual({ ...FOUND, lost: 1 })
  })

  it('takes one that was cancelled, and one whose reversal waits for a person', () => {
    const cancelled = [adjustment({ state: 'cancelled', invoice: null })]
    expect(counted({ ...takenBack, adjustments: cancelled, ledger: [] })).toEqual(FOUND)
    const waiting = [adjustment(), reversal({ state: 'held' })]
    expect(counted({ ...takenBack, adjustments: waiting })).toEqual(FOUND)
  })

  it('takes a fact that came after its undo, and made nothing', () => {
    const events = [event({ decision: {} }), undo]
    const record = { facts: [taken], events, adjustments: [], ledger: [], ambiguous: [] }
    expect(counted(record)).toEqual({ ...FOUND, ambiguous: 0 })
  })

  it('finds a reversal that was billed, which nobody let through', () => {
    const paid = reversal({ state: 'invoiced', invoice: { id: 'inv_2', status: 'outstanding' } })
    const metadata = {
      makegood_adjustment_id: 'adj_2',
      makegood_subject: 'reversal:adj_1',
      makegood_reverses: 'adj_1',
    }
    const ledger = [invoice(), invoice('inv_2', { subtotal: 2_500, metadata })]
    expect(counted({ ...takenBack, adjustments: [adjustment(), paid], ledger })).toEqual({
      ...FOUND,
      lost: 1,
      strange: 1,
    })
  })
})
