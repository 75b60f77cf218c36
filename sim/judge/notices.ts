// Who asked is told: in the ticket exactly once, in the chat at least once, and of every fact that is told.

import { createHash } from 'node:crypto'
import { base32 } from '../../src/domain/ids.ts'
import type { Books, NoticeRow } from './books.ts'

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
    'cancelled',
    'reversed',
    'voided',
  ].map((fact) => `adjustment.${fact}`),
)

export function* checkNotices(books: Books): Iterable<string> {
  const { world, notices, entries, desk } = { ...books, desk: books.world.desk }
  for (const { comments } of desk.tickets.values()) {
    if (new Set(comments).size < comments.length) yield `told_twice: ${comments.join(' ')}`
  }
  if (!world.scenario.tells) {
    if (notices.length > 0) yield `told_nobody: ${notices.length} notices`
    return
  }
  const key = (about: string, action: string): string => `${about} ${action}`
  const due = new Map<string, number>()
  for (const { subject, action } of entries) {
    if (TOLD.has(action)) due.set(key(subject, action), (due.get(key(subject, action)) ?? 0) + 1)
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

/** The newest notice about an adjustment of a ticket stands in that ticket. */
function* checkTickets({ notices, rowOf, world }: Books): Iterable<string> {
  const newest = new Map(notices.map((notice) => [notice.about, notice]))
  for (const notice of newest.values()) {
    const row = rowOf.get(notice.about)
    if (row?.source !== 'zendesk' || row.reverses !== null) continue
    const ticket = world.desk.tickets.get(row.subject.replace('ticket:', ''))
    const marker = `makegood_${noticeId(notice)}`
    const isThere = ticket?.comments.includes(marker) || ticket?.tags.has(marker)
    if (!isThere && !notice.channels.includes('given_up')) {
      yield `not_in_ticket: ${row.subject} ${notice.action} ${notice.channels}`
    }
  }
}

/** As the product derives it; a copy, since this has to be told without its help. */
function noticeId({ about, seq }: NoticeRow): string {
  const text = JSON.stringify(['notice', about, String(seq)])
  const digest = createHash('sha256').update(text).digest().subarray(0, 20)
  return `ntc_${base32(digest).slice(0, 16)}`
}
