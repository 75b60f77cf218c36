// What a click costs, by D1's own counts, and what it lives on: the address that was kept, the row that an
// isolate remembers, and the keys that were rotated.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  LINK_ADDRESS_LEFT_SECONDS_MIN,
  LINK_ASK_AGAIN_MS,
  LINK_RENEW_AGAIN_MS,
  LINK_WAIT_MS,
} from '../../src/domain/limits-links.ts'
import { addressOfLink } from '../../src/usecases/link-address.ts'
import { countedDatabase } from '../counted-database.ts'
import { BROWSER, createLinkWorld } from '../link-world.ts'
import { sandboxControl } from '../harness.ts'
import { callsOf, setFaults } from '../world.ts'

let world: Awaited<ReturnType<typeof createLinkWorld>>
const { db, counts, hooks, reset } = countedDatabase()

beforeEach(async () => {
  world = await createLinkWorld({ db })
})
afterEach(async () => {
  vi.useRealTimers()
  await setFaults()
  await world.settle()
})

const downloads = async (invoiceId: string): Promise<number> =>
  (await callsOf('GET', new RegExp(`/invoices/${invoiceId}/download$`))).length

/** A link that has its address, and an isolate that knows nothing of it. */
const warmLink = async () => {
  const made = await world.link()
  expect((await world.click(made.path)).status).toBe(302)
  await world.settle()
  world.another()
  return made
}

/** What the click has cost before it was answered; what is behind it waits. */
async function costOf(path: string, headers = BROWSER, method = 'GET') {
  reset()
  const response = await world.click(path, headers, method)
  const { rowsRead, rowsWritten, queries } = counts
  return { status: response.status, rowsRead, rowsWritten, statements: queries.length }
}

describe('a click costs', () => {
  it('one row read and none written before the answer, where the link is warm; none at all, where it is hot', async () => {
    const { path, link } = await warmLink()
    expect(await costOf(path)).toEqual({ status: 302, rowsRead: 1, rowsWritten: 0, statements: 1 })
    await world.advance(0.899)
    expect(await costOf(path)).toEqual({ status: 302, rowsRead: 0, rowsWritten: 0, statements: 0 })
    await world.advance(0.001)
    expect(await costOf(path)).toEqual({ status: 302, rowsRead: 1, rowsWritten: 0, statements: 1 })
    expect(await downloads(link.invoiceId)).toBe(1)
  })

  it('one row read and none written, where it is cold: its address is kept behind the answer', async () => {
    const { path, link } = await world.link()
    expect(await costOf(path)).toEqual({ status: 302, rowsRead: 1, rowsWritten: 0, statements: 1 })
    expect((await world.row(link.id)).sealed_address).not.toBeNull()
    // Hot at once, with the address that was just fetched.
    expect(await costOf(path)).toEqual({ status: 302, rowsRead: 0, rowsWritten: 0, statements: 0 })
    expect(await downloads(link.invoiceId)).toBe(1)
  })

  it('five rows written behind the answers of a second: the address, the counter, the entry and its two indexes', async () => {
    const { path } = await world.link()
    reset()
    for (let times = 0; times < 20; times += 1) await world.click(path)
    await world.settle()
    expect(counts.rowsWritten).toBe(5)
    expect(counts.queries).toHaveLength(4)
  })

  it('the same statement and no write for each kind of miss, and for HEAD', async () => {
    const { slug } = await warmLink()
    const misses = [
      '0'.repeat(20),
      slug.slice(0, -1),
      `${slug}0`,
      slug.toUpperCase(),
      'x',
      'a'.repeat(3_000),
      '%00',
      '..%2F..',
      "' OR 1=1 --",
      'a/b',
    ]
    const seen = new Set<string>()
    for (const each of misses) {
      const cost = await costOf(`/i/${each}`)
      expect(cost, each).toEqual({ status: 404, rowsRead: 0, rowsWritten: 0, statements: 1 })
      seen.add(counts.queries.join())
      await costOf(`/i/${each}`, BROWSER, 'HEAD')
      seen.add(counts.queries.join())
    }
    world.another()
    await costOf(`/i/${slug}`)
    seen.add(counts.queries.join())
    expect(seen.size).toBe(1)
  })
})

