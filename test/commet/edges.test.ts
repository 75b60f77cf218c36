// What the client refuses to send, and what it accepts as an answer.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { ANSWER_BYTES_MAX } from '../../src/domain/limits.ts'
import { endless, failure, success } from './answers.ts'
import { invoiceJson } from './objects.ts'

const key = { idempotencyKey: 'adj_1.0' }
const adjustment = { customerId: 'cus_01', amount: -2500, description: 'Credit for ticket 42' }

const asked = vi.fn<typeof fetch>()
const { invoices, customers } = createBillingClient({
  baseUrl: 'https://billing.test',
  apiKey: 'ck_sandbox_secret',
  fetch: asked,
})

beforeEach(() => {
  asked.mockReset()
})

describe('what is not sent', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const create = (change: object) => () =>
    invoices.createAdjustment({ ...adjustment, ...change }, key)

  it.each([
    ['an amount of zero', create({ amount: 0 }), 'amount'],
    ['an amount that is no number', create({ amount: Number.NaN }), 'amount'],
    ['an amount with a fraction', create({ amount: -25.5 }), 'amount'],
    ['an amount beyond 2^53', create({ amount: 2 ** 53 }), 'amount'],
    ['an empty customer', create({ customerId: '' }), 'customerId'],
    ['an empty description', create({ description: '' }), 'description'],
    ['metadata that is a cycle', create({ metadata: cyclic }), 'body'],
    ['metadata with a bigint', create({ metadata: { n: 1n } }), 'body'],
    ['an empty batch', () => customers.createBatch({ customers: [] }, key), 'customers'],
    [
      'a key with a line break',
      () => invoices.createAdjustment(adjustment, { idempotencyKey: 'a\r\nx-api-key: b' }),
      'idempotencyKey',
    ],
    ['an empty key', () => invoices.send('inv_01', { idempotencyKey: '' }), 'idempotencyKey'],
    ['an id that climbs', () => invoices.get('..'), 'id'],
    ['an empty id', () => invoices.get(''), 'id'],
    ['an id that no address can hold', () => invoices.get('\ud800'), 'id'],
    ['an id without end', () => invoices.get('x'.repeat(257)), 'id'],
  ] as const)('%s', async (_what, ask, param) => {
    const result = await ask()
    expect(result).toMatchObject({
      ok: false,
      error: { meaning: 'permanent', status: null, code: 'invalid_request', param },
    })
    expect(asked).not.toHaveBeenCalled()
  })

  it.each([
    ['an empty filter', () => customers.list({ externalId: '' }), 'externalId'],
    [
      'a filter that no address can hold',
      () => customers.list({ externalId: '\ud800' }),
      'externalId',
    ],
    ['a limit that is no number', () => invoices.list({ limit: Number.NaN }), 'limit'],
  ] as const)('%s', async (_what, ask, param) => {
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'invalid_request', param } })
    expect(asked).not.toHaveBeenCalled()
  })

  it.each([
    'https://commet.co:99999',
    'https://[::1',
    'https://u:p@commet.co',
    'https://commet.co/api/v1',
    'https://commet.co?x=1',
    'ftp://commet.co',
  ])('is anything over %s: making the client fails', (baseUrl) => {
    expect(() => createBillingClient({ baseUrl, apiKey: 'ck_x' })).toThrow('address')
  })

  it('is a request over a connection that can never work: making the client fails', () => {
    expect(() => createBillingClient({ baseUrl: 'commet.co', apiKey: 'ck_x' })).toThrow('address')
    expect(() => createBillingClient({ baseUrl: 'https://x.test', apiKey: 'ck\n' })).toThrow('key')
  })
})

