// What an agent does on screen, for scripts and tests: tags, fields, a macro, the status, all of it in
// one update, as the button "Submit" makes it; and what a customer can: write, with tags of his widget's.
import * as z from 'zod'
import { refusal } from '../src/answer.ts'
import type { Answer } from '../src/answer.ts'
import { invalid, parse } from '../src/parse.ts'
import { nowMs } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import { changeBy } from './actions.ts'
import { readInvocations } from './invocations.ts'
import { macroFor } from './macros.ts'
import { COMMENT_CHARACTERS_MAX } from './limits.ts'
import { STATUSES } from './shapes.ts'
import type { FieldValue, Ticket, User } from './shapes.ts'
import type { Change } from './ticket-change.ts'
import { tags } from './ticket-input.ts'
import { addUser, findTicket, findUser } from './tickets.ts'
import { writeTicket } from './write-ticket.ts'

const action = z.strictObject({
  /** An e-mail; one that nobody has yet becomes an agent without a group. */
  agent: z.email(),
  addTags: tags.exactOptional(),
  removeTags: tags.exactOptional(),
  /** By the field's id. */
  fields: z.record(z.string().regex(/^\d{1,15}$/), z.string().nullable()).exactOptional(),
  /** A macro's id or its title; what stands beside it is done after it. */
  macro: z.union([z.string(), z.int().transform(String)]).exactOptional(),
  status: z.enum(STATUSES).exactOptional(),
})

type Act = z.infer<typeof action>

/** The Web Widget's `conversationTags` come with any message, also in an old conversation. */
const message = z.strictObject({
  /** The e-mail of an end user. */
  customer: z.email(),
  comment: z.string().min(1).max(COMMENT_CHARACTERS_MAX),
  addTags: tags.exactOptional(),
})

/** A control below /sandbox/zendesk; null where it is none. */
export function zendeskControl(
  store: Store,
  method: string,
  path: string,
  body: unknown,
): Answer | null {
  if (method === 'GET' && path === '/zendesk/invocations') {
    return { status: 200, body: { invocations: readInvocations(store) } }
  }
  const id = /^\/zendesk\/tickets\/(\d{1,15})\/act$/.exec(path)?.[1]
  if (method !== 'POST' || id === undefined) return null
  const ticket = findTicket(store, id)
  if (ticket === null) return refusal('not_found', `There is no ticket ${id}`)
  const isMessage = typeof body === 'object' && body !== null && 'customer' in body
  return isMessage ? write(store, ticket, body) : act(store, ticket, body)
}

function act(store: Store, ticket: Ticket, body: unknown): Answer {
  const wanted = parse(action, body)
  if (!wanted.ok) return wanted.error
  const user = agentNamed(store, wanted.value.agent)
  if (user.role === 'end-user') return invalid('agent', 'is a customer, no agent')
  const change = changeOf(store, ticket, wanted.value, user)
  return 'change' in change ? done(store, ticket, change.change, user) : change
}

function write(store: Store, ticket: Ticket, body: unknown): Answer {
  const wanted = parse(message, body)
  if (!wanted.ok) return wanted.error
  const { customer, comment, addTags = [] } = wanted.value
  const user = findUser(store, customer)
  if (user?.role !== 'end-user') return invalid('customer', 'is no end user')
  return done(store, ticket, { comment: { body: comment, public: true }, addTags }, user)
}

function done(store: Store, ticket: Ticket, change: Change, user: User): Answer {
  const ways = { user, now: nowMs(store) }
  const written = writeTicket(store, { before: ticket, ticket }, change, ways)
  return written.ok ? { status: 200, body: written.value } : written.error
}

function agentNamed(store: Store, email: string): User {
  const name = email.split('@')[0] ?? email
  const stranger = { role: 'agent', group_ids: [] } as const
  return findUser(store, email) ?? addUser(store, { email, name }, stranger)
}

function changeOf(
  store: Store,
  ticket: Ticket,
  wanted: Act,
  agent: User,
): { readonly change: Change } | Answer {
  const macro = wanted.macro === undefined ? null : macroFor(store, wanted.macro, agent)
  if (macro !== null && !macro.ok) {
    return invalid('macro', `${macro.error.macro}: ${macro.error.reason}`)
  }
  const made: Change = macro === null ? {} : changeBy(macro.value.actions, ticket.tags)
  const { status, fields = {} } = wanted
  const values = Object.entries(fields).map(([id, value]): FieldValue => ({
    id: Number(id),
    value,
  }))
  const allValues = [...(made.fields ?? []), ...values]
  return {
    change: {
      ...made,
      addTags: wanted.addTags ?? [],
      removeTags: wanted.removeTags ?? [],
      ...(allValues.length === 0 ? {} : { fields: allValues }),
      ...(status === undefined ? {} : { status }),
    },
  }
}
