// Webhooks that the sandbox sends: signed as Commet signs, on its schedule by the sandbox's clock.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort, LIVE_KEY, startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

let sandbox: RunningSandbox
let receiver: Server
let url: string
let answer = 200
let received: Received[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
  const port = await freePort()
  url = `http://127.0.0.1:${port}/hook`
  receiver = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ headers: request.headers, body })
    response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end()
  })
  await new Promise<void>((resolve) => receiver.listen(port, '127.0.0.1', resolve))
})
afterAll(async () => {
  await sandbox.stop()
  await new Promise((resolve) => receiver.close(resolve))
})
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
  answer = 200
  received = []
})

async function listen(events: string[], more: Json = {}): Promise<Json> {
  const { json } = await sandbox.api('POST', '/webhooks', { url, events, ...more })
  return json.data
}

async function adjust(): Promise<Json> {
  const body = { customerId: 'cus_acme', amount: -2500, description: 'Outage' }
  return (await sandbox.api('POST', '/invoices', body)).json.data
}

const arrived = (count: number) => vi.waitUntil(() => received.length >= count, { timeout: 5000 })

function bodies(): Json[] {
  return received.map(({ body }) => JSON.parse(body))
}

/** Minutes of the sandbox's clock, in one step or many: what falls due on the way is sent. */
function advance(minutes: number) {
  return sandbox.control('POST', '/clock', { advanceSeconds: minutes * 60 })
}

describe('a webhook endpoint', () => {
  it('shows its secret when it is created, and never again', async () => {
    const made = await listen(['invoice.created'], { description: 'mine' })
    expect(made).toEqual({
      object: 'webhook',
      livemode: false,
      id: expect.stringMatching(/^wh_/),
      url,
      events: ['invoice.created'],
      description: 'mine',
      isActive: true,
      apiVersion: '2026-07-11',
      createdAt: expect.any(String),
      secretKey: expect.stringMatching(/^whsec_[0-9a-f]{48}$/),
    })
    const { secretKey: _secretKey, ...shown } = made
    expect((await sandbox.api('GET', `/webhooks/${shown['id']}`)).json.data).toEqual(shown)
    expect((await sandbox.api('GET', '/webhooks')).json.data).toEqual([shown])
  })

  it('is changed, listed in pages and deleted', async () => {
    const ids = []
    for (let count = 0; count < 3; count++) ids.push((await listen(['invoice.created']))['id'])
    const changed = await sandbox.api('PUT', `/webhooks/${ids[0]}`, { isActive: false })
    expect(changed.json.data).toMatchObject({ id: ids[0], isActive: false })
    const first = await sandbox.api('GET', '/webhooks?limit=2')
    const second = await sandbox.api('GET', `/webhooks?limit=2&cursor=${first.json.nextCursor}`)
    const listed = [...first.json.data, ...second.json.data].map((row: Json) => row['id'])
    expect(listed).toEqual(ids.toReversed())
    const gone = await sandbox.api('DELETE', `/webhooks/${ids[0]}`)
    expect(gone.json.data).toEqual({ id: ids[0], deleted: true })
    expect((await sandbox.api('GET', `/webhooks/${ids[0]}`)).status).toBe(404)
  })

  it.each([
    [{ url: 'ftp://x.example/', events: ['invoice.created'] }, 'url'],
    [{ url: 'https://x.example/', events: [] }, 'events'],
    [{ url: 'https://x.example/', events: ['invoice.eaten'] }, 'events.0'],
  ])('is refused with %j', async (wrong, field) => {
    const { status, json } = await sandbox.api('POST', '/webhooks', wrong)
    expect([status, json.error.param]).toEqual([422, field])
  })

  it('is tried out by one signed delivery, whose outcome is the answer', async () => {
    const { id } = await listen(['payment.refunded'])
    const good = await sandbox.api('POST', `/webhooks/${id}/test`)
    expect(good.json.data).toMatchObject({ success: true, deliveryId: expect.any(String) })
    expect(bodies()).toMatchObject([{ event: 'payment.refunded', data: { test: true } }])
    answer = 500
    const bad = await sandbox.api('POST', `/webhooks/${id}/test`)
    expect(bad.json.data.success).toBe(false)
    await advance(60)
    expect(received).toHaveLength(2)
  })
})

