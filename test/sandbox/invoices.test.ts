// Invoices, call by call: shapes, refusals, numbers, pages. Over HTTP, as any client sees it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

function credit(more: Json = {}): Json {
  return { customerId: 'cus_acme', amount: -2500, description: 'Outage on Monday', ...more }
}

async function createdId(more: Json = {}): Promise<string> {
  const { json } = await sandbox.api('POST', '/invoices', credit(more))
  return json.data.id
}

describe('creating an adjustment', () => {
  it('answers the created invoice with every field of the type and no other', async () => {
    const { status, json } = await sandbox.api('POST', '/invoices', credit({ metadata: { a: 1 } }))
    expect(status).toBe(201)
    expect(json).toEqual({
      success: true,
      data: {
        object: 'invoice',
        livemode: false,
        id: expect.stringMatching(/^inv_[0-9a-z]{16}$/),
        customerId: 'cus_acme',
        invoiceNumber: 'INV-0010',
        status: 'outstanding',
        invoiceType: 'adjustment',
        currency: 'usd',
        subtotal: -2500,
        taxAmount: 0,
        total: -2500,
        issueDate: expect.stringMatching(ISO),
        dueDate: expect.stringMatching(ISO),
        memo: 'Outage on Monday',
        metadata: { a: 1 },
        createdAt: expect.stringMatching(ISO),
        updatedAt: expect.stringMatching(ISO),
      },
    })
  })

  it.each([
    [{ customerId: '' }, 'customerId'],
    [{ customerId: 7 }, 'customerId'],
    [{ description: '' }, 'description'],
    [{ description: undefined }, 'description'],
    [{ amount: 0 }, 'amount'],
    [{ amount: 25.5 }, 'amount'],
    [{ amount: '-2500' }, 'amount'],
    [{ amount: 2 ** 53 }, 'amount'],
    [{ metadata: 'text' }, 'metadata'],
    [{ metadata: [1] }, 'metadata'],
    [{ metadata: JSON.parse('{"__proto__":{"a":1}}') }, 'metadata.__proto__'],
    [{ metadata: JSON.parse(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`) }, 'metadata'],
  ])('refuses %j and names the field', async (wrong, field) => {
    const { status, json } = await sandbox.api('POST', '/invoices', credit(wrong))
    expect([status, json.error.type, json.error.code]).toEqual([
      422,
      'validation_error',
      'validation_error',
    ])
    expect(json.error.param).toBe(field)
    expect(json.error.details).toEqual([{ field, message: expect.any(String) }])
  })

  it('lists all wrong fields at once', async () => {
    const { json } = await sandbox.api('POST', '/invoices', {})
    const fields = json.error.details.map((detail: Json) => detail['field'])
    expect(fields).toEqual(['customerId', 'amount', 'description'])
  })

  it('knows only its own customers', async () => {
    const { status, json } = await sandbox.api(
      'POST',
      '/invoices',
      credit({ customerId: 'cus_no' }),
    )
    expect([status, json.error.type, json.error.code]).toEqual([
      404,
      'not_found_error',
      'customer_not_found',
    ])
  })

  it("takes the currency of the customer's newest invoice, else usd", async () => {
    const currencies = []
    for (const customerId of ['cus_dupont', 'cus_acme', 'cus_echo']) {
      const { json } = await sandbox.api('POST', '/invoices', credit({ customerId }))
      currencies.push(json.data.currency)
    }
    expect(currencies).toEqual(['eur', 'usd', 'usd'])
  })

  it('starts a credit as paid where the switch says so, and a charge never', async () => {
    await sandbox.control('PUT', '/switches', { creditStartsAs: 'paid' })
    const statuses = []
    for (const amount of [-1, 1]) {
      const { json } = await sandbox.api('POST', '/invoices', credit({ amount }))
      statuses.push(json.data.status)
    }
    expect(statuses).toEqual(['paid', 'outstanding'])
  })

  it.each([
    [-2500, -475, -2975],
    [2500, 475, 2975],
    [-3, -1, -4],
    [3, 1, 4],
    [1, 0, 1],
    [-1, 0, -1],
  ])('adds 19 %% tax to %i as %i where the switch says so', async (amount, taxAmount, total) => {
    await sandbox.control('PUT', '/switches', { taxRateBasisPoints: 1900 })
    const { json } = await sandbox.api('POST', '/invoices', credit({ amount }))
    expect(json.data).toMatchObject({ subtotal: amount, taxAmount, total })
  })

  it('refuses an amount whose total with tax is no safe integer', async () => {
    await sandbox.control('PUT', '/switches', { taxRateBasisPoints: 1 })
    const amount = Number.MAX_SAFE_INTEGER
    const { status, json } = await sandbox.api('POST', '/invoices', credit({ amount }))
    expect([status, json.error.param]).toEqual([422, 'amount'])
  })

  it('numbers invoices without gaps, also where a call between them is refused', async () => {
    const numbers = []
    for (const amount of [-1, 0, -2, 0.5, -3]) {
      const { json } = await sandbox.api('POST', '/invoices', credit({ amount }))
      if (json.success) numbers.push(json.data.invoiceNumber)
    }
    expect(numbers).toEqual(['INV-0010', 'INV-0011', 'INV-0012'])
  })
})

describe('an invoice', () => {
  it('has its line, period and discount when it is fetched', async () => {
    const id = await createdId()
    const { json } = await sandbox.api('GET', `/invoices/${id}`)
    expect(json.data).toMatchObject({ id, subscriptionId: null, discountAmount: 0 })
    expect(json.data.periodStart).toMatch(ISO)
    expect(json.data.lineItems).toEqual([
      {
        lineType: 'credit',
        featureName: null,
        description: 'Outage on Monday',
        quantity: 1,
        unitAmount: -2500,
        amount: -2500,
        includedAmount: null,
        usedAmount: null,
        overageAmount: null,
        discountType: null,
        discountValue: null,
        discountName: null,
        chargeType: 'standard',
      },
    ])
  })

  it('changes from outstanding to paid or void, once', async () => {
    for (const status of ['paid', 'void']) {
      const path = `/invoices/${await createdId()}/status`
      const changed = await sandbox.api('PUT', path, { status })
      expect(Object.keys(changed.json.data).toSorted()).toEqual(
        ['object', 'livemode', 'id', 'status', 'updatedAt'].toSorted(),
      )
      expect(changed.json.data.status).toBe(status)
      const again = await sandbox.api('PUT', path, { status: 'paid' })
      expect([again.status, again.json.error.type]).toEqual([409, 'conflict_error'])
    }
  })

  it('takes no other status, and an unknown invoice has none', async () => {
    const path = `/invoices/${await createdId()}/status`
    const draft = await sandbox.api('PUT', path, { status: 'draft' })
    expect([draft.status, draft.json.error.param]).toEqual([422, 'status'])
    for (const [method, unknown] of [
      ['GET', '/invoices/inv_no'],
      ['GET', '/invoices/inv_no/download'],
      ['POST', '/invoices/inv_no/send'],
      ['PUT', '/invoices/inv_no/status'],
    ] as const) {
      const body = method === 'PUT' ? { status: 'paid' } : method === 'POST' ? {} : undefined
      const { status, json } = await sandbox.api(method, unknown, body)
      expect([status, json.error.code]).toEqual([404, 'invoice_not_found'])
    }
  })

  it('is sent into the outbox', async () => {
    const id = await createdId()
    const { json } = await sandbox.api('POST', `/invoices/${id}/send`, {})
    expect(json.data).toEqual({
      object: 'invoice',
      livemode: false,
      sent: true,
      sentAt: expect.stringMatching(ISO),
    })
    const outbox = await sandbox.control('GET', '/outbox')
    expect(outbox.json.mails).toEqual([
      expect.objectContaining({
        to: 'billing@acme.example',
        subject: 'Your credit INV-0010',
        invoiceId: id,
        sentAt: json.data.sentAt,
      }),
    ])
  })
})
