// The billing API in a process of its own, as little of it as an adjustment needs: every Worker and every peer that
// makes invoices posts them here. It keeps nothing but their number and when the last one came.

import { createServer, type IncomingMessage } from 'node:http'
import { HOST } from '../scripts/ports.ts'

let invoices = 0
let lastAt = 0

const AT = '2026-10-26T07:33:12.000Z'

const invoiceOf = (asked: Readonly<Record<string, unknown>>) => ({
  object: 'invoice',
  livemode: false,
  id: `inv_${String(invoices).padStart(12, '0')}`,
  invoiceNumber: `CN-${invoices}`,
  status: 'paid',
  invoiceType: 'adjustment',
  currency: 'usd',
  subtotal: asked['amount'],
  taxAmount: 0,
  total: asked['amount'],
  issueDate: AT,
  dueDate: AT,
  memo: null,
  createdAt: new Date().toISOString(),
  updatedAt: AT,
  customerId: asked['customerId'],
  metadata: asked['metadata'] ?? {},
})

const customerOf = (externalId: string) => ({
  object: 'customer',
  livemode: false,
  id: `cus_${externalId}`,
  externalId,
  organizationId: 'org_bench',
  email: 'ap@acme.example',
  billingEmail: null,
  fullName: 'Acme',
  domain: null,
  website: null,
  timezone: null,
  language: null,
  industry: null,
  employeeCount: null,
  isActive: true,
  metadata: {},
  createdAt: AT,
  updatedAt: AT,
})

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString('utf8'))
}

async function answer(request: IncomingMessage): Promise<object> {
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${HOST}`)
  if (pathname === '/told') return { invoices, lastAt }
  if (request.method === 'POST') {
    const asked = await bodyOf(request)
    invoices += 1
    lastAt = Date.now()
    return { success: true, data: invoiceOf(asked) }
  }
  if (pathname.endsWith('/download')) {
    const expiresAt = new Date(Date.now() + 7 * 86_400_000).toISOString()
    const url = `http://${request.headers.host}/files/invoice.pdf?signed=${'x'.repeat(64)}`
    return { success: true, data: { object: 'invoice', livemode: false, url, expiresAt } }
  }
  if (pathname.endsWith('/customers')) {
    const wanted = searchParams.get('externalId') ?? ''
    return { success: true, data: [customerOf(wanted)], hasMore: false }
  }
  const customerId = searchParams.get('customerId') ?? ''
  const old = { ...invoiceOf({ amount: -100, customerId }), id: 'inv_old' }
  return { success: true, data: [old], hasMore: false }
}

const server = createServer((request, response) => {
  void answer(request).then((answered) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_bench' })
    response.end(JSON.stringify(answered))
  })
})
server.keepAliveTimeout = 120_000
server.listen(0, HOST, () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
