// The official SDK drives every call of invoices, success and failure. What it throws are its own error
// classes: whoever answers in the billing API's place has to make it throw the right one.

import type { Commet, UpdateInvoiceStatusParams } from '@commet/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataOf, expectApiError, expectValidationError, notFound } from './answers.ts'
import type { SdkPlace } from './place.ts'

export function invoicesBySdk(start: () => Promise<SdkPlace>): void {
  let place: SdkPlace
  let commet: Commet

  beforeAll(async () => {
    place = await start()
    commet = place.commet({ retries: 0 })
  })

  afterAll(async () => {
    await place.stop()
  })

  const credit = (description: string) =>
    commet.invoices.createAdjustment({ customerId: 'cus_acme', amount: -2500, description })

  describe('invoices, by the official SDK', () => {
    it('creates an adjustment: a credit that is outstanding', async () => {
      const metadata = { order_id: 'order-1', deep: { list: [1, null] } }
      const invoice = await dataOf(
        commet.invoices.createAdjustment({
          customerId: 'cus_acme',
          amount: -2500,
          description: 'Credit for ticket 42',
          metadata,
        }),
      )
      expect(invoice).toMatchObject({
        object: 'invoice',
        livemode: false,
        customerId: 'cus_acme',
        status: 'outstanding',
        invoiceType: 'adjustment',
        subtotal: -2500,
        taxAmount: 0,
        total: -2500,
        memo: 'Credit for ticket 42',
        metadata,
      })
      expect(invoice.id).toMatch(/^inv_/)
      expect(Date.parse(invoice.createdAt)).toBeGreaterThan(0)
    })

    it('is told which fields of an adjustment are wrong, all at once', async () => {
      const wrong = { customerId: '', amount: 0.5, description: '' }
      const fields = ['customerId', 'amount', 'description'] as const
      await expectValidationError(commet.invoices.createAdjustment(wrong), ...fields)
      await expectValidationError(
        commet.invoices.createAdjustment({ customerId: 'cus_acme', amount: 0, description: 'x' }),
        'amount',
      )
    })

    it('is told that the customer is unknown', async () => {
      await expectApiError(
        commet.invoices.createAdjustment({ customerId: 'cus_no', amount: 1, description: 'x' }),
        { ...notFound('customer_not_found'), docUrl: expect.stringContaining('https://') },
      )
    })

    it('pages through the invoices of one customer, newest first, each once', async () => {
      const before = await dataOf(commet.invoices.list({ customerId: 'cus_bolt', limit: 100 }))
      for (let index = 0; index < 5; index++) {
        const description = `Charge ${index}`
        await commet.invoices.createAdjustment({ customerId: 'cus_bolt', amount: 100, description })
      }
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const query = { customerId: 'cus_bolt', limit: 2, ...(cursor ? { cursor } : {}) }
        const page = await commet.invoices.list(query)
        expect(page.hasMore).toBe(page.nextCursor !== undefined)
        const rows = page.data ?? []
        expect(rows.every((row) => row.customerId === 'cus_bolt')).toBe(true)
        seen.push(...rows.map((row) => row.createdAt))
        cursor = page.nextCursor
      } while (cursor !== undefined)
      expect(seen).toHaveLength(before.length + 5)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen).toEqual([...seen].sort().reverse())
    })

    it('filters by status and by subscription', async () => {
      const paid = await dataOf(commet.invoices.list({ status: 'paid', limit: 100 }))
      expect(paid.length).toBeGreaterThan(0)
      expect(new Set(paid.map((row) => row.status))).toEqual(new Set(['paid']))
      const none = await dataOf(commet.invoices.list({ subscriptionId: 'sub_no' }))
      expect(none).toEqual([])
    })

    it('is refused a page of no rows and a cursor that is no date', async () => {
      await expectValidationError(commet.invoices.list({ limit: 0 }), 'limit')
      await expectValidationError(commet.invoices.list({ cursor: 'yesterday' }), 'cursor')
    })

    it('gets one invoice with its lines, and none for another id', async () => {
      const { id } = await dataOf(credit('A line'))
      const invoice = await dataOf(commet.invoices.get({ id }))
      expect(invoice).toMatchObject({ id, total: -2500, discountAmount: 0, subscriptionId: null })
      expect(invoice.lineItems).toMatchObject([{ description: 'A line', amount: -2500 }])
      await expectApiError(commet.invoices.get({ id: 'inv_no' }), notFound('invoice_not_found'))
    })

    it('gets the address of the PDF, which opens without a key', async () => {
      const { id } = await dataOf(credit('A paper'))
      const { url, expiresAt } = await dataOf(commet.invoices.getDownloadUrl({ id }))
      const days = (Date.parse(expiresAt) - Date.now()) / 86_400_000
      expect(days).toBeGreaterThan(6.9)
      expect(days).toBeLessThanOrEqual(7)
      const paper = await fetch(url)
      expect(paper.headers.get('content-type')).toBe('application/pdf')
      expect((await paper.text()).slice(0, 5)).toBe('%PDF-')
      const missing = commet.invoices.getDownloadUrl({ id: 'inv_no' })
      await expectApiError(missing, notFound('invoice_not_found'))
    })

    it('sends an invoice to its customer', async () => {
      const { id, invoiceNumber } = await dataOf(credit('To be sent'))
      const sent = await dataOf(commet.invoices.send({ id }))
      expect(sent).toMatchObject({ object: 'invoice', livemode: false, sent: true })
      const outbox = await place.control('GET', '/outbox')
      expect(JSON.stringify(outbox.json)).toContain(invoiceNumber)
      const missing = commet.invoices.send({ id: 'inv_no' })
      await expectApiError(missing, notFound('invoice_not_found'))
    })

    it('marks an outstanding invoice paid, once, and a paid one no more', async () => {
      const { id } = await dataOf(credit('To be marked'))
      const wrong: UpdateInvoiceStatusParams = JSON.parse(`{"id":"${id}","status":"draft"}`)
      await expectValidationError(commet.invoices.updateStatus(wrong), 'status')
      const paid = await dataOf(commet.invoices.updateStatus({ id, status: 'paid' }))
      expect(paid).toMatchObject({ id, status: 'paid', object: 'invoice', livemode: false })
      await expectApiError(commet.invoices.updateStatus({ id, status: 'void' }), {
        statusCode: 409,
        type: 'conflict_error',
        param: 'status',
      })
      expect(await dataOf(commet.invoices.get({ id }))).toMatchObject({ status: 'paid' })
      const missing = commet.invoices.updateStatus({ id: 'inv_no', status: 'void' })
      await expectApiError(missing, notFound('invoice_not_found'))
    })
  })

  describe('the key and the version', () => {
    it('are asked of every call', async () => {
      const stranger = place.commet({ apiKey: 'ck_mg_stranger', retries: 0 })
      await expectApiError(stranger.invoices.list(), {
        statusCode: 401,
        type: 'authentication_error',
        code: 'unauthorized',
      })
      place.forget()
      await commet.features.list()
      expect(place.sent).toMatchObject([{ line: 'GET /api/v1/features', version: '2026-07-11' }])
    })

    it('are answered with a request id, which the SDK reports with its next call', async () => {
      await commet.features.list()
      const requestId = await place.newestRequestId()
      place.forget()
      await commet.features.list()
      expect(requestId).toMatch(/./)
      expect(place.sent[0]?.telemetry).toContain(requestId)
    })
  })
}