describe('an event', () => {
  it('arrives signed over the bytes of its body, in the envelope', async () => {
    const { secretKey } = await listen(['invoice.created'])
    const invoice = await adjust()
    await arrived(1)
    const [{ headers, body } = { headers: {}, body: '' }] = received
    const signature = createHmac('sha256', String(secretKey)).update(body).digest('hex')
    const event = JSON.parse(body)
    expect(headers).toMatchObject({
      'x-commet-signature': signature,
      'x-commet-event': 'invoice.created',
      'x-commet-event-id': event.id,
      'x-commet-timestamp': event.timestamp,
    })
    expect(event).toEqual({
      id: expect.stringMatching(/^whev_/),
      event: 'invoice.created',
      timestamp: expect.any(String),
      organizationId: 'org_sandbox',
      mode: 'sandbox',
      apiVersion: '2026-07-11',
      data: {
        invoiceId: invoice['id'],
        invoiceNumber: 'INV-0010',
        invoiceStatus: 'outstanding',
        periodStart: invoice['issueDate'],
        periodEnd: invoice['issueDate'],
        issueDate: invoice['issueDate'],
        dueDate: invoice['dueDate'],
        currency: 'usd',
        subtotal: -2500,
        total: -2500,
        customerId: 'acme-42',
        subscriptionId: null,
      },
    })
  })

  it('tells of voided invoices, customers, refunds and disputes', async () => {
    await listen([
      'invoice.voided',
      'customer.created',
      'customer.updated',
      'payment.refunded',
      'payment.disputed',
    ])
    const invoice = await adjust()
    await sandbox.api('PUT', `/invoices/${invoice['id']}/status`, { status: 'void' })
    await sandbox.api('POST', '/customers', { id: 'cus_w', email: 'w@w.example' })
    await sandbox.api('PUT', '/customers/cus_w', { fullName: 'W' })
    const payment = { invoiceId: 'inv_acme_plan', amount: 500 }
    await sandbox.control('POST', '/payments', { event: 'payment.refunded', ...payment })
    const dispute = { event: 'payment.disputed', invoiceId: 'inv_acme_plan', reason: 'fraudulent' }
    await sandbox.control('POST', '/payments', dispute)
    await arrived(5)
    expect(bodies()).toMatchObject([
      { event: 'invoice.voided', data: { invoiceStatus: 'void' } },
      { event: 'customer.created', data: { id: 'cus_w', fullName: null } },
      { event: 'customer.updated', data: { id: 'cus_w', fullName: 'W' } },
      {
        event: 'payment.refunded',
        data: { invoiceId: 'inv_acme_plan', refundAmount: 500, customerId: 'acme-42' },
      },
      {
        event: 'payment.disputed',
        data: { disputeAmount: 19_900, disputeReason: 'fraudulent', currency: 'usd' },
      },
    ])
  })

  it('is tried eight times with the waits of the vendor, with the same bytes', async () => {
    await listen(['invoice.created'])
    answer = 500
    await adjust()
    await arrived(1)
    const waits = [1, 5, 15, 30, 60, 120, 240]
    for (const [index, minutes] of waits.entries()) {
      await advance(minutes - 0.5)
      expect(received).toHaveLength(index + 1)
      await advance(0.5)
      expect(received).toHaveLength(index + 2)
    }
    await advance(24 * 60)
    expect(received).toHaveLength(8)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    const { json } = await sandbox.control('GET', '/deliveries')
    expect(json.deliveries).toMatchObject([{ state: 'failed', attempts: 8, lastOutcome: '500' }])
  })

  it('of the live organization says so', async () => {
    const live = { 'x-api-key': LIVE_KEY }
    const wanted = { url, events: ['customer.updated'] }
    await sandbox.api('POST', '/webhooks', wanted, live)
    await sandbox.api('PUT', '/customers/cus_acme', { fullName: 'Acme SE' }, live)
    await arrived(1)
    expect(bodies()).toMatchObject([{ mode: 'live', organizationId: 'org_live' }])
  })

  it('is delivered once the receiver is well again, and a redirect is no success', async () => {
    await listen(['invoice.created'])
    answer = 302
    await adjust()
    await arrived(1)
    answer = 204
    await advance(1)
    await advance(60)
    expect(received).toHaveLength(2)
    const { json } = await sandbox.control('GET', '/deliveries')
    expect(json.deliveries).toMatchObject([{ state: 'delivered', attempts: 2 }])
  })

  it('disables its endpoint as the third in a row that failed for good', async () => {
    const { id } = await listen(['invoice.created'])
    const isActive = async () => (await sandbox.api('GET', `/webhooks/${id}`)).json.data.isActive
    answer = 500
    const seen = []
    for (let event = 0; event < 3; event++) {
      await adjust()
      await advance(10 * 60)
      seen.push(await isActive())
    }
    expect(seen).toEqual([true, true, false])
    const attempts = received.length
    await adjust()
    await advance(10 * 60)
    expect(received).toHaveLength(attempts)
    await sandbox.api('PUT', `/webhooks/${id}`, { isActive: true })
    answer = 200
    await adjust()
    await arrived(attempts + 1)
  })
})
