// An internal comment on a Jira Service Management request. Facts: developer.atlassian.com, service desk REST API,
// "Create request comment" (wiki markup, `public: false`); platform REST API v3, "Get comments" (`orderBy`,
// `startAt`), "Rate limiting" (429 with Retry-After). A comment has at most 32,767 characters.

import * as z from 'zod/mini'
import { subjectId } from '../domain/notice.ts'
import { NOTE_CLOCKS_APART_SECONDS, NOTE_PAGE_ROWS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { basicAuth } from '../exchange.ts'
import { ask } from './ask.ts'
import type { Channel, SendTrouble } from './channel.ts'
import { isOnAPage, noteChannel, UNREADABLE, type NotePage } from './note-channel.ts'

export type JiraCommentOptions = {
  /** Of the endpoints whose requests it writes to; left out, of every Jira endpoint. */
  readonly endpoint?: string
  /** Name of the secret with the address (`https://acme.atlassian.net`). */
  readonly url?: string
  /** Name of the secret with an agent's e-mail: only agents can write internal comments. */
  readonly email?: string
  /** Name of the secret with that agent's API token. */
  readonly token?: string
}

/** Exactly one comment for each notice. */
export function jiraComment(options: JiraCommentOptions = {}): Channel {
  const { endpoint, url = 'JIRA_URL', email = 'JIRA_EMAIL', token = 'JIRA_API_TOKEN' } = options
  return noteChannel({
    source: 'jira',
    endpoint,
    title: 'Jira',
    secrets: [url, email, token],
    problems: unknownFields(options, ['endpoint', 'url', 'email', 'token']),
    place({ subject, at }) {
      const issue = subjectId(subject, 'issue')
      if (issue === null || !/^[A-Za-z0-9_-]{1,64}$/.test(issue)) return null
      return (secrets) => {
        const base = secrets(url).replace(/\/+$/, '')
        const headers = { authorization: basicAuth(secrets(email), secrets(token)) }
        const comments = `${base}/rest/api/3/issue/${issue}/comment`
        const sinceMs = at - NOTE_CLOCKS_APART_SECONDS * 1_000
        return {
          has: (marker) =>
            isOnAPage(marker, (page) => newestFirst(comments, headers, page, sinceMs)),
          write: (lines) =>
            ask({
              method: 'POST',
              url: `${base}/rest/servicedeskapi/request/${issue}/comment`,
              headers,
              body: { body: lines.map(asWikiText).join('\n'), public: false },
            }),
        }
      }
    },
  })
}

const page = z.object({ comments: z.array(z.looseObject({ created: z.string() })) })

/** No comment of ours is older than its notice: with the first that is, the search ends. */
async function newestFirst(
  comments: string,
  headers: Readonly<Record<string, string>>,
  number: number,
  sinceMs: number,
): Promise<Result<NotePage, SendTrouble>> {
  const start = number * NOTE_PAGE_ROWS
  const url = `${comments}?orderBy=-created&maxResults=${NOTE_PAGE_ROWS}&startAt=${start}`
  const answer = await ask({ method: 'GET', url, headers })
  if (!answer.ok) return answer
  const read = page.safeParse(answer.value)
  if (!read.success) return err(UNREADABLE)
  const notes = read.data.comments
  const oldestMs = Date.parse(notes.at(-1)?.created ?? '')
  return ok({ notes, isLast: notes.length < NOTE_PAGE_ROWS || oldestMs < sinceMs })
}

/** An address stays a link; it holds nothing that could be markup. */
const ADDRESS = /(https?:\/\/[\w./:%-]+)/
/** Effects begin and end beside a word, so `acme-42` has none. */
const MARKUP = /[\\{}[\]()!|#]|(?<!\w)[*_+^~?-]|[*_+^~?-](?!\w)/g

/** Text that wiki markup leaves as it is. */
const asWikiText = (line: string): string =>
  line
    .split(ADDRESS)
    .map((part, position) => (position % 2 === 1 ? part : part.replaceAll(MARKUP, '\\$&')))
    .join('')
