// Invoices: create an adjustment, list, get, send, change the status. The shapes are the SDK's types.
import * as z from 'zod'
import type { CreatedInvoice, Invoice, InvoiceStatus, SentInvoice } from '@commet/node'
import { created, list, pageOf, refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input } from './call.ts'
import { customerNotFound, findCustomer } from './customers.ts'
import { INVOICE_DUE_MS } from './limits.ts'
import { addInvoice, findInvoice, newestInvoice, writeInvoice } from './ledger.ts'
import { invoiceEvent } from './ledger.ts'
import { addMail } from './outbox.ts'
import { invalid, metadata, page, parse, text } from './parse.ts'
import { documents, isoTime } from './store.ts'
import type { Store } from './store.ts'
import { readSwitches } from './switches.ts'
import { emit } from './webhook-events.ts'

const STATUSES = ['draft', 'outstanding', 'paid', 'void', 'uncollectible'] as const

/** Zero is refused: the vendor leaves it open, and an invoice over nothing is a client's mistake. */
const adjustment = z.object({
  customerId: text,
  amount: z.int().refine((amount) => amount !== 0, 'must not be zero'),
  description: text,
  metadata: metadata.exactOptional(),
})
const statusChange = z.object({ status: z.enum(['paid', 'void']) })
const listQuery = z.object({
  ...page.shape,
  cursor: z.iso.datetime().exactOptional(),
  customerId: text.exactOptional(),
  status: z.enum(STATUSES).exactOptional(),
  subscriptionId: text.exactOptional(),
})

/** Tax is rounded half away from zero, so that a charge and the credit that undoes it are opposite. */
function taxOn(amount: number, rateBasisPoints: number): number {
  const scaled = BigInt(Math.abs(amount)) * BigInt(rateBasisPoints)
  return Math.sign(amount) * Number((scaled + 5000n) / 10_000n)
}

export function createAdjustment(store: Store, input: Input): Answer {
  const wanted = parse(adjustment, input.body)
  if (!wanted.ok) return wanted.error
  const { customerId, amount, description } = wanted.value
  if (findCustomer(store, customerId) === null) return customerNotFound(customerId)
  const switches = readSwitches(store)
  const taxAmount = taxOn(amount, switches.taxRateBasisPoints) || 0
  if (!Number.isSafeInteger(amount + taxAmount)) return invalid('amount', 'is too large with tax')
  const invoice = addInvoice(store, input.now, (issued) => ({
    customerId,
    subscriptionId: null,
    status: amount < 0 ? switches.creditStartsAs : 'outstanding',
    invoiceType: 'adjustment',
    currency: newestInvoice(store, customerId)?.currency ?? 'usd',
    subtotal: amount,
    discountAmount: 0,
    taxAmount,
    total: amount + taxAmount,
    periodStart: isoTime(issued),
    periodEnd: isoTime(issued),
    dueDate: isoTime(issued + INVOICE_DUE_MS),
    memo: description,
    metadata: wanted.value.metadata ?? {},
    lineItems: [adjustmentLine(amount, description)],
  }))
  emit(store, 'invoice.created', invoiceEvent(store, invoice), input.now)
  return created(createdInvoice(invoice))
}

function adjustmentLine(amount: number, description: string) {
  return {
    lineType: amount < 0 ? ('credit' as const) : ('one_time' as const),
    featureName: null,
    description,
    quantity: 1,
    unitAmount: amount,
    amount,
    includedAmount: null,
    usedAmount: null,
    overageAmount: null,
    discountType: null,
    discountValue: null,
    discountName: null,
    chargeType: 'standard' as const,
  }
}

/** The shorter form that creating answers: no period, no subscription, no lines. */
function createdInvoice(invoice: Invoice): CreatedInvoice {
  return {
    object: 'invoice',
    livemode: invoice.livemode,
    id: invoice.id,
    customerId: invoice.customerId,
    invoiceNumber: invoice.invoiceNumber,
    status: invoice.status,
    invoiceType: invoice.invoiceType,
    currency: invoice.currency,
    subtotal: invoice.subtotal,
    taxAmount: invoice.taxAmount,
    total: invoice.total,
    issueDate: invoice.issueDate,
    dueDate: invoice.dueDate,
    memo: invoice.memo,
    metadata: invoice.metadata,
    createdAt: invoice.createdAt,
    updatedAt: invoice.updatedAt,
  }
}

/**
 * Newest first. The cursor is the creation time of the last row shown (the SDK types it as a date-time);
 * creation times are unique, so a page neither repeats nor skips a row while others are added.
 */
export function listInvoices(store: Store, input: Input): Answer {
  const query = parse(listQuery, input.query)
  if (!query.ok) return query.error
  const { customerId, status, subscriptionId, cursor, limit } = query.value
  const { lagMs } = input.listing
  const wanted: readonly (readonly [string, string | number | undefined])[] = [
    ['customer_id = ?', customerId],
    ['status = ?', status],
    ['subscription_id = ?', subscriptionId],
    ['created_at_ms < ?', cursor === undefined ? undefined : Date.parse(cursor)],
    ['created_at_ms <= ?', lagMs === 0 ? undefined : input.now - lagMs],
  ]
  const asked = wanted.flatMap(([test, value]) => (value === undefined ? [] : [{ test, value }]))
  const where = asked.map(({ test }) => ` AND ${test}`).join('')
  const rows = documents<Invoice>(
    store,
    `SELECT document FROM invoices WHERE true${where} ORDER BY created_at_ms DESC LIMIT ?`,
    ...asked.map(({ value }) => value),
    limit + 1,
  )
  const shown = rows.map(({ lineItems: _lineItems, ...invoice }) => invoice)
  return list(pageOf(shown, query.value, ({ createdAt }) => createdAt, input.listing))
}

export function invoiceNotFound(id: string): Answer {
  return refusal('invoice_not_found', `There is no invoice ${id}`)
}

export function getInvoice(store: Store, input: Input): Answer {
  const invoice = findInvoice(store, input.id)
  return invoice === null ? invoiceNotFound(input.id) : success(invoice)
}

export function updateInvoiceStatus(store: Store, input: Input): Answer {
  const wanted = parse(statusChange, input.body)
  if (!wanted.ok) return wanted.error
  const before = findInvoice(store, input.id)
  if (before === null) return invoiceNotFound(input.id)
  if (before.status !== 'outstanding') {
    const message = `Invoice ${before.invoiceNumber} is ${before.status}; only an outstanding one changes`
    return refusal('invoice_not_outstanding', message, [{ field: 'status', message }])
  }
  const { status } = wanted.value
  const after: Invoice = { ...before, status, updatedAt: isoTime(input.now) }
  writeInvoice(store, after)
  if (status === 'void') emit(store, 'invoice.voided', invoiceEvent(store, after), input.now)
  const answer: InvoiceStatus = {
    object: 'invoice',
    livemode: store.livemode,
    id: after.id,
    status,
    updatedAt: after.updatedAt,
  }
  return success(answer)
}

export function sendInvoice(store: Store, input: Input): Answer {
  const invoice = findInvoice(store, input.id)
  if (invoice === null) return invoiceNotFound(input.id)
  const customer = findCustomer(store, invoice.customerId)
  if (customer === null) return customerNotFound(invoice.customerId)
  addMail(store, { invoice, customer, sentAt: isoTime(input.now) })
  const answer: SentInvoice = {
    object: 'invoice',
    livemode: store.livemode,
    sent: true,
    sentAt: isoTime(input.now),
  }
  return success(answer)
}
