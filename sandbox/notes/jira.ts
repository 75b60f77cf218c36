// The Jira Service Management stand-in: a request's comments. They are written as wiki markup, and read as
// a document of nodes, so that markup that slipped through shows as a node of its own.
import * as z from 'zod'
import type { ApiReply, FakeCall } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { PAGE_ROWS_MAX, RATE_CALLS_PER_WINDOW_DEFAULT } from '../src/limits.ts'
import { toReply } from '../src/spoil.ts'
import type { Store } from '../src/store.ts'
import { findStep, isThere, notesAt, readJson, writeNote, type Note } from './notes.ts'
import { nodesOf } from './wiki-markup.ts'

const COMMENT_CHARACTERS_MAX = 32_767

export const jiraRefusal = (status: number, message: string): ApiReply =>
  toReply({ status, body: { errorMessages: [message], errors: {} } })

const newComment = z.strictObject({
  body: z.string().min(1).max(COMMENT_CHARACTERS_MAX),
  public: z.boolean().default(true),
})

const shown = ({ id, text, isPublic, at }: Note) => ({
  id: String(id),
  body: {
    type: 'doc',
    version: 1,
    content: text.split('\n').map((line) => ({ type: 'paragraph', content: nodesOf(line) })),
  },
  created: at.replace('Z', '+0000'),
  updated: at.replace('Z', '+0000'),
  jsdPublic: isPublic,
})

function comments(store: Store, issue: string, { search }: FakeCall): ApiReply {
  const query = new URLSearchParams(search)
  const start = Number(query.get('startAt') ?? 0)
  const rows = Math.min(Number(query.get('maxResults') ?? PAGE_ROWS_MAX), PAGE_ROWS_MAX)
  const order = query.get('orderBy') ?? 'created'
  if (!/^[+-]?created$/.test(order)) return jiraRefusal(400, `Can't order by ${order}`)
  const oldestFirst = notesAt(store, { service: 'jira', id: issue })
  const all = order.startsWith('-') ? oldestFirst.toReversed() : oldestFirst
  const body = {
    startAt: start,
    maxResults: rows,
    total: all.length,
    comments: all.slice(start, start + rows).map(shown),
  }
  return toReply({ status: 200, body })
}

function create(store: Store, issue: string, call: FakeCall): ApiReply {
  const wanted = newComment.safeParse(readJson(call)?.value)
  if (!wanted.success) return jiraRefusal(400, 'The comment is not valid')
  const { body, public: isPublic } = wanted.data
  const { id, at } = writeNote(store, { service: 'jira', id: issue }, body, isPublic)
  const created = { iso8601: at.replace('Z', '+0000'), epochMillis: Date.parse(at) }
  return toReply({ status: 201, body: { id: String(id), body, public: isPublic, created } })
}

const STEPS: Readonly<Record<string, typeof comments>> = {
  'GET /jira/rest/api/3/issue/*/comment': comments,
  'POST /jira/rest/servicedeskapi/request/*/comment': create,
}

export const jiraFake: Fake = {
  voice: {
    tooManyCalls: jiraRefusal(429, 'Rate limit exceeded.'),
    outcomeUnknown: jiraRefusal(500, 'The outcome is unknown'),
    serverError: (status) => jiraRefusal(status, 'Something went wrong'),
    otherShape: '{"unexpected":{"id":42}}',
    withOther: (body) => body,
  },
  callsPerMinute: () => RATE_CALLS_PER_WINDOW_DEFAULT,
  answer(store, call, _listing, transact) {
    const found = findStep(STEPS, call)
    const [issue = ''] = found?.ids ?? []
    if (found === null || !isThere(issue)) {
      return jiraRefusal(404, 'Issue does not exist or you do not have permission to see it.')
    }
    return transact(() => found.step(store, issue, call))
  },
}
