// The one door through which a ticket changes: by a call, by an agent on screen, or by a trigger. The
// ticket, its comment and the webhooks that its triggers call are one transaction.
import { err, ok } from '../../src/domain/result.ts'
import type { Result } from '../../src/domain/result.ts'
import type { Answer } from '../src/answer.ts'
import type { Store } from '../src/store.ts'
import { readSwitches } from '../src/switches.ts'
import { recordInvalid } from './answers.ts'
import { writeAudit } from './audits.ts'
import { runTriggers } from './run-triggers.ts'
import { allRecords, findRecord, nextId, writeRecord, zendeskTime } from './records.ts'
import type { Comment, Ticket, User } from './shapes.ts'
import { changed } from './ticket-change.ts'
import type { Change } from './ticket-change.ts'

export type Written = {
  readonly ticket: Ticket
  /** The triggers that fired, in their order. */
  readonly fired: readonly number[]
}

type By = { readonly user: User; readonly now: number }

/** `before`: the ticket as it is; null where `ticket` is a new one. */
export function writeTicket(
  store: Store,
  { before, ticket }: { readonly before: Ticket | null; readonly ticket: Ticket },
  change: Change,
  { user, now }: By,
): Result<Written, Answer> {
  const after = changed(ticket, change, allRecords(store, 'ticket_field'))
  if (!after.ok) return err(recordInvalid(after.error))
  const author = change.comment?.authorId
  if (author !== undefined && findRecord(store, 'user', author) === null) {
    return err(recordInvalid({ field: 'author', description: 'Author: is no user' }))
  }
  // What changes nothing is no update: it has no stamp of its own, and no trigger sees it.
  if (before !== null && change.comment === undefined && isSame(before, after.value)) {
    return ok({ ticket: before, fired: [] })
  }
  const updatedAt = before === null ? ticket.updated_at : stampAfter(store, before, now)
  const stamped = { ...after.value, updated_at: updatedAt }
  let comment: Comment | null = null
  if (change.comment !== undefined) {
    const { body, public: isPublic, authorId = user.id } = change.comment
    comment = {
      id: nextId(store, 'comment', 880_000_001),
      ticket_id: ticket.id,
      author_id: authorId,
      body,
      public: isPublic,
      created_at: updatedAt,
    }
    writeRecord(store, 'comment', comment, ticket.id)
  }
  const { ticket: final, fired } = runTriggers(store, { before, after: stamped }, { user, now })
  writeRecord(store, 'ticket', final)
  writeAudit(store, { before, after: final, comment }, user)
  return ok({ ticket: final, fired })
}

const isSame = (one: Ticket, other: Ticket): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

function stampAfter(store: Store, { updated_at }: Ticket, now: number): string {
  if (readSwitches(store).zendeskStamps === 'seconds') return zendeskTime(now)
  return zendeskTime(Math.max(now, Date.parse(updated_at) + 1000))
}
