// Who asked is told: in the ticket exactly once, in the chat at least once, and of every fact that is told.

import { MS_PER_DAY } from '../../src/domain/limits.ts'
import { NOTICE_KEPT_DAYS } from '../../src/domain/limits-retention.ts'
import { KNOWN_MARKER, noticeOfTag } from '../desk.ts'
import type { Books, Row } from './books.ts'

const TOLD: ReadonlySet<string> = new Set(
  [
    'invoiced',
    'settled',
    'settlement_failed',
    'held',
    'approved',
    'rejected',
    'expired',
    'reminded',
    'escalated',
    'failed',
    'requeued',
    'adopted',
    'cancelled',
    'reversed',
    'voided',
  ].map((fact) => `adjustment.${fact}`),
)

export function* checkNotices(books: Books): Iterable<string> {
  const { world, notices, entries, desk } = { ...books, desk: books.world.desk }
  for (const { comments } of desk.tickets.values()) {
    const isAgain = comments.includes(KNOWN_MARKER) || new Set(comments).size < comments.length
    if (isAgain) yield `told_twice: ${comments.join(' ')}`
  }
  if (!world.scenario.tells) {
    // The sweep writes down a hold of its own in any case.
    const others = notices.filter(({ action }) => action !== 'adjustment.held')
    if (others.length > 0) yield `told_nobody: ${others.length} notices`
    return
  }
  const key = (about: string, action: string): string => `${about} ${action}`
  const due = new Map<string, number>()
  // What is older may be forgotten by the end; clocks of processes differ by less than a day.
  const keptSince = world.timeline.now() - (NOTICE_KEPT_DAYS - 1) * MS_PER_DAY
  for (const { at, subject, action } of entries) {
    if (TOLD.has(action) && at > keptSince)
      due.set(key(subject, action), (due.get(key(subject, action)) ?? 0) + 1)
  }
  const written = Map.groupBy(notices, ({ about, action }) => key(about, action))
  for (const [fact, count] of due) {
    // A hold that only the sweep saw is told by its alarm.
    if ((written.get(fact)?.length ?? 0) < count && !fact.endsWith('.held')) {
      yield `not_told: ${fact}`
    }
  }
  yield* checkTickets(books)
}

/** What is said to have been told stands in the ticket; and the newest fact of each has been told. */
function* checkTickets({ notices, entries, rowOf, world }: Books): Iterable<string> {
  const ticketOf = ({ subject }: Row) => world.desk.tickets.get(subject.replace('ticket:', ''))
  for (const { action, subject, data } of entries) {
    const row = rowOf.get(subject)
    if (action !== 'notice.sent' || data['channel'] !== 'zendesk' || row === undefined) continue
    const id = String(data['notice'])
    const ticket = ticketOf(row)
    const isMarked = [...(ticket?.tags ?? [])].some((tag) => noticeOfTag(tag) === id)
    const isThere = ticket?.comments.includes(id) || isMarked || data['result'] === 'superseded'
    if (!isThere) yield `not_in_ticket: ${row.subject} ${id} ${String(data['result'])}`
  }
  const newest = new Map(notices.map((notice) => [notice.about, notice]))
  for (const notice of newest.values()) {
    const row = rowOf.get(notice.about)
    if (row?.source !== 'zendesk' || row.reverses !== null) continue
    if (!notice.channels.includes('zendesk')) {
      yield `ticket_not_told: ${row.subject} ${notice.action} ${notice.channels}`
    }
  }
}
