// One call of a source's API, for `npm run connect`: trouble becomes one line that says what to do, and
// never holds a key, a secret or a body.

import { retryAfterSeconds } from '../src/domain/retry-after.ts'
import { Trouble } from './trouble.ts'

const DEADLINE_MS = 20_000
const WAITS_MAX = 5
const WAIT_SECONDS_MAX = 120
const WAIT_SECONDS_DEFAULT = 10
const TOLD_CHARS_MAX = 200

export type Api = {
  /** As people write it: Zendesk. */
  readonly title: string
  /** Without a slash at its end. */
  readonly base: string
  readonly headers: Readonly<Record<string, string>>
  /** What to do about a refusal of this status; null where there is nothing particular to say. */
  readonly advice: (status: number) => string | null
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly sleep: (ms: number) => Promise<unknown>
  readonly say: (line: string) => void
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * The answer's JSON, or null for an empty one and for a 404 where `mayBeGone`. A body is sent as JSON, or
 * as the form that it is. After a 429 it waits and asks again, since nothing was done.
 */
export async function call(
  api: Api,
  method: Method,
  path: string,
  { body, mayBeGone = false }: { readonly body?: unknown; readonly mayBeGone?: boolean } = {},
): Promise<unknown> {
  for (let waits = 0; ; waits++) {
    const response = await request(api, method, path, body)
    const { status } = response
    if (status === 429 && waits < WAITS_MAX) {
      const seconds = retryAfterSeconds(response.headers) ?? WAIT_SECONDS_DEFAULT
      if (seconds > WAIT_SECONDS_MAX) throw refused(api, method, path, status, '')
      api.say(`waits     ${seconds} s: ${api.title} has had enough calls for now`)
      await api.sleep(seconds * 1_000)
      continue
    }
    if (status === 404 && mayBeGone) return null
    const text = await textOf(api, response)
    if (!response.ok) throw refused(api, method, path, status, reasonIn(text))
    return text === '' ? null : parsed(api, text)
  }
}

async function request(api: Api, method: Method, path: string, body: unknown): Promise<Response> {
  const isForm = body instanceof URLSearchParams
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
  try {
    return await api.fetch(api.base + path, {
      method,
      headers: { accept: 'application/json', 'content-type': type, ...api.headers },
      ...(body === undefined ? {} : { body: isForm ? body.toString() : JSON.stringify(body) }),
      // The key goes to the configured address, and to no other that an answer names.
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
  } catch {
    throw unanswered(api)
  }
}

async function textOf(api: Api, response: Response): Promise<string> {
  try {
    return await response.text()
  } catch {
    throw unanswered(api)
  }
}

const unanswered = ({ title, base }: Api): Trouble =>
  new Trouble(
    `${title} did not answer at ${new URL(base).origin}; run this again: it goes on where it stopped`,
  )

function parsed({ title, base }: Api, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Trouble(`${new URL(base).origin} did not answer as ${title} does; is it the address?`)
  }
}

function refused(
  { title, advice }: Api,
  method: string,
  path: string,
  status: number,
  reason: string,
): Trouble {
  const what = `${title} answered ${status} to ${method} ${path.split('?')[0]}`
  const again = status >= 500 ? 'run this again: it goes on where it stopped' : null
  return new Trouble(
    [what + (reason === '' ? '' : ` (${reason})`), advice(status) ?? again]
      .filter((each) => each !== null)
      .join('; '),
  )
}

/** What the service itself says is wrong: `description`, its details, or `error.message`. */
function reasonIn(text: string): string {
  const found: string[] = []
  try {
    JSON.parse(text, (key, value: unknown) => {
      if ((key === 'description' || key === 'message') && typeof value === 'string') {
        found.push(value)
      }
      return value
    })
  } catch {
    return ''
  }
  // On one line, whatever it is.
  return [...new Set(found)].join('; ').replaceAll(/\s+/g, ' ').slice(0, TOLD_CHARS_MAX)
}
