// The project's own client against the running sandbox: each of its calls is understood, over real HTTP.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BillingClient, createBillingClient } from '../../src/commet/client.ts'
import { type RunningSandbox, SANDBOX_KEY, startSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox
let billing: BillingClient

beforeAll(async () => {
  sandbox = await startSandbox()
  billing = createBillingClient({ baseUrl: sandbox.origin, apiKey: SANDBOX_KEY })
})

afterAll(async () => {
  await sandbox.stop()
})

async function valueOf<T>(answer: Promise<{ ok: true; value: T } | { ok: false; error: unknown }>) {
  const result = await answer
  if (!result.ok) throw new Error(`the call failed: ${JSON.stringify(result.error)}`)
  return result.value
}

describe('every call', () => {
  let keys = 0
  const key = () => ({ idempotencyKey: `every-${keys++}` })

  it('of invoices is understood', async () => {
    const { data, requestId } = await valueOf(
      billing.invoices.createAdjustment(
        { customerId: 'cus_acme', amount: -2500, description: 'Credit' },
        key(),
      ),
    )
    expect(requestId).toMatch(/^req_/)
    const { id } = data
    const whole = await valueOf(billing.invoices.get(id))
    expect(whole.data.lineItems).toHaveLength(1)
    const { url } = (await valueOf(billing.invoices.getDownloadUrl(id))).data
    expect((await fetch(url)).status).toBe(200)
    expect((await valueOf(billing.invoices.send(id, key()))).data.sent).toBe(true)
    const paid = await valueOf(billing.invoices.updateStatus(id, 'paid', key()))
    expect(paid.data.status).toBe('paid')
    const again = await billing.invoices.updateStatus(id, 'void', key())
    expect(again).toMatchObject({ ok: false, error: { meaning: 'permanent', status: 409 } })
    const page = await valueOf(billing.invoices.list({ limit: 1 }))
    expect(page).toMatchObject({ hasMore: true, nextCursor: expect.any(String) })
  })

  it('of customers is understood', async () => {
    const { customers } = billing
    const email = 'ada@example.com'
    const { id } = (await valueOf(customers.create({ email, externalId: 'x-1' }, key()))).data
    await valueOf(customers.update(id, { fullName: 'Żółć Ąę 株式会社 Ltd' }, key()))
    expect((await valueOf(customers.get(id))).data.fullName).toBe('Żółć Ąę 株式会社 Ltd')
    expect((await valueOf(customers.list({ externalId: 'x-1' }))).data).toHaveLength(1)
    const batch = { customers: [{ email }, { email: 'no address' }] }
    const { successful, failed } = (await valueOf(customers.createBatch(batch, key()))).data
    expect([successful.length, failed.length]).toEqual([1, 1])
    const twice = await customers.create({ email, externalId: 'x-1' }, key())
    expect(twice).toMatchObject({ ok: false, error: { code: 'duplicate', param: 'externalId' } })
  })

  it('of features is understood', async () => {
    const { features } = billing
    await valueOf(features.create({ name: 'Exports', code: 'exports', type: 'quota' }, key()))
    await valueOf(features.update('exports', { unitName: 'file' }, key()))
    expect((await valueOf(features.get('exports'))).data.unitName).toBe('file')
    expect((await valueOf(features.list())).data.length).toBeGreaterThan(1)
    const nothing = await features.update('exports', {}, key())
    expect(nothing).toMatchObject({ ok: false, error: { code: 'validation_error', status: 422 } })
  })

  it('of webhook endpoints is understood', async () => {
    const { webhooks } = billing
    const wanted = { url: sandbox.origin, events: ['invoice.created'] }
    const { id, secretKey } = (await valueOf(webhooks.create(wanted, key()))).data
    expect(secretKey).toMatch(/^whsec_/)
    await valueOf(webhooks.update(id, { isActive: false }, key()))
    expect((await valueOf(webhooks.get(id))).data.isActive).toBe(false)
    expect((await valueOf(webhooks.list())).data).toHaveLength(1)
    expect((await valueOf(webhooks.test(id, key()))).data.deliveryId).toMatch(/\w/)
    expect((await valueOf(webhooks.delete(id, key()))).data).toEqual({ id, deleted: true })
  })

  it('with a key that nobody has is refused', async () => {
    const stranger = createBillingClient({ baseUrl: sandbox.origin, apiKey: 'ck_mg_stranger' })
    const refused = { meaning: 'permanent', status: 401, code: 'unauthorized' }
    expect(await stranger.invoices.list()).toMatchObject({ ok: false, error: refused })
  })
})

describe('no API at all', () => {
  it('is a network error: ambiguous for a write, transient for a read', async () => {
    const nowhere = createBillingClient({ baseUrl: 'http://127.0.0.1:1', apiKey: SANDBOX_KEY })
    const write = await nowhere.invoices.send('inv_1', { idempotencyKey: 'k' })
    expect(write).toMatchObject({ ok: false, error: { meaning: 'ambiguous', code: 'network' } })
    const read = await nowhere.invoices.get('inv_1')
    expect(read).toMatchObject({ ok: false, error: { meaning: 'transient', code: 'network' } })
  })
})
