// What holds also where the database was set back: nothing is billed twice, though what was done in the lost
// hour is known to the billing API alone. What people did then, they do again, or otherwise.

import type { Books } from './books.ts'

export function* checkRestored(books: Books): Iterable<string> {
  for (const [id, invoices] of books.ledger) {
    if (invoices.length > 1) yield `two_invoices: ${id} has ${invoices.length}`
    const [invoice] = invoices
    const row = books.rowOf.get(id)
    if (row?.state !== 'invoiced' || invoice === undefined) continue
    if (row.invoice_id !== invoice.id) yield `other_invoice: ${id} ${row.invoice_id} ${invoice.id}`
    if (invoice.amount !== row.amount) yield `amount_differs: ${id} ${row.amount} ${invoice.amount}`
  }
  for (const { id, state } of books.rows) {
    if (state === 'invoiced' && !books.ledger.has(id)) yield `row_without_invoice: ${id}`
  }
}
