// What is billed against what is promised: one adjustment has at most one invoice, and an invoice one
// adjustment, of the same amount and customer.

import { firstNameOf } from '../config.ts'
import type { Invoice } from '../commet.ts'
import { has, wasApproved, type Books, type Entry, type Row } from './books.ts'

export function* checkLedger(books: Books): Iterable<string> {
  const { ledger, rowOf, rows } = books
  for (const [id, invoices] of ledger) {
    const row = rowOf.get(id)
    if (invoices.length > 1) yield `two_invoices: ${id} has ${invoices.length}`
    const [invoice] = invoices
    // A person has to look for it; people.ts asks if there is a reason to.
    if (row?.state === 'held' && row.hold_reasons?.includes('outcome_unknown')) continue
    if (row === undefined || row.state !== 'invoiced' || row.invoice_id !== invoice?.id) {
      yield `invoice_without_row: ${invoice?.id} of ${id}, which is ${row?.state}`
      continue
    }
    if (invoice.amount !== row.amount) yield `amount_differs: ${id} ${row.amount} ${invoice.amount}`
    if (invoice.customerId !== row.customer_id) yield `customer_differs: ${id}`
    if (invoice.metadata['makegood_subject'] !== row.subject) yield `subject_differs: ${id}`
    if (invoice.metadata['makegood_settlement'] !== row.settlement)
      yield `settlement_differs: ${id}`
  }
  for (const row of rows) {
    if (row.state === 'invoiced' && !ledger.has(row.id)) yield `row_without_invoice: ${row.id}`
  }
  yield* failures(books)
  yield* oncePerSubject(books)
  yield* frozenRequests(books)
  yield* statuses(books)
  yield* links(books)
}

/** What may be there has not failed: it waits, or a person has to look. A restored record can't know. */
function* failures({ entries, ledger, world }: Books): Iterable<string> {
  if (world.scenario.restore !== null) return
  for (const { action, subject, at } of entries) {
    const [invoice] = action === 'adjustment.failed' ? (ledger.get(subject) ?? []) : []
    if (invoice !== undefined && invoice.createdAt < at - SKEW_MS) {
      yield `failed_though_there: ${subject} ${invoice.id}`
    }
  }
}

function* oncePerSubject(books: Books): Iterable<string> {
  const invoiced = books.rows.filter(({ state }) => state === 'invoiced')
  const groups = Map.groupBy(invoiced, ({ account, subject, rule_id, part }) =>
    [account, subject, firstNameOf(rule_id), part].join(' '),
  )
  for (const [key, [, ...others]] of groups) {
    if (others.some((row) => !wasApproved(books, row))) yield `two_for_one_subject: ${key}`
  }
}

/** Whatever is posted for an adjustment has the same bytes and the same key, until a person says otherwise. */
function* frozenRequests({ commet, world, rowOf, entriesOf }: Books): Iterable<string> {
  const posts = Map.groupBy(commet.posts, ({ adjustmentId }) => adjustmentId)
  for (const [id, own] of posts) {
    const bodies = new Set(own.map(({ key, body }) => `${key} ${body}`))
    const keys = new Set(own.map(({ key }) => key))
    const generation = rowOf.get(id ?? '')?.generation ?? 0
    const newKeys = entriesOf(id ?? '').filter(hasNewKey).length
    if (generation !== newKeys) yield `generation: ${id} is ${generation} after ${newKeys} new keys`
    if (bodies.size > keys.size) yield `request_changed: ${id}`
    if (keys.size > 1 + newKeys) yield `key_changed: ${id} ${[...keys].join(' ')}`
  }
  if (world.senders.acceptedForgeries.length > 0) yield 'forgery_accepted'
}

/** An entry without `looked` says that the key before it was refused for good. */
const hasNewKey = ({ action, data }: Entry): boolean =>
  action === 'adjustment.requeued' && data['looked'] !== true

/** A record is marked paid; what a person voided is void, and nothing else is. */
function* statuses(books: Books): Iterable<string> {
  for (const row of books.rows) {
    const [invoice] = books.ledger.get(row.id) ?? []
    if (invoice === undefined || row.state !== 'invoiced') continue
    if (isChangedUnseen(books, row, invoice)) continue
    const isVoided = has(books, row.id, 'adjustment.voided') || wasSeen(books, row, 'void')
    if (isVoided !== (invoice.status === 'void')) yield `void_differs: ${row.id} ${invoice.status}`
    const isGivenUp = has(books, row.id, 'adjustment.settlement_failed')
    if (row.settlement === 'already_paid' && !isVoided && !isGivenUp && invoice.status !== 'paid') {
      yield `record_not_paid: ${row.id} ${invoice.status}`
    }
    const isPaidFor = !wasOutstanding(books) || wasSeen(books, row, 'paid')
    if (row.settlement === 'owed' && invoice.status === 'paid' && !isPaidFor) {
      yield `promise_marked_paid: ${row.id}`
    }
    if (row.invoice_status !== invoice.status && !isGivenUp) {
      yield `status_differs: ${row.id} ${row.invoice_status} ${invoice.status}`
    }
  }
}

/** Changed there before the product knew of its invoice, whose webhook then says nothing to it. */
function isChangedUnseen({ world, entriesOf }: Books, { id }: Row, invoice: Invoice): boolean {
  const at = world.changedAt.get(invoice.id)
  const known = entriesOf(id).find(({ action }) => /\.(invoiced|adopted)$/.test(action))
  return at !== undefined && known !== undefined && known.at > at - SKEW_MS
}
const SKEW_MS = 5_000

/** By the billing API's own webhook, or by the look after a void that was refused. */
const wasSeen = (books: Books, { id }: Row, status: Invoice['status']): boolean =>
  books
    .entriesOf(id)
    .some(
      ({ action, data }) =>
        /\.(invoice_status_seen|void_failed)$/.test(action) && data['status'] === status,
    )

const wasOutstanding = ({ world }: Books): boolean =>
  world.scenario.creditStartsAs === 'outstanding'

function* links({ world, rows }: Books): Iterable<string> {
  const found = world.database.rows<{ invoice_id: string }>('SELECT invoice_id FROM links')
  const linked = Map.groupBy(found, ({ invoice_id }) => invoice_id)
  for (const row of rows.filter(isInvoiced)) {
    const count = linked.get(row.invoice_id ?? '')?.length ?? 0
    if (count !== 1) yield `link_missing: ${row.id} has ${count}`
  }
}

const isInvoiced = ({ state }: Row): boolean => state === 'invoiced'
