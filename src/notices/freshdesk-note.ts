// A private note on a Freshdesk ticket, also on a closed one. Facts: developers.freshdesk.com/api, "Create
// a Note" (HTML), "List All Conversations of a Ticket" (pages of 100, in no promised order, so all are read),
// "Rate Limit" (429 with Retry-After). No length of a note is documented; ours are a few hundred characters.

import { subjectId } from '../domain/notice.ts'
import { NOTE_PAGE_ROWS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { basicAuth } from '../exchange.ts'
import { ask } from './ask.ts'
import type { Channel, SendTrouble } from './channel.ts'
import { asHtml, isOnAPage, noteChannel, UNREADABLE, type NotePage } from './note-channel.ts'

export type FreshdeskNoteOptions = {
  /** Of the endpoints whose tickets it writes to; left out, of every Freshdesk endpoint. */
  readonly endpoint?: string
  /** Name of the secret with the address (`https://acme.freshdesk.com`, not a domain of your own). */
  readonly url?: string
  /** Name of the secret with an agent's API key; that agent is shown as the note's author. */
  readonly key?: string
}

/** Exactly one note for each notice; a ticket with more than a thousand conversations gets none. */
export function freshdeskNote(options: FreshdeskNoteOptions = {}): Channel {
  const { endpoint, url = 'FRESHDESK_URL', key = 'FRESHDESK_API_KEY' } = options
  return noteChannel({
    source: 'freshdesk',
    endpoint,
    title: 'Freshdesk',
    secrets: [url, key],
    problems: unknownFields(options, ['endpoint', 'url', 'key']),
    place({ subject }) {
      const id = subjectId(subject, 'ticket')
      if (id === null || !/^\d{1,20}$/.test(id)) return null
      return (secrets) => {
        const ticket = `${secrets(url).replace(/\/+$/, '')}/api/v2/tickets/${id}`
        const headers = { authorization: basicAuth(secrets(key), 'X') }
        return {
          has: (marker) => isOnAPage(marker, (page) => conversations(ticket, headers, page)),
          write: (lines) =>
            ask({
              method: 'POST',
              url: `${ticket}/notes`,
              headers,
              body: { body: asHtml(lines), private: true },
            }),
        }
      }
    },
  })
}

async function conversations(
  ticket: string,
  headers: Readonly<Record<string, string>>,
  page: number,
): Promise<Result<NotePage, SendTrouble>> {
  const url = `${ticket}/conversations?per_page=${NOTE_PAGE_ROWS}&page=${page + 1}`
  const answer = await ask({ method: 'GET', url, headers })
  if (!answer.ok) return answer
  const { value } = answer
  if (!Array.isArray(value)) return err(UNREADABLE)
  return ok({ notes: value, isLast: value.length < NOTE_PAGE_ROWS })
}
