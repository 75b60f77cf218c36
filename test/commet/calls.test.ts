// What the client sends for each of its calls.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { success } from './answers.ts'
import {
  batchJson,
  createdInvoiceJson,
  customerJson,
  downloadJson,
  endpointJson,
  featureJson,
  invoiceJson,
  sentJson,
  statusJson,
  testJson,
} from './objects.ts'

const key = { idempotencyKey: 'adj_1.0' }
const adjustment = {
  customerId: 'cus_01',
  amount: -2500,
  description: 'Credit for ticket 42',
  metadata: { makegood_adjustment_id: 'adj_1' },
}

const asked = vi.fn<typeof fetch>()
const client = createBillingClient({
  baseUrl: 'https://billing.test/',
  apiKey: 'ck_sandbox_secret',
  fetch: asked,
})

/** The one request that was sent: `METHOD path`, its headers and its body. */
function sent() {
  const [input, init] = asked.mock.calls[0] ?? []
  if (typeof input !== 'string' || init === undefined) throw new Error('nothing was sent')
  const { origin, pathname, search } = new URL(input)
  return {
    line: `${init.method} ${pathname}${search}`,
    origin,
    init,
    headers: new Headers(init.headers),
    body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
  }
}

beforeEach(() => {
  asked.mockReset()
})

type Case = readonly [line: string, () => Promise<{ ok: boolean }>, data: unknown, body: unknown]

const batch = { customers: [{ email: 'a@example.com' }] }
const { invoices, customers, features, webhooks } = client

const reads: Case[] = [
  ['GET /invoices', () => invoices.list(), [invoiceJson], null],
  [
    'GET /invoices?customerId=cus_01&status=outstanding&cursor=2026-11-22T09%3A30%3A00.000Z&limit=100',
    () =>
      invoices.list({
        customerId: 'cus_01',
        status: 'outstanding',
        cursor: '2026-11-22T09:30:00.000Z',
        limit: 100,
      }),
    [],
    null,
  ],
  ['GET /invoices/inv_01', () => invoices.get('inv_01'), invoiceJson, null],
  ['GET /invoices/inv_01/download', () => invoices.getDownloadUrl('inv_01'), downloadJson, null],
  [
    'GET /customers?externalId=a%26b+%2B%3D',
    () => customers.list({ externalId: 'a&b +=' }),
    [customerJson],
    null,
  ],
  ['GET /customers/a%2Fb%3Fc', () => customers.get('a/b?c'), customerJson, null],
  ['GET /features', () => features.list(), [featureJson], null],
  ['GET /features/seats', () => features.get('seats'), featureJson, null],
  ['GET /webhooks?limit=5', () => webhooks.list({ limit: 5 }), [endpointJson], null],
  ['GET /webhooks/wh_01', () => webhooks.get('wh_01'), endpointJson, null],
]

const writes: Case[] = [
  [
    'POST /invoices',
    () => invoices.createAdjustment(adjustment, key),
    createdInvoiceJson,
    adjustment,
  ],
  ['POST /invoices/inv_01/send', () => invoices.send('inv_01', key), sentJson, {}],
  [
    'PUT /invoices/inv_01/status',
    () => invoices.updateStatus('inv_01', 'paid', key),
    statusJson,
    { status: 'paid' },
  ],
  [
    'POST /customers',
    () => customers.create({ email: 'ada@example.com', timezone: 'UTC' }, key),
    customerJson,
    { email: 'ada@example.com', timezone: 'UTC' },
  ],
  [
    'PUT /customers/cus_01',
    () => customers.update('cus_01', { fullName: 'Ada' }, key),
    customerJson,
    { fullName: 'Ada' },
  ],
  ['POST /customers/batch', () => customers.createBatch(batch, key), batchJson, batch],
  [
    'POST /features/manage',
    () => features.create({ name: 'Seats', code: 'seats', type: 'seats' }, key),
    featureJson,
    { name: 'Seats', code: 'seats', type: 'seats' },
  ],
  [
    'PUT /features/seats/manage',
    () => features.update('seats', { description: null }, key),
    featureJson,
    { description: null },
  ],
  [
    'POST /webhooks',
    () => webhooks.create({ url: 'https://example.com/hook', events: ['invoice.created'] }, key),
    { ...endpointJson, secretKey: 'whsec_1' },
    { url: 'https://example.com/hook', events: ['invoice.created'] },
  ],
  [
    'PUT /webhooks/wh_01',
    () => webhooks.update('wh_01', { isActive: false }, key),
    endpointJson,
    { isActive: false },
  ],
  [
    'DELETE /webhooks/wh_01',
    () => webhooks.delete('wh_01', key),
    { id: 'wh_01', deleted: true },
    null,
  ],
  ['POST /webhooks/wh_01/test', () => webhooks.test('wh_01', key), testJson, null],
]

describe('what is sent', () => {
  it.each(reads)('%s', async (line, ask, data) => {
    asked.mockResolvedValueOnce(success(data, { hasMore: false }))
    const result = await ask()
    expect(result).toMatchObject({ ok: true, value: { data, requestId: 'req_7', hasMore: false } })
    const { line: sentLine, headers, body } = sent()
    expect(sentLine).toBe(line.replace(' ', ' /api/v1'))
    expect(headers.get('idempotency-key')).toBeNull()
    expect(body).toBeNull()
  })

  it.each(writes)('%s', async (line, ask, data, body) => {
    asked.mockResolvedValueOnce(success(data))
    const result = await ask()
    expect(result).toMatchObject({ ok: true, value: { data, requestId: 'req_7' } })
    const request = sent()
    expect(request.line).toBe(line.replace(' ', ' /api/v1'))
    expect(request.headers.get('idempotency-key')).toBe('adj_1.0')
    expect(request.body).toEqual(body)
    expect(request.headers.get('content-type')).toBe(body === null ? null : 'application/json')
  })

  it('carries the version, the key, and never follows a redirect or asks a cache', async () => {
    asked.mockResolvedValueOnce(success(invoiceJson))
    await invoices.get('inv_01')
    const { origin, headers, init } = sent()
    expect(origin).toBe('https://billing.test')
    expect(headers.get('commet-version')).toBe('2026-07-11')
    expect(headers.get('x-api-key')).toBe('ck_sandbox_secret')
    expect(headers.get('accept')).toBe('application/json')
    expect(init).toMatchObject({ redirect: 'manual', cache: 'no-store' })
  })

  it('is the body byte for byte as the caller froze it', async () => {
    asked.mockResolvedValueOnce(success(createdInvoiceJson))
    const frozen = '{"description":"d","metadata":{"b":1,"a":[2]},"customerId":"c","amount":-1}'
    await invoices.createAdjustment(JSON.parse(frozen), key)
    expect(sent().init.body).toBe(frozen)
  })

  it('goes through the global fetch of the moment where none is given', async () => {
    const spy = vi.spyOn(globalThis, 'fetch').mockResolvedValueOnce(success(invoiceJson))
    const plain = createBillingClient({ baseUrl: 'https://billing.test', apiKey: 'ck_x' })
    expect((await plain.invoices.get('inv_01')).ok).toBe(true)
    expect(spy).toHaveBeenCalledOnce()
    spy.mockRestore()
  })
})
