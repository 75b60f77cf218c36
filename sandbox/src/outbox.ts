// `POST /invoices/{id}/send` sends nothing: the mail lies in an outbox that a test or a person reads.
import type { Customer, Invoice } from '@commet/node'
import { OUTBOX_KEPT_MAX } from './limits.ts'
import { documents, newId } from './store.ts'
import type { Store } from './store.ts'

export type Mail = {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly invoiceId: string
  readonly invoiceNumber: string
  readonly customerId: string
  /** ISO 8601. */
  readonly sentAt: string
}

type Sent = { readonly invoice: Invoice; readonly customer: Customer; readonly sentAt: string }

export function addMail(store: Store, { invoice, customer, sentAt }: Sent): void {
  const kind = invoice.total < 0 ? 'credit' : 'invoice'
  const mail: Mail = {
    id: newId('mail'),
    to: customer.email,
    subject: `Your ${kind} ${invoice.invoiceNumber}`,
    invoiceId: invoice.id,
    invoiceNumber: invoice.invoiceNumber,
    customerId: customer.id,
    sentAt,
  }
  store.sql.exec('INSERT INTO outbox (document) VALUES (?)', JSON.stringify(mail))
  const oldest = 'SELECT MAX(sequence) - ? FROM outbox'
  store.sql.exec(`DELETE FROM outbox WHERE sequence <= (${oldest})`, OUTBOX_KEPT_MAX)
}

/** Newest first. */
export function readMails(store: Store): Mail[] {
  return documents<Mail>(store, 'SELECT document FROM outbox ORDER BY sequence DESC')
}
