// A note on a HubSpot deal or ticket. Facts: developers.hubspot.com, "Notes" (association types 214 and 228),
// "Associations v4", "Batch read". The search is eventual, so the object's own notes are read.

import * as z from 'zod'
import { subjectId } from '../domain/notice.ts'
import { NOTE_PAGE_ROWS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask } from './ask.ts'
import type { Channel, SendTrouble } from './channel.ts'
import { asHtml, mentions, noteChannel } from './note-channel.ts'

export type HubspotNoteOptions = {
  readonly endpoint?: string
  /** Name of the secret that holds a private app's token. */
  readonly token?: string
  /** Name of the secret that holds another address than https://api.hubapi.com. */
  readonly url?: string
}

const HUBSPOT_URL = 'https://api.hubapi.com'
const NOTE_TO_DEAL = 214
const NOTE_TO_TICKET = 228

const associations = z.object({ results: z.array(z.object({ toObjectId: z.coerce.string() })) })

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

/** Of more notes than one batch reads, the newest: their ids rise. */
async function isThere(
  { base, headers }: Call,
  object: string,
  marker: string,
): Promise<Result<boolean, SendTrouble>> {
  const listed = await ask({
    method: 'GET',
    url: `${base}/crm/v4/objects/${object}/associations/notes?limit=500`,
    headers,
  })
  if (!listed.ok) return listed
  const read = associations.safeParse(listed.value)
  if (!read.success) return err(UNREADABLE)
  const ids = read.data.results.map(({ toObjectId }) => toObjectId)
  const newest = ids
    .toSorted((one, other) => other.length - one.length || (other > one ? 1 : -1))
    .slice(0, NOTE_PAGE_ROWS)
  if (newest.length === 0) return ok(false)
  const notes = await ask({
    method: 'POST',
    url: `${base}/crm/v3/objects/notes/batch/read`,
    headers,
    body: { properties: ['hs_note_body'], inputs: newest.map((id) => ({ id })) },
  })
  return notes.ok ? ok(mentions(notes.value, marker)) : notes
}

const UNREADABLE: SendTrouble = {
  meaning: 'transient',
  code: 'unexpected_shape',
  status: 200,
  retryAfterSeconds: null,
}
