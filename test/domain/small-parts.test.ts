// Ids, text, time, delays and links: small pure functions that everything else stands on.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffSeconds } from '../../src/domain/backoff.ts'
import { occurredAtOf } from '../../src/domain/event.ts'
import {
  adjustmentId,
  base32,
  eventId,
  isAdjustmentId,
  isEventId,
  linkId,
  sha256,
} from '../../src/domain/ids.ts'
import {
  ATTEMPTS_MAX,
  BACKOFF_FIRST_SECONDS,
  BACKOFF_MAX_SECONDS,
  SLUG_CHARS_MAX,
} from '../../src/domain/limits.ts'
import { isLoopback, slugHashOf, slugOf, targetTrouble } from '../../src/domain/link.ts'
import { oneLine } from '../../src/domain/text.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(',', '"', '[', ']', ':', '\\', '.', 'a', '\ud800'),
    maxLength: 6,
  }),
)

describe('ids', () => {
  it('have one form: a prefix and 160 bits in 32 characters', async () => {
    expect(await eventId('stripe', 'evt_1')).toMatch(/^evt_[0-9a-hjkmnp-tv-z]{32}$/)
    expect(await adjustmentId('r', 'a', 's', '')).toMatch(/^adj_[0-9a-hjkmnp-tv-z]{32}$/)
    expect(await linkId('inv_1')).toMatch(/^lnk_[0-9a-hjkmnp-tv-z]{32}$/)
  })

  it('are known by their form, before anything is looked up by them', async () => {
    const [event, adjustment] = [await eventId('a', 'b'), await adjustmentId('a', 'b', 'c', 'd')]
    expect([isEventId(event), isAdjustmentId(adjustment)]).toEqual([true, true])
    expect([isEventId(adjustment), isAdjustmentId(event)]).toEqual([false, false])
    for (const text of [
      '',
      'evt_',
      event.slice(0, -1),
      `${event}0`,
      `${event}\n`,
      ` ${event}`,
      event.toUpperCase(),
    ]) {
      expect(isEventId(text), JSON.stringify(text)).toBe(false)
    }
  })

  it('are derived: these values are for ever, since rows and idempotency keys hold them', async () => {
    expect(await eventId('stripe', 'evt_1')).toBe('evt_m44n2gv1rt79x8k3m0vzxjmq9cc9afjk')
    expect(await adjustmentId('stripe-refund-record', 'stripe', 'refund:re_1', '')).toBe(
      'adj_kc7jfw09nqfw7ksa9ett230rb32j9q49',
    )
    expect(await linkId('inv_1')).toBe('lnk_mvj3kzserete973a8v1gwr4r1r7wcyjk')
  })

  it('are one for the same parts, and never one for two different lists of parts', async () => {
    const parts = fc.tuple(anyText, anyText, anyText, anyText)
    await fc.assert(
      fc.asyncProperty(parts, parts, async (one, other) => {
        const [first, again, second] = await Promise.all([
          adjustmentId(...one),
          adjustmentId(...one),
          adjustmentId(...other),
        ])
        expect(again).toBe(first)
        expect(first === second).toBe(one.every((part, position) => part === other[position]))
      }),
      { numRuns: 1_000 },
    )
  })

  it('do not change when a text moves from one part to the next', async () => {
    const ids = await Promise.all([
      adjustmentId('a', 'b', 'c', 'd'),
      adjustmentId('ab', '', 'c', 'd'),
      adjustmentId('a', 'b', 'cd', ''),
      adjustmentId('a","b', 'c', 'd', ''),
      eventId('a', 'b'),
      linkId('a'),
    ])
    expect(new Set(ids.map((id) => id.slice(4))).size).toBe(ids.length)
  })

  it('spell bytes five bits a character', async () => {
    expect(base32(new Uint8Array())).toBe('')
    expect(base32(Uint8Array.of(0))).toBe('00')
    expect(base32(Uint8Array.of(255, 255, 255, 255, 255))).toBe('zzzzzzzz')
    expect(
      base32(Uint8Array.of(0b00001_000, 0b10_00011_0, 0b0100_0010, 0b1_00110_00, 0b111_01000)),
    ).toBe('12345678')
    expect((await sha256(new TextEncoder().encode('abc'))).toHex()).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
})

describe('text on one line', () => {
  it.each([
    ['plain', 'plain'],
    ['a\r\nb\tc\0d', 'a b c d'],
    ['a\u2028b\u2029c\u0085d', 'a b c d'],
    ['  both ends \n', 'both ends'],
    ['\u202egnp.exe\u202c', 'gnp.exe'],
    ['a\u2066b\u2069c\u200ed\u200fe\u061cf', 'a b c d e f'],
    ['half \ud83d', 'half \ufffd'],
    ['Żółć 株式会社 😀', 'Żółć 株式会社 😀'],
    ['\u001b[31mred', '[31mred'],
  ])('%j is %j', (text, plain) => {
    expect(oneLine(text, 100)).toBe(plain)
  })

  it('is cut by UTF-16 units, never through a character', () => {
    expect(oneLine('abcdef', 3)).toBe('abc')
    expect(oneLine('ab😀', 3)).toBe('ab\ufffd')
  })

  it('stays as it is when done again, is well-formed, and holds no control character', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 50 }), (text, charsMax) => {
        const plain = oneLine(text, charsMax)
        expect(plain.length).toBeLessThanOrEqual(charsMax)
        expect(plain.isWellFormed()).toBe(true)
        expect(plain).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]|^\s|\s$/u)
        expect(oneLine(plain, charsMax)).toBe(plain)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the time of an event', () => {
  const AT = Date.UTC(2026, 9, 26, 7, 33, 12)
  it.each<[unknown, number | null]>([
    [AT / 1_000, AT],
    [1.5, 1_500],
    [0, 0],
    ['2026-10-26T07:33:12Z', AT],
    ['2026-10-26T09:33:12+02:00', AT],
    ['2026-10-26T07:33:12.672717030Z', AT + 672],
    ['2026-10-26T07:33:12.6Z', AT + 600],
    ['2026-10-26T07:33Z', AT - 12_000],
    ['2026-10-26', Date.UTC(2026, 9, 26)],
    [-1, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [1e15, null],
    ['', null],
    ['ticket 42', null],
    ['1', null],
    ['foo 5', null],
    ['2026', null],
    ['Mon, 26 Oct 2026 07:33:12 GMT', null],
    ['26.10.2026', null],
    ['2026-13-01T00:00:00Z', null],
    ['2026-10-26T25:00:00Z', null],
    ['1969-12-31T23:59:59Z', null],
    [' 2026-10-26T07:33:12Z', null],
    [undefined, null],
    [null, null],
    [true, null],
    [new Date(AT), null],
    [[AT], null],
  ])('%j is %j', (value, ms) => {
    expect(occurredAtOf(value)).toBe(ms)
  })
})

describe('the delay before the next attempt', () => {
  it('doubles from fifteen seconds to an hour, with a fifth of jitter either way', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, random) => {
          const seconds = backoffSeconds(attempts, null, random)
          const middle = Math.min(
            BACKOFF_FIRST_SECONDS * 2 ** (Math.max(attempts, 1) - 1),
            BACKOFF_MAX_SECONDS,
          )
          expect(Number.isInteger(seconds)).toBe(true)
          expect(seconds).toBeGreaterThanOrEqual(middle * 0.8)
          expect(seconds).toBeLessThanOrEqual(middle * 1.2 + 1)
        },
      ),
      { numRuns: 1_000 },
    )
    expect([1, 2, 3, 8, 9, 40].map((attempts) => backoffSeconds(attempts, null, 0.5))).toEqual([
      15, 30, 60, 1_920, 3_600, 3_600,
    ])
  })

  it('tries for more than a day before the attempts are used up, however short each delay is', () => {
    const shortest = Array.from({ length: ATTEMPTS_MAX - 1 }, (_, attempt) =>
      backoffSeconds(attempt + 1, null, 0),
    )
    const total = shortest.reduce((sum, seconds) => sum + seconds, 0)
    expect(total).toBeGreaterThan(24 * 3_600)
    // And not for weeks: what is down for two days is for people.
    expect(total).toBeLessThan(48 * 3_600)
  })

  it('is never shorter than Retry-After asks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: ATTEMPTS_MAX }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, retryAfter, random) => {
          const seconds = backoffSeconds(attempts, retryAfter, random)
          expect(seconds).toBeGreaterThanOrEqual(retryAfter)
          expect(seconds).toBe(Math.max(retryAfter, backoffSeconds(attempts, null, random)))
        },
      ),
    )
  })

  it('adds up to more than a day before the attempts are used up, also at the lowest jitter', () => {
    let total = 0
    for (let attempts = 1; attempts < ATTEMPTS_MAX; attempts += 1) {
      total += backoffSeconds(attempts, null, 0)
    }
    expect(total).toBeGreaterThanOrEqual(24 * 3_600)
  })
})

