// The invoices as rows: numbers without gaps, creation times that are unique, whole documents.
import type { Invoice, WebhookEventDataMap } from '@commet/node'
import { findCustomer } from './customers.ts'
import { documents, isoTime, newId } from './store.ts'
import type { Store } from './store.ts'

type Wanted = Omit<
  Invoice,
  'object' | 'livemode' | 'id' | 'invoiceNumber' | 'issueDate' | 'createdAt' | 'updatedAt'
>

/**
 * Adds an invoice with the next number. Its creation time is `now` in milliseconds, or one after the
 * newest invoice's where that is later: two invoices never share one, which the list's cursor needs.
 */
export function addInvoice(
  store: Store,
  now: number,
  write: (issued: number) => Wanted,
  id: string = newId('inv'),
): Invoice {
  const select = 'SELECT sequence, created_at_ms FROM invoices ORDER BY sequence DESC LIMIT 1'
  const [newest] = store.sql.exec<{ sequence: number; created_at_ms: number }>(select).toArray()
  const issued = Math.max(now, (newest?.created_at_ms ?? 0) + 1)
  const number = (newest?.sequence ?? 0) + 1
  const invoice: Invoice = {
    object: 'invoice',
    livemode: store.livemode,
    id,
    invoiceNumber: `INV-${String(number).padStart(4, '0')}`,
    issueDate: isoTime(issued),
    createdAt: isoTime(issued),
    updatedAt: isoTime(issued),
    ...write(issued),
  }
  store.sql.exec(
    `INSERT INTO invoices (sequence, id, customer_id, subscription_id, status, created_at_ms, document)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    number,
    invoice.id,
    invoice.customerId,
    invoice.subscriptionId,
    invoice.status,
    issued,
    JSON.stringify(invoice),
  )
  return invoice
}

export function writeInvoice(store: Store, invoice: Invoice): void {
  const update = 'UPDATE invoices SET status = ?, document = ? WHERE id = ?'
  store.sql.exec(update, invoice.status, JSON.stringify(invoice), invoice.id)
}

export function findInvoice(store: Store, id: string): Invoice | null {
  const [found] = documents<Invoice>(store, 'SELECT document FROM invoices WHERE id = ?', id)
  return found ?? null
}

export function newestInvoice(store: Store, customerId: string): Invoice | null {
  const select = `SELECT document FROM invoices WHERE customer_id = ? ORDER BY created_at_ms DESC LIMIT 1`
  return documents<Invoice>(store, select, customerId)[0] ?? null
}

/** A webhook names the customer by his external id where one was given, else by the public id. */
export function publicCustomerId(store: Store, customerId: string): string {
  return findCustomer(store, customerId)?.externalId ?? customerId
}

export function invoiceEvent(
  store: Store,
  invoice: Invoice,
): WebhookEventDataMap['invoice.created'] {
  return {
    invoiceId: invoice.id,
    invoiceNumber: invoice.invoiceNumber,
    invoiceStatus: invoice.status,
    periodStart: invoice.periodStart,
    periodEnd: invoice.periodEnd,
    issueDate: invoice.issueDate,
    dueDate: invoice.dueDate,
    currency: invoice.currency,
    subtotal: invoice.subtotal,
    total: invoice.total,
    customerId: publicCustomerId(store, invoice.customerId),
    subscriptionId: invoice.subscriptionId,
  }
}
