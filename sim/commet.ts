// The billing API, in memory: customers, invoices, and what an idempotency key stands for, as the stand-in
// of sandbox/ has them. Its ledger is what every run is judged by.

import * as z from 'zod'
import { answerTo, refusal, shown } from './commet-answers.ts'
import { json, type Call, type Reply } from './network.ts'

export type Customer = {
  readonly id: string
  readonly externalId: string | null
  /** Of his newest invoice; null where he has none. */
  readonly currency: string | null
  /** Until then every invoice for him is refused for good; 0: never. */
  readonly refusedUntil: number
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
  /** Somebody there has voided another one, and made this in its place, with its metadata. */
  readonly isReissued: boolean
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
  /** Where it is outstanding, it is voided, and one of another amount takes its place. */
  readonly reissue: (invoice: Invoice, now: number) => void
  /** Of a key whose first call has no answer yet. */
  readonly running: Set<string>
}

export type CommetOptions = {
  readonly customers: readonly Customer[]
  readonly creditStartsAs: 'outstanding' | 'paid'
  /** 0.19 adds 19 % to what was asked. */
  readonly taxRate: number
  readonly onInvoice: (invoice: Invoice) => void
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
    if (!wanted.success || now < (customer?.refusedUntil ?? 0)) {
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
      isReissued: false,
      status: amount < 0 ? options.creditStartsAs : 'outstanding',
    }
    invoices.push(invoice)
    options.onInvoice(invoice)
    return json(201, { success: true, data: shown(invoice, options.taxRate) })
  }

  const handle = (call: Call, now: number): Reply => {
    const reply = answerTo(call, now, { ...options, invoices, create })
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
    reissue: (invoice, now) => reissue(invoices, invoice, now),
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

function reissue(invoices: Invoice[], invoice: Invoice, now: number): void {
  if (invoice.status !== 'outstanding') return
  invoice.status = 'void'
  const id = `inv_${invoices.length + 1}`
  const amount = invoice.amount + 1_000 * Math.sign(invoice.amount)
  const made = { createdAt: now, listedAt: now, isReissued: true, status: 'outstanding' } as const
  invoices.push({ ...invoice, ...made, id, amount })
}

const withCustomer = z.object({ customerId: z.string() })
const withMetadata = z.object({ metadata: z.record(z.string(), z.unknown()) })

function postedOf(call: Call, key: string, { status }: Reply, at: number): Posted {
  const body = withMetadata.safeParse(JSON.parse(call.body))
  const id = body.success ? body.data.metadata['makegood_adjustment_id'] : null
  return { at, key, body: call.body, status, adjustmentId: typeof id === 'string' ? id : null }
}