describe('a slug', () => {
  const KEY = 'test-link-key-test-link-key-test-link-key'

  it('has at least 80 bits and fits its limit', async () => {
    const slug = await slugOf('lnk_1', KEY)
    expect(slug).toMatch(/^[0-9a-hjkmnp-tv-z]{16,}$/)
    expect(slug.length * 5).toBeGreaterThanOrEqual(80)
    expect(slug.length).toBeLessThanOrEqual(SLUG_CHARS_MAX)
  })

  it('is the same again, and another for another link or another key', async () => {
    expect(await slugOf('lnk_1', KEY)).toBe(await slugOf('lnk_1', KEY))
    const slugs = await Promise.all([
      slugOf('lnk_1', KEY),
      slugOf('lnk_2', KEY),
      slugOf('lnk_1', `${KEY}2`),
    ])
    expect(new Set(slugs).size).toBe(3)
  })

  it('uses every bit: over 400 links each bit is set in about half', async () => {
    const slugs = await Promise.all(Array.from({ length: 400 }, (_, n) => slugOf(`lnk_${n}`, KEY)))
    const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
    for (let bit = 0; bit < 80; bit += 1) {
      const set = slugs.filter(
        (slug) => (alphabet.indexOf(slug[Math.floor(bit / 5)] ?? '') >> (bit % 5)) & 1,
      ).length
      expect(Math.abs(set - 200)).toBeLessThan(80)
    }
  })

  it('is stored as a hash that does not contain it', async () => {
    const slug = await slugOf('lnk_1', KEY)
    const hash = await slugHashOf(slug)
    expect(hash).toMatch(/^[0-9a-hjkmnp-tv-z]{52}$/)
    expect(hash).not.toContain(slug)
    expect(await slugHashOf('')).not.toBe(hash)
  })
})

