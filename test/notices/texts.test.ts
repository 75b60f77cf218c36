// Every text that a person is told, as one file: a changed word is a changed line of texts.txt. After a wanted
// change: `npx vitest run --project app test/notices/texts.test.ts -u`.

import { describe, expect, it } from 'vitest'
import { ADJUSTMENT_STATES } from '../../src/domain/adjustment.ts'
import { ALARM_CAUSES, alarmNote, type AlarmCause } from '../../src/domain/alarm.ts'
import { checkpointNote } from '../../src/domain/checkpoint-note.ts'
import { eventNote, eventStatus, type NotedEvent } from '../../src/domain/event-note.ts'
import { LIMIT_NAMES, type HoldReason } from '../../src/domain/hold.ts'
import { EXPIRED_REMINDERS } from '../../src/domain/hold-clock.ts'
import { note, noticeStatus, type Noted } from '../../src/domain/note.ts'
import { NOTICE_STATUSES } from '../../src/domain/notice.ts'
import { APPROVAL_FAILURES } from '../../src/domain/outcome.ts'

const LINK = 'https://makegood.example/i/abc'

const CREDIT: Noted = {
  state: 'due',
  settlement: 'owed',
  amount: -2_500,
  currency: 'usd',
  customerReference: 'acme-42',
  invoiceNumber: null,
  invoiceStatus: null,
  answerDifferences: null,
  holdReasons: null,
  approversNeeded: 1,
  approvers: [],
  holdReminders: 0,
  decisionNote: null,
  reversedBy: null,
}
const ISSUED: Noted = {
  ...CREDIT,
  state: 'invoiced',
  invoiceNumber: 'INV-1',
  invoiceStatus: 'outstanding',
}
const RECORD: Noted = { ...ISSUED, settlement: 'already_paid', invoiceStatus: 'paid' }
const held = (holdReasons: readonly HoldReason[], more: Partial<Noted> = {}): Noted => ({
  ...CREDIT,
  state: 'held',
  holdReasons,
  ...more,
})

/** Complete by its type: a new reason does not compile until it is here. */
const REASONS: Readonly<Record<HoldReason, true>> = {
  customer_unresolved: true,
  currency_mismatch: true,
  mode_mismatch: true,
  charge: true,
  customer_caused: true,
  unsigned_body: true,
  older_than_endpoint: true,
  rule_asked: true,
  new_rule: true,
  possible_duplicate: true,
  'over_limit:holdAbove': true,
  'over_limit:perCustomer': true,
  'over_limit:perAsker': true,
  'over_limit:perDay': true,
  'over_limit:perHourPerRule': true,
  outcome_unknown: true,
}
const isReason = (text: string): text is HoldReason => text in REASONS
const HOLD_REASONS = Object.keys(REASONS).filter(isReason)

const difference = { field: 'total', asked: '-2500', answered: '-2400' } as const

const NOTED: Readonly<Record<string, Noted>> = {
  due: CREDIT,
  'due, a charge': { ...CREDIT, amount: 900 },
  'due, an unknown customer': { ...CREDIT, customerReference: null },
  'due, but paused': { ...CREDIT, delayedBy: 'pause' },
  'due, but the billing system does not answer': { ...CREDIT, delayedBy: 'billing' },
  issuing: { ...CREDIT, state: 'issuing' },
  invoiced: ISSUED,
  'invoiced, a charge': { ...ISSUED, amount: 900 },
  'invoiced, void': { ...ISSUED, invoiceStatus: 'void' },
  'invoiced, uncollectible': { ...ISSUED, invoiceStatus: 'uncollectible' },
  'invoiced, answered otherwise': { ...ISSUED, answerDifferences: [difference] },
  'invoiced, undone by a reversal': { ...ISSUED, reversedBy: 'adj_1' },
  'invoiced, to be voided': { ...ISSUED, reversedBy: 'void' },
  'invoiced, voided': { ...ISSUED, invoiceStatus: 'void', reversedBy: 'void' },
  'a record, paid': RECORD,
  'a record, paid, a charge': { ...RECORD, amount: 900 },
  'a record, not paid yet': { ...RECORD, invoiceStatus: 'outstanding' },
  failed: { ...CREDIT, state: 'failed' },
  'rejected without a note': { ...CREDIT, state: 'rejected' },
  'rejected with a note': { ...CREDIT, state: 'rejected', decisionNote: 'asked twice' },
  expired: { ...CREDIT, state: 'rejected', holdReminders: EXPIRED_REMINDERS },
  'rejected after two reminders': { ...CREDIT, state: 'rejected', holdReminders: 2 },
  cancelled: { ...CREDIT, state: 'cancelled' },
  ...Object.fromEntries(HOLD_REASONS.map((reason) => [`held: ${reason}`, held([reason])])),
  'held for two people': held(['over_limit:holdAbove'], { approversNeeded: 2 }),
  'held for a second person': held(['over_limit:holdAbove'], {
    approversNeeded: 2,
    approvers: ['lena'],
  }),
  'held for two reasons': held(['charge', 'new_rule']),
  'held for one reason found twice': held(['possible_duplicate', 'possible_duplicate']),
}

