// Webhooks that the sandbox sends: signed as Commet signs, on its schedule by the sandbox's clock.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort, LIVE_KEY, startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'
import { startReceiver } from './webhook-receiver.ts'
import type { Receiver } from './webhook-receiver.ts'

let sandbox: RunningSandbox
let receiver: Receiver

beforeAll(async () => {
  sandbox = await startSandbox()
  receiver = await startReceiver()
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
  receiver.forget()
})

async function listen(events: string[], more: Json = {}): Promise<Json> {
  const { json } = await sandbox.api('POST', '/webhooks', { url: receiver.url, events, ...more })
  return json.data
}

async function adjust(): Promise<Json> {
  const body = { customerId: 'cus_acme', amount: -2500, description: 'Outage' }
  return (await sandbox.api('POST', '/invoices', body)).json.data
}

/** Minutes of the sandbox's clock, in one step or many: what falls due on the way is sent. */
function advance(minutes: number) {
  return sandbox.control('POST', '/clock', { advanceSeconds: minutes * 60 })
}

describe('an event', () => {
  it('arrives signed over the bytes of its body, in the envelope', async () => {
    const { secretKey } = await listen(['invoice.created'])
    const invoice = await adjust()
    await receiver.arrived(1)
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received
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
    await receiver.arrived(5)
    expect(receiver.bodies()).toMatchObject([
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
    receiver.answer = 500
    await adjust()
    await receiver.arrived(1)
    const waits = [1, 5, 15, 30, 60, 120, 240]
    for (const [index, minutes] of waits.entries()) {
      await advance(minutes - 0.5)
      expect(receiver.received).toHaveLength(index + 1)
      await advance(0.5)
      expect(receiver.received).toHaveLength(index + 2)
    }
    await advance(24 * 60)
    expect(receiver.received).toHaveLength(8)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
    const { json } = await sandbox.control('GET', '/deliveries')
    expect(json.deliveries).toMatchObject([{ state: 'failed', attempts: 8, lastOutcome: '500' }])
  })

  it('of the live organization says so', async () => {
    const live = { 'x-api-key': LIVE_KEY }
    const wanted = { url: receiver.url, events: ['customer.updated'] }
    await sandbox.api('POST', '/webhooks', wanted, live)
    await sandbox.api('PUT', '/customers/cus_acme', { fullName: 'Acme SE' }, live)
    await receiver.arrived(1)
    expect(receiver.bodies()).toMatchObject([{ mode: 'live', organizationId: 'org_live' }])
  })

  it('is delivered once the receiver is well again, and a redirect is no success', async () => {
    await listen(['invoice.created'])
    receiver.answer = 302
    await adjust()
    await receiver.arrived(1)
    receiver.answer = 204
    await advance(1)
    await advance(60)
    expect(receiver.received).toHaveLength(2)
    const { json } = await sandbox.control('GET', '/deliveries')
    expect(json.deliveries).toMatchObject([{ state: 'delivered', attempts: 2 }])
  })

  it('does not wait for a receiver of another endpoint, who is silent', async () => {
    const open: ServerResponse[] = []
    const silent = createServer((_request, response) => void open.push(response))
    const port = await freePort()
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
    await listen(['invoice.created'], { url: `http://127.0.0.1:${port}/` })
    await listen(['invoice.created'])
    const startedAt = Date.now()
    await adjust()
    await receiver.arrived(1)
    await adjust()
    await receiver.arrived(2)
    expect(Date.now() - startedAt).toBeLessThan(5000)
    expect(open).toHaveLength(1)
    for (const response of open) response.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })

  it('that shares its time with others is sent together with them', async () => {
    await listen(['customer.created'])
    const waiting: (() => void)[] = []
    receiver.held = (answerNow) => void waiting.push(answerNow)
    const customers = ['a', 'b', 'c'].map((name) => ({ email: `${name}@x.example` }))
    await sandbox.api('POST', '/customers/batch', { customers })
    await receiver.arrived(3)
    expect(waiting).toHaveLength(3)
    for (const answerNow of waiting) answerNow()
  })

  it('disables its endpoint as the third in a row that failed for good', async () => {
    const { id } = await listen(['invoice.created'])
    const isActive = async () => (await sandbox.api('GET', `/webhooks/${id}`)).json.data.isActive
    receiver.answer = 500
    const seen = []
    for (let event = 0; event < 3; event++) {
      await adjust()
      await advance(10 * 60)
      seen.push(await isActive())
    }
    expect(seen).toEqual([true, true, false])
    const attempts = receiver.received.length
    await adjust()
    await advance(10 * 60)
    expect(receiver.received).toHaveLength(attempts)
    await sandbox.api('PUT', `/webhooks/${id}`, { isActive: true })
    receiver.answer = 200
    await adjust()
    await receiver.arrived(attempts + 1)
  })
})
