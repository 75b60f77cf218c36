// What the person who asked reads where his event made no adjustment: the same three lines as of one.

import { amountText, wordFor } from './adjustment.ts'
import { note, type Noted } from './note.ts'
import type { NoticeStatus } from './notice.ts'

export type NotedEvent = {
  readonly fate: 'duplicate' | 'conflict' | 'undecided'
  /** Of an undecided one: the code, and the field. */
  readonly reason: string | null
  readonly detail: string | null
  /** What its subject has already; null where nothing is found any more. */
  readonly existing: Noted | null
}

export const eventStatus = (fate: NotedEvent['fate']): NoticeStatus =>
  fate === 'duplicate' ? 'already_credited' : fate

/** `source`: its title. `link`: of the existing adjustment's invoice, or null. */
export function eventNote(
  { fate, reason, detail, existing }: NotedEvent,
  source: string,
  link: string | null,
): readonly string[] {
  const [outcome = '', pdf = 'PDF: none', customer = 'To the customer: nothing yet.'] =
    existing === null ? [] : note(existing, source, link)
  switch (fate) {
    case 'duplicate':
      return [`Nothing was added, this was asked for before. ${outcome}`.trim(), pdf, customer]
    case 'conflict':
      return [
        `This asks for something else than before, and a person decides. ${before(existing)}`.trim(),
        pdf,
        'To the customer: nothing yet.',
      ]
    case 'undecided':
      return [
        `Nothing was made of this: ${reason ?? 'unreadable'}${detail === null ? '' : ` (${detail})`}. Correct it and ask again.`,
        'PDF: none',
        'To the customer: nothing yet.',
      ]
  }
}

const before = (existing: Noted | null): string =>
  existing === null
    ? ''
    : `There is a ${wordFor(existing.amount).toLowerCase()} of ${amountText(existing)} already.`
