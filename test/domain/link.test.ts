// What a slug is made of, what keeps a signed address, who asks for a link, and who misses too often.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  askedLately,
  createClickMemory,
  hotLink,
  remember,
  type HotLink,
} from '../../src/click-memory.ts'
import type { Link } from '../../src/db/schema.ts'
import { networkOf } from '../../src/domain/client-network.ts'
import { isLinkId } from '../../src/domain/ids.ts'
import { BILLING_DEADLINE_MS } from '../../src/domain/limits.ts'
import { LINK_HOT_MS, LINKS_REMEMBERED_MAX, SLUG_CHARS_MAX } from '../../src/domain/limits-links.ts'
import { linkIdOf, linkStateOf, openSealed, sealAddress, slugOf } from '../../src/domain/link.ts'

const KEY = 'test-link-key-test-link-key-test-link-key'
const OTHER = 'another-key-another-key-another-key-another'

describe('a slug', () => {
  it('has at least 80 bits and fits its limit', async () => {
    const slug = await slugOf('inv_1', 0, KEY)
    expect(slug).toMatch(/^[0-9a-hjkmnp-tv-z]{16,}$/)
    expect(slug.length * 5).toBeGreaterThanOrEqual(80)
    expect(slug.length).toBeLessThanOrEqual(SLUG_CHARS_MAX)
  })

  it('is the same again, and another for another invoice, another of its links, or another key', async () => {
    expect(await slugOf('inv_1', 0, KEY)).toBe(await slugOf('inv_1', 0, KEY))
    const slugs = await Promise.all([
      slugOf('inv_1', 0, KEY),
      slugOf('inv_1', 1, KEY),
      slugOf('inv_10', 0, KEY),
      slugOf('inv_2', 0, KEY),
      slugOf('inv_1', 0, `${KEY}2`),
    ])
    expect(new Set(slugs).size).toBe(5)
  })

  it('uses every bit: over 400 links each bit is set in about half', async () => {
    const slugs = await Promise.all(
      Array.from({ length: 400 }, (_, n) => slugOf(`inv_${n}`, 0, KEY)),
    )
    const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
    for (let bit = 0; bit < 96; bit += 1) {
      const set = slugs.filter(
        (slug) => (alphabet.indexOf(slug[Math.floor(bit / 5)] ?? '') >> (4 - (bit % 5))) & 1,
      ).length
      expect(Math.abs(set - 200), `bit ${bit}`).toBeLessThan(60)
    }
  })

  it('is stored as a hash that does not contain it', async () => {
    const slug = await slugOf('inv_1', 0, KEY)
    const id = await linkIdOf(slug)
    expect(isLinkId(id)).toBe(true)
    expect(id).not.toContain(slug)
    expect(await linkIdOf('')).not.toBe(id)
  })
})

describe('a sealed address', () => {
  const ADDRESS = 'https://commet.co/files/inv_1.pdf?signature=3f0c'
  const FOR = { id: 'lnk_1', until: 1_793_000_000_000 } as const
  const iv = Uint8Array.from({ length: 12 }, (_, index) => index)
  const seal = (key = KEY) => sealAddress(ADDRESS, FOR, key, iv)

  it('is opened with its key, also when that is the previous one, and with no other', async () => {
    const sealed = await seal()
    expect(await openSealed(sealed, FOR, [KEY])).toBe(ADDRESS)
    expect(await openSealed(sealed, FOR, [OTHER, KEY])).toBe(ADDRESS)
    expect(await openSealed(sealed, FOR, [OTHER])).toBeNull()
    expect(await openSealed(sealed, FOR, [])).toBeNull()
  })

  it('shows nothing of the address, and nothing of the slug key opens it', async () => {
    const bytes = new TextDecoder('latin1').decode(Uint8Array.fromBase64(await seal()))
    for (const part of ['commet', 'inv_1', '3f0c']) expect(bytes).not.toContain(part)
  })

  it('belongs to its link and its end', async () => {
    const sealed = await seal()
    expect(await openSealed(sealed, { ...FOR, id: 'lnk_2' }, [KEY])).toBeNull()
    expect(await openSealed(sealed, { ...FOR, until: FOR.until + 1 }, [KEY])).toBeNull()
  })

  it('is opened by nobody once a byte of it was changed, and never throws', async () => {
    const sealed = Uint8Array.fromBase64(await seal())
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(await openSealed(changed.toBase64(), FOR, [KEY]), `byte ${at}`).toBeNull()
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), async (text) => {
        expect(await openSealed(text, FOR, [KEY])).toBeNull()
      }),
    )
  })
})

