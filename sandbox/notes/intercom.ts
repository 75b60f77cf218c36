// The Intercom stand-in: tickets and conversations with their parts, and replies of an admin.
import * as z from 'zod'
import type { ApiReply, FakeCall } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { RATE_CALLS_PER_WINDOW_DEFAULT } from '../src/limits.ts'
import { toReply } from '../src/spoil.ts'
import type { Store } from '../src/store.ts'
import { findStep, isThere, notesAt, readJson, writeNote, type Note } from './notes.ts'

/** Who may write here. */
const ADMIN_ID = '814860'
/** The vendor's limit on the parts that it shows; which ones it leaves out, it doesn't say. */
const PARTS_MAX = 500

export const intercomProblem = (status: number, code: string, message: string): ApiReply =>
  toReply({ status, body: { type: 'error.list', errors: [{ code, message }] } })

const reply = z.strictObject({
  message_type: z.enum(['note', 'comment']),
  type: z.literal('admin'),
  admin_id: z.string(),
  body: z.string().min(1),
})

type Kind = 'ticket' | 'conversation'

const part = (kind: Kind, { id, text, isPublic, at }: Note) => ({
  type: `${kind}_part`,
  id: String(id),
  part_type: isPublic ? 'comment' : 'note',
  body: `<p class="no-margin">${text}</p>`,
  created_at: Math.floor(Date.parse(at) / 1_000),
  author: { type: 'admin', id: ADMIN_ID },
  redacted: false,
})

function shown(store: Store, kind: Kind, id: string): unknown {
  const notes = notesAt(store, { service: 'intercom', id: `${kind}s:${id}` })
  const parts = notes.slice(-PARTS_MAX).map((note) => part(kind, note))
  const list = { type: `${kind}_part.list`, [`${kind}_parts`]: parts, total_count: notes.length }
  return { type: kind, id, [`${kind}_parts`]: list }
}

const get =
  (kind: Kind) =>
  (store: Store, id: string): ApiReply =>
    toReply({ status: 200, body: shown(store, kind, id) })

const write =
  (kind: Kind) =>
  (store: Store, id: string, call: FakeCall): ApiReply => {
    const wanted = reply.safeParse(readJson(call)?.value)
    if (!wanted.success) return intercomProblem(400, 'parameter_invalid', 'The body is not valid')
    const { admin_id: admin, body, message_type: type } = wanted.data
    if (admin !== ADMIN_ID) return intercomProblem(404, 'admin_not_found', 'Admin not found')
    const place = { service: 'intercom', id: `${kind}s:${id}` } as const
    const note = writeNote(store, place, body, type === 'comment')
    return toReply({
      status: 200,
      body: kind === 'ticket' ? part(kind, note) : shown(store, kind, id),
    })
  }

const STEPS: Readonly<Record<string, ReturnType<typeof write>>> = {
  'GET /intercom/tickets/*': get('ticket'),
  'GET /intercom/conversations/*': get('conversation'),
  'POST /intercom/tickets/*/reply': write('ticket'),
  'POST /intercom/conversations/*/reply': write('conversation'),
}

export const intercomFake: Fake = {
  voice: {
    tooManyCalls: intercomProblem(429, 'rate_limit_exceeded', 'Exceeded rate limit in 10_seconds'),
    outcomeUnknown: intercomProblem(500, 'server_error', 'The outcome is unknown'),
    serverError: (status) => intercomProblem(status, 'server_error', 'Something went wrong'),
    otherShape: '{"unexpected":{"id":42}}',
    withOther: (body) => body,
  },
  callsPerMinute: () => RATE_CALLS_PER_WINDOW_DEFAULT,
  answer(store, call, _listing, transact) {
    const found = findStep(STEPS, call)
    const [id = ''] = found?.ids ?? []
    if (found === null || !isThere(id)) return intercomProblem(404, 'not_found', 'Not found')
    return transact(() => found.step(store, id, call))
  },
}