const EVENTS: Readonly<Record<string, NotedEvent>> = {
  duplicate: { kind: 'duplicate', reason: null, detail: null, existing: ISSUED },
  'duplicate of what is gone': { kind: 'duplicate', reason: null, detail: null, existing: null },
  conflict: { kind: 'conflict', reason: null, detail: null, existing: ISSUED },
  'conflict with what is gone': { kind: 'conflict', reason: null, detail: null, existing: null },
  'undecided with a field': {
    kind: 'undecided',
    reason: 'amount_missing',
    detail: 'amount',
    existing: null,
  },
  'undo of nothing': { kind: 'undo', reason: null, detail: null, existing: null },
  'undo of what was undone': {
    kind: 'undo',
    reason: null,
    detail: null,
    existing: { ...CREDIT, state: 'cancelled' },
  },
  'undo of what only a person can tell': {
    kind: 'undo',
    reason: null,
    detail: null,
    existing: held(['outcome_unknown']),
  },
  dismissed: { kind: 'dismissed', reason: null, detail: null, existing: ISSUED },
  'dismissed where nothing is': { kind: 'dismissed', reason: null, detail: null, existing: null },
  'undecided without a field': { kind: 'undecided', reason: null, detail: null, existing: null },
  ...Object.fromEntries(
    APPROVAL_FAILURES.map((reason): [string, NotedEvent] => [
      `undecided: ${reason}`,
      { kind: 'undecided', reason, detail: 'numbers for the log', existing: null },
    ]),
  ),
}

const block = (title: string, status: string, lines: readonly string[]): string =>
  [`== ${title} [${status}]`, ...lines].join('\n')

const ADJUSTMENT_TEXTS = Object.entries(NOTED).map(([title, noted]) => {
  const link = noted.state === 'invoiced' ? LINK : null
  const status = noticeStatus(noted)
  return block(title, status, note(noted, 'Stripe', link))
})
const ALARM_KEYS: Partial<Record<AlarmCause, string>> = {
  rule_paused: 'some-rule',
  notice_given_up: 'slack',
  channel_refused: 'slack',
  erasure_open: 'era_1',
  reconciliation_mismatch: 'second_invoice',
  deliveries_missed: 'stripe',
  deliveries_left: 'zendesk',
  gap_search_failed: 'zendesk',
  link_target_refused: 'files.example.com',
}
/** Its first line; behind it stands the signed note. */
const CHECKPOINT = block(
  'checkpoint',
  'checkpoint',
  checkpointNote({ size: 4_312, at: Date.parse('2026-10-26T07:33:12.345Z'), note: '' }).slice(0, 1),
)
const TEXTS = [
  ...ADJUSTMENT_TEXTS,
  ...Object.entries(EVENTS).map(([title, event]) =>
    block(title, eventStatus(event.kind), eventNote(event, 'Zendesk', LINK)),
  ),
  ...ALARM_CAUSES.map((cause) => {
    const key = ALARM_KEYS[cause] ?? ''
    const facts = { adjustment: 'adj_1', status: null, reasons: ['charge', 'new_rule'] }
    return block(`alarm: ${cause}`, 'alarm', alarmNote({ cause, key, facts }))
  }),
  CHECKPOINT,
]

describe('what people are told', () => {
  it('is what texts.txt says', async () => {
    await expect(`${TEXTS.join('\n\n')}\n`).toMatchFileSnapshot('./texts.txt')
  })

  it('has a text of every state, of every status, and of every limit', () => {
    const states = new Set(Object.values(NOTED).map(({ state }) => state))
    expect(states).toEqual(new Set(ADJUSTMENT_STATES))
    const told = new Set(TEXTS.map((text) => /\[(\w+)\]/.exec(text)?.[1]))
    expect(told).toEqual(new Set(NOTICE_STATUSES))
    for (const name of LIMIT_NAMES) expect(HOLD_REASONS).toContain(`over_limit:${name}`)
  })

  it('is three lines each, without a code where a sentence is wanted, and no promise of a renewal', () => {
    for (const text of TEXTS) {
      if (text !== CHECKPOINT) expect(text.split('\n')).toHaveLength(4)
      expect(text).not.toMatch(/undefined|\[object|renewal|next invoice/)
    }
    const approvals = TEXTS.filter((text) => text.includes('Nothing was approved'))
    expect(approvals).toHaveLength(APPROVAL_FAILURES.length)
    for (const text of approvals) expect(text).not.toContain('numbers for the log')
  })
})