describe('an address that was kept', () => {
  it('leads on while the billing API is down, and nobody asks it', async () => {
    const { path, link } = await warmLink()
    await setFaults({ kind: 'server_error', status: 503 })
    expect((await world.click(path)).status).toBe(302)
    await world.advance(3 * 24 * 3_600)
    expect((await world.click(path)).status).toBe(302)
    expect(await downloads(link.invoiceId)).toBe(1)
  })

  it('is renewed behind the answer on its last day, and leads on until five minutes before its end', async () => {
    const { path, link } = await warmLink()
    const before = await world.row(link.id)
    const leftUntil = async (seconds: number) => {
      const left = (before.sealed_until - world.now()) / 1_000
      await world.advance(left - seconds)
      world.another()
    }
    await leftUntil(24 * 3_600 + 1)
    await world.click(path)
    await world.settle()
    expect(await downloads(link.invoiceId)).toBe(1)

    await setFaults({ kind: 'server_error', status: 503 })
    await leftUntil(LINK_ADDRESS_LEFT_SECONDS_MIN + 1 + LINK_RENEW_AGAIN_MS / 1_000)
    expect((await world.click(path)).status).toBe(302)
    await world.settle()
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'link_address_missing', status: 503, link: link.id }),
    )
    expect(await world.row(link.id)).toMatchObject({ sealed_until: before.sealed_until })

    await setFaults()
    await world.advance(LINK_RENEW_AGAIN_MS / 1_000)
    expect((await world.click(path)).status).toBe(302)
    await world.settle()
    world.another()
    expect((await world.click(path)).status).toBe(302)
    await world.settle()
    expect((await world.row(link.id)).sealed_until).toBeGreaterThan(before.sealed_until)
    expect(await downloads(link.invoiceId)).toBe(3)
  }, 20_000)

  it('no longer leads on in its last five minutes', async () => {
    const { path, link } = await warmLink()
    const { sealed_until: until } = await world.row(link.id)
    await world.advance((until - world.now()) / 1_000 - LINK_ADDRESS_LEFT_SECONDS_MIN)
    await setFaults({ kind: 'server_error', status: 503 })
    expect((await world.click(path)).status).toBe(503)
    await setFaults()
    await world.advance(LINK_ASK_AGAIN_MS / 1_000)
    expect((await world.click(path)).status).toBe(302)
  })

  it('is not led to where the configuration no longer allows its host', async () => {
    const { path, link } = await warmLink()
    const { billing } = world.deps()
    // Another billing system, whose address is not the sandbox's.
    world.another({ billing: billing && { ...billing, baseUrl: 'https://commet.co' } })
    const response = await world.click(path)
    expect([response.status, response.headers.get('location')]).toEqual([503, null])
    expect(await downloads(link.invoiceId)).toBe(2)
  })

  it('is kept for seven days at most, and not at all where its end is not said', async () => {
    const { path, link } = await world.link()
    const week = 7 * 24 * 3_600 * 1_000
    await setFaults({ kind: 'other_answer', data: { expiresAt: 'never' } })
    expect((await world.click(path)).status).toBe(302)
    await world.settle()
    expect((await world.row(link.id)).sealed_address).toBeNull()
    await world.advance(LINK_ASK_AGAIN_MS / 1_000)
    await setFaults({ kind: 'other_answer', data: { expiresAt: '9999-01-01T00:00:00.000Z' } })
    expect((await world.click(path)).status).toBe(302)
    await world.settle()
    expect((await world.row(link.id)).sealed_until).toBe(world.now() + week)
  })

  it('that was tampered with, or is of a key that is gone, is fetched anew, and sealed with the key of now', async () => {
    const { path, link } = await warmLink()
    const sealed = (await world.row(link.id)).sealed_address
    await env.DB.prepare('UPDATE links SET sealed_address = ? WHERE id = ?')
      .bind(`AAAA${sealed.slice(4)}`, link.id)
      .run()
    expect((await world.click(path)).status).toBe(302)
    expect(await downloads(link.invoiceId)).toBe(2)
    await world.settle()

    await world.advance(60)
    const settings = { ...world.deps().settings, linkKeys: ['a-new-key-'.repeat(4)] }
    world.another({ settings })
    expect((await world.click(path)).status).toBe(302)
    expect(await downloads(link.invoiceId)).toBe(3)
    await world.settle()
    world.another()
    expect((await world.click(path)).status).toBe(302)
    expect(await downloads(link.invoiceId)).toBe(3)
  })
})

