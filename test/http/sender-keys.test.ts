// A sender that signs tokens, over HTTP: its keys are fetched when they are needed, and a delivery that
// can't be checked yet is to be sent again. Only the address of the keys is faked.

import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { signDelivery } from '../../scripts/sign-delivery.ts'
import { defineConfig } from '../../src/config.ts'
import { createApp } from '../../src/http/app.ts'
import { createKeysAt } from '../../src/keys.ts'
import type { LogLine } from '../../src/log.ts'
import { zohodesk } from '../../src/sources/index.ts'
import ticketUpdated from '../fixtures/zohodesk/Ticket_Update.json'
import { countRows, depsWith } from '../harness.ts'

const SECRET = 'orgId:60001280952|webhookId:231057000000999001'
const desk = zohodesk({
  secret: 'ZOHODESK_WEBHOOK_SECRET',
  mode: 'test',
  unsigned: 'accept',
  dataCentre: 'eu',
})
const config = defineConfig({
  currency: 'usd',
  timeZone: 'UTC',
  endpoints: { desk },
  rules: [],
})
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
}

async function keyNamed(kid: string) {
  const pair = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair of keys')
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { privateKey: { key: pair.privateKey, kid }, published: { ...jwk, kid } }
}
const [first, second] = await Promise.all([keyNamed('first'), keyNamed('second')])

const tokenScheme = desk.schemes.find((each) => each.kind === 'jwt')
if (tokenScheme === undefined) throw new Error('it signs no tokens')

const withHeader = (header: unknown) => (token: string) => {
  const text = btoa(JSON.stringify(header)).replaceAll('=', '')
  return [text, ...token.split('.').slice(1)].join('.')
}

const lines: LogLine[] = []
let nowMs = Date.now()
let published: readonly object[] | null = []
let app = createApp(() => depsWith())
const fetched: string[] = []

beforeEach(() => {
  fetched.length = 0
  lines.length = 0
  const deps = depsWith()
  const settings = { ...deps.settings, endpointSecrets: new Map([['desk', [SECRET]]]) }
  const keysAt = createKeysAt(() => nowMs)
  app = createApp(() => ({
    ...deps,
    config,
    settings,
    keysAt,
    now: () => nowMs,
    log: (line) => lines.push(line),
  }))
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    fetched.push(String(input))
    return published === null
      ? new Response('down', { status: 502 })
      : Response.json({ keys: published })
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const signedBy = (privateKey: typeof first.privateKey) =>
  signDelivery(desk, SECRET, JSON.stringify(ticketUpdated), { nowMs, privateKey })

async function send(init: RequestInit): Promise<Response> {
  const context = createExecutionContext()
  const request = new Request('https://makegood.example/webhooks/desk', init)
  const response = await app.fetch(request, env, context)
  await waitOnExecutionContext(context)
  return response
}

async function deliver(privateKey: typeof first.privateKey): Promise<Response> {
  const { headers, body } = await signedBy(privateKey)
  return send({ method: 'POST', headers, body })
}

describe('a sender that signs tokens', () => {
  it('is let in by a key that it publishes, and answered 200 without words', async () => {
    published = [first.published]
    const before = await countRows('events')
    const response = await deliver(first.privateKey)
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(await countRows('events')).toBe(before + 2)
    expect(fetched).toEqual(['https://desk.zoho.eu/.well-known/jwks.json'])
  })

  it('is told to try again where its keys can not be fetched, and nothing is kept', async () => {
    published = null
    const before = await countRows('events')
    const response = await deliver(first.privateKey)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('30')
    expect(await response.json()).toMatchObject({ error: { code: 'keys_unavailable' } })
    expect(await countRows('events')).toBe(before)
  })

  it('may change its key: the new one is fetched', async () => {
    published = [first.published]
    expect((await deliver(first.privateKey)).status).toBe(200)
    published = [first.published, second.published]
    nowMs += 61_000
    expect((await deliver(second.privateKey)).status).toBe(200)
    expect(fetched).toHaveLength(2)
  })

  it('is refused by a key that nobody publishes, and can not make us ask on and on', async () => {
    published = [first.published]
    for (let times = 0; times < 5; times += 1) {
      expect((await deliver(second.privateKey)).status).toBe(401)
    }
    expect(fetched).toHaveLength(1)
  })

  it('is refused without a token, and nothing is fetched', async () => {
    const response = await send({ method: 'POST', body: JSON.stringify(ticketUpdated) })
    expect(response.status).toBe(401)
    expect(fetched).toEqual([])
  })

  it.each([
    ['no token', () => 'hello'],
    ['two parts', (token: string) => token.split('.').slice(0, 2).join('.')],
    ['four parts', (token: string) => `${token}.more`],
    ['a header that is no JSON', (token: string) => token.replace(/^[^.]+/, 'aGVsbG8')],
    ['a header without a key', withHeader({ alg: 'RS256' })],
    ['another algorithm', withHeader({ alg: 'none', kid: 'first' })],
    ['a header that is a list', withHeader(['RS256'])],
    ['too long a text', (token: string) => token + 'a'.repeat(4_096)],
  ])('is refused with %s, and nothing is fetched', async (_, changed) => {
    published = [first.published]
    const { headers, body } = await signedBy(first.privateKey)
    const name = tokenScheme.header
    const spoilt = { ...headers, [name]: changed(headers[name] ?? '') }
    expect((await send({ method: 'POST', headers: spoilt, body })).status).toBe(401)
    expect(fetched).toEqual([])
    expect((await send({ method: 'POST', headers, body })).status).toBe(200)
    expect(fetched).toHaveLength(1)
  })

  it('finds the address by GET, and by an authentic POST without events, which is not kept', async () => {
    published = [first.published]
    expect((await send({ method: 'GET' })).status).toBe(200)
    const before = await countRows('events')
    const { headers } = await signedBy(first.privateKey)
    for (const body of ['[]', '{}']) {
      expect((await send({ method: 'POST', headers, body })).status).toBe(200)
    }
    expect(await countRows('events')).toBe(before)
  })
})
