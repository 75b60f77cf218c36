// The history of a ticket: one audit for each update, with who made it and what it changed, its triggers'
// changes among it.
import type { Answer } from '../src/answer.ts'
import type { Store } from '../src/store.ts'
import { notFound } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { listAnswer } from './paging.ts'
import { findRecord, nextId, recordsOf, writeRecord } from './records.ts'
import type { Audit, AuditEvent, Comment, Ticket, TicketField, User } from './shapes.ts'

type Update = {
  /** Null of a new ticket. */
  readonly before: Ticket | null
  readonly after: Ticket
  readonly comment: Comment | null
}

export function writeAudit(store: Store, { before, after, comment }: Update, user: User): void {
  const audit: Audit = {
    id: nextId(store, 'audit', 770_000_001),
    ticket_id: after.id,
    author_id: user.id,
    created_at: after.updated_at,
    events: [
      ...(comment === null ? [] : [commented(store, comment)]),
      ...changesOf(before, after).map((change) => eventOf(store, before === null, change)),
    ],
  }
  writeRecord(store, 'audit', audit, after.id)
}

type Value = string | readonly string[] | null
type FieldChange = { readonly name: string; readonly from: Value; readonly to: Value }

const eventId = (store: Store): number => nextId(store, 'audit_event', 771_000_001)

const commented = (store: Store, { author_id, body, public: isPublic }: Comment): AuditEvent => ({
  id: eventId(store),
  type: 'Comment',
  author_id,
  body,
  public: isPublic,
})

function eventOf(store: Store, isNew: boolean, { name, from, to }: FieldChange): AuditEvent {
  const id = eventId(store)
  if (isNew) return { id, type: 'Create', field_name: name, value: to }
  return { id, type: 'Change', field_name: name, value: to, previous_value: from }
}

function changesOf(before: Ticket | null, after: Ticket): readonly FieldChange[] {
  const ids = [...(before?.custom_fields ?? []), ...after.custom_fields].map(({ id }) => id)
  const valueOf = (ticket: Ticket | null, id: TicketField['id']): string | null =>
    ticket?.custom_fields.find((field) => field.id === id)?.value ?? null
  const fields: readonly FieldChange[] = [
    { name: 'subject', from: before?.subject ?? null, to: after.subject },
    { name: 'status', from: before?.status ?? null, to: after.status },
    { name: 'priority', from: before?.priority ?? null, to: after.priority },
    { name: 'tags', from: before?.tags ?? [], to: after.tags },
    ...[...new Set(ids)].map((id) => ({
      name: String(id),
      from: valueOf(before, id),
      to: valueOf(after, id),
    })),
  ]
  return fields.filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to))
}

/** Oldest first. */
export function listAudits(ask: Ask): Answer {
  const ticket = findRecord(ask.store, 'ticket', idOf(ask))
  if (ticket === null) return notFound
  const rows = recordsOf(ask.store, 'audit', ticket.id)
  return listAnswer(ask, {
    name: 'audits',
    rows,
    show: (audit) => ({ ...audit, metadata: { system: {}, custom: {} }, via: { channel: 'web' } }),
  })
}
