// The last calls, for tests and for the page: what was asked, in which version, and what came of it.
// An API key never gets here: the Worker keeps it.
import type { ApiReply, CallHead } from './call.ts'
import type { Fault } from './faults.ts'
import { REQUESTS_KEPT_MAX } from './limits.ts'
import { isFakePath } from './path.ts'
import { documents, isoTime } from './store.ts'
import type { Store } from './store.ts'
import { API_VERSION } from './version.ts'

export type LoggedRequest = {
  readonly requestId: string
  /** ISO 8601, by the organization's clock. */
  readonly at: string
  readonly method: string
  /** Below /api/v1, or the whole path at another service; with the query. */
  readonly path: string
  /** The header as it came; null where it was missing. */
  readonly version: string | null
  /** The version that answered: an unknown or missing one falls to the pin. Null: not Commet's API. */
  readonly answeredVersion: string | null
  readonly idempotencyKey: string | null
  readonly replayed: boolean
  readonly status: number
  readonly faults: readonly Fault['kind'][]
}

export type Outcome = {
  readonly reply: ApiReply
  readonly replayed: boolean
  readonly faults: readonly Fault[]
}

export function logRequest(store: Store, call: CallHead, outcome: Outcome, now: number): void {
  const logged: LoggedRequest = {
    requestId: call.requestId,
    at: isoTime(now),
    method: call.method,
    path: call.path + call.search,
    version: call.version,
    answeredVersion: isFakePath(call.path) ? null : API_VERSION,
    idempotencyKey: call.idempotencyKey,
    replayed: outcome.replayed,
    status: outcome.reply.wire.kind === 'silent' ? 504 : outcome.reply.status,
    faults: outcome.faults.map(({ kind }) => kind),
  }
  store.sql.exec('INSERT INTO requests (document) VALUES (?)', JSON.stringify(logged))
  const oldest = 'SELECT MAX(sequence) - ? FROM requests'
  store.sql.exec(`DELETE FROM requests WHERE sequence <= (${oldest})`, REQUESTS_KEPT_MAX)
}

/** Newest first. */
export function readRequests(store: Store): LoggedRequest[] {
  const select = 'SELECT document FROM requests ORDER BY sequence DESC'
  return documents<LoggedRequest>(store, select)
}
