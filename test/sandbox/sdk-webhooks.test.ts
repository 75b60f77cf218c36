// The official SDK drives every call of webhook endpoints, and verifies what the sandbox delivers to one.

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { Commet, CreateWebhookParams } from '@commet/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { assert } from '../../src/domain/assert.ts'
import { dataOf, expectApiError, expectValidationError, notFound } from '../sdk/answers.ts'
import { type SdkOnSandbox, startSdkOnSandbox } from './sdk-on-sandbox.ts'

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

let place: SdkOnSandbox
let commet: Commet
let receiver: Server
let url: string
let received: Received[] = []
let answer = 200

beforeAll(async () => {
  place = await startSdkOnSandbox()
  commet = place.commet({ retries: 0 })
  receiver = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.writeHead(answer).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const address = receiver.address()
  assert(address !== null && typeof address === 'object', 'a TCP server has a port')
  url = `http://127.0.0.1:${address.port}/commet`
})

afterAll(async () => {
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
  await place.stop()
})

beforeEach(async () => {
  received = []
  answer = 200
  await place.sandbox.control('POST', '/reset')
})

const endpoint = (events: string[], more: Partial<CreateWebhookParams> = {}) =>
  dataOf(commet.webhooks.create({ url, events, ...more }))

describe('webhook endpoints, by the official SDK', () => {
  it('creates one, whose secret is shown this once', async () => {
    const made = await endpoint(['invoice.created'], { description: 'Makegood' })
    expect(made).toMatchObject({
      object: 'webhook',
      livemode: false,
      url,
      events: ['invoice.created'],
      description: 'Makegood',
      isActive: true,
    })
    expect(made.secretKey).toMatch(/^whsec_/)
    const { secretKey: _secretKey, ...shown } = made
    expect(await dataOf(commet.webhooks.get({ id: made.id }))).toEqual(shown)
    expect(await dataOf(commet.webhooks.list())).toEqual([shown])
  })

  it('pages through them', async () => {
    for (let index = 0; index < 3; index++) await endpoint(['invoice.voided'])
    const first = await commet.webhooks.list({ limit: 2 })
    expect(first.data).toHaveLength(2)
    expect(first.hasMore).toBe(true)
    const cursor = first.nextCursor ?? ''
    const second = await commet.webhooks.list({ limit: 2, cursor })
    expect(second).toMatchObject({ hasMore: false })
    const ids = [...(first.data ?? []), ...(second.data ?? [])].map(({ id }) => id)
    expect(new Set(ids).size).toBe(3)
  })

  it('changes and deletes one', async () => {
    const { id } = await endpoint(['invoice.created'])
    const changed = await dataOf(commet.webhooks.update({ id, isActive: false, description: 'x' }))
    expect(changed).toMatchObject({ id, isActive: false, description: 'x', url })
    expect(await dataOf(commet.webhooks.delete({ id }))).toEqual({ id, deleted: true })
    const unknown = notFound('webhook_not_found')
    await expectApiError(commet.webhooks.get({ id }), unknown)
    await expectApiError(commet.webhooks.update({ id, isActive: true }), unknown)
    await expectApiError(commet.webhooks.delete({ id }), unknown)
    await expectApiError(commet.webhooks.test({ id }), unknown)
  })

  it('is told what is wrong', async () => {
    const call = commet.webhooks.create({ url: 'nowhere', events: [] })
    await expectValidationError(call, 'url', 'events')
    await expectValidationError(commet.webhooks.list({ limit: 0 }), 'limit')
    const { id } = await endpoint(['invoice.created'])
    await expectValidationError(commet.webhooks.update({ id, events: [] }), 'events')
  })

  it('tests one: the delivery is signed, and the answer says whether it was taken', async () => {
    const { id, secretKey } = await endpoint(['invoice.voided'])
    expect(await dataOf(commet.webhooks.test({ id }))).toMatchObject({ success: true })
    expectSigned(secretKey, 'invoice.voided')
    answer = 500
    expect(await dataOf(commet.webhooks.test({ id }))).toMatchObject({ success: false })
  })
})

/** The SDK's own verification takes the one delivery that came, and not with a changed byte. */
function expectSigned(secret: string, event: string) {
  expect(received).toHaveLength(1)
  const [{ headers, body } = { headers: {}, body: '' }] = received
  const signature = String(headers['x-commet-signature'])
  expect(commet.webhooks.verify({ payload: body, signature, secret })).toBe(true)
  expect(commet.webhooks.verify({ payload: `${body} `, signature, secret })).toBe(false)
  const payload = commet.webhooks.verifyAndParse({ rawBody: body, signature, secret })
  expect(payload).toMatchObject({ event, mode: 'sandbox', apiVersion: '2026-07-11' })
  expect(headers['x-commet-event']).toBe(event)
  expect(headers['x-commet-event-id']).toMatch(/^whev_/)
  expect(headers['x-commet-timestamp']).toBe(payload?.timestamp)
  return payload
}

describe('deliveries, verified by the official SDK', () => {
  it('tell of an invoice that was created, by the external id of its customer', async () => {
    const { secretKey } = await endpoint(['invoice.created'])
    const invoice = await dataOf(
      commet.invoices.createAdjustment({ customerId: 'cus_acme', amount: -5, description: 'x' }),
    )
    await vi.waitUntil(() => received.length > 0, { timeout: 5000 })
    const payload = expectSigned(secretKey, 'invoice.created')
    expect(payload?.data).toMatchObject({
      invoiceId: invoice.id,
      total: -5,
      customerId: 'acme-42',
    })
  })

  it('are tried again on the schedule of the clock, with the same event id', async () => {
    await endpoint(['invoice.created'])
    answer = 503
    await commet.invoices.createAdjustment({ customerId: 'cus_acme', amount: 7, description: 'x' })
    await vi.waitUntil(() => received.length === 1, { timeout: 5000 })
    answer = 200
    await place.sandbox.control('POST', '/clock', { advanceSeconds: 61 })
    await vi.waitUntil(() => received.length === 2, { timeout: 5000 })
    expect(received[1]?.body).toBe(received[0]?.body)
  })
})
