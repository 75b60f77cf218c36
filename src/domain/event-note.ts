// What the person who asked reads where his event made no adjustment: the same three lines as of one.

import { amountText, wordFor } from './adjustment.ts'
import { isForCustomer, note, noteValues, noticeStatus, type Noted } from './note.ts'
import { ownNote, type NoteName, type NoteTexts, type NoteValues } from './note-texts.ts'
import type { NoticeStatus } from './notice.ts'
import { APPROVAL_FAILURES, type ApprovalFailure } from './outcome.ts'

/** `undo`: a request to undo, of which nothing came. */
export const NOTED_KINDS = ['duplicate', 'conflict', 'undecided', 'undo', 'dismissed'] as const
export type NotedKind = (typeof NOTED_KINDS)[number]

export type NotedEvent = {
  readonly kind: NotedKind
  /** Of an undecided one: the code, and the field. */
  readonly reason: string | null
  readonly detail: string | null
  /** What its subject has already; null where nothing is found any more. */
  readonly existing: Noted | null
}

export function eventStatus(kind: NotedKind): NoticeStatus {
  switch (kind) {
    case 'duplicate':
      return 'already_credited'
    case 'undo':
      return 'nothing_to_undo'
    case 'conflict':
    case 'undecided':
    case 'dismissed':
      return kind
  }
}

/**
 * For views. What is open there stays in sight, whatever else is
 * asked for; and only what asks for more than is there takes its place.
 */
export function eventStanding({ kind, reason, existing }: NotedEvent): NoticeStatus {
  const asksForMore =
    kind === 'conflict' || (kind === 'undecided' && approvalFailure(reason) === undefined)
  if (existing === null || (asksForMore && !isOpen(existing))) return eventStatus(kind)
  return noticeStatus(existing)
}

const isOpen = ({ state }: Noted): boolean =>
  state === 'due' || state === 'issuing' || state === 'held'

/** Of several that one subject has, the one that a view shows: what waits, else what is on its way. */
export const foremost = <Of extends Noted>(noted: readonly Of[]): Of | null =>
  noted.find(({ state }) => state === 'held') ?? noted.find(isOpen) ?? noted[0] ?? null

/** `source`: its title. `link`: of the existing adjustment's invoice, or null. `texts`: as of `note`. */
export const eventNote = (
  noted: NotedEvent,
  source: string,
  link: string | null,
  texts: NoteTexts = {},
): readonly string[] =>
  ownNote(texts, noteName(noted), valuesOf(noted, source, link)) ?? usualNote(noted, source, link)

/** What an approval came to has no text of its own, nor what ends something. */
function noteName({ kind, reason, existing }: NotedEvent): NoteName | null {
  switch (kind) {
    case 'duplicate':
      return existing !== null && isForCustomer(existing) ? 'already_credited' : null
    case 'conflict':
      return kind
    case 'undecided':
      return approvalFailure(reason) === undefined ? kind : null
    case 'undo':
    case 'dismissed':
      return null
  }
}

const valuesOf = (
  { reason, detail, existing }: NotedEvent,
  source: string,
  link: string | null,
): NoteValues => ({
  ...(existing === null ? {} : noteValues(existing, source, link)),
  reason: reason ?? 'unreadable',
  field: detail,
})

function usualNote(
  { kind, reason, detail, existing }: NotedEvent,
  source: string,
  link: string | null,
): readonly string[] {
  const [outcome = '', pdf = 'PDF: none', customer = NOTHING_YET] =
    existing === null ? [] : note(existing, source, link)
  switch (kind) {
    case 'duplicate':
      return [`Nothing was added, this was asked for before. ${outcome}`.trim(), pdf, customer]
    case 'conflict':
      return [
        `This asks for something else than before, and a person decides. ${before(existing)}`.trim(),
        pdf,
        NOTHING_YET,
      ]
    case 'undecided':
      return [undecidedLine(reason, detail), 'PDF: none', NOTHING_YET]
    case 'undo':
      return [`${undoLine(existing)} ${outcome}`.trim(), pdf, customer]
    case 'dismissed':
      return [`Somebody has looked, and nothing is made of this. ${outcome}`.trim(), pdf, customer]
  }
}

const NOTHING_YET = 'To the customer: nothing yet.'

function undoLine(existing: Noted | null): string {
  if (existing === null) {
    return 'There is nothing to undo here, and what is asked for here later is cancelled.'
  }
  return isOpen(existing) ? 'Nothing can be undone yet.' : 'There is nothing more to undo here.'
}

const approvalFailure = (reason: string | null): ApprovalFailure | undefined =>
  APPROVAL_FAILURES.find((each) => each === reason)

function undecidedLine(reason: string | null, detail: string | null): string {
  const failure = approvalFailure(reason)
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
