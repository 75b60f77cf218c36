// What people said: no is no; nobody lets through what he asked for; and what waits has a reason to.

import { has, wasApproved, type Books, type Row } from './books.ts'

export function* checkPeople(books: Books): Iterable<string> {
  for (const { adjustment_id: id, identity } of books.approvals) {
    const row = books.rowOf.get(id)
    if (row?.asker === identity || row?.maker === identity) yield `own_approval: ${id} ${identity}`
  }
  for (const row of books.rows) {
    const isRejected = ['adjustment.rejected', 'adjustment.expired'].some((action) =>
      has(books, row.id, action),
    )
    if (isRejected && (row.state !== 'rejected' || books.ledger.has(row.id))) {
      yield `rejected_and_issued: ${row.id} is ${row.state}`
    }
    yield* checkCleared(books, row)
    if (row.state === 'invoiced') yield* checkInvoiced(books, row)
    if (row.state === 'held') yield* checkHeld(books, row)
    if (row.state === 'failed') yield* checkFailed(books, row)
  }
}

/** What people let through is asked anew once it has failed, and is sent again with another key. */
function* checkCleared(books: Books, row: Row): Iterable<string> {
  if (row.cleared_reasons === null) return
  const answers = books.entriesOf(row.id).filter(({ action, data }) => {
    const isNewKey = action === 'adjustment.requeued' && data['from'] === 'failed'
    return isNewKey || action === 'adjustment.approved'
  })
  if (answers.at(-1)?.action !== 'adjustment.approved') yield `cleared_by_nobody: ${row.id}`
}

function* checkInvoiced(books: Books, row: Row): Iterable<string> {
  const { id, mode, amount } = row
  if (mode !== 'test') yield `other_mode: ${id} is ${mode}`
  const customer = books.customerOf(row.customer_id)
  if (customer?.currency !== 'usd') yield `other_currency: ${id} ${customer?.currency}`
  const named = row.customer_reference
  const isOther =
    row.account !== 'operator' && row.reverses === null && customer?.externalId !== named
  // What a person chose once is remembered for whoever is named so, until another one chooses otherwise.
  const isChosen = books.entries.some(
    ({ action, subject, data }) =>
      action === 'adjustment.customer_chosen' &&
      data['customerId'] === row.customer_id &&
      books.rowOf.get(subject)?.customer_reference === named,
  )
  if (isOther && !isChosen) yield `other_customer: ${id}`
  const two = books.world.fleet.configs[0]?.limits.of[row.settlement].twoApproversAbove ?? null
  if (two === null || Math.abs(amount) <= two || !wasApproved(books, row)) return
  const people = new Set(
    books.approvals.filter((each) => each.adjustment_id === id).map(({ identity }) => identity),
  )
  if (people.size < 2) yield `one_approver: ${id} of ${amount}`
}

/** Each reason that is shown is one that there is. */
function* checkHeld(books: Books, row: Row): Iterable<string> {
  const reasons: unknown = JSON.parse(row.hold_reasons ?? '[]')
  if (!Array.isArray(reasons) || reasons.length === 0) return yield `held_for_nothing: ${row.id}`
  for (const reason of reasons) {
    if (!isJustified(books, row, String(reason))) yield `held_without_cause: ${row.id} ${reason}`
  }
}

function isJustified(books: Books, row: Row, reason: string): boolean {
  const limits = books.world.fleet.configs[0]?.limits
  const own = limits?.of[row.settlement]
  const customer = books.customerOf(row.customer_id)
  switch (reason) {
    case 'charge':
      return row.amount > 0 && limits?.charges === 'hold'
    case 'customer_unresolved':
      return customer === undefined
    case 'currency_mismatch':
      return customer?.currency !== 'usd'
    case 'mode_mismatch':
      return row.mode !== 'test'
    case 'over_limit:holdAbove':
      return wholeAmount(books, row) > (own?.holdAbove ?? 0)
    case 'over_limit:perDay':
    case 'over_limit:perCustomer':
    case 'over_limit:perAsker':
    case 'over_limit:perHourPerRule':
      return isOverSomething(row, reason, own?.[limitName(reason)] ?? null)
    case 'possible_duplicate':
      return true
    case 'outcome_unknown':
      return isUnknown(books, row)
    case 'rule_asked':
    case 'customer_caused':
      return row.reverses !== null
    default:
      return false
  }
}

/** Less than a lease, by clocks that differ. */
const LEASE_SHORT_MS = 85_000

/** It was refused after it may have arrived, tried for more than a day, or looked for too slowly. */
function isUnknown(books: Books, row: Row): boolean {
  const entries = books.entriesOf(row.id)
  const claimed = entries.findLast(({ action }) => action === 'adjustment.claimed')
  const held = entries.findLast(({ action }) => action === 'adjustment.held')
  if (claimed === undefined || held === undefined) return false
  const isRefused = books.commet.refusals.some(({ about }) => about === row.customer_id)
  // Voided there before it was known here: whether that stands is for a person to say.
  const { changedAt } = books.world
  const isChanged = books.ledger.get(row.id)?.some(({ id }) => changedAt.has(id)) ?? false
  if (isChanged) return true
  return isRefused || row.attempts >= 40 || held.at - claimed.at > LEASE_SHORT_MS
}

/** What one event gives for one subject is one amount. */
const wholeAmount = (books: Books, row: Row): number =>
  books.rows
    .filter((each) => each.subject === row.subject && each.event_id === row.event_id)
    .reduce((sum, { amount }) => sum + Math.abs(amount), 0)

type RollingName = 'perDay' | 'perCustomer' | 'perAsker' | 'perHourPerRule'

function limitName(reason: string): RollingName {
  const name = reason.replace('over_limit:', '')
  const names: readonly RollingName[] = ['perDay', 'perCustomer', 'perAsker', 'perHourPerRule']
  return names.find((each) => each === name) ?? 'perDay'
}

/** What the hold says was used, with it, is above what it says is the bound, which is the configured one. */
function isOverSomething(
  row: Row,
  reason: string,
  limit: number | { readonly max: number } | null,
): boolean {
  const max = typeof limit === 'number' ? limit : (limit?.max ?? Infinity)
  const details: readonly { reason: string; max: number; used: number }[] = JSON.parse(
    row.hold_details ?? '[]',
  )
  const detail = details.find((each) => each.reason === reason)
  if (detail === undefined) return false
  return detail.max === max && detail.used + Math.abs(row.amount) > max
}

/** It failed because it was refused for good, or tried for more than a day. */
function* checkFailed(books: Books, row: Row): Iterable<string> {
  const isRefused = books.commet.refusals.some(({ about }) => about === row.customer_id)
  if (!isRefused && row.attempts < 40) yield `failed_without_refusal: ${row.id} ${row.trouble}`
}
