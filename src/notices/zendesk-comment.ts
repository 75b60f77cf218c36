// The ticket: an internal comment, a status field for views, and the request tag taken off, all in one
// update. A tag of the same update is the marker that makes it exactly one: comments can't be edited.
// Facts: developer.zendesk.com, Tickets API ("safe_update", "additional_tags"), and its limits on closed tickets.

import * as z from 'zod/mini'
import { NOTICE_MARKERS_MAX } from '../domain/limits.ts'
import { subjectId, type Notice } from '../domain/notice.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { basicAuth } from '../exchange.ts'
import { ask } from './ask.ts'
import type { Attempt, Channel, Sent, SendTrouble } from './channel.ts'
import { LEASE_ENDS } from './note-channel.ts'

export type ZendeskCommentOptions = {
  /** Of the endpoints whose tickets it writes to; left out, of every Zendesk endpoint. */
  readonly endpoint?: string
  /** Tags by which agents ask, those of the rules: taken off once they are answered, so that setting one asks again. */
  readonly requestTags?: readonly string[]
  /** Names of secrets: the address (`https://acme.zendesk.com`), a user's e-mail, an API token. */
  readonly url?: string
  readonly email?: string
  readonly token?: string
  /** Name of the secret that holds the number of a text field for the status; left out, none is kept. */
  readonly statusField?: string
}

const OPTIONS = ['endpoint', 'requestTags', 'url', 'email', 'token', 'statusField']
const REQUEST_TAGS = ['credit_requested', 'credit_undo', 'credit_approved']

const ticketAnswer = z.object({
  ticket: z.object({
    status: z.string(),
    tags: z.array(z.string()),
    updated_at: z.string(),
  }),
})
const tagsAnswer = z.object({ tags: z.array(z.string()) })
type Ticket = z.output<typeof ticketAnswer>['ticket']

export function zendeskComment(options: ZendeskCommentOptions = {}): Channel {
  const { endpoint, requestTags = REQUEST_TAGS, statusField } = options
  const { url = 'ZENDESK_URL', email = 'ZENDESK_EMAIL', token = 'ZENDESK_API_TOKEN' } = options
  return {
    name: endpoint === undefined ? 'zendesk' : `zendesk:${endpoint}`,
    title: 'Zendesk',
    source: 'zendesk',
    mayClose: true,
    secrets: [url, email, token, ...(statusField === undefined ? [] : [statusField])],
    problems: unknownFields(options, OPTIONS),
    requestTags,
    wants: (notice) =>
      notice.source === 'zendesk' &&
      (endpoint === undefined || notice.endpoint === endpoint) &&
      ticketOf(notice) !== null,
    async send(secrets, notice, { nowMs, mayWrite }) {
      const field = statusField === undefined ? null : fieldOf(secrets(statusField))
      if (field === undefined) return err(FIELD_UNUSABLE)
      const call: Call = {
        tickets: `${secrets(url).replace(/\/+$/, '')}/api/v2/tickets/${ticketOf(notice)}`,
        headers: { authorization: basicAuth(`${secrets(email)}/token`, secrets(token)) },
        requestTags,
        statusField: field,
        nowMs,
        mayWrite,
      }
      return answer(call, notice)
    },
  }
}

const ticketOf = ({ subject }: Notice): string | null => {
  const id = subjectId(subject, 'ticket')
  return id !== null && /^\d{1,20}$/.test(id) ? id : null
}

/** A custom field's number; undefined for anything else. */
function fieldOf(secret: string): number | undefined {
  const id = /^\d{1,16}$/.test(secret) ? Number(secret) : Number.NaN
  return Number.isSafeInteger(id) ? id : undefined
}

type Call = Pick<Attempt, 'nowMs' | 'mayWrite'> & {
  readonly tickets: string
  readonly headers: Readonly<Record<string, string>>
  readonly requestTags: readonly string[]
  readonly statusField: number | null
}

const MARKER = /^makegood_ntc_/

async function answer(call: Call, notice: Notice): Promise<Result<Sent, SendTrouble>> {
  const { tickets, headers } = call
  const found = await ask({ method: 'GET', url: `${tickets}.json`, headers })
  if (!found.ok) return found
  const read = ticketAnswer.safeParse(found.value)
  if (!read.success) return err(UNREADABLE)
  const { ticket } = read.data
  const marker = `makegood_${notice.id}`
  if (ticket.tags.some((tag) => tag.startsWith(`${marker}_`))) return ok('found_there')
  if (!call.mayWrite()) return err(LEASE_ENDS)
  const tags = tagsAfter(ticket, call, notice, marker)
  // A closed ticket takes no comment any more; its tags still can be added to.
  if (ticket.status === 'closed') {
    const added = tags.filter((tag) => !ticket.tags.includes(tag))
    const url = `${tickets}/tags.json`
    const tagged = await ask({ method: 'PUT', url, headers, body: { tags: added } })
    if (!tagged.ok) return tagged
    return tagsAnswer.safeParse(tagged.value).success ? ok('closed') : err(UNREADABLE)
  }
  const { statusField } = call
  const body = {
    ticket: {
      comment: { body: notice.lines.join('\n'), public: false },
      tags,
      ...(statusField === null
        ? {}
        : { custom_fields: [{ id: statusField, value: notice.standing }] }),
      // Whoever changes the ticket in between makes this update fail, and it is looked at again.
      safe_update: true,
      updated_stamp: ticket.updated_at,
    },
  }
  const updated = await ask({ method: 'PUT', url: `${tickets}.json`, headers, body })
  if (!updated.ok) return updated
  // Where a gateway answered in its place, the next look finds the tag or writes it again.
  return ticketAnswer.safeParse(updated.value).success ? ok('sent') : err(UNREADABLE)
}

/** What was told last about other things may have crashed behind its update: its marker stays. */
const tagsAfter = (
  { tags }: Ticket,
  { requestTags, nowMs }: Call,
  { standing }: Notice,
  marker: string,
): readonly string[] => [
  ...tags.filter((tag) => !requestTags.includes(tag) && !MARKER.test(tag) && !STATUS_TAG.test(tag)),
  `makegood_status_${standing}`,
  ...tags
    .filter((tag) => MARKER.test(tag))
    .toSorted((one, other) => secondsOf(other) - secondsOf(one))
    .slice(0, NOTICE_MARKERS_MAX - 1),
  // With the time of its update, by which the newest are known: a ticket's tags have no order.
  `${marker}_${Math.floor(nowMs / 1_000).toString(36)}`,
]

const secondsOf = (marker: string): number =>
  Number.parseInt(marker.slice(marker.lastIndexOf('_') + 1), 36) || 0

const STATUS_TAG = /^makegood_status_/

const UNREADABLE: SendTrouble = {
  meaning: 'transient',
  code: 'unexpected_shape',
  status: 200,
  retryAfterSeconds: null,
}

/** A person has to correct it: written without it, the ticket would miss its status for good. */
const FIELD_UNUSABLE: SendTrouble = {
  meaning: 'refused',
  code: 'secret_unusable',
  status: null,
  retryAfterSeconds: null,
}
