// What the page of a ticket shows: the ticket with its names in place of ids.
import type { Store } from '../src/store.ts'
import { allRecords, findRecord, recordsOf } from './records.ts'
import type { Organization, Ticket, User } from './shapes.ts'
import { findTicket } from './tickets.ts'

export type TicketView = {
  readonly ticket: Ticket
  readonly requester: User | null
  readonly organization: Organization | null
  readonly assignee: string | null
  /** Custom fields, also those without a value; a dropdown's value by its name. */
  readonly fields: readonly { readonly title: string; readonly value: string | null }[]
  /** Oldest first. */
  readonly comments: readonly {
    readonly author: string
    readonly isCustomer: boolean
    readonly isPublic: boolean
    readonly at: string
    readonly body: string
  }[]
}

export function readTicketView(store: Store, id: string): TicketView | null {
  const ticket = findTicket(store, id)
  if (ticket === null) return null
  const { organization_id: organizationId, assignee_id: assigneeId } = ticket
  const values = new Map(ticket.custom_fields.map((field) => [field.id, field.value]))
  const own = allRecords(store, 'ticket_field').filter(({ removable }) => removable)
  return {
    ticket,
    requester: findRecord(store, 'user', ticket.requester_id),
    organization:
      organizationId === null ? null : findRecord(store, 'organization', organizationId),
    assignee: assigneeId === null ? null : (findRecord(store, 'user', assigneeId)?.name ?? null),
    fields: own.map((field) => {
      const value = values.get(field.id) ?? null
      const option = field.custom_field_options.find((one) => one.value === value)
      return { title: field.title, value: option?.name ?? value }
    }),
    comments: recordsOf(store, 'comment', ticket.id).map((comment) => {
      const author = findRecord(store, 'user', comment.author_id)
      return {
        author: author?.name ?? 'Somebody',
        isCustomer: author?.role === 'end-user',
        isPublic: comment.public,
        at: comment.created_at,
        body: comment.body,
      }
    }),
  }
}

export type TicketLine = Pick<Ticket, 'id' | 'subject' | 'status' | 'updated_at'> & {
  readonly requester: string
}

/** The account's tickets for a list, the last one changed first. */
export function readTicketLines(store: Store, rowsMax: number): readonly TicketLine[] {
  return allRecords(store, 'ticket')
    .toSorted((one, other) => other.updated_at.localeCompare(one.updated_at))
    .slice(0, rowsMax)
    .map(({ id, subject, status, updated_at, requester_id }) => {
      const requester = findRecord(store, 'user', requester_id)?.name ?? '–'
      return { id, subject, status, updated_at, requester }
    })
}