describe('the target of a link', () => {
  const HOSTS = ['commet.co', 'files.example.com']
  const COMMET = 'https://commet.co'

  it.each<[string, string | null]>([
    ['https://commet.co/invoices/1.pdf?signature=x', null],
    ['https://files.commet.co/1.pdf', null],
    ['https://a.b.commet.co/1.pdf', null],
    ['https://files.example.com/1.pdf', null],
    ['https://COMMET.CO/1.pdf', null],
    ['https://commet.co:443/1.pdf', null],
    ['http://commet.co/1.pdf', 'not_https'],
    ['ftp://commet.co/1.pdf', 'not_https'],
    ['javascript:alert(1)//commet.co', 'not_https'],
    ['data:text/html,commet.co', 'not_https'],
    ['blob:https://commet.co/1', 'not_https'],
    ['file:///etc/passwd', 'not_https'],
    ['//commet.co/1.pdf', 'not_an_address'],
    ['/1.pdf', 'not_an_address'],
    ['', 'not_an_address'],
    ['commet.co', 'not_an_address'],
    ['https://', 'not_an_address'],
    ['https://user@commet.co/1.pdf', 'not_an_address'],
    ['https://user:password@commet.co/1.pdf', 'not_an_address'],
    ['https://commet.co@evil.example/1.pdf', 'not_an_address'],
    ['https://evil.example/https://commet.co', 'host_not_allowed'],
    ['https://evil.example/?commet.co', 'host_not_allowed'],
    ['https://evil.example\\@commet.co', 'host_not_allowed'],
    ['https://commet.co.evil.example/', 'host_not_allowed'],
    ['https://evilcommet.co/', 'host_not_allowed'],
    ['https://evil-commet.co/', 'host_not_allowed'],
    ['https://commet.co./', 'host_not_allowed'],
    ['https://example.com/', 'host_not_allowed'],
    ['https://co/', 'host_not_allowed'],
    ['https://commét.co/', 'host_not_allowed'],
    ['https://соmmet.co/', 'host_not_allowed'],
    ['https://commet。co.evil.example/', 'host_not_allowed'],
    ['https://127.0.0.1/', 'host_not_allowed'],
    ['https://[::1]/', 'host_not_allowed'],
    ['https://localhost/', 'host_not_allowed'],
    ['https://169.254.169.254/', 'host_not_allowed'],
  ])('%s: %s', (address, trouble) => {
    expect(targetTrouble(address, HOSTS, COMMET)).toBe(trouble)
  })

  it.each<[string, string | null]>([
    ['http://127.0.0.1:8790/files/1.pdf', null],
    ['http://127.0.0.1:8787/files/1.pdf', 'host_not_allowed'],
    ['https://127.0.0.1:8790/files/1.pdf', 'host_not_allowed'],
    ['http://localhost:8790/files/1.pdf', 'host_not_allowed'],
    ['https://commet.co/1.pdf', 'host_not_allowed'],
    ['http://127.0.0.1:8790@evil.example/', 'not_an_address'],
    ['http://127.0.0.1.evil.example:8790/', 'host_not_allowed'],
    ['javascript:alert(1)', 'host_not_allowed'],
  ])('with the sandbox on loopback, %s: %s', (address, trouble) => {
    expect(targetTrouble(address, HOSTS, 'http://127.0.0.1:8790')).toBe(trouble)
  })

  it('may be the host of another billing address, by https only', () => {
    const own = 'https://billing.example.org:8443'
    expect(targetTrouble('https://billing.example.org/1.pdf', HOSTS, own)).toBeNull()
    expect(targetTrouble('http://billing.example.org:8443/1.pdf', HOSTS, own)).toBe('not_https')
    expect(targetTrouble('http://127.0.0.1/1.pdf', HOSTS, own)).toBe('not_https')
  })

  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['sandbox.localhost', true],
    ['localhost.example', false],
    ['evillocalhost', false],
    ['127.0.0.1.example', false],
    ['', false],
  ])('%s on loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})
