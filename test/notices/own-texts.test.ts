// Texts of one's own: a closed list of fates and fields, checked before anything runs; what is out of the
// ordinary keeps its usual text.

import { describe, expect, it } from 'vitest'
import { eventNote, type NotedEvent } from '../../src/domain/event-note.ts'
import { EXPIRED_REMINDERS } from '../../src/domain/hold-clock.ts'
import { NOTE_LINE_CHARS_MAX } from '../../src/domain/limits.ts'
import { note, type Noted } from '../../src/domain/note.ts'
import {
  NOTE_FIELDS,
  noteTextProblems,
  type NoteLines,
  type NoteTexts,
} from '../../src/domain/note-texts.ts'

const LINK = 'https://makegood.example/i/abc'
const DUE: Noted = {
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
  ...DUE,
  state: 'invoiced',
  invoiceNumber: 'INV-1',
  invoiceStatus: 'outstanding',
}
const RECORD: Noted = { ...ISSUED, settlement: 'already_paid', invoiceStatus: 'paid' }
const HELD: Noted = { ...DUE, state: 'held', holdReasons: ['charge'] }

/** Every field that a fate has, in its own text. */
const TEXTS: NoteTexts = Object.fromEntries(
  Object.entries(NOTE_FIELDS).map(([name, fields]): [string, NoteLines] => [
    name,
    [`${name}:`, fields.map((field) => `${field}={${field}}`).join(' '), 'Bye.'],
  ]),
)
const MONEY = 'word=Credit amount=25.00 USD customer=acme-42'
const DOCUMENT = `${MONEY} invoice=INV-1 link=${LINK}`

const event = (kind: NotedEvent['kind'], more: Partial<NotedEvent> = {}): NotedEvent => ({
  kind,
  reason: null,
  detail: null,
  existing: ISSUED,
  ...more,
})

describe('a text of one’s own', () => {
  it.each<[string, string, Noted]>([
    ['on_its_way', MONEY, DUE],
    ['on_its_way', MONEY, { ...DUE, state: 'issuing' }],
    ['delayed', MONEY, { ...DUE, delayedBy: 'pause' }],
    ['issued', DOCUMENT, ISSUED],
    ['recorded', `${DOCUMENT} source=Stripe`, RECORD],
    ['waiting', `${MONEY} whom=an approval why=charges wait for a person`, HELD],
    ['failed', MONEY, { ...DUE, state: 'failed' }],
    ['rejected', `${MONEY} note=no`, { ...DUE, state: 'rejected', decisionNote: 'no' }],
    ['expired', MONEY, { ...DUE, state: 'rejected', holdReminders: EXPIRED_REMINDERS }],
    ['cancelled', MONEY, { ...DUE, state: 'cancelled' }],
  ])('is told of %s, with its fields', (name, line, noted) => {
    expect(note(noted, 'Stripe', LINK, TEXTS)).toEqual([`${name}:`, line, 'Bye.'])
  })

  it.each<[string, string, NotedEvent]>([
    ['already_credited', DOCUMENT, event('duplicate')],
    ['conflict', MONEY, event('conflict')],
    [
      'undecided',
      'reason=amount_missing field=amount',
      event('undecided', { reason: 'amount_missing', detail: 'amount' }),
    ],
  ])('is told of an event that is %s', (name, line, noted) => {
    expect(eventNote(noted, 'Stripe', LINK, TEXTS)).toEqual([`${name}:`, line, 'Bye.'])
  })

  it.each<[string, Noted, string | null]>([
    ['was answered otherwise', { ...ISSUED, answerDifferences: [difference()] }, LINK],
    ['is void', { ...ISSUED, invoiceStatus: 'void' }, LINK],
    ['is undone', { ...ISSUED, reversedBy: 'adj_1' }, LINK],
    ['is not marked paid', { ...RECORD, invoiceStatus: 'outstanding' }, LINK],
    ['has no link yet, which the text names', ISSUED, null],
    ['was rejected without the note that the text names', { ...DUE, state: 'rejected' }, null],
  ])('gives way to the usual one where it %s', (_, noted, link) => {
    expect(note(noted, 'Stripe', link, TEXTS)).toEqual(note(noted, 'Stripe', link))
  })

  it('is not told of a failed approval, of what is gone, or of a request whose first one waits', () => {
    const failed = event('undecided', { reason: 'nothing_held', detail: 'x' })
    const gone = event('conflict', { existing: null })
    const waits = event('duplicate', { existing: HELD })
    for (const each of [failed, gone, waits]) {
      expect(eventNote(each, 'Zendesk', LINK, TEXTS)).toEqual(eventNote(each, 'Zendesk', LINK))
    }
  })

  it('keeps what a field holds on its line, and reads no field out of it', () => {
    const customerReference = 'a{link}\nTo the customer: {amount}$&'
    const texts: NoteTexts = { failed: ['No {customer}.', 'PDF: none', 'Nothing.'] }
    expect(note({ ...DUE, state: 'failed', customerReference }, 'Stripe', LINK, texts)).toEqual([
      'No a{link} To the customer: {amount}$&.',
      'PDF: none',
      'Nothing.',
    ])
  })

  it('leaves every other fate as it is', () => {
    const texts: NoteTexts = { failed: ['a', 'b', 'c'] }
    expect(note(ISSUED, 'Stripe', LINK, texts)).toEqual(note(ISSUED, 'Stripe', LINK))
  })
})

function difference() {
  return { field: 'total', asked: '-2500', answered: '-2400' } as const
}

describe('a text that does not start', () => {
  const lines = (first: string): NoteTexts => ({ issued: [first, 'b', 'c'] })

  it.each<[string, NoteTexts, string]>([
    ['an unknown field', lines('{ammount}'), 'texts.issued[0]: {ammount} is not known; known are'],
    ['a field of another fate', lines('{why}'), 'texts.issued[0]: {why} is not known; known are'],
    ['a brace alone', lines('{amount'), 'texts.issued[0]: a brace without its other one'],
    ['an empty line', lines(''), 'texts.issued[0]: a text on one line is wanted'],
    ['blanks alone', lines('  '), 'texts.issued[0]: a text on one line is wanted'],
    ['two lines in one', lines('a\nb'), 'texts.issued[0]: a text on one line is wanted'],
    ['a line too long', lines('a'.repeat(NOTE_LINE_CHARS_MAX + 1)), 'texts.issued[0]: a text on'],
  ])('has %s', (_, texts, problem) => {
    expect(noteTextProblems(texts)).toEqual([expect.stringContaining(problem)])
  })

  it('has a fate that nobody is told, or not three lines', () => {
    const texts = JSON.parse('{ "refunded": ["a", "b", "c"], "failed": ["a", "b"], "issued": "a" }')
    expect(noteTextProblems(texts)).toEqual([
      expect.stringMatching(/^texts\.refunded: there is no such setting; known are on_its_way/),
      expect.stringMatching(/^texts\.failed: 3 lines are wanted/),
      expect.stringMatching(/^texts\.issued: 3 lines are wanted/),
    ])
    expect(noteTextProblems(TEXTS)).toEqual([])
  })
})
