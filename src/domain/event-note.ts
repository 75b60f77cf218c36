// What the person who asked reads where his event made no adjustment: the same three lines as of one.

import { amountText, wordFor } from './adjustment.ts'
import { note, type Noted } from './note.ts'
import type { NoticeStatus } from './notice.ts'
import { APPROVAL_FAILURES, type ApprovalFailure } from './outcome.ts'

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
      return [undecidedLine(reason, detail), 'PDF: none', 'To the customer: nothing yet.']
  }
}

function undecidedLine(reason: string | null, detail: string | null): string {
  const failure = APPROVAL_FAILURES.find((each) => each === reason)
  if (failure !== undefined) return `Nothing was approved: ${APPROVAL_TEXTS[failure]}`
  const shown = detail === null ? '' : ` (${detail})`
  return `Nothing was made of this: ${reason ?? 'unreadable'}${shown}. Correct it and ask again.`
}

const APPROVAL_TEXTS: Readonly<Record<ApprovalFailure, string>> = {
  approver_unknown: 'this person has no key at Makegood that may approve.',
  approver_unproven: 'nothing proves who approved it; approve it in Makegood.',
  approver_is_asker: 'who asked for it can not approve it. Somebody else has to.',
  approver_is_maker: 'who made it can not approve it. Somebody else has to.',
  already_approved: 'this person has approved it before. Somebody else has to, too.',
  nothing_held: 'nothing waits for an approval here.',
  held_since: 'it has come to wait since then. Look at it, and approve it again.',
  approval_undated: 'it does not say when it was approved; the trigger has to send updated_at.',
  hold_expired: 'it has waited too long and is not issued any more. Ask for it again.',
  not_approvable: 'an approval is not enough; someone with access to Makegood has to look.',
  approval_moved: 'it changed at the same moment. Look at it, and approve it again.',
}

const before = (existing: Noted | null): string =>
  existing === null
    ? ''
    : `There is a ${wordFor(existing.amount).toLowerCase()} of ${amountText(existing)} already.`
