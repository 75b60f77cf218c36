// The keys that senders publish to check their tokens by (RFC 7517). Fetched when a delivery needs them,
// kept in the isolate. The addresses are constants of the sources' pages; no request can name one.

import * as z from 'zod'
import {
  KEY_SET_BYTES_MAX,
  KEY_SET_DEADLINE_MS,
  KEY_SET_KEPT_SECONDS,
  KEY_SET_REFETCH_SECONDS_MIN,
  KEY_SET_RETRY_SECONDS_MIN,
  KEYS_PER_SET_MAX,
} from './domain/limits.ts'
import type { PublicKey } from './sources/scheme.ts'

/**
 * The RS256 keys at an address; null where they could not be fetched, which may be otherwise soon.
 * `again`: a token names a key that is not among them, so they are asked for anew, but rarely.
 */
export type KeysAt = (address: string, again?: 'again') => Promise<readonly PublicKey[] | null>

type KeySet = {
  readonly keys: readonly PublicKey[] | null
  readonly fetchedAt: number
  readonly triedAt: number
  readonly hasFailed: boolean
}

const NEVER: KeySet = { keys: null, fetchedAt: 0, triedAt: 0, hasFailed: false }

/** `now`: milliseconds since 1970. */
export function createKeysAt(now: () => number): KeysAt {
  const kept = new Map<string, KeySet>()
  return async (address, again) => {
    const before = kept.get(address) ?? NEVER
    const startedAt = now()
    const isFresh = before.keys !== null && startedAt - before.fetchedAt < KEPT_MS
    if (isFresh && again === undefined) return before.keys
    const waitMs = isFresh ? REFETCH_MS : RETRY_MS
    if (startedAt - before.triedAt < waitMs) return before.hasFailed ? null : before.keys
    // Said before the answer is there: a burst of tokens with unknown keys asks once.
    if (isFresh) kept.set(address, { ...before, triedAt: startedAt })
    const keys = await fetchKeys(address)
    const at = now()
    const after =
      keys === null
        ? { ...(kept.get(address) ?? NEVER), triedAt: at, hasFailed: true }
        : { keys, fetchedAt: at, triedAt: at, hasFailed: false }
    kept.set(address, after)
    return keys
  }
}

const KEPT_MS = KEY_SET_KEPT_SECONDS * 1_000
const REFETCH_MS = KEY_SET_REFETCH_SECONDS_MIN * 1_000
const RETRY_MS = KEY_SET_RETRY_SECONDS_MIN * 1_000

/** Null for all trouble alike: what matters is that nothing can be checked now. */
async function fetchKeys(address: string): Promise<readonly PublicKey[] | null> {
  try {
    const response = await fetch(address, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      cache: 'no-store',
      signal: AbortSignal.timeout(KEY_SET_DEADLINE_MS),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      return null
    }
    return readKeys(await readText(response))
  } catch {
    return null
  }
}

/** Throws where the text is too long, or no UTF-8. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let [text, size] = ['', 0]
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (size > KEY_SET_BYTES_MAX) throw new RangeError('a set of keys that is too long')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

const keySet = z.object({ keys: z.array(z.unknown()).max(KEYS_PER_SET_MAX) })

const signingKey = z.object({
  kty: z.literal('RSA'),
  n: z.string().min(1),
  e: z.string().min(1),
  kid: z.string().min(1),
  alg: z.literal('RS256').optional(),
  use: z.literal('sig').optional(),
})

/** Keys of other kinds stand beside ours and are left out; a set without one of ours is no set. */
function readKeys(text: string): readonly PublicKey[] | null {
  const parsed = keySet.safeParse(JSON.parse(text))
  if (!parsed.success) return null
  const keys = parsed.data.keys.flatMap((each) => {
    const key = signingKey.safeParse(each)
    if (!key.success) return []
    const { kty, n, e, kid } = key.data
    return [{ kty, n, e, kid }]
  })
  return keys.length === 0 ? null : keys
}
