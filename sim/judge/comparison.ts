// The comparison of the record with the billing API: each comes to its end, what is wrong is told of, and what
// is told of is wrong.

import type { Invoice } from '../commet.ts'
import { has, type Books, type Row } from './books.ts'

type Discrepancy = {
  readonly reason: string
  readonly adjustment_id: string | null
  readonly invoice_id: string | null
  readonly settled_at: number | null
}

export function* checkComparison(books: Books): Iterable<string> {
  const { database, commet } = books.world
  const runs = database.rows<{ seq: number; outcome: string | null }>(
    'SELECT seq, outcome FROM reconciliations',
  )
  for (const { seq, outcome } of runs) {
    // Whoever restores a database twice gives up the first comparison.
    const isEnded = outcome === 'complete' || (outcome === 'abandoned' && isRestored(books))
    if (!isEnded) yield `comparison_without_end: ${seq} is ${outcome}`
  }
  const open = database.rows<Discrepancy>('SELECT * FROM discrepancies WHERE settled_at IS NULL')
  for (const each of open) {
    if (isRight(books, each)) continue
    yield `told_without_cause: ${each.reason} of ${each.adjustment_id} ${each.invoice_id}`
  }
  const told = new Set(open.map(({ invoice_id }) => invoice_id))
  for (const invoice of commet.invoices) {
    if (invoice.status === 'void' || told.has(invoice.id) || isRecorded(books, invoice)) continue
    yield `told_nothing: ${invoice.id} of ${adjustmentOf(invoice)}`
  }
}

const isRestored = ({ world }: Books): boolean => world.database.restores() > 0

const adjustmentOf = ({ metadata }: Invoice): string => String(metadata['makegood_adjustment_id'])

const isRecorded = ({ rowOf }: Books, invoice: Invoice): boolean =>
  rowOf.get(adjustmentOf(invoice))?.invoice_id === invoice.id

const isTaken = ({ reverses, customer_id, amount }: Row, invoice: Invoice | undefined): boolean =>
  reverses === null && invoice?.customerId === customer_id && invoice?.amount === amount

/** Whether there is a cause for it that stays. */
function isRight(books: Books, { reason, adjustment_id, invoice_id }: Discrepancy): boolean {
  const row = books.rowOf.get(adjustment_id ?? '')
  const invoice = books.commet.invoices.find(({ id }) => id === invoice_id)
  switch (reason) {
    case 'unknown_adjustment':
      // What a person did in the lost time, nobody delivers again.
      return isRestored(books) && row === undefined && invoice !== undefined
    case 'not_settled':
      return row !== undefined && has(books, row.id, 'adjustment.settlement_failed')
    case 'second_invoice':
      return invoice?.isReissued === true && row !== undefined && row.invoice_id !== invoice.id
    case 'invoiced_though_held':
    case 'invoiced_though_failed':
    case 'invoiced_though_rejected':
      // It was issued in the lost time, and decided otherwise in the second.
      return isRestored(books) && reason.endsWith(`_${row?.state}`) && invoice?.status !== 'void'
    case 'invoiced_though_cancelled':
      // What was undone before it was known again is taken and reversed, where the invoice is what it asked for.
      return isRestored(books) && row?.state === 'cancelled' && !isTaken(row, invoice)
    default:
      return false
  }
}
