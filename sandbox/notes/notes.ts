// What the stand-ins for Freshdesk, Intercom, HubSpot and Jira have in common: notes that are written at
// a place and stay there. None of the services knows a key, so what is written twice is there twice.
import * as z from 'zod'
import { success, type Answer } from '../src/answer.ts'
import type { FakeCall } from '../src/call.ts'
import { parse } from '../src/parse.ts'
import { matchSegments } from '../src/path.ts'
import { documents, isoTime, nowMs } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import { NOTE_SERVICES, type NoteService } from './services.ts'

export type Note = {
  /** A number that rises over all services. */
  readonly id: number
  /** As it was sent. */
  readonly text: string
  readonly isPublic: boolean
  /** ISO 8601, by the organization's clock. */
  readonly at: string
}

export type Place = { readonly service: NoteService; readonly id: string }

/** Every object is there, but those whose id begins with a 9. */
export const isThere = (id: string): boolean => !id.startsWith('9')

const FIRST_ID = 70_000

export function writeNote(store: Store, place: Place, text: string, isPublic = false): Note {
  const insert = `INSERT INTO notes (service, place, document) VALUES (?, ?, '{}') RETURNING sequence`
  const { sequence } = store.sql.exec<{ sequence: number }>(insert, place.service, place.id).one()
  const note: Note = { id: FIRST_ID + sequence, text, isPublic, at: isoTime(nowMs(store)) }
  const document = JSON.stringify(note)
  store.sql.exec('UPDATE notes SET document = ? WHERE sequence = ?', document, sequence)
  return note
}

/** Oldest first. */
export function notesAt(store: Store, { service, id }: Place): Note[] {
  const select = 'SELECT document FROM notes WHERE service = ? AND place = ? ORDER BY sequence'
  return documents<Note>(store, select, service, id)
}

export function notesOf(store: Store, service: NoteService): Note[] {
  return documents<Note>(store, 'SELECT document FROM notes WHERE service = ?', service)
}

/** Null where the body is no JSON. */
export function readJson({ body }: FakeCall): { readonly value: unknown } | null {
  try {
    return { value: body === '' ? {} : JSON.parse(body ?? '') }
  } catch {
    return null
  }
}

/** The first step whose `METHOD /path` fits, with the variable parts of the path. */
export function findStep<S>(
  steps: Readonly<Record<string, S>>,
  { method, path }: FakeCall,
): { readonly step: S; readonly ids: readonly string[] } | null {
  for (const [route, step] of Object.entries(steps)) {
    const [verb, pattern = ''] = route.split(' ')
    const ids = verb === method ? matchSegments(pattern, path) : null
    if (ids !== null) return { step, ids }
  }
  return null
}

const FILLERS_MAX = 2_000
const filler = z.strictObject({ count: z.int().min(1).max(FILLERS_MAX) })

/** `GET /sandbox/notes/{service}/{place}`, and `POST` `{"count": n}` for n notes of somebody else's. */
export function notesControl(
  store: Store,
  method: string,
  path: string,
  body: unknown,
): Answer | null {
  const [name, id = ''] = matchSegments('/notes/*/*', path) ?? []
  const service = NOTE_SERVICES.find((each) => each === name)
  if (service === undefined) return null
  const place = { service, id }
  if (method === 'GET') return { status: 200, body: { notes: notesAt(store, place) } }
  if (method !== 'POST') return null
  const wanted = parse(filler, body)
  if (!wanted.ok) return wanted.error
  for (let note = 1; note <= wanted.value.count; note++) writeNote(store, place, `Note ${note}`)
  return success(null)
}
