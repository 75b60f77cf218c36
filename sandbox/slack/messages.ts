// The Slack stand-in: one incoming webhook, whose address is its secret. What is posted lies here until a
// test or a person reads it; Slack knows no keys, so what is posted twice is there twice.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import type { ApiReply } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { RATE_CALLS_PER_WINDOW_DEFAULT } from '../src/limits.ts'
import { WHOLE } from '../src/spoil.ts'
import { documents, isoTime, nowMs } from '../src/store.ts'
import type { Store } from '../src/store.ts'

export const WEBHOOK_PATH = '/slack/services/T000/B000/XXX'

/** Slack cuts a text after so many characters, and takes no more blocks. */
const TEXT_CHARACTERS_MAX = 40_000
const BLOCKS_MAX = 50
const MESSAGES_KEPT_MAX = 500

export type SlackMessage = {
  /** Empty where there are blocks alone. */
  readonly text: string
  readonly blocks: readonly unknown[]
  /** ISO 8601, by the organization's clock. */
  readonly at: string
}

const message = z.looseObject({
  text: z.string().exactOptional(),
  blocks: z
    .array(z.looseObject({ type: z.string().min(1) }))
    .max(BLOCKS_MAX)
    .exactOptional(),
})

/** Slack's answers are words, not JSON. */
function say(status: number, word: string): ApiReply {
  return { status, headers: { 'content-type': 'text/html' }, body: word, wire: WHOLE }
}

export const slackFake: Fake = {
  voice: {
    tooManyCalls: say(429, 'rate_limited'),
    outcomeUnknown: say(500, 'rollup_error'),
    serverError: (status) => say(status, 'rollup_error'),
    otherShape: '{"unexpected":true}',
    withOther: (body) => body,
  },
  callsPerMinute: () => RATE_CALLS_PER_WINDOW_DEFAULT,
  answer(store, call, _listing, transact) {
    if (call.path !== WEBHOOK_PATH) return say(404, 'no_service')
    if (call.method !== 'POST') return say(400, 'invalid_payload')
    const given = readMessage(call.body)
    if (given === null) return say(400, 'invalid_payload')
    const { text = '', blocks = [] } = given
    if (text === '' && blocks.length === 0) return say(400, 'no_text')
    const at = isoTime(nowMs(store))
    transact(() => keep(store, { text: text.slice(0, TEXT_CHARACTERS_MAX), blocks, at }))
    return say(200, 'ok')
  },
}

function readMessage(body: string | null): z.infer<typeof message> | null {
  try {
    const parsed = message.safeParse(JSON.parse(body ?? ''))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function keep(store: Store, posted: SlackMessage): void {
  store.sql.exec('INSERT INTO slack_messages (document) VALUES (?)', JSON.stringify(posted))
  const oldest = 'SELECT MAX(sequence) - ? FROM slack_messages'
  store.sql.exec(`DELETE FROM slack_messages WHERE sequence <= (${oldest})`, MESSAGES_KEPT_MAX)
}

/** Newest first. */
export function readMessages(store: Store): SlackMessage[] {
  const select = 'SELECT document FROM slack_messages ORDER BY sequence DESC'
  return documents<SlackMessage>(store, select)
}

/** The control `GET /sandbox/slack`; null for any other. */
export function slackControl(store: Store, method: string, path: string): Answer | null {
  if (method !== 'GET' || path !== '/slack') return null
  return { status: 200, body: { messages: readMessages(store) } }
}