describe('what is accepted', () => {
  it('is a field, a status and a type that the vendor adds later', async () => {
    const newer = { ...invoiceJson, status: 'disputed', invoiceType: 'credit_note', colour: 'red' }
    asked.mockResolvedValueOnce(success(newer))
    const result = await invoices.get('inv_01')
    expect(result).toMatchObject({ ok: true, value: { data: { status: 'disputed' } } })
  })

  it('is a page with its cursor', async () => {
    asked.mockResolvedValueOnce(success([invoiceJson], { hasMore: true, nextCursor: 'c2' }))
    const result = await invoices.list({ cursor: 'c1' })
    expect(result).toMatchObject({ ok: true, value: { hasMore: true, nextCursor: 'c2' } })
  })

  it.each([
    ['a page that says nothing of more', {}, 'unexpected_shape', 'hasMore'],
    ['more without a cursor', { hasMore: true }, 'unexpected_shape', 'nextCursor'],
    ['an empty cursor', { hasMore: true, nextCursor: '' }, 'unexpected_shape', 'nextCursor'],
    ['the same cursor again', { hasMore: true, nextCursor: 'c1' }, 'cursor_repeated', 'nextCursor'],
  ])('is not %s', async (_what, more, code, param) => {
    asked.mockResolvedValueOnce(success([], more))
    const result = await invoices.list({ cursor: 'c1' })
    expect(result).toMatchObject({ ok: false, error: { meaning: 'transient', code, param } })
  })

  it('is not one row of a page without its metadata, and the error says which', async () => {
    const broken = { ...invoiceJson, metadata: null }
    asked.mockResolvedValueOnce(success([invoiceJson, broken], { hasMore: false }))
    const result = await invoices.list()
    expect(result).toMatchObject({ ok: false, error: { param: 'data.1.metadata' } })
  })

  it('is not more of a body than its limit: the rest is never read', async () => {
    const cancelled = vi.fn<() => void>()
    asked.mockResolvedValueOnce(endless(100 * ANSWER_BYTES_MAX, cancelled))
    const result = await invoices.get('inv_01')
    expect(result).toMatchObject({ ok: false, error: { code: 'too_large' } })
    expect(cancelled).toHaveBeenCalledOnce()
  })
})

describe('the deadline', () => {
  const quick = createBillingClient({
    baseUrl: 'https://billing.test',
    apiKey: 'ck_sandbox_secret',
    fetch: asked,
    deadlineMs: 40,
  })
  const signal = () => asked.mock.calls[0]?.[1]?.signal

  it('aborts a request that is still on its way', async () => {
    asked.mockReturnValueOnce(new Promise(() => {}))
    expect(await quick.invoices.get('inv_01')).toMatchObject({ error: { code: 'timeout' } })
    expect(signal()?.aborted).toBe(true)
  })

  it('ends with the answer: nothing is aborted afterwards', async () => {
    asked.mockResolvedValueOnce(success(invoiceJson))
    expect((await quick.invoices.get('inv_01')).ok).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(signal()?.aborted).toBe(false)
  })
})

describe('the request id', () => {
  it('is kept with the trouble that it belongs to', async () => {
    asked.mockResolvedValueOnce(failure(404, 'invoice_not_found'))
    expect(await invoices.get('inv_01')).toMatchObject({ error: { requestId: 'req_7' } })
  })

  it('is dropped where it is anything but an id', async () => {
    const headers = { 'x-request-id': 'ask ada@example.com' }
    asked.mockResolvedValueOnce(failure(404, 'invoice_not_found', { headers }))
    expect(await invoices.get('inv_01')).toMatchObject({ error: { requestId: null } })
  })
})

describe('a field by which nothing is decided', () => {
  const read =
    'object livemode id customerId invoiceNumber status currency subtotal taxAmount total metadata createdAt'.split(
      ' ',
    )
  const fields = Object.keys(invoiceJson)

  it.each(fields.filter((field) => !read.includes(field)))(
    'stops no money when %s is missing, or of another form',
    async (field) => {
      for (const value of [undefined, null, { is: 'new' }]) {
        asked.mockResolvedValueOnce(success({ ...invoiceJson, [field]: value }))
        expect(await invoices.get('inv_01')).toMatchObject({
          ok: true,
          value: { data: { id: 'inv_01' } },
        })
      }
    },
  )

  it.each(read)('%s is none: without it the answer can’t be used', async (field) => {
    asked.mockResolvedValueOnce(success({ ...invoiceJson, [field]: undefined }))
    expect(await invoices.get('inv_01')).toMatchObject({
      ok: false,
      error: { code: 'unexpected_shape', param: `data.${field}` },
    })
  })
})

it('what looks like a key or a card number is not kept of an error', async () => {
  for (const word of ['ck_live_SECRETSECRET', 'whsec_x', '4242424242424242']) {
    const headers = { 'x-request-id': word }
    asked.mockResolvedValueOnce(failure(401, word, { error: { param: word }, headers }))
    expect(JSON.stringify(await invoices.get('inv_01'))).not.toContain(word)
  }
})

it('a customer is known by his ids, whatever else is missing', async () => {
  const row = { object: 'customer', livemode: false, id: 'cus_01', externalId: 'acme-42' }
  asked.mockResolvedValueOnce(success([row], { hasMore: false }))
  expect(await customers.list({ externalId: 'acme-42' })).toMatchObject({
    ok: true,
    value: { data: [{ id: 'cus_01', externalId: 'acme-42' }] },
  })
})
