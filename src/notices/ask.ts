// One call of a source's API, and what its answer means for a notice.

import { NOTICE_DEADLINE_MS, NOTICE_KEY_TROUBLE_RETRY_SECONDS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { retryAfterSeconds } from '../domain/retry-after.ts'
import { exchange, type Outgoing } from '../exchange.ts'
import type { SendTrouble } from './channel.ts'

export type Asked = {
  readonly method: Outgoing['method']
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; text is sent as it is. */
  readonly body?: unknown
}

/** A 2xx answer's JSON, or null where it has none. */
export async function ask(asked: Asked): Promise<Result<unknown, SendTrouble>> {
  const { method, url, headers, body } = asked
  const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
  const outgoing: Outgoing = {
    method,
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: text,
  }
  const arrival = await exchange(fetch, outgoing, NOTICE_DEADLINE_MS)
  if (typeof arrival === 'string') return err(trouble('transient', arrival, null))
  const { status } = arrival
  if (status >= 200 && status < 300) {
    return ok(arrival.body.kind === 'json' ? arrival.body.value : null)
  }
  const code = `http_${status}`
  // A key that is refused is mended by a person: the notice waits, it isn't given up.
  if (status === 401 || status === 403) {
    return err(trouble('refused', code, status, NOTICE_KEY_TROUBLE_RETRY_SECONDS))
  }
  const isTransient = status === 408 || status === 409 || status === 429 || status >= 500
  const wait = retryAfterSeconds(arrival.headers)
  return err(trouble(isTransient ? 'transient' : 'permanent', code, status, wait))
}

const trouble = (
  meaning: SendTrouble['meaning'],
  code: string,
  status: number | null,
  wait: number | null = null,
): SendTrouble => ({ meaning, code, status, retryAfterSeconds: wait })
