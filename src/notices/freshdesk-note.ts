// A private note on a Freshdesk ticket. Facts: developers.freshdesk.com/api, "Create a Note", "List All
// Conversations of a Ticket" (paged by 100, oldest first).

import { subjectId } from '../domain/notice.ts'
import { NOTE_PAGES_MAX, NOTE_PAGE_ROWS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask, basicAuth } from './ask.ts'
import type { Channel, SendTrouble } from './channel.ts'
import { asHtml, mentions, noteChannel } from './note-channel.ts'

export type FreshdeskNoteOptions = {
  readonly endpoint?: string
  /** Names of secrets: the address (`https://acme.freshdesk.com`), and an agent's API key. */
  readonly url?: string
  readonly key?: string
}

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
          has: (marker) => isThere(ticket, headers, marker),
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

/** The whole list is read, since the newest note is on its last page. */
async function isThere(
  ticket: string,
  headers: Readonly<Record<string, string>>,
  marker: string,
): Promise<Result<boolean, SendTrouble>> {
  for (let page = 1; page <= NOTE_PAGES_MAX; page++) {
    const url = `${ticket}/conversations?per_page=${NOTE_PAGE_ROWS}&page=${page}`
    const answer = await ask({ method: 'GET', url, headers })
    if (!answer.ok) return answer
    if (mentions(answer.value, marker)) return ok(true)
    if (!Array.isArray(answer.value)) return err(UNREADABLE)
    if (answer.value.length < NOTE_PAGE_ROWS) return ok(false)
  }
  return err(TOO_LONG)
}

const UNREADABLE: SendTrouble = {
  meaning: 'transient',
  code: 'unexpected_shape',
  status: 200,
  retryAfterSeconds: null,
}

/** Nobody can tell any more if the note is there: it isn't written a second time. */
const TOO_LONG: SendTrouble = { ...UNREADABLE, meaning: 'permanent', code: 'too_many_notes' }