const ELSEWHERE = 'https://files.elsewhere.example/x.pdf'

describe('however often one link is clicked, the billing API is asked for it', () => {
  /** Clicks after each of which so many seconds pass; how often the billing API was asked for an address. */
  const clicksOf = async (path: string, times: number, seconds: number, invoiceId: string) => {
    const before = await downloads(invoiceId)
    const statuses = new Set<number>()
    for (let n = 0; n < times; n += 1) {
      statuses.add((await world.click(path)).status)
      await world.advance(seconds)
    }
    await world.settle()
    return { statuses: [...statuses], asked: (await downloads(invoiceId)) - before }
  }

  it.each<[string, () => Promise<unknown>, number]>([
    ['no longer has the invoice', () => sandboxControl('POST', '/reset'), 410],
    ['is down', () => setFaults({ kind: 'server_error', status: 503 }), 503],
    [
      'names another host',
      () => setFaults({ kind: 'other_answer', data: { url: ELSEWHERE } }),
      503,
    ],
    ['says no end', () => setFaults({ kind: 'other_answer', data: { expiresAt: 'never' } }), 302],
  ])('once in five seconds, where it %s', async (_, happens, status) => {
    const { path, link } = await world.link()
    await happens()
    const clicked = await clicksOf(path, 20, 0.5, link.invoiceId)
    expect(clicked).toEqual({ statuses: [status], asked: 2 })
  })

  it('once a minute behind the answers, where a warm link is on its last day and it is down', async () => {
    const { path, link } = await warmLink()
    const { sealed_until: until } = await world.row(link.id)
    await world.advance((until - world.now()) / 1_000 - 3_600)
    await setFaults({ kind: 'server_error', status: 503 })
    const clicked = await clicksOf(path, 20, 6, link.invoiceId)
    expect(clicked).toEqual({ statuses: [302], asked: 2 })
  })

  it('in the last seventh of an address, however short it lives, and what was kept is written once', async () => {
    const { path, link } = await world.link()
    const end = new Date(world.now() + 3_600_000).toISOString()
    await setFaults({ kind: 'other_answer', data: { expiresAt: end } })
    expect(await clicksOf(path, 10, 0.2, link.invoiceId)).toEqual({ statuses: [302], asked: 1 })
    reset()
    expect(await clicksOf(path, 10, 300, link.invoiceId)).toEqual({ statuses: [302], asked: 0 })
    const isAddress = (query: string) => query.includes('"sealed_address" = ')
    expect(counts.queries.filter(isAddress)).toEqual([])
    await world.advance(100)
    expect((await clicksOf(path, 3, 1, link.invoiceId)).asked).toBe(1)
  })
})

describe('a rotation of LINK_KEY', () => {
  const NEW = 'a-new-key-a-new-key-a-new-key-a-new-key'
  const withKeys = (...linkKeys: string[]) =>
    world.another({ settings: { ...world.deps().settings, linkKeys } })
  const shown = (link: Parameters<typeof addressOfLink>[1]) =>
    addressOfLink(world.deps(), link, 'https://makegood.example')

  it('changes nothing for the links that are there: they open, warm too, and are shown', async () => {
    const [current = ''] = world.deps().settings.linkKeys
    const { path, link } = await warmLink()
    withKeys(NEW, current)
    expect(await shown(link)).toBe(`https://makegood.example${path}`)
    expect((await world.click(path)).status).toBe(302)
    expect(await downloads(link.invoiceId)).toBe(1)
  })

  it('once the previous key is gone they still open, and can no longer be shown', async () => {
    const { path, link } = await warmLink()
    withKeys(NEW)
    expect(await shown(link)).toBeNull()
    expect((await world.click(path)).status).toBe(302)
  })

  it('new links are made with the new key', async () => {
    const [current = ''] = world.deps().settings.linkKeys
    withKeys(NEW, current)
    const { link, path } = await world.link()
    withKeys(NEW)
    expect(await shown(link)).toBe(`https://makegood.example${path}`)
    withKeys(current)
    expect(await shown(link)).toBeNull()
  })
})

