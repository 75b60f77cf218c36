// One Idempotency-Key replays its first answer for 24 hours of the organization's clock, refusals too.
// An answer is stored in the transaction of its write, so a crash forgets both or neither.
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall, ApiReply } from './call.ts'
import { IDEMPOTENCY_KEY_CHARACTERS_MAX, IDEMPOTENCY_MS } from './limits.ts'
import { invalid } from './parse.ts'
import { toReply } from './spoil.ts'
import type { Store } from './store.ts'

export type Found =
  | { readonly kind: 'first' }
  | { readonly kind: 'replay' | 'refused'; readonly reply: ApiReply }

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** The key of a write, or null: a key on a reading call means nothing. */
export function keyOf(call: ApiCall): string | null {
  return WRITES.has(call.method) ? call.idempotencyKey : null
}

type Stored = { fingerprint: string; status: number; body: string }

/** What the key means for this call. `running` holds the keys whose first call has no answer yet. */
export function findKey(
  store: Store,
  call: ApiCall,
  running: ReadonlyMap<string, string>,
  now: number,
): Found {
  const key = keyOf(call)
  if (key === null) return { kind: 'first' }
  if (key.length < 1 || key.length > IDEMPOTENCY_KEY_CHARACTERS_MAX) {
    const message = `must have 1 to ${IDEMPOTENCY_KEY_CHARACTERS_MAX} characters`
    return refused(invalid('Idempotency-Key', message))
  }
  const runningFingerprint = running.get(key)
  if (runningFingerprint !== undefined) {
    if (runningFingerprint !== call.fingerprint) return refused(mismatch())
    const message = 'A call with this Idempotency-Key is still running; retry with the same key'
    return refused(refusal('idempotency_in_progress', message))
  }
  const select = `SELECT fingerprint, status, body FROM idempotency_answers
    WHERE key = ? AND expires_at_ms > ?`
  const stored = store.sql.exec<Stored>(select, key, now).toArray()[0]
  if (stored === undefined) return { kind: 'first' }
  if (stored.fingerprint !== call.fingerprint) return refused(mismatch())
  const { status, body } = stored
  return { kind: 'replay', reply: { status, headers: {}, body, wire: { kind: 'whole' } } }
}

function refused(answer: Answer): Found {
  return { kind: 'refused', reply: toReply(answer) }
}

function mismatch(): Answer {
  const message = 'This Idempotency-Key belongs to another operation or payload'
  return refusal('idempotency_key_mismatch', message)
}

/**
 * Keeps the first answer; answers that have expired make room in the same step. A clock that was moved
 * back while the call waited brings an expired answer to life again: the newer one takes its place.
 */
export function storeAnswer(store: Store, call: ApiCall, answer: Answer, now: number): void {
  const key = keyOf(call)
  if (key === null) return
  store.sql.exec('DELETE FROM idempotency_answers WHERE expires_at_ms <= ?', now)
  store.sql.exec(
    `INSERT INTO idempotency_answers (key, fingerprint, status, body, expires_at_ms)
       VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
         body = excluded.body, expires_at_ms = excluded.expires_at_ms`,
    key,
    call.fingerprint,
    answer.status,
    JSON.stringify(answer.body),
    now + IDEMPOTENCY_MS,
  )
}
