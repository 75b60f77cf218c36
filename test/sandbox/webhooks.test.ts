// Webhook endpoints: created, listed, changed, deleted and tried out.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
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
      url: receiver.url,
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
    const nowhere = await sandbox.api('GET', '/webhooks?cursor=wh_none')
    expect([nowhere.status, nowhere.json.error.param]).toEqual([422, 'cursor'])
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
    expect(receiver.bodies()).toMatchObject([{ event: 'payment.refunded', data: { test: true } }])
    receiver.answer = 500
    const bad = await sandbox.api('POST', `/webhooks/${id}/test`)
    expect(bad.json.data.success).toBe(false)
    await advance(60)
    expect(receiver.received).toHaveLength(2)
    const { json } = await sandbox.control('GET', '/deliveries')
    expect(json.deliveries).toMatchObject([
      { state: 'failed', attempts: 1, lastOutcome: '500' },
      { state: 'delivered', attempts: 1, lastOutcome: '200' },
    ])
  })
})