describe('what an isolate remembers', () => {
  const LINK: Link = {
    seq: 1,
    id: 'lnk_1',
    invoiceId: 'inv_1',
    nth: 0,
    label: null,
    createdAt: 0,
    expiresAt: 1,
    revokedAt: null,
    opened: 0,
    firstOpenedAt: null,
    lastOpenedAt: null,
    sealedAddress: null,
    sealedUntil: null,
  }
  const entry = (readAt: number): HotLink => ({
    link: LINK,
    readAt,
    address: null,
  })

  it('is believed for 900 ms from before it was read, and not a millisecond longer', () => {
    expect(LINK_HOT_MS).toBe(900)
    const memory = createClickMemory()
    const seen = entry(10_000)
    expect(hotLink(memory, 'slug', 10_000)).toBeNull()
    remember(memory.hot, 'slug', seen)
    expect(hotLink(memory, 'slug', 10_000)).toBe(seen)
    expect(hotLink(memory, 'slug', 10_899)).toBe(seen)
    expect(hotLink(memory, 'another', 10_899)).toBeNull()
    expect(hotLink(memory, 'slug', 10_900)).toBeNull()
    expect(memory.hot.size).toBe(0)
  })

  it('is not believed by a clock that went back', () => {
    const memory = createClickMemory()
    remember(memory.hot, 'slug', entry(10_000))
    expect(hotLink(memory, 'slug', 9_999)).toBeNull()
  })

  it('of a call is its answer for a while after it came, and until none can come any more', () => {
    const memory = createClickMemory()
    const answer = Promise.withResolvers<never>().promise
    const asked = { answer, isAnswered: false, at: 10_000 }
    const isLately = (now: number) => askedLately(memory, 'lnk_1', 5_000, now) !== null
    expect(isLately(10_000)).toBe(false)
    remember(memory.asked, 'lnk_1', asked)
    expect(askedLately(memory, 'lnk_1', 5_000, 10_000)).toBe(answer)
    expect(isLately(10_000 + BILLING_DEADLINE_MS - 1)).toBe(true)
    expect(isLately(10_000 + BILLING_DEADLINE_MS)).toBe(false)
    Object.assign(asked, { isAnswered: true, at: 18_000 })
    expect([17_999, 18_000, 22_999, 23_000].map(isLately)).toEqual([false, true, true, false])
    expect(askedLately(memory, 'lnk_2', 5_000, 18_000)).toBeNull()
  })

  it('is bounded: the first that was remembered is forgotten', () => {
    const memory = createClickMemory()
    for (let n = 0; n <= LINKS_REMEMBERED_MAX; n += 1) remember(memory.hot, `slug-${n}`, entry(0))
    expect(memory.hot.size).toBe(LINKS_REMEMBERED_MAX)
    expect([...memory.hot.keys()][0]).toBe('slug-1')
  })
})

it('a link is open until its end, and revoked for ever', () => {
  const link = { revokedAt: null, expiresAt: 100 }
  expect([99, 100].map((now) => linkStateOf(link, now))).toEqual(['open', 'expired'])
  expect(linkStateOf({ ...link, revokedAt: 1 }, 0)).toBe('revoked')
})

describe('who misses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['', ''],
    ['not an address', 'not an address'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
