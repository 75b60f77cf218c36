// An internal comment on a Jira Service Management request. Facts: developer.atlassian.com, "Create request
// comment" (`public: false`), and the platform's issue comments, newest first.

import { subjectId } from '../domain/notice.ts'
import { NOTE_PAGE_ROWS } from '../domain/limits.ts'
import { ok } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask, basicAuth } from './ask.ts'
import type { Channel } from './channel.ts'
import { mentions, noteChannel } from './note-channel.ts'

export type JiraCommentOptions = {
  readonly endpoint?: string
  /** Names of secrets: the address (`https://acme.atlassian.net`), a user's e-mail, an API token. */
  readonly url?: string
  readonly email?: string
  readonly token?: string
}

export function jiraComment(options: JiraCommentOptions = {}): Channel {
  const { endpoint, url = 'JIRA_URL', email = 'JIRA_EMAIL', token = 'JIRA_API_TOKEN' } = options
  return noteChannel({
    source: 'jira',
    endpoint,
    title: 'Jira',
    secrets: [url, email, token],
    problems: unknownFields(options, ['endpoint', 'url', 'email', 'token']),
    place({ subject }) {
      const issue = subjectId(subject, 'issue')
      if (issue === null || !/^[A-Za-z0-9_-]{1,64}$/.test(issue)) return null
      return (secrets) => {
        const base = secrets(url).replace(/\/+$/, '')
        const headers = { authorization: basicAuth(secrets(email), secrets(token)) }
        return {
          async has(marker) {
            const query = `orderBy=-created&maxResults=${NOTE_PAGE_ROWS}`
            const comments = `${base}/rest/api/3/issue/${issue}/comment?${query}`
            const answer = await ask({ method: 'GET', url: comments, headers })
            return answer.ok ? ok(mentions(answer.value, marker)) : answer
          },
          write: (lines) =>
            ask({
              method: 'POST',
              url: `${base}/rest/servicedeskapi/request/${issue}/comment`,
              headers,
              body: { body: lines.join('\n'), public: false },
            }),
        }
      }
    },
  })
}
