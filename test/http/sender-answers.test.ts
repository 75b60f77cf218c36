// What senders are answered over HTTP when they want something of their own: probes, handshakes,
// acknowledgements; and the secret that stands in an address.

import { describe, expect, it } from 'vitest'
import { countRows, event, fetchApp } from '../harness.ts'

const HERE = 'https://makegood.example/webhooks'
const send = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetchApp(`${HERE}/${path}`, { method: 'POST', headers, body })

describe('a sender that looks whether the address is there', () => {
  it.each(['HEAD', 'GET'])('is told 200 and nothing else, by %s', async (method) => {
    for (const path of ['setup', 'setup-off', 'setup/any-token']) {
      const response = await fetchApp(`${HERE}/${path}`, { method })
      expect([path, response.status, await response.text()]).toEqual([path, 200, ''])
    }
  })

  it.each(['stripe', 'nobody'])('is told 405 at %s, which is not looked at', async (path) => {
    const response = await fetchApp(`${HERE}/${path}`)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('a secret in the address', () => {
  it('lets in who has it, and is answered as its sender wants', async () => {
    const response = await send('setup/setup-secret', '{"id":"1","type":"a.type"}')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/xml; charset=UTF-8')
    expect(await response.text()).toBe('<Ack>true</Ack>')
  })

  it.each(['setup/guess', 'setup', 'setup/', 'setup/setup-secret/more'])(
    'lets nobody else in: %s',
    async (path) => {
      const before = await countRows('events')
      const response = await send(path, '{"id":"2","type":"a.type"}')
      expect([401, 404]).toContain(response.status)
      expect(await countRows('events')).toBe(before)
    },
  )
})

describe('a handshake', () => {
  it('is answered and not kept', async () => {
    const before = await countRows('events')
    const response = await send('setup/setup-secret', '{"hello":"c9a1"}')
    expect([response.status, await response.text()]).toEqual([200, 'c9a1'])
    expect(await countRows('events')).toBe(before)
  })

  it('is not answered to a stranger', async () => {
    const response = await send('setup/guess', '{"hello":"c9a1"}')
    expect(response.status).toBe(401)
    expect(await response.text()).not.toContain('c9a1')
  })
})

describe('a sender that signs the address', () => {
  it('signs the public one, whatever host the request came to', async () => {
    const { signDelivery } = await import('../../scripts/sign-delivery.ts')
    const { hubspot } = await import('../../src/sources/index.ts')
    const endpoint = hubspot({ secret: 'HUBSPOT_WEBHOOK_SECRET', mode: 'test' })
    const url = `${HERE}/hubspot?tenant=acme%40example.com`
    const body = JSON.stringify([
      {
        portalId: 1,
        subscriptionId: 2,
        eventId: 3,
        subscriptionType: 'deal.propertyChange',
        objectId: 4,
        occurredAt: 1_792_999_996_000,
      },
    ])
    const nowMs = Date.now()
    const { headers } = await signDelivery(endpoint, 'setup-secret', body, {
      nowMs,
      url: url.replace('%40', '@'),
    })
    const response = await fetchApp(url.replace('makegood.example', 'internal.hop'), {
      method: 'POST',
      headers,
      body,
    })
    const { events } = await response.json<{ events: string[] }>()
    expect(response.status).toBe(202)
    expect(await event(events[0]!)).toMatchObject({
      source: 'hubspot',
      type: 'deal.propertyChange',
    })
  })
})
