// What holds also where the database was set back: nothing is billed twice, though what was done in the lost
// hour is known to the billing API alone. What people did then, they do again, or otherwise.

import { has, type Books } from './books.ts'

export function* checkRestored(books: Books): Iterable<string> {
  for (const [id, invoices] of books.ledger) {
    // Somebody there has closed one, or put another in its place; one more is made only if a person says so.
    const made = invoices.filter(({ isReissued }) => !isReissued)
    const standing = invoices.filter(({ status }) => status !== 'void')
    const isAsked = has(books, id, 'adjustment.requeued')
    if (standing.length > 1 || (made.length > 1 && !isAsked)) {
      yield `two_invoices: ${id} has ${invoices.length}`
    }
    const [first] = made
    const row = books.rowOf.get(id)
    if (row?.state !== 'invoiced' || first === undefined) continue
    // What was voided before may be of an event that the set-back database has never seen.
    const own = made.find((each) => each.id === row.invoice_id)
    if (own === undefined) yield `other_invoice: ${id} ${row.invoice_id} ${first.id}`
    else if (own.amount !== row.amount) yield `amount_differs: ${id} ${row.amount} ${own.amount}`
  }
  for (const { id, state } of books.rows) {
    if (state === 'invoiced' && !books.ledger.has(id)) yield `row_without_invoice: ${id}`
  }
}
