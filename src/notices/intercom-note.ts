// An internal note on an Intercom ticket or conversation. Facts: developers.intercom.com, "Reply to a ticket",
// "Retrieve a ticket" (its parts, at most 500, are in the answer).

import { subjectId } from '../domain/notice.ts'
import { ok } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask } from './ask.ts'
import type { Channel } from './channel.ts'
import { asHtml, mentions, noteChannel } from './note-channel.ts'

export type IntercomNoteOptions = {
  readonly endpoint?: string
  /** Names of secrets: an access token, and the id of the admin who writes. */
  readonly token?: string
  readonly admin?: string
  /** Name of the secret that holds another address than https://api.intercom.io, such as the EU's. */
  readonly url?: string
}

const INTERCOM_URL = 'https://api.intercom.io'
const VERSION = '2.15'

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
          async has(marker) {
            const answer = await ask({ method: 'GET', url: address, headers })
            return answer.ok ? ok(mentions(answer.value, marker)) : answer
          },
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
