// Placeholders of a trigger's body. Values are put in as they are: where one has a quotation mark, the
// JSON around it breaks, as it may at Zendesk.
import type { Store } from '../src/store.ts'
import { allRecords, findRecord } from './records.ts'
import type { Organization, Ticket, TicketField, User } from './shapes.ts'

const PLACEHOLDER = /\{\{\s*([a-z0-9_.]+)\s*\}\}/g

/** In triggers, a status is the word that agents see. */
const STATUS_WORDS = {
  new: 'New',
  open: 'Open',
  pending: 'Pending',
  hold: 'On-hold',
  solved: 'Solved',
  closed: 'Closed',
} as const satisfies Record<Ticket['status'], string>

type Context = { readonly ticket: Ticket; readonly user: User }

/** A placeholder that is not known renders as nothing. */
export function render(store: Store, template: string, { ticket, user }: Context): string {
  const requester = findRecord(store, 'user', ticket.requester_id)
  const organization =
    ticket.organization_id === null
      ? null
      : findRecord(store, 'organization', ticket.organization_id)
  const fields = allRecords(store, 'ticket_field')
  return template.replaceAll(PLACEHOLDER, (_whole, name: string) => {
    const [scope = '', ...rest] = name.split('.')
    const property = rest.join('.')
    if (scope === 'current_user') return userValue(user, property)
    if (scope !== 'ticket') return ''
    if (rest[0] === 'requester') return userValue(requester, rest.slice(1).join('.'))
    if (rest[0] === 'organization') return organizationValue(organization, rest.slice(1).join('.'))
    return ticketValue(ticket, property, fields)
  })
}

function userValue(user: User | null, property: string): string {
  if (user === null) return ''
  if (property === 'external_id') return user.external_id ?? ''
  if (property === 'email') return user.email
  if (property === 'name') return user.name
  return property === 'id' ? String(user.id) : ''
}

function organizationValue(organization: Organization | null, property: string): string {
  if (organization === null) return ''
  if (property === 'external_id') return organization.external_id ?? ''
  return property === 'name' ? organization.name : ''
}

function ticketValue(ticket: Ticket, property: string, fields: readonly TicketField[]): string {
  const custom = /^ticket_field_(option_title_)?(\d{1,15})$/.exec(property)
  if (custom !== null) {
    const id = Number(custom[2])
    const value = ticket.custom_fields.find((field) => field.id === id)?.value ?? ''
    if (custom[1] === undefined) return value
    const options = fields.find((field) => field.id === id)?.custom_field_options ?? []
    return options.find((option) => option.value === value)?.name ?? ''
  }
  switch (property) {
    case 'id':
      return String(ticket.id)
    case 'title':
      return ticket.subject
    case 'status':
      return STATUS_WORDS[ticket.status]
    case 'priority':
      return ticket.priority ?? ''
    case 'tags':
      return ticket.tags.join(' ')
    case 'external_id':
      return ticket.external_id ?? ''
    case 'created_at_with_timestamp':
      return ticket.created_at
    case 'updated_at_with_timestamp':
      return ticket.updated_at
    default:
      return ''
  }
}
