// Short links, from outside.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { linkAddress } from '../../src/usecases/link-address.ts'
import { adjustmentOf, deliver, depsWith, fetchApp, sandboxControl, ticket } from '../harness.ts'
import { setFaults } from '../world.ts'

let link: string

beforeAll(async () => {
  const [id] = await deliver('zendesk', ticket())
  link = (await adjustmentOf(id!, 'invoiced')).link
})
afterEach(() => setFaults())

const click = (address: string, init: RequestInit = {}): Promise<Response> =>
  fetchApp(address, { redirect: 'manual', ...init })

it('leads to the signed PDF, and is kept by nobody', async () => {
  const response = await click(link)
  expect(response.status).toBe(302)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
  })
  const pdf = await env.SANDBOX.fetch(response.headers.get('location')!)
  expect(pdf.headers.get('content-type')).toBe('application/pdf')
  expect(new TextDecoder().decode((await pdf.arrayBuffer()).slice(0, 5))).toBe('%PDF-')
})

it('goes where its slug says, whatever else the request says', async () => {
  const hostile = `${link}?url=https://evil.example&to=//evil.example#https://evil.example`
  const response = await click(hostile, {
    headers: { 'x-forwarded-host': 'evil.example', host: 'evil.example' },
  })
  expect(new URL(response.headers.get('location')!).host).toBe('sandbox.localhost')
})

it('tells a HEAD that it is open, and no address', async () => {
  const response = await click(link, { method: 'HEAD' })
  expect([response.status, response.headers.get('location')]).toEqual([200, null])
})

it.each(['00000000000000000000', 'x', '%00', 'a'.repeat(500), '..%2F..%2Fapi', "' OR 1=1 --"])(
  'an unknown or malformed slug is 404: %s',
  async (slug) => {
    const response = await click(`https://makegood.example/i/${slug}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'link_not_found' } })
  },
)

it('is 410 once it has expired or was revoked', async () => {
  for (const column of ['revoked_at', 'expires_at']) {
    const [id] = await deliver('zendesk', ticket())
    const { link: other, invoice } = await adjustmentOf(id!, 'invoiced')
    await env.DB.prepare(`UPDATE links SET ${column} = 1 WHERE invoice_id = ?`)
      .bind(invoice.id)
      .run()
    const response = await click(other)
    expect(response.status).toBe(410)
  }
})

it('is 503 with Retry-After while the billing API is down, and works again after it', async () => {
  await setFaults({ kind: 'server_error', status: 503 })
  const response = await click(link)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30'])
  await setFaults()
  expect((await click(link)).status).toBe(302)
})

it.each([
  'https://evil.example/x.pdf',
  'javascript:alert(1)',
  'http://sandbox.localhost.evil.example/',
])('refuses to lead to %s, even if the billing API says so', async (url) => {
  await setFaults({ kind: 'other_answer', data: { url } })
  const response = await click(link)
  expect([response.status, response.headers.get('location')]).toEqual([503, null])
})

it('is 410 once the billing API no longer has the invoice', async () => {
  const [id] = await deliver('zendesk', ticket())
  const { link: other } = await adjustmentOf(id!, 'invoiced')
  await sandboxControl('POST', '/reset')
  expect((await click(other)).status).toBe(410)
})

it('is shown with the key that it was made with, also after a rotation', async () => {
  const [id] = await deliver('zendesk', ticket())
  const { link: made, invoice } = await adjustmentOf(id!, 'invoiced')
  const deps = depsWith()
  const withKeys = (...linkKeys: string[]) =>
    linkAddress(
      { ...deps, settings: { ...deps.settings, linkKeys } },
      invoice.id,
      'https://x.example',
    )
  const [key = ''] = deps.settings.linkKeys
  expect(await withKeys('another-key-another-key-another-key', key)).toBe(made)
  expect(await withKeys('another-key-another-key-another-key')).toBeNull()
})

it('answers other methods with 405', async () => {
  const response = await click(link, { method: 'POST' })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})
