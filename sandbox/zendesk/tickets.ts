// Tickets: get, create, update, their tags and their comments.
import type { Answer } from '../src/answer.ts'
import type { Store } from '../src/store.ts'
import { conflict, created, notFound, parse, readId, recordInvalid, shown } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { TICKETS_MAX } from './limits.ts'
import { listAnswer } from './paging.ts'
import { allRecords, findRecord, nextId, recordsOf, writeRecord, zendeskTime } from './records.ts'
import type { Comment, Ticket, User } from './shapes.ts'
import type { Change } from './ticket-change.ts'
import { changeOf, newTicket, tagsInput, ticketUpdate } from './ticket-input.ts'
import { writeTicket } from './write-ticket.ts'

export function findTicket(store: Store, id: string): Ticket | null {
  const number = readId(id)
  return number === null ? null : findRecord(store, 'ticket', number)
}

/** A ticket as the API shows it: every custom field, also one without a value. */
export function showTicket({ store, api }: Ask, ticket: Ticket) {
  const own = allRecords(store, 'ticket_field').filter(({ removable }) => removable)
  const values = new Map(ticket.custom_fields.map(({ id, value }) => [id, value]))
  const fields = own.map(({ id }) => ({ id, value: values.get(id) ?? null }))
  const [first] = recordsOf(store, 'comment', ticket.id)
  return {
    url: `${api}/tickets/${ticket.id}.json`,
    ...ticket,
    raw_subject: ticket.subject,
    description: first?.body ?? '',
    type: null,
    custom_fields: fields,
    fields,
    is_public: true,
    via: { channel: 'web' },
  }
}

export function getTicket(ask: Ask): Answer {
  const ticket = findTicket(ask.store, idOf(ask))
  return ticket === null ? notFound : shown({ ticket: showTicket(ask, ticket) })
}

type Safety = { readonly safe_update?: boolean; readonly updated_stamp?: string }

/** Only the stamp of the ticket as it is now lets a safe update through. */
function isOutdated(
  ticket: Ticket,
  { safe_update: isSafe, updated_stamp: stamp }: Safety,
): boolean {
  return isSafe === true && Date.parse(stamp ?? '') !== Date.parse(ticket.updated_at)
}

export function updateTicket(ask: Ask): Answer {
  const { store, caller: user, now } = ask
  const before = findTicket(store, idOf(ask))
  if (before === null) return notFound
  const wanted = parse(ticketUpdate, ask.body)
  if (!wanted.ok) return wanted.error
  const { ticket: update } = wanted.value
  if (isOutdated(before, update)) return conflict
  const written = writeTicket(store, { before, ticket: before }, changeOf(update), { user, now })
  return written.ok ? shown({ ticket: showTicket(ask, written.value.ticket) }) : written.error
}

export function createTicket(ask: Ask): Answer {
  const { store, caller: user, now } = ask
  const wanted = parse(newTicket, ask.body)
  if (!wanted.ok) return wanted.error
  const { ticket: input } = wanted.value
  if (allRecords(store, 'ticket').length >= TICKETS_MAX) {
    return recordInvalid({ field: 'base', description: `At most ${TICKETS_MAX} tickets` })
  }
  const requester = requesterOf(store, input, user)
  if (requester === null) {
    return recordInvalid({ field: 'requester', description: 'Requester: is no user' })
  }
  const ticket: Ticket = {
    id: nextId(store, 'ticket', 5161),
    subject: input.subject ?? input.comment.body.slice(0, 100),
    status: 'open',
    priority: null,
    requester_id: requester.id,
    submitter_id: user.id,
    assignee_id: null,
    organization_id: requester.organization_id,
    external_id: input.external_id ?? null,
    tags: [],
    custom_fields: [],
    created_at: zendeskTime(now),
    updated_at: zendeskTime(now),
  }
  const written = writeTicket(store, { before: null, ticket }, changeOf(input), { user, now })
  return written.ok ? created({ ticket: showTicket(ask, written.value.ticket) }) : written.error
}

type Requested = {
  readonly requester_id?: number
  readonly requester?: { readonly email: string; readonly name: string }
}

/** Who calls asks for himself, where nobody is named; an address that is new becomes a user. */
function requesterOf(store: Store, wanted: Requested, caller: User): User | null {
  const { requester_id: id, requester } = wanted
  if (id !== undefined) return findRecord(store, 'user', id)
  if (requester === undefined) return caller
  return findUser(store, requester.email) ?? addUser(store, requester)
}

export function findUser(store: Store, email: string): User | null {
  const wanted = email.toLowerCase()
  return allRecords(store, 'user').find((user) => user.email === wanted) ?? null
}

export function addUser(
  store: Store,
  { email, name }: { readonly email: string; readonly name: string },
  more: Pick<User, 'role' | 'group_ids'> = { role: 'end-user', group_ids: [] },
): User {
  const user: User = {
    id: nextId(store, 'user', 9201),
    name,
    email: email.toLowerCase(),
    external_id: null,
    organization_id: null,
    ...more,
  }
  writeRecord(store, 'user', user)
  return user
}

/** PUT adds, POST replaces, DELETE takes away: each answers all tags that are there then. */
export function changeTags(ask: Ask, how: 'addTags' | 'tags' | 'removeTags'): Answer {
  const { store, caller: user, now } = ask
  const before = findTicket(store, idOf(ask))
  if (before === null) return notFound
  const wanted = parse(tagsInput, ask.body)
  if (!wanted.ok) return wanted.error
  if (isOutdated(before, wanted.value)) return conflict
  const change: Change = { [how]: wanted.value.tags }
  const written = writeTicket(store, { before, ticket: before }, change, { user, now })
  if (!written.ok) return written.error
  const { tags } = written.value.ticket
  return how === 'tags' ? created({ tags }) : shown({ tags })
}

export function getTags(ask: Ask): Answer {
  const ticket = findTicket(ask.store, idOf(ask))
  return ticket === null ? notFound : shown({ tags: ticket.tags })
}

const showComment = ({ ticket_id: _ticketId, ...comment }: Comment) => ({
  ...comment,
  type: 'Comment',
  plain_body: comment.body,
  html_body: `<div class="zd-comment">${escaped(comment.body)}</div>`,
  attachments: [],
  via: { channel: 'api' },
})

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>')

/** Oldest first, unless the call asks otherwise in one of the vendor's two ways. */
export function listComments(ask: Ask): Answer {
  const ticket = findTicket(ask.store, idOf(ask))
  if (ticket === null) return notFound
  const rows = recordsOf(ask.store, 'comment', ticket.id)
  const isNewestFirst =
    ask.query.get('sort') === '-created_at' || ask.query.get('sort_order') === 'desc'
  return listAnswer(ask, {
    name: 'comments',
    rows: isNewestFirst ? rows.toReversed() : rows,
    show: showComment,
  })
}
