// The HubSpot stand-in: notes, and which of them belong to a deal or a ticket.
import * as z from 'zod'
import type { ApiReply, FakeCall } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { PAGE_ROWS_MAX, RATE_CALLS_PER_WINDOW_DEFAULT } from '../src/limits.ts'
import { toReply } from '../src/spoil.ts'
import type { Store } from '../src/store.ts'
import { findStep, isThere, notesAt, notesOf, readJson, writeNote, type Note } from './notes.ts'

const ASSOCIATIONS_DEFAULT = 500
const NOTE_CHARACTERS_MAX = 65_536
/** Of a note to each kind of object. */
const KINDS: Readonly<Record<number, string>> = { 214: 'deals', 228: 'tickets' }

const CORRELATION_ID = '3f1c8a52-0000-4000-8000-sandbox00000'

export const hubspotProblem = (status: number, category: string, message: string): ApiReply =>
  toReply({
    status,
    body: { status: 'error', message, correlationId: CORRELATION_ID, category },
  })

const invalid = (message: string): ApiReply => hubspotProblem(400, 'VALIDATION_ERROR', message)
const missing = hubspotProblem(404, 'OBJECT_NOT_FOUND', 'Object not found')

const newNote = z.object({
  properties: z.strictObject({
    hs_timestamp: z.iso.datetime(),
    hs_note_body: z.string().max(NOTE_CHARACTERS_MAX),
  }),
  associations: z.tuple([
    z.object({
      to: z.object({ id: z.string() }),
      types: z.tuple([
        z.object({
          associationCategory: z.literal('HUBSPOT_DEFINED'),
          associationTypeId: z.number(),
        }),
      ]),
    }),
  ]),
})
const batch = z.object({
  properties: z.array(z.string()),
  inputs: z.array(z.object({ id: z.string() })).max(PAGE_ROWS_MAX),
})

const shown = ({ id, text, at }: Note) => ({
  id: String(id),
  properties: { hs_note_body: text, hs_object_id: String(id) },
  createdAt: at,
  updatedAt: at,
  archived: false,
})

function associations(store: Store, ids: readonly string[], { search }: FakeCall): ApiReply {
  const [kind = '', id = ''] = ids
  if (!isThere(id)) return missing
  const query = new URLSearchParams(search)
  const limit = Number(query.get('limit') ?? ASSOCIATIONS_DEFAULT)
  if (!(limit >= 1 && limit <= ASSOCIATIONS_DEFAULT)) return invalid('limit is 1 to 500')
  const after = Number(query.get('after') ?? 0)
  const notes = notesAt(store, { service: 'hubspot', id: `${kind}:${id}` })
  const results = notes.slice(after, after + limit).map((note) => ({
    toObjectId: note.id,
    associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 213, label: null }],
  }))
  const next = { after: String(after + limit) }
  const paging = after + limit < notes.length ? { paging: { next } } : {}
  return toReply({ status: 200, body: { results, ...paging } })
}

function readBatch(store: Store, _ids: readonly string[], call: FakeCall): ApiReply {
  const wanted = batch.safeParse(readJson(call)?.value)
  if (!wanted.success) return invalid('The batch is not valid')
  const ids = new Set(wanted.data.inputs.map(({ id }) => id))
  const found = notesOf(store, 'hubspot').filter(({ id }) => ids.has(String(id)))
  return toReply({ status: 200, body: { status: 'COMPLETE', results: found.map(shown) } })
}

function create(store: Store, _ids: readonly string[], call: FakeCall): ApiReply {
  const wanted = newNote.safeParse(readJson(call)?.value)
  if (!wanted.success) return invalid('The note is not valid')
  const [{ to, types }] = wanted.data.associations
  const kind = KINDS[types[0].associationTypeId]
  if (kind === undefined) return invalid('No such type of association from a note')
  if (!isThere(to.id)) return missing
  const place = { service: 'hubspot', id: `${kind}:${to.id}` } as const
  const note = writeNote(store, place, wanted.data.properties.hs_note_body)
  return toReply({ status: 201, body: shown(note) })
}

const STEPS: Readonly<Record<string, typeof create>> = {
  'GET /hubspot/crm/v4/objects/*/*/associations/notes': associations,
  'POST /hubspot/crm/v3/objects/notes/batch/read': readBatch,
  'POST /hubspot/crm/v3/objects/notes': create,
}

export const hubspotFake: Fake = {
  voice: {
    tooManyCalls: hubspotProblem(429, 'RATE_LIMITS', 'You have reached your ten_secondly_rolling'),
    outcomeUnknown: hubspotProblem(500, 'INTERNAL_ERROR', 'The outcome is unknown'),
    serverError: (status) => hubspotProblem(status, 'INTERNAL_ERROR', 'Something went wrong'),
    otherShape: '{"unexpected":{"id":42}}',
    withOther: (body) => body,
  },
  callsPerMinute: () => RATE_CALLS_PER_WINDOW_DEFAULT,
  answer(store, call, _listing, transact) {
    const found = findStep(STEPS, call)
    return found === null ? missing : transact(() => found.step(store, found.ids, call))
  },
}
