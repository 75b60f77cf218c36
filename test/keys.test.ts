// Published keys: what is fetched, how often, and what of an answer is believed. `fetch` is faked at
// its edge, and the clock is the test's.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KEY_SET_BYTES_MAX, KEY_SET_DEADLINE_MS, KEYS_PER_SET_MAX } from '../src/domain/limits.ts'
import { createKeysAt } from '../src/keys.ts'

const ADDRESS = 'https://sender.example/.well-known/jwks.json'
const OTHER = 'https://other.example/.well-known/jwks.json'
const key = (kid: string) => ({ kty: 'RSA' as const, n: 'AQAB', e: 'AQAB', kid })
const published = (...keys: readonly object[]) => Response.json({ keys })

let nowMs = 1_793_000_000_000
const answers: (() => Response | Promise<Response>)[] = []
const asked: { address: string; init: RequestInit | undefined }[] = []

beforeEach(() => {
  answers.length = 0
  asked.length = 0
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    asked.push({ address: String(input), init })
    const answer = answers.shift()
    if (answer === undefined) throw new TypeError('nobody is there')
    return answer()
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const advance = (seconds: number) => {
  nowMs += seconds * 1_000
}
const keysAtNow = () => createKeysAt(() => nowMs)

describe('published keys', () => {
  it('are fetched once, and kept for an hour', async () => {
    answers.push(
      () => published(key('a')),
      () => published(key('b')),
    )
    const keysAt = keysAtNow()
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    advance(3_599)
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    expect(asked).toHaveLength(1)
    advance(1)
    expect(await keysAt(ADDRESS)).toEqual([key('b')])
    expect(asked).toHaveLength(2)
  })

  it('are kept for each address apart', async () => {
    answers.push(
      () => published(key('a')),
      () => published(key('b')),
    )
    const keysAt = keysAtNow()
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    expect(await keysAt(OTHER)).toEqual([key('b')])
    expect(asked.map(({ address }) => address)).toEqual([ADDRESS, OTHER])
  })

  it('are asked for again for an unknown key, at most once a minute', async () => {
    answers.push(
      () => published(key('a')),
      () => published(key('b')),
    )
    const keysAt = keysAtNow()
    await keysAt(ADDRESS)
    advance(59)
    expect(await keysAt(ADDRESS, 'again')).toEqual([key('a')])
    expect(asked).toHaveLength(1)
    advance(1)
    expect(await keysAt(ADDRESS, 'again')).toEqual([key('b')])
    expect(await keysAt(ADDRESS, 'again')).toEqual([key('b')])
    expect(asked).toHaveLength(2)
  })

  it('are asked for once by a burst of unknown keys', async () => {
    answers.push(
      () => published(key('a')),
      () => published(key('b')),
    )
    const keysAt = keysAtNow()
    await keysAt(ADDRESS)
    advance(61)
    const all = await Promise.all(Array.from({ length: 50 }, () => keysAt(ADDRESS, 'again')))
    expect(all).toEqual(Array.from({ length: 50 }, () => [key('b')]))
    expect(asked).toHaveLength(2)
    expect(await keysAt(ADDRESS)).toEqual([key('b')])
  })

  it('are still good for those who need no newer ones while these can not be fetched', async () => {
    answers.push(() => published(key('a')))
    const keysAt = keysAtNow()
    await keysAt(ADDRESS)
    advance(61)
    expect(await keysAt(ADDRESS, 'again')).toBeNull()
    expect(await keysAt(ADDRESS, 'again')).toBeNull()
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    expect(asked).toHaveLength(2)
  })

  it('that could not be fetched are asked for again after ten seconds', async () => {
    const keysAt = keysAtNow()
    expect(await keysAt(ADDRESS)).toBeNull()
    advance(9)
    expect(await keysAt(ADDRESS)).toBeNull()
    expect(asked).toHaveLength(1)
    advance(1)
    answers.push(() => published(key('a')))
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
  })

  it('are relied on for a day after their hour while nobody answers, and no longer', async () => {
    answers.push(() => published(key('a')))
    const keysAt = keysAtNow()
    await keysAt(ADDRESS)
    advance(3_600)
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    expect(asked).toHaveLength(2)
    advance(9)
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    expect(asked).toHaveLength(2)
    expect(await keysAt(ADDRESS, 'again')).toBeNull()
    advance(24 * 3_600 - 10)
    expect(await keysAt(ADDRESS)).toEqual([key('a')])
    expect(asked).toHaveLength(3)
    advance(1)
    expect(await keysAt(ADDRESS)).toBeNull()
    advance(10)
    answers.push(() => published(key('b')))
    expect(await keysAt(ADDRESS)).toEqual([key('b')])
  })

  it('that nobody has yet are fetched once for all who ask at the same time', async () => {
    answers.push(() => published(key('a')))
    const keysAt = keysAtNow()
    const all = await Promise.all(Array.from({ length: 50 }, () => keysAt(ADDRESS)))
    expect(all).toEqual(Array.from({ length: 50 }, () => [key('a')]))
    expect(asked).toHaveLength(1)
  })

  it('are waited for no longer than the deadline, where the fetch of another never ends', async () => {
    vi.useFakeTimers()
    try {
      const keysAt = keysAtNow()
      answers.push(() => new Promise<Response>(() => {}))
      void keysAt(ADDRESS)
      const waiting = keysAt(ADDRESS)
      await vi.advanceTimersByTimeAsync(KEY_SET_DEADLINE_MS)
      expect(await waiting).toBeNull()
      expect(asked).toHaveLength(1)
      advance(KEY_SET_DEADLINE_MS / 1_000)
      answers.push(() => published(key('a')))
      expect(await keysAt(ADDRESS)).toEqual([key('a')])
    } finally {
      vi.useRealTimers()
    }
  })

  it('are asked for without following a redirect, and not for ever', async () => {
    answers.push(() => published(key('a')))
    await keysAtNow()(ADDRESS)
    expect(asked[0]?.init).toMatchObject({ redirect: 'manual' })
    expect(asked[0]?.init?.signal).toBeInstanceOf(AbortSignal)
  })
})

describe('an answer that holds no keys', () => {
  const long = 'x'.repeat(KEY_SET_BYTES_MAX)
  it.each<[string, () => Response]>([
    ['an error', () => new Response('{}', { status: 500 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: OTHER } })],
    ['no JSON', () => new Response('<html>')],
    ['no UTF-8', () => new Response(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ['no list', () => Response.json({ keys: 'none' })],
    ['an empty list', () => published()],
    ['another kind of key', () => published({ kty: 'EC', crv: 'P-256', kid: 'a' })],
    ['a key for encryption', () => published({ ...key('a'), use: 'enc' })],
    ['a key of another algorithm', () => published({ ...key('a'), alg: 'RS512' })],
    ['a key without a name', () => published({ ...key('a'), kid: undefined })],
    ['too much text', () => Response.json({ keys: [key('a')], long })],
    [
      'too many keys',
      () => published(...Array.from({ length: KEYS_PER_SET_MAX + 1 }, () => key('a'))),
    ],
  ])('is %s', async (_, answer) => {
    answers.push(answer)
    expect(await keysAtNow()(ADDRESS)).toBeNull()
    expect(asked).toHaveLength(1)
  })

  it('does not spoil the good key beside it', async () => {
    const more = { ...key('b'), alg: 'RS256', use: 'sig', x5t: 'unknown' }
    answers.push(() => Response.json({ keys: [{ kty: 'EC', kid: 'a' }, 7, more] }))
    expect(await keysAtNow()(ADDRESS)).toEqual([key('b')])
  })

  it('is read no further than its limit', async () => {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(8_192).fill(32))
      },
    })
    answers.push(() => new Response(endless))
    expect(await keysAtNow()(ADDRESS)).toBeNull()
    expect(pulled).toBeLessThan(20)
  })
})
