// The billing API's objects, as its reference shows them.

export const createdInvoiceJson = {
  object: 'invoice',
  livemode: false,
  id: 'inv_01',
  customerId: 'cus_01',
  invoiceNumber: 'INV-0001',
  status: 'outstanding',
  invoiceType: 'adjustment',
  currency: 'USD',
  subtotal: -2500,
  taxAmount: 0,
  total: -2500,
  issueDate: '2026-11-22T09:30:00.000Z',
  dueDate: '2026-11-22T09:30:00.000Z',
  memo: null,
  metadata: { makegood_adjustment_id: 'adj_1' },
  createdAt: '2026-11-22T09:30:00.000Z',
  updatedAt: '2026-11-22T09:30:00.000Z',
}

export const invoiceJson = {
  ...createdInvoiceJson,
  subscriptionId: null,
  discountAmount: 0,
  periodStart: '2026-11-22T09:30:00.000Z',
  periodEnd: '2026-11-22T09:30:00.000Z',
  lineItems: [
    {
      lineType: 'one_time',
      featureName: null,
      description: 'Credit for ticket 42',
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
  ],
}

export const customerJson = {
  object: 'customer',
  livemode: false,
  id: 'cus_01',
  externalId: 'acme',
  fullName: 'Żółć Ąę 株式会社 Ltd',
  email: 'ada@example.com',
  taxDocument: null,
  documentType: null,
  timezone: 'UTC',
  metadata: null,
  createdAt: '2026-11-22T09:30:00.000Z',
  updatedAt: '2026-11-22T09:30:00.000Z',
}

export const featureJson = {
  object: 'feature',
  livemode: false,
  id: 'feat_01',
  name: 'Seats',
  code: 'seats',
  type: 'seats',
  description: null,
  unitName: null,
  createdAt: '2026-11-22T09:30:00.000Z',
  updatedAt: '2026-11-22T09:30:00.000Z',
}

export const endpointJson = {
  object: 'webhook',
  livemode: false,
  id: 'wh_01',
  url: 'https://example.com/hook',
  events: ['invoice.created'],
  description: null,
  isActive: true,
  apiVersion: null,
  createdAt: '2026-11-22T09:30:00.000Z',
}

export const sentJson = {
  object: 'invoice',
  livemode: false,
  sent: true,
  sentAt: '2026-11-22T09:30:00.000Z',
}

export const statusJson = {
  object: 'invoice',
  livemode: false,
  id: 'inv_01',
  status: 'paid',
  updatedAt: '2026-11-22T09:30:00.000Z',
}

export const downloadJson = {
  object: 'invoice',
  livemode: false,
  url: 'https://files.test/inv_01.pdf?sig=1',
  expiresAt: '2026-11-29T09:30:00.000Z',
}

export const batchJson = {
  object: 'customer',
  livemode: false,
  successful: [{ id: 'cus_02', externalId: null, email: 'a@example.com' }],
  failed: [{ index: 1, error: 'Email is taken', data: { email: 'b@example.com', id: 'x' } }],
}

export const testJson = {
  success: true,
  deliveryId: 'whd_1',
  deliveredAt: '2026-11-22T09:30:00.000Z',
}
