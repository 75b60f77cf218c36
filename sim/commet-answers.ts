// What the billing API answers to each call, as the vendor's reference shows it.

import * as z from 'zod'
import type { CommetOptions, Customer, Invoice } from './commet.ts'
import { json, type Call, type Reply } from './network.ts'

export type Books = CommetOptions & {
  readonly invoices: readonly Invoice[]
  readonly create: (call: Call, now: number) => Reply
}

export function answerTo(call: Call, now: number, books: Books): Reply {
  const [, , , resource = '', id = '', part = ''] = call.url.pathname.split('/')
  const invoice = books.invoices.find((each) => each.id === id)
  switch (`${call.method} ${resource}${id === '' ? '' : '/{id}'}${part === '' ? '' : `/${part}`}`) {
    case 'POST invoices':
      return books.create(call, now)
    case 'GET invoices':
      return listInvoices(call, now, books)
    case 'GET invoices/{id}':
      return invoice === undefined
        ? refusal(404, 'invoice_not_found')
        : json(200, { success: true, data: shown(invoice, books.taxRate) })
    case 'PUT invoices/{id}/status':
      return invoice === undefined
        ? refusal(404, 'invoice_not_found')
        : changeStatus(invoice, call, now)
    case 'GET customers':
      return listCustomers(call, books.customers)
    case 'GET customers/{id}': {
      const customer = books.customers.find((each) => each.id === id)
      return customer === undefined
        ? refusal(404, 'customer_not_found')
        : json(200, { success: true, data: person(customer) })
    }
    default:
      return refusal(404, 'not_found')
  }
}

const statusChange = z.object({ status: z.enum(['paid', 'void']) })

function changeStatus(invoice: Invoice, call: Call, now: number): Reply {
  const { status } = statusChange.parse(JSON.parse(call.body))
  if (invoice.status !== 'outstanding') return refusal(409, 'invoice_not_outstanding')
  invoice.status = status
  const updatedAt = new Date(now).toISOString()
  const data = { object: 'invoice', livemode: false, id: invoice.id, status, updatedAt }
  return json(200, { success: true, data })
}

function listInvoices({ url }: Call, now: number, books: Books): Reply {
  const asked = url.searchParams
  const customerId = asked.get('customerId')
  const limit = Number(asked.get('limit') ?? 20)
  const before = Number(asked.get('cursor') ?? books.invoices.length)
  const isAsked = (id: string): boolean => customerId === null || id === customerId
  // The invoice of his subscription, by which his currency is known, is older than all of ours.
  const first = books.customers.flatMap(({ id, currency }) =>
    isAsked(id) && currency !== null ? [renewal(id, currency)] : [],
  )
  const own = books.invoices
    .map((invoice, at) => ({ invoice, at }))
    .filter(({ invoice, at }) => isAsked(invoice.customerId) && at < before)
    .filter(({ invoice }) => invoice.listedAt <= now)
    .toReversed()
  const page = own.slice(0, limit)
  const rows = page.map(({ invoice }) => shown(invoice, books.taxRate))
  const last = page.at(-1)
  if (own.length > limit && last !== undefined) {
    return json(200, { success: true, data: rows, hasMore: true, nextCursor: String(last.at) })
  }
  return json(200, { success: true, data: [...rows, ...first], hasMore: false })
}

function listCustomers({ url }: Call, customers: readonly Customer[]): Reply {
  const wanted = url.searchParams.get('externalId')
  const found = customers.filter(({ externalId }) => externalId === wanted)
  return json(200, { success: true, data: found.map(person), hasMore: false })
}

const person = ({ id, externalId }: Customer) => ({
  object: 'customer',
  livemode: false,
  id,
  externalId,
})

const renewal = (customerId: string, currency: string) =>
  shown(
    {
      id: `inv_renewal_${customerId}`,
      number: 'INV-0',
      customerId,
      currency: currency.toUpperCase(),
      amount: 9_900,
      metadata: {},
      createdAt: 0,
      listedAt: 0,
      isReissued: false,
      status: 'paid',
    },
    0,
  )

export function shown(invoice: Invoice, taxRate: number) {
  const { id, number, customerId, currency, amount, metadata, status, createdAt } = invoice
  const taxAmount = Math.round(amount * taxRate) || 0
  return {
    object: 'invoice',
    livemode: false,
    id,
    customerId,
    invoiceNumber: number,
    status,
    invoiceType: 'adjustment',
    currency,
    subtotal: amount,
    taxAmount,
    total: amount + taxAmount,
    metadata,
    createdAt: new Date(createdAt).toISOString(),
  }
}

/** With it begins the request's id of an answer that asks for some seconds of rest; these stand behind it. */
export const LIMITED_FOR = 'req_limited_for_'

export function refusal(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return json(status, { success: false, error: { type: 'error', code, message: code } }, headers)
}
