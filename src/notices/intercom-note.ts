// An internal note on an Intercom ticket or conversation. Facts: developers.intercom.com, API 2.15, "Reply to a
// ticket" and "Reply to a conversation" (some HTML), "Retrieve a ticket" (by `id`, never by `ticket_id`; its parts
// are in the answer, at most 500). A 429 has no Retry-After; its windows are 10 s, which the backoff outlasts.

import * as z from 'zod/mini'
import { subjectId } from '../domain/notice.ts'
import { INTERCOM_PARTS_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask, type Asked } from './ask.ts'
import type { Channel, SendTrouble } from './channel.ts'
import { asHtml, mentions, noteChannel, TOO_MANY_NOTES, UNREADABLE } from './note-channel.ts'

export type IntercomNoteOptions = {
  /** Of the endpoints whose tickets it writes to; left out, of every Intercom endpoint. */
  readonly endpoint?: string
  /** Name of the secret with an access token that may read and write tickets and conversations. */
  readonly token?: string
  /** Name of the secret with the id of the admin who is shown as the note's author. */
  readonly admin?: string
  /** Name of the secret that holds another address than https://api.intercom.io, such as the EU's. */
  readonly url?: string
}

const INTERCOM_URL = 'https://api.intercom.io'
const VERSION = '2.15'

const parts = z.array(z.unknown())
const ticketAnswer = z.object({ ticket_parts: z.object({ ticket_parts: parts }) })
const conversationAnswer = z.object({
  conversation_parts: z.object({ conversation_parts: parts }),
})

/** Exactly one note for each notice; with 500 parts or more, none of which has it, it is not written. */
export function intercomNote(options: IntercomNoteOptions = {}): Channel {
  const { endpoint, token = 'INTERCOM_TOKEN', admin = 'INTERCOM_ADMIN_ID', url } = options
  return noteChannel({
    source: 'intercom',
    endpoint,
    title: 'Intercom',
    secrets: [token, admin, ...(url === undefined ? [] : [url])],
    problems: unknownFields(options, ['endpoint', 'token', 'admin', 'url']),
    place({ subject }) {
      const ticket = subjectId(subject, 'ticket')
      const id = ticket ?? subjectId(subject, 'conversation')
      if (id === null || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) return null
      return (secrets) => {
        const base = (url === undefined ? INTERCOM_URL : secrets(url)).replace(/\/+$/, '')
        const address = `${base}/${ticket === null ? 'conversations' : 'tickets'}/${id}`
        const headers = {
          authorization: `Bearer ${secrets(token)}`,
          'intercom-version': VERSION,
        }
        return {
          has: (marker) => isThere({ method: 'GET', url: address, headers }, marker),
          write: (lines) =>
            ask({
              method: 'POST',
              url: `${address}/reply`,
              headers,
              body: {
                message_type: 'note',
                type: 'admin',
                admin_id: secrets(admin),
                body: asHtml(lines),
              },
            }),
        }
      }
    },
  })
}

async function isThere(asked: Asked, marker: string): Promise<Result<boolean, SendTrouble>> {
  const answer = await ask(asked)
  if (!answer.ok) return answer
  const shown = partsOf(answer.value)
  if (shown === null) return err(UNREADABLE)
  if (mentions(shown, marker)) return ok(true)
  return shown.length >= INTERCOM_PARTS_MAX ? err(TOO_MANY_NOTES) : ok(false)
}

function partsOf(answer: unknown): readonly unknown[] | null {
  const ticket = ticketAnswer.safeParse(answer)
  if (ticket.success) return ticket.data.ticket_parts.ticket_parts
  const conversation = conversationAnswer.safeParse(answer)
  return conversation.success ? conversation.data.conversation_parts.conversation_parts : null
}
