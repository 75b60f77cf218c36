// The Freshdesk stand-in: a ticket's conversations, and private or public notes on it.
import * as z from 'zod'
import type { ApiReply, FakeCall } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { PAGE_ROWS_MAX, RATE_CALLS_PER_WINDOW_DEFAULT } from '../src/limits.ts'
import { toReply, WHOLE } from '../src/spoil.ts'
import type { Store } from '../src/store.ts'
import { findStep, isThere, notesAt, readJson, writeNote, type Note } from './notes.ts'

const ROWS_DEFAULT = 30
const AGENT_ID = 43_001

export const freshdeskProblem = (status: number, code: string, message: string): ApiReply =>
  toReply({ status, body: { code, message } })

const invalid = (field: string, message: string): ApiReply =>
  toReply({
    status: 400,
    body: {
      description: 'Validation failed',
      errors: [{ field, message, code: 'invalid_value' }],
    },
  })

/** Freshdesk's 404 has no body. */
const missing: ApiReply = { status: 404, headers: {}, body: '', wire: WHOLE }

const newNote = z.strictObject({
  body: z.string().min(1),
  private: z.boolean().default(true),
})

const shown = (ticket: string, { id, text, isPublic, at }: Note) => ({
  id,
  body: `<div>${text}</div>`,
  body_text: text.replaceAll(/<[^>]*>/g, ' '),
  incoming: false,
  private: !isPublic,
  user_id: AGENT_ID,
  ticket_id: Number(ticket),
  created_at: at,
  updated_at: at,
})

function conversations(store: Store, ticket: string, { search }: FakeCall): ApiReply {
  const query = new URLSearchParams(search)
  const rows = Number(query.get('per_page') ?? ROWS_DEFAULT)
  const page = Number(query.get('page') ?? 1)
  if (!(rows >= 1 && rows <= PAGE_ROWS_MAX)) return invalid('per_page', 'It should be 1 to 100')
  if (!(page >= 1)) return invalid('page', 'It should be a Positive Integer')
  const notes = notesAt(store, { service: 'freshdesk', id: ticket })
  const body = notes.slice((page - 1) * rows, page * rows).map((note) => shown(ticket, note))
  return toReply({ status: 200, body })
}

function create(store: Store, ticket: string, call: FakeCall): ApiReply {
  const wanted = newNote.safeParse(readJson(call)?.value)
  if (!wanted.success) return invalid('body', 'It should be a/an String')
  const { body, private: isPrivate } = wanted.data
  const note = writeNote(store, { service: 'freshdesk', id: ticket }, body, !isPrivate)
  return toReply({ status: 201, body: shown(ticket, note) })
}

const STEPS: Readonly<Record<string, typeof conversations>> = {
  'GET /freshdesk/api/v2/tickets/*/conversations': conversations,
  'POST /freshdesk/api/v2/tickets/*/notes': create,
}

export const freshdeskFake: Fake = {
  voice: {
    tooManyCalls: toReply({
      status: 429,
      body: { message: 'You have exceeded the limit of requests per minute' },
    }),
    outcomeUnknown: freshdeskProblem(500, 'internal_error', 'The outcome is unknown'),
    serverError: (status) => freshdeskProblem(status, 'internal_error', 'Something went wrong'),
    otherShape: '{"unexpected":{"id":42}}',
    withOther: (body) => body,
  },
  callsPerMinute: () => RATE_CALLS_PER_WINDOW_DEFAULT,
  answer(store, call, _listing, transact) {
    const found = findStep(STEPS, call)
    const [ticket = ''] = found?.ids ?? []
    if (found === null || !isThere(ticket)) return missing
    return transact(() => found.step(store, ticket, call))
  },
}
