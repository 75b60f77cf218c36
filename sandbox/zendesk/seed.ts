// What the Zendesk account holds before anyone calls: its people, three tickets, and no field, macro,
// webhook, trigger or view of anybody's making.
import { assert } from '../../src/domain/assert.ts'
import type { Store } from '../src/store.ts'
import { INTEGRATION_EMAIL } from './credentials.ts'
import { nextId, writeRecord } from './records.ts'
import type { Group, Organization, Ticket, TicketField, User } from './shapes.ts'
import { findUser } from './tickets.ts'

const SUPPORT: Group = { id: 501, name: 'Support' }
const LEADS: Group = { id: 502, name: 'Leads' }
const AGENT_ID = 9002

const ORGANIZATIONS: readonly Organization[] = [
  { id: 701, name: 'Acme GmbH', external_id: 'org-acme' },
  { id: 702, name: 'Bolt Logistics Inc.', external_id: 'org-bolt' },
]

function person(id: number, name: string, email: string, more: Partial<User> = {}): User {
  const plain = {
    role: 'end-user',
    external_id: null,
    organization_id: null,
    group_ids: [],
  } as const
  return { id, name, email, ...plain, ...more }
}

const USERS: readonly User[] = [
  person(9001, 'Makegood', INTEGRATION_EMAIL, { role: 'admin' }),
  person(AGENT_ID, 'Alma Agent', 'agent@saas.example', { role: 'agent', group_ids: [501] }),
  person(9003, 'Lena Lead', 'lead@saas.example', { role: 'agent', group_ids: [501, 502] }),
  person(9101, 'Petra Adler', 'ap@acme.example', {
    external_id: 'acme-42',
    organization_id: 701,
  }),
  person(9102, 'Noor Haddad', 'noor@elsewhere.example', { external_id: 'elsewhere-1' }),
  person(9103, 'Ben Ortiz', 'ben@bolt-7.example', {
    external_id: 'bolt-7',
    organization_id: 702,
  }),
  person(9104, 'Claire Dupont', 'claire@dupont-3.example', { external_id: 'dupont-3' }),
  person(9105, 'Ted Cedar', 'ted@cedar-19.example', { external_id: 'cedar-19' }),
  person(9106, 'Eve Echo', 'eve@echo-new.example', { external_id: 'echo-new' }),
]

const OPENED_AT = '2026-10-24T10:12:07Z'

type Asked = {
  readonly ticket: Pick<Ticket, 'id' | 'subject' | 'status' | 'requester_id' | 'organization_id'>
  readonly text: string
}

const TICKETS: readonly Asked[] = [
  {
    ticket: {
      id: 5158,
      subject: 'Exports failed for two days',
      status: 'open',
      requester_id: 9101,
      organization_id: 701,
    },
    text: 'Hello,\n\nour nightly exports failed on Monday and Tuesday. Can you do something about the bill?\n\nPetra',
  },
  {
    ticket: {
      id: 5159,
      subject: 'Charged for a month that we did not use',
      status: 'open',
      requester_id: 9102,
      organization_id: null,
    },
    text: 'We cancelled in August and were charged for September.',
  },
  {
    ticket: {
      id: 5160,
      subject: 'Outage on 3 October',
      status: 'closed',
      requester_id: 9103,
      organization_id: 702,
    },
    text: 'Our drivers could not log in for three hours.',
  },
]

/** Fields that every account has. */
const SYSTEM_FIELDS: readonly Pick<TicketField, 'id' | 'type' | 'title'>[] = [
  { id: 360_000_000_001, type: 'subject', title: 'Subject' },
  { id: 360_000_000_002, type: 'status', title: 'Status' },
]

/** Does nothing where the account is there already; the live organization has none. */
export function seedZendesk(store: Store): void {
  if (store.livemode || findUser(store, INTEGRATION_EMAIL) !== null) return
  for (const group of [SUPPORT, LEADS]) writeRecord(store, 'group', group)
  for (const organization of ORGANIZATIONS) writeRecord(store, 'organization', organization)
  for (const user of USERS) writeRecord(store, 'user', user)
  for (const field of SYSTEM_FIELDS) {
    writeRecord(store, 'ticket_field', {
      ...field,
      description: '',
      active: true,
      removable: false,
      visible_in_portal: true,
      editable_in_portal: field.type === 'subject',
      custom_field_options: [],
      created_at: OPENED_AT,
      updated_at: OPENED_AT,
    })
  }
  for (const asked of TICKETS) seedTicket(store, asked)
}

function seedTicket(store: Store, { ticket, text }: Asked): void {
  writeRecord(store, 'ticket', {
    ...ticket,
    priority: 'normal',
    submitter_id: ticket.requester_id,
    assignee_id: AGENT_ID,
    external_id: null,
    tags: ['billing'],
    custom_fields: [],
    created_at: OPENED_AT,
    updated_at: OPENED_AT,
  })
  const comment = {
    id: nextId(store, 'comment', 880_000_001),
    ticket_id: ticket.id,
    author_id: ticket.requester_id,
    body: text,
    public: true,
    created_at: OPENED_AT,
  }
  writeRecord(store, 'comment', comment, ticket.id)
}

/** Whose token the calls carry. */
export function integrationUser(store: Store): User {
  const user = findUser(store, INTEGRATION_EMAIL)
  assert(user !== null, 'the seed holds the user whose token is known')
  return user
}
