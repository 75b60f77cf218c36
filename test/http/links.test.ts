// Short links, from outside.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../src/domain/ids.ts'
import { LINK_ASK_AGAIN_MS, LINK_MISSES_MAX } from '../../src/domain/limits-links.ts'
import { createApp } from '../../src/http/app.ts'
import { adjustmentOf, deliver, fetchApp, sandboxControl, ticket } from '../harness.ts'
import { BROWSER, createLinkWorld, IPHONE } from '../link-world.ts'
import { PREVIEWS } from '../preview-words.ts'
import { setFaults } from '../world.ts'

const JSON_ONLY = { accept: 'application/json', 'user-agent': 'curl/8.14.1' }
const TEXT_HTML = 'text/html; charset=UTF-8'

let world: Awaited<ReturnType<typeof createLinkWorld>>

beforeEach(async () => {
  world = await createLinkWorld()
})
afterEach(async () => {
  await setFaults()
  await world.settle()
})

const headersOf = (response: Response) => Object.fromEntries(response.headers)

describe('through the Worker', () => {
  let link: string
  beforeAll(async () => {
    const [id] = await deliver('zendesk', ticket())
    link = (await adjustmentOf(id!, 'invoiced')).link
  })
  const click = (address: string, init: RequestInit = {}): Promise<Response> =>
    fetchApp(address, { redirect: 'manual', ...init })

  it('a link leads to the signed PDF, and is kept by nobody', async () => {
    const response = await click(link)
    expect(response.status).toBe(302)
    expect(headersOf(response)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
    })
    const pdf = await env.SANDBOX.fetch(response.headers.get('location')!)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(new TextDecoder().decode((await pdf.arrayBuffer()).slice(0, 5))).toBe('%PDF-')
  })

  it('a link goes where its slug says, whatever else the request says', async () => {
    const hostile = `${link}?url=https://evil.example&to=//evil.example#https://evil.example`
    const response = await click(hostile, {
      headers: { 'x-forwarded-host': 'evil.example', host: 'evil.example' },
    })
    expect(new URL(response.headers.get('location')!).host).toBe('sandbox.localhost')
  })

  it('other methods are answered with 405', async () => {
    const response = await click(link, { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('who gets the document', () => {
  it('a person gets it, and is counted once per click; so is a program', async () => {
    const { path, link } = await world.link()
    for (const headers of [BROWSER, BROWSER, { ...BROWSER, 'user-agent': IPHONE }, JSON_ONLY]) {
      expect((await world.click(path, headers)).status).toBe(302)
    }
    await world.settle()
    const at = world.now()
    expect(await world.row(link.id)).toMatchObject({
      opened: 4,
      first_opened_at: at,
      last_opened_at: at,
    })
    const opened = (await world.entries(link.id)).filter(({ action }) => action === 'link.opened')
    const entry = { actor: 'system:links', action: 'link.opened' }
    const { invoiceId: invoice } = link
    expect(opened).toEqual([
      { ...entry, data: { invoice, agent: 'desktop', opened: 4 } },
      { ...entry, data: { invoice, agent: 'phone', opened: 4 } },
      { ...entry, data: { invoice, agent: 'program', opened: 4 } },
    ])
  })

  it('each opening is counted, and of an hour one of each kind is an entry', async () => {
    const { path, link } = await world.link()
    const open = async (headers: Record<string, string>) => {
      expect((await world.click(path, headers)).status).toBe(302)
      await world.settle()
    }
    const entered = async () =>
      (await world.entries(link.id)).slice(1).map(({ data }) => `${data.agent} ${data.opened}`)
    for (let times = 0; times < 3; times += 1) {
      await open(BROWSER)
      await open(JSON_ONLY)
      await world.advance(1_199)
      world.another()
    }
    expect(await entered()).toEqual(['desktop 1', 'program 2'])
    expect((await world.row(link.id)).opened).toBe(6)
    await world.advance(3)
    await open(BROWSER)
    expect(await entered()).toEqual(['desktop 1', 'program 2', 'desktop 7'])
    expect((await world.row(link.id)).last_opened_at).toBe(world.now())
  }, 20_000)

  it.each([...PREVIEWS, 'HEAD', 'HEAD of curl'])(
    'no preview and no scanner gets it, and none is counted: %s',
    async (userAgent) => {
      const { path, link } = await world.link()
      const isHead = userAgent.startsWith('HEAD')
      const headers = isHead
        ? userAgent === 'HEAD'
          ? BROWSER
          : JSON_ONLY
        : { 'user-agent': userAgent, accept: '*/*' }
      const response = await world.click(path, headers, isHead ? 'HEAD' : 'GET')
      expect([response.status, response.headers.get('location')]).toEqual([200, null])
      expect(response.headers.get('content-type')).toBe(TEXT_HTML)
      const text = await response.text()
      expect(text).not.toContain('sandbox.localhost')
      expect(text === '').toBe(isHead)
      await world.settle()
      expect(await world.row(link.id)).toMatchObject({ opened: 0, sealed_address: null })
      expect((await world.entries(link.id)).map(({ action }) => action)).toEqual(['link.made'])
    },
  )

  it('what a browser fetches ahead is refused, so that the click itself is made', async () => {
    const { path, link } = await world.link()
    const response = await world.click(path, { ...BROWSER, 'sec-purpose': 'prefetch;prerender' })
    expect([response.status, response.headers.get('location')]).toEqual([403, null])
    await world.settle()
    expect((await world.row(link.id)).opened).toBe(0)
    expect((await world.click(path)).status).toBe(302)
  })

  it('clicks of a second are written by one batch, and no address of anybody', async () => {
    const { path, link } = await world.link()
    const batch = vi.spyOn(world.deps().db, 'batch')
    const from = { ...BROWSER, 'cf-connecting-ip': '203.0.113.77' }
    const clicks = Array.from({ length: 50 }, () => world.click(path, from))
    for (const { status } of await Promise.all(clicks)) expect(status).toBe(302)
    await world.settle()
    expect(batch).toHaveBeenCalledTimes(1)
    batch.mockRestore()
    expect((await world.row(link.id)).opened).toBe(50)
    const kept = JSON.stringify([await world.row(link.id), await world.entries(link.id)])
    for (const text of ['203.0.113', 'Mozilla', 'Chrome']) {
      expect(kept).not.toContain(text)
      expect(JSON.stringify(world.lines)).not.toContain(text)
    }
  })

  it('a storage that is in trouble loses an opening, says so, and the click is led on', async () => {
    const { path } = await world.link()
    const batch = vi.spyOn(world.deps().db, 'batch').mockRejectedValue(new Error('D1_ERROR: no'))
    expect((await world.click(path)).status).toBe(302)
    await world.settle()
    batch.mockRestore()
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.link_write_failed', message: 'D1_ERROR: no' }),
    )
  })
})

describe('where a link does not lead on', () => {
  const gone = async (column: 'revoked_at' | 'expires_at') => {
    const made = await world.link()
    await env.DB.prepare(`UPDATE links SET ${column} = 1 WHERE id = ?`).bind(made.link.id).run()
    return made.path
  }

  it('is 410 once it has expired or was revoked', async () => {
    for (const column of ['revoked_at', 'expires_at'] as const) {
      const response = await world.click(await gone(column), JSON_ONLY)
      expect(response.status).toBe(410)
      expect(await response.json()).toMatchObject({ error: { code: 'link_gone' } })
    }
  })

  it('is 410 once the billing API no longer has the invoice', async () => {
    const { path } = await world.link()
    await sandboxControl('POST', '/reset')
    expect((await world.click(path)).status).toBe(410)
  })

  it('is 503 with Retry-After while the billing API is down and nothing is warm, and works after it', async () => {
    const { path } = await world.link()
    await setFaults({ kind: 'server_error', status: 503 })
    const response = await world.click(path, JSON_ONLY)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30'])
    expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } })
    await setFaults()
    await world.advance(LINK_ASK_AGAIN_MS / 1_000)
    expect((await world.click(path)).status).toBe(302)
  })

  it.each<[number, () => Promise<string>, RegExp]>([
    [404, async () => '/i/00000000000000000000', /There is no such link/],
    [410, () => gone('revoked_at'), /no longer valid/],
    [503, async () => (await world.link()).path, /cannot be fetched right now.*Try again/s],
  ])('a person reads a page, small and plain: %i', async (status, pathOf, words) => {
    const path = await pathOf()
    await setFaults({ kind: 'server_error', status: 503 })
    const response = await world.click(path)
    expect(response.status).toBe(status)
    expect(headersOf(response)).toMatchObject({
      'content-type': TEXT_HTML,
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
    })
    const html = await response.text()
    expect(html).toMatch(/^<!doctype html><html lang="en">/)
    expect(html).toMatch(words)
    expect(html).not.toMatch(/<script|javascript:|https?:|style="/)
    expect(html).not.toContain(path.slice(3))
    expect(html.length).toBeLessThan(1_200)
    // What the policy allows is the style that is there.
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(html) ?? []
    const hash = (await sha256(new TextEncoder().encode(style))).toBase64()
    expect(response.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`)
  })

  it('is 503 where the storage is in trouble, as a page for a person and as JSON for a program', async () => {
    const { path } = await world.link()
    world.another()
    const select = vi.spyOn(world.deps().db, 'select').mockImplementation(() => {
      throw new Error('D1_ERROR: no')
    })
    const responses = [await world.click(path), await world.click(path, JSON_ONLY)]
    select.mockRestore()
    for (const response of responses) {
      expect(response.status).toBe(503)
      expect(headersOf(response)).toMatchObject({
        'cache-control': 'no-store',
        'retry-after': '30',
      })
    }
    expect(await responses[0]!.text()).toMatch(/cannot be fetched right now.*Try again/s)
    expect(await responses[1]!.json()).toMatchObject({ error: { code: 'unavailable' } })
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.request_threw', message: 'D1_ERROR: no' }),
    )
  })

  it('is a page for whoever sends something else than GET', async () => {
    const { path } = await world.link()
    const response = await world.click(path, BROWSER, 'POST')
    expect(response.status).toBe(405)
    expect(headersOf(response)).toMatchObject({ allow: 'GET, HEAD', 'content-type': TEXT_HTML })
  })

  it.each([
    [
      'http:sandbox.localhost/x.pdf?signature=a%2Fb',
      'http://sandbox.localhost/x.pdf?signature=a%2Fb',
    ],
    ['http:\\\\sandbox.localhost/x.pdf', 'http://sandbox.localhost/x.pdf'],
    [
      'http://sandbox.localhost/\u{1F4C4}%20\u0100.pdf?s=%2F',
      'http://sandbox.localhost/%F0%9F%93%84%20%C4%80.pdf?s=%2F',
    ],
  ])('leads to the address that was checked, not to its text: %s', async (url, location) => {
    const { path, link } = await world.link()
    await setFaults({ kind: 'other_answer', data: { url } })
    const isLedTo = async () => {
      const response = await world.click(path)
      expect([response.status, response.headers.get('location')]).toEqual([302, location])
    }
    await isLedTo()
    await world.settle()
    expect((await world.row(link.id)).sealed_address).not.toBeNull()
    await setFaults()
    world.another()
    await isLedTo()
  })

  it.each([
    'https://evil.example/x.pdf',
    'javascript:alert(1)',
    'http://sandbox.localhost.evil.example/',
  ])('refuses to lead to %s, even if the billing API says so, and alarms', async (url) => {
    const { path, link } = await world.link()
    await setFaults({ kind: 'other_answer', data: { url } })
    const response = await world.click(path)
    expect([response.status, response.headers.get('location')]).toEqual([503, null])
    await world.settle()
    const host = new URL(url).hostname
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.link_target_refused', link: link.id, host }),
    )
    expect((await world.row(link.id)).sealed_address).toBeNull()
  })

  it('tells people of a refused host once an hour, by its name and with what to do', async () => {
    const { path } = await world.link()
    await env.DB.prepare('DELETE FROM alarms').run()
    const db = Object.assign(world.deps().db, { tells: () => true })
    world.another({ db })
    const url = 'https://files.elsewhere.example/x.pdf?signature=s3cret'
    await setFaults({ kind: 'other_answer', data: { url } })
    for (let times = 0; times < 3; times += 1) await world.click(path)
    await world.settle()
    const { results } = await env.DB.prepare('SELECT cause, key, facts FROM alarms').all<any>()
    expect(results).toMatchObject([
      { cause: 'link_target_refused', key: 'files.elsewhere.example' },
    ])
    expect(JSON.stringify(results)).not.toContain('s3cret')
    const { alarmNote } = await import('../../src/domain/alarm.ts')
    const [first] = alarmNote({ ...results[0], facts: JSON.parse(results[0].facts) })
    expect(first).toMatch(/links\.hosts in makegood\.config\.ts: files\.elsewhere\.example\.$/)
  })
})

describe('unknown slugs', () => {
  it.each([
    '00000000000000000000',
    'x',
    '%00',
    'a'.repeat(500),
    '..%2F..%2Fapi',
    "' OR 1=1 --",
    'a/b/c',
    '%E0%A4%A',
    '%0d%0aset-cookie:x=1',
    'ÄÖÜ',
    '',
    '?x',
  ])('and malformed ones are answered alike: %s', async (slug) => {
    const answer = async (path: string) => {
      const response = await world.click(path, JSON_ONLY)
      const { 'x-request-id': _, ...headers } = headersOf(response)
      return { status: response.status, headers, body: await response.text() }
    }
    const expected = await answer('/i/11111111111111111111')
    expect(expected.status).toBe(404)
    expect(JSON.parse(expected.body)).toMatchObject({ error: { code: 'link_not_found' } })
    expect(await answer(`/i/${slug}`)).toEqual(expected)
  })

  it('are 404 where the limiter fails, which the log says, and at the path without a slug', async () => {
    const mayMiss = () => Promise.reject(new TypeError('no limiter'))
    world.another({ mayMiss })
    expect((await world.click('/i/nobody')).status).toBe(404)
    expect((await world.click('/i')).status).toBe(404)
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'link_limiter_failed', message: 'no limiter' }),
    )
  })

  it('are 429 after so many of one network, while a link that is there opens from it all the same', async () => {
    const { path } = await world.link()
    const from = (ip: string) => ({ ...BROWSER, 'cf-connecting-ip': ip })
    const statuses: number[] = []
    for (let times = 0; times < LINK_MISSES_MAX + 5; times += 1) {
      const response = await world.click(`/i/miss${times}`, from(`2001:db8:9:9::${times}`))
      statuses.push(response.status)
      if (response.status === 429) expect(response.headers.get('retry-after')).toBe('60')
    }
    expect(statuses.slice(0, LINK_MISSES_MAX)).toEqual(Array(LINK_MISSES_MAX).fill(404))
    expect(statuses.slice(LINK_MISSES_MAX)).toEqual(Array(5).fill(429))
    expect((await world.click(path, from('2001:db8:9:9::1'))).status).toBe(302)
    expect((await world.click('/i/miss', from('2001:db8:9:a::1'))).status).toBe(404)
  })
})

it('a link is opened at another path too, where the configuration names one', async () => {
  const { slug } = await world.link()
  const app = createApp(() => world.deps(), '/documents')
  const ask = async (path: string) => (await app.request(path, { method: 'HEAD' }, env)).status
  expect(await ask(`/documents/${slug}`)).toBe(200)
  expect(await ask(`/i/${slug}`)).toBe(200)
  expect(await ask(`/other/${slug}`)).toBe(404)
})
