// What was undone has no effect: it never went out, or one reversal undoes it, or a person knows why not.

import { firstNameOf } from '../config.ts'
import { has, type Books, type Row } from './books.ts'

export function* checkUndo(books: Books): Iterable<string> {
  const reversals = Map.groupBy(
    books.rows.filter(({ reverses }) => reverses !== null),
    ({ reverses }) => reverses ?? '',
  )
  for (const [id, [reversal, ...others]] of reversals) {
    const original = books.rowOf.get(id)
    if (others.length > 0) yield `two_reversals: of ${id}`
    if (original?.state !== 'invoiced') yield `reversal_of: ${original?.state} ${id}`
    if (reversal && original?.amount !== -reversal.amount) yield `reversal_amount: of ${id}`
    if (
      reversal &&
      original?.customer_id !== reversal.customer_id &&
      reversal.customer_id !== null
    ) {
      yield `reversal_customer: of ${id}`
    }
  }
  for (const event of books.acknowledged) {
    if (event.kind !== 'undoes') continue
    const { endpoint, subject, rule } = event.fact
    const rows = books.rows.filter(
      (each) => each.account === endpoint && each.subject === subject && firstNameOf(each.rule_id) === rule,
    )
    for (const row of rows) yield* checkUndone(books, row)
  }
}

function* checkUndone(books: Books, row: Row): Iterable<string> {
  const { id, state, reversed_by: by, mode } = row
  const entries = books.entriesOf(id)
  // Under a new key it is as if it had never been tried.
  const anew = entries.findLastIndex(
    ({ action, data }) => action === 'adjustment.requeued' && data['looked'] !== true,
  )
  const claimed = entries.slice(anew + 1).find(({ action }) => action === 'adjustment.claimed')
  const undo = books.world.database.rows<{ seq: number }>(
    `SELECT a.seq FROM undos u JOIN audit_entries a ON a.subject = u.event_id
      WHERE u.account = ? AND u.subject = ? AND a.action = 'event.received'`,
    row.account,
    row.subject,
  )[0]
  if (undo === undefined) return yield `undo_forgotten: of ${row.subject}`
  if (claimed !== undefined && undo.seq < claimed.seq) yield `claimed_after_undo: ${id}`
  // Of another mode than the billing key's, it waits for a person in any case.
  if (mode !== 'test') return
  const isOpen = state === 'held' && !has(books, id, 'adjustment.claimed')
  if (isOpen || state === 'failed' || state === 'due') yield `undone_and_open: ${id} is ${state}`
  if (state === 'invoiced' && by === null && row.invoice_status !== 'void') yield `undone_and_kept: ${id}`
}