describe('a billing API that does not answer', () => {
  /** Asked for an address, it answers after that. */
  const billingAfter = (before: () => Promise<unknown>) => {
    const { billing } = world.deps()
    if (!billing) throw new Error('no billing client')
    const { invoices } = billing
    const getDownloadUrl: typeof invoices.getDownloadUrl = async (id) => {
      await before()
      return invoices.getDownloadUrl(id)
    }
    return { billing, slow: { ...billing, invoices: { ...invoices, getDownloadUrl } } }
  }

  it('is waited for a while; what it answers later serves the next click', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>()
    const { billing, slow } = billingAfter(() => later)
    world.another({ billing: slow })
    const { path, link } = await world.link()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const clicked = world.click(path)
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    await vi.advanceTimersByTimeAsync(LINK_WAIT_MS)
    expect((await clicked).status).toBe(503)
    vi.useRealTimers()
    resolve()
    await world.settle()
    expect((await world.row(link.id)).sealed_address).not.toBeNull()
    world.another({ billing })
    await setFaults({ kind: 'server_error', status: 503 })
    expect((await world.click(path)).status).toBe(302)
  })

  it('leads nobody on whose link was revoked while he waited', async () => {
    const { path, link } = await world.link()
    const { slow } = billingAfter(async () => {
      await world.api('DELETE', `/links/${link.id}`)
      await world.advance(1)
    })
    world.another({ billing: slow })
    expect((await world.click(path)).status).toBe(410)
  })

  it('is waited for by everybody with one call, also beyond the second in which a row is believed', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>()
    const { slow } = billingAfter(() => later)
    world.another({ billing: slow })
    const { path, link } = await world.link()
    const clicks = [world.click(path)]
    await world.advance(3)
    clicks.push(world.click(path))
    await world.advance(3)
    clicks.push(world.click(path))
    resolve()
    for (const { status } of await Promise.all(clicks)) expect(status).toBe(302)
    expect(await downloads(link.invoiceId)).toBe(1)
  })

  it('that is not configured is 503', async () => {
    const { path } = await world.link()
    world.another({ billing: null })
    expect((await world.click(path)).status).toBe(503)
  })
})

describe('a storage that is slow', () => {
  afterEach(() => {
    hooks.afterRead = async () => {}
  })
  /** Each of the next reads is answered so many seconds after the storage has read. */
  const slowBy = (...seconds: number[]) => {
    hooks.afterRead = () => world.advance(seconds.shift() ?? 0)
  }

  it('leads on once it was read fast enough, and says to come again where it never is', async () => {
    const { path } = await warmLink()
    slowBy(1.5, 1.5)
    expect((await world.click(path)).status).toBe(302)
    await world.advance(1)
    slowBy(1.5, 1.5, 1.5)
    expect((await world.click(path)).status).toBe(503)
    expect((await world.click(path)).status).toBe(302)
  })

  it('leads nobody on whose link was revoked since it was read', async () => {
    const { path, link } = await warmLink()
    hooks.afterRead = async () => {
      await env.DB.prepare('UPDATE links SET revoked_at = 1 WHERE id = ? AND revoked_at IS NULL')
        .bind(link.id)
        .run()
      await world.advance(1.5)
    }
    expect((await world.click(path)).status).toBe(410)
  })
})

it('a revoked link ends within a second in every isolate, however it was kept', async () => {
  const { path, link } = await warmLink()
  const { clicks: one } = world.deps()
  await world.click(path)
  world.another()
  await world.click(path)
  expect((await world.api('DELETE', `/links/${link.id}`)).status).toBe(200)
  await world.advance(0.899)
  expect((await world.click(path)).status).toBe(302)
  await world.advance(0.001)
  expect((await world.click(path)).status).toBe(410)
  world.another({ clicks: one })
  expect((await world.click(path)).status).toBe(410)
})
