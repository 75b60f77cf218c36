// The billing API, in memory: customers, invoices, and what an idempotency key stands for, as the stand-in
// of sandbox/ has them. Its ledger is what every run is judged by.

import * as z from 'zod'
import { json, type Call, type Reply } from './network.ts'

export type Customer = {
  readonly id: string
  readonly externalId: string | null
  /** Of his newest invoice; null where he has none. */
  readonly currency: string | null
  /** A definite refusal of every invoice for him. */
  readonly isRefused: boolean
}

export type Invoice = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly currency: string
  readonly amount: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: number
  /** From then on a listing shows it. */
  readonly listedAt: number
  status: 'outstanding' | 'paid' | 'void'
}

/** A write that came, whatever became of it. */
export type Posted = {
  readonly at: number
  readonly key: string
  readonly body: string
  readonly adjustmentId: string | null
  readonly status: number
}

export type Commet = {
  readonly invoices: readonly Invoice[]
  readonly customers: readonly Customer[]
  /** Every `POST /invoices` that was let in, and what it was answered before anything spoilt that. */
  readonly posts: readonly Posted[]
  /** Refusals that are definite, by the path and customer or invoice that they were about. */
  readonly refusals: readonly { readonly at: number; readonly about: string }[]
  /** A call was refused for good on its way here. */
  readonly noteRefusal: (call: Call, now: number) => void
  /** Null: a first call with this key runs. Else what it answers without doing anything. */
  readonly keyed: (call: Call, now: number) => Reply | null
  readonly handle: (call: Call, now: number) => Reply
  /** Of a key whose first call has no answer yet. */
  readonly running: Set<string>
}

export type CommetOptions = {
  readonly customers: readonly Customer[]
  readonly creditStartsAs: 'outstanding' | 'paid'
  /** 0.19 adds 19 % to what was asked. */
  readonly taxRate: number
  /** How long a new invoice is on its way into the listing. */
  readonly listingLagMs: () => number
}

const KEY_KEPT_MS = 24 * 3_600_000

const adjustment = z.object({
  customerId: z.string().min(1),
  amount: z.int().refine((amount) => amount !== 0),
  description: z.string().min(1),
  metadata: z.record(z.string(), z.unknown()).default({}),
})

export const keyOf = ({ method, headers }: Call): string | null =>
  method === 'GET' ? null : (headers['idempotency-key'] ?? null)

export function createCommet(options: CommetOptions): Commet {
  const invoices: Invoice[] = []
  const posts: Posted[] = []
  const refusals: { at: number; about: string }[] = []
  const running = new Set<string>()
  const stored = new Map<string, { print: string; reply: Reply; until: number }>()
  const printOf = ({ method, url, body }: Call) => `${method} ${url.pathname} ${body}`

  const create = (call: Call, now: number): Reply => {
    const wanted = adjustment.safeParse(JSON.parse(call.body))
    const about = wanted.success ? wanted.data.customerId : 'POST /invoices'
    const customer = options.customers.find(({ id }) => id === about)
    if (!wanted.success || customer?.isRefused === true) {
      refusals.push({ at: now, about })
      return refusal(422, 'validation_error')
    }
    if (customer === undefined) {
      refusals.push({ at: now, about })
      return refusal(404, 'customer_not_found')
    }
    const { amount, metadata } = wanted.data
    const invoice: Invoice = {
      id: `inv_${invoices.length + 1}`,
      number: `INV-${invoices.length + 1}`,
      customerId: customer.id,
      currency: (customer.currency ?? 'usd').toUpperCase(),
      amount,
      metadata,
      createdAt: now,
      listedAt: now + options.listingLagMs(),
      status: amount < 0 ? options.creditStartsAs : 'outstanding',
    }
    invoices.push(invoice)
    return json(201, { success: true, data: shown(invoice, options.taxRate) })
  }

  const handle = (call: Call, now: number): Reply => {
    const reply = answer(call, now, { ...options, invoices, create })
    const key = keyOf(call)
    if (key === null) return reply
    stored.set(key, { print: printOf(call), reply, until: now + KEY_KEPT_MS })
    if (call.url.pathname.endsWith('/invoices')) posts.push(postedOf(call, key, reply, now))
    return reply
  }

  return {
    invoices,
    customers: options.customers,
    posts,
    refusals,
    running,
    noteRefusal: ({ body }, at) => {
      const named = withCustomer.safeParse(body === '' ? {} : JSON.parse(body))
      if (named.success) refusals.push({ at, about: named.data.customerId })
    },
    handle,
    keyed: (call, now) => {
      const key = keyOf(call)
      if (key === null) return null
      if (running.has(key)) return refusal(409, 'idempotency_in_progress')
      const known = stored.get(key)
      if (known === undefined || known.until <= now) return null
      return known.print === printOf(call) ? known.reply : refusal(409, 'idempotency_key_mismatch')
    },
  }
}

const withCustomer = z.object({ customerId: z.string() })
const withMetadata = z.object({ metadata: z.record(z.string(), z.unknown()) })

function postedOf(call: Call, key: string, { status }: Reply, at: number): Posted {
  const body = withMetadata.safeParse(JSON.parse(call.body))
  const id = body.success ? body.data.metadata['makegood_adjustment_id'] : null
  return { at, key, body: call.body, status, adjustmentId: typeof id === 'string' ? id : null }
}

type Books = CommetOptions & {
  readonly invoices: readonly Invoice[]
  readonly create: (call: Call, now: number) => Reply
}

function answer(call: Call, now: number, books: Books): Reply {
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
  const customer = books.customers.find(({ id }) => id === customerId)
  // The invoice of his subscription, by which his currency is known, is older than all of ours.
  const first = customer?.currency == null ? [] : [renewal(customer.id, customer.currency)]
  const own = books.invoices
    .map((invoice, at) => ({ invoice, at }))
    .filter(({ invoice, at }) => invoice.customerId === customerId && at < before)
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
      status: 'paid',
    },
    0,
  )

function shown(invoice: Invoice, taxRate: number) {
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

export function refusal(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return json(status, { success: false, error: { type: 'error', code, message: code } }, headers)
}
