// A note on a HubSpot deal or ticket. Facts: developers.hubspot.com, CRM API, "Notes" (HTML, at most 65,536
// characters; association types 214 and 228), "Associations v4" (pages of 500), "Batch read" (100). The search
// is eventual, so the object's own notes are read. A 429 has no Retry-After: its windows are 10 s, or the day.

import * as z from 'zod/mini'
import { subjectId } from '../domain/notice.ts'
import { HUBSPOT_NOTES_MAX, NOTE_PAGE_ROWS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask } from './ask.ts'
import type { Channel, SendTrouble } from './channel.ts'
import {
  asHtml,
  isOnAPage,
  noteChannel,
  TOO_MANY_NOTES,
  UNREADABLE,
  type NotePage,
} from './note-channel.ts'

export type HubspotNoteOptions = {
  /** Of the endpoints whose objects it writes to; left out, of every HubSpot endpoint. */
  readonly endpoint?: string
  /** Name of the secret with a private app's token that may read and write deals, tickets and notes. */
  readonly token?: string
  /** Name of the secret that holds another address than https://api.hubapi.com. */
  readonly url?: string
}

const HUBSPOT_URL = 'https://api.hubapi.com'
const NOTE_TO_DEAL = 214
const NOTE_TO_TICKET = 228

/** Listed as a number, asked for as text. */
const noteId = z.pipe(z.union([z.string(), z.int()]), z.transform(String))
const associations = z.object({
  results: z.array(z.object({ toObjectId: noteId })),
  paging: z.nullish(z.object({ next: z.optional(z.unknown()) })),
})
const batch = z.object({ results: z.array(z.unknown()) })

/** Exactly one note for each notice; an object with more than 500 notes gets none. */
export function hubspotNote(options: HubspotNoteOptions = {}): Channel {
  const { endpoint, token = 'HUBSPOT_TOKEN', url } = options
  return noteChannel({
    source: 'hubspot',
    endpoint,
    title: 'HubSpot',
    secrets: [token, ...(url === undefined ? [] : [url])],
    problems: unknownFields(options, ['endpoint', 'token', 'url']),
    place({ subject }) {
      const deal = subjectId(subject, 'deal')
      const id = deal ?? subjectId(subject, 'ticket')
      if (id === null || !/^\d{1,20}$/.test(id)) return null
      return (secrets, nowMs) => {
        const call: Call = {
          base: (url === undefined ? HUBSPOT_URL : secrets(url)).replace(/\/+$/, ''),
          headers: { authorization: `Bearer ${secrets(token)}` },
        }
        const [kind, type] = deal === null ? ['tickets', NOTE_TO_TICKET] : ['deals', NOTE_TO_DEAL]
        return {
          has: (marker) => isThere(call, `${kind}/${id}`, marker),
          write: (lines) =>
            ask({
              ...call,
              method: 'POST',
              url: `${call.base}/crm/v3/objects/notes`,
              body: {
                properties: {
                  hs_timestamp: new Date(nowMs).toISOString(),
                  hs_note_body: asHtml(lines),
                },
                associations: [
                  {
                    to: { id },
                    types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type }],
                  },
                ],
              },
            }),
        }
      }
    },
  })
}

type Call = { readonly base: string; readonly headers: Readonly<Record<string, string>> }

async function isThere(
  call: Call,
  object: string,
  marker: string,
): Promise<Result<boolean, SendTrouble>> {
  const { base, headers } = call
  const url = `${base}/crm/v4/objects/${object}/associations/notes?limit=${HUBSPOT_NOTES_MAX}`
  const listed = await ask({ method: 'GET', url, headers })
  if (!listed.ok) return listed
  const read = associations.safeParse(listed.value)
  if (!read.success) return err(UNREADABLE)
  const { results, paging } = read.data
  if (paging?.next) return err(TOO_MANY_NOTES)
  // Ids rise, so ours is most often among the first that are read.
  const newest = results
    .map(({ toObjectId }) => toObjectId)
    .toSorted((one, other) => other.length - one.length || (other > one ? 1 : -1))
  return isOnAPage(marker, (page) => notesOf(call, newest, page))
}

async function notesOf(
  { base, headers }: Call,
  ids: readonly string[],
  page: number,
): Promise<Result<NotePage, SendTrouble>> {
  const start = page * NOTE_PAGE_ROWS
  const some = ids.slice(start, start + NOTE_PAGE_ROWS)
  if (some.length === 0) return ok({ notes: [], isLast: true })
  const answer = await ask({
    method: 'POST',
    url: `${base}/crm/v3/objects/notes/batch/read`,
    headers,
    body: { properties: ['hs_note_body'], inputs: some.map((id) => ({ id })) },
  })
  if (!answer.ok) return answer
  const read = batch.safeParse(answer.value)
  if (!read.success) return err(UNREADABLE)
  return ok({ notes: read.data.results, isLast: start + NOTE_PAGE_ROWS >= ids.length })
}
