// The keys that senders publish to check their tokens by (RFC 7517). Fetched when a delivery needs them,
// kept in the isolate. The addresses are constants of the sources' pages; no request can name one.

import * as z from 'zod/mini'
import {
  KEY_SET_BYTES_MAX,
  KEY_SET_DEADLINE_MS,
  KEY_SET_KEPT_SECONDS,
  KEY_SET_REFETCH_SECONDS_MIN,
  KEY_SET_RETRY_SECONDS_MIN,
  KEY_SET_SERVED_STALE_SECONDS_MAX,
  KEYS_PER_SET_MAX,
} from './domain/limits.ts'
import type { PublicKey } from './sources/scheme.ts'

/**
 * The RS256 keys at an address; null where there are none to rely on, which may be otherwise soon.
 * While newer ones can't be fetched, old ones are relied on for a day more.
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

type Fetching = { readonly keys: Promise<readonly PublicKey[] | null>; readonly startedAt: number }

/** `now`: milliseconds since 1970. */
export function createKeysAt(now: () => number): KeysAt {
  const kept = new Map<string, KeySet>()
  const underway = new Map<string, Fetching>()

  async function refresh(address: string): Promise<readonly PublicKey[] | null> {
    const keys = await fetchKeys(address)
    const at = now()
    const before = kept.get(address) ?? NEVER
    const failed = { ...before, triedAt: at, hasFailed: true }
    const fetched = { keys, fetchedAt: at, triedAt: at, hasFailed: false }
    kept.set(address, keys === null ? failed : fetched)
    underway.delete(address)
    return keys
  }

  /** One fetch for all who ask at the same time. */
  function newest(address: string): Promise<readonly PublicKey[] | null> {
    const fetching = underway.get(address)
    // A fetch ends with the request that began it, and then its promise may never settle.
    if (fetching !== undefined && now() - fetching.startedAt < KEY_SET_DEADLINE_MS) {
      return nullAfter(KEY_SET_DEADLINE_MS, fetching.keys)
    }
    const keys = refresh(address)
    underway.set(address, { keys, startedAt: now() })
    return keys
  }

  return async (address, again) => {
    const before = kept.get(address) ?? NEVER
    const isFresh = before.keys !== null && now() - before.fetchedAt < KEPT_MS
    if (isFresh && again === undefined) return before.keys
    const isWaiting = now() - before.triedAt < (isFresh ? REFETCH_MS : RETRY_MS)
    if (isWaiting && !before.hasFailed) return before.keys
    const keys = isWaiting ? null : await newest(address)
    if (keys !== null || again !== undefined) return keys
    const isUsable = now() - before.fetchedAt < KEPT_MS + STALE_MS
    return isUsable ? before.keys : null
  }
}

const KEPT_MS = KEY_SET_KEPT_SECONDS * 1_000
const STALE_MS = KEY_SET_SERVED_STALE_SECONDS_MAX * 1_000
const REFETCH_MS = KEY_SET_REFETCH_SECONDS_MIN * 1_000
const RETRY_MS = KEY_SET_RETRY_SECONDS_MIN * 1_000

/** What another request's promise brings; null where that takes longer. */
async function nullAfter<Value>(ms: number, promise: Promise<Value>): Promise<Value | null> {
  let stop = (): void => {}
  const late = new Promise<null>((resolve) => {
    const timer = setTimeout(() => resolve(null), ms)
    stop = () => clearTimeout(timer)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    stop()
  }
}

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

const keySet = z.object({ keys: z.array(z.unknown()).check(z.maxLength(KEYS_PER_SET_MAX)) })

const signingKey = z.object({
  kty: z.literal('RSA'),
  n: z.string().check(z.minLength(1)),
  e: z.string().check(z.minLength(1)),
  kid: z.string().check(z.minLength(1)),
  alg: z.optional(z.literal('RS256')),
  use: z.optional(z.literal('sig')),
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
