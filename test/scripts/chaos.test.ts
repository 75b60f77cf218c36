// A small chaos run, as a process, and the judge that counts it: on records in which something is doubled,
// lost or strange, each by hand, so that a run which finds nothing has looked.

import { execFile } from 'node:child_process'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  judge,
  type LedgerInvoice,
  type RunRecord,
  type SentFact,
  type ToldAdjustment,
  type ToldEvent,
} from '../../scripts/chaos-judge.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

it('of events that were acknowledged around two kills, none is lost and none is doubled', async () => {
  const args = ['scripts/chaos.ts', '--kills', '2', '--events', '40', '--seed', '3']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
  console.info(stdout)
  expect(stdout.split('\n').filter((line) => line.startsWith('kill '))).toHaveLength(2)
  const found = /acknowledged (\d+); lost 0; doubled 0; ambiguous resolved 100 %/.exec(stdout)
  expect(Number(found?.[1])).toBeGreaterThanOrEqual(40)
}, 300_000)

const SUBJECT = 'ticket:1'

const fact = (fields: Partial<SentFact> = {}): SentFact => ({
  expects: 'adjustment',
  subject: SUBJECT,
  amount: -2_500,
  acknowledged: ['evt_1'],
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
  ledger: [invoice()],
  ambiguous: ['adj_1'],
}

/** How many of each the judge finds. */
function counted(record: Partial<RunRecord>) {
  const verdict = judge({ ...GOOD, ...record })
  const { acknowledged, lost, doubled, strange, ambiguous, unresolved } = verdict
  return {
    acknowledged,
    lost: lost.length,
    doubled: doubled.length,
    strange: strange.length,
    ambiguous,
    unresolved: unresolved.length,
  }
}

const NOTHING = { acknowledged: 1, lost: 0, doubled: 0, strange: 0, ambiguous: 1, unresolved: 0 }
const held = { state: 'held', invoice: null } as const

describe('the judge', () => {
  it('finds nothing where each event has its one invoice', () => {
    expect(counted({})).toEqual(NOTHING)
  })

  it('finds an invoice that was posted twice for one adjustment', () => {
    expect(counted({ ledger: [invoice(), invoice('inv_2')] })).toEqual({
      ...NOTHING,
      doubled: 1,
      strange: 1,
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
    ).toEqual({ ...NOTHING, doubled: 1 })
  })

  it.each<[string, Partial<RunRecord>]>([
    ['an acknowledged event that nobody knows', { events: [], ambiguous: [] }],
    ['one that was ignored', { events: [event({ fate: 'ignored', decision: {} })], ambiguous: [] }],
    ['one without its adjustment', { adjustments: [], ledger: [], ambiguous: [] }],
    ['one that says invoiced, and no invoice is there', { ledger: [], ambiguous: [] }],
    [
      'one that is still due',
      { adjustments: [adjustment({ state: 'due', invoice: null })], ledger: [], ambiguous: [] },
    ],
    [
      'a record that was not marked paid',
      { adjustments: [adjustment({ settlement: 'already_paid' })], ambiguous: [] },
    ],
    [
      'a duplicate of one that is still due',
      {
        events: [event({ fate: 'duplicate' })],
        adjustments: [adjustment({ state: 'due', invoice: null })],
        ledger: [],
        ambiguous: [],
      },
    ],
    [
      'what was to make nothing, and made something',
      { facts: [fact({ expects: 'nothing' })], ambiguous: [] },
    ],
  ])('finds %s', (_, record) => {
    expect(counted(record)).toEqual({ ...NOTHING, lost: 1, ambiguous: 0 })
  })

  it.each<[string, Partial<RunRecord>]>([
    ['of an adjustment that is held', { adjustments: [adjustment(held)] }],
    ['of no adjustment', { events: [event({ decision: {} })], adjustments: [] }],
    ['of another amount', { ledger: [invoice('inv_1', { subtotal: -2_501 })] }],
    ['that nobody asked for', { facts: [] }],
  ])('finds an invoice %s', (_, record) => {
    expect(counted({ ...record, ambiguous: [] })).toMatchObject({ doubled: 0, strange: 1 })
  })

  it.each(['held', 'rejected', 'failed', 'cancelled'])('takes what is visibly %s', (state) => {
    const record = { adjustments: [adjustment({ state, invoice: null })], ledger: [] }
    expect(counted(record)).toEqual(NOTHING)
  })

  it('finds an unknown outcome that nobody has looked up', () => {
    const unknown = adjustment({ ...held, holdReasons: ['outcome_unknown'] })
    expect(counted({ adjustments: [unknown], ledger: [] })).toEqual({ ...NOTHING, unresolved: 1 })
  })

  it('counts what was acknowledged, and nothing that was not', () => {
    const facts = [fact({ acknowledged: [] })]
    expect(counted({ facts, events: [] })).toEqual({ ...NOTHING, acknowledged: 0 })
  })
})
