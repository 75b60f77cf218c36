// The audit log: complete, without gaps, and enough to tell from it alone what state everything is in.

import type { Books, Entry, Row } from './books.ts'

/** What changes no version: it is about the row, but no change of its state. */
const WITHOUT_VERSION: ReadonlySet<string> = new Set([
  'adjustment.created',
  'adjustment.wake_up_lost',
  'adjustment.reminded',
  'adjustment.escalated',
])

export function* checkAudit(books: Books): Iterable<string> {
  const { entries, rows, events, entriesOf, world } = books
  for (const [position, { seq }] of entries.entries()) {
    if (seq !== position + 1) return yield `entries_gap: ${seq} at ${position + 1}`
  }
  // In any other spelling an entry would be sealed as a text.
  const texts = world.database.rows<{ seq: number; data: string }>(
    'SELECT seq, data FROM audit_entries',
  )
  for (const { seq, data } of texts) {
    if (JSON.stringify(JSON.parse(data)) !== data) yield `entry_text: ${seq}`
  }
  for (const row of rows) yield* checkRow(row, entriesOf(row.id))
  for (const { id, fate } of events) {
    const own = entriesOf(id)
    const received = own.filter(({ action }) => action === 'event.received')
    if (received.length !== 1) yield `event_entries: ${received.length} of ${id}`
    // Decided once more, it may have become anything; the entry says what it was.
    const next = own.find(({ action }) => /^event\.(requeued|dismissed)$/.test(action))
    const first = next?.action === 'event.requeued' ? next.data['from'] : fate
    const isDismissed = own.some(({ action }) => action === 'event.dismissed')
    if (isDismissed !== (fate === 'dismissed')) yield `entry_dismissed: ${id} is ${fate}`
    if (received[0]?.data['fate'] !== first && fate !== 'dismissed') yield `entry_fate: ${id}`
  }
  yield* checkSwitches(books)
}

function* checkRow(row: Row, entries: readonly Entry[]): Iterable<string> {
  const own = entries.filter(({ action }) => action.startsWith('adjustment.'))
  const created = own.filter(({ action }) => action === 'adjustment.created').length
  if (created !== 1) yield `created_entries: ${created} of ${row.id}`
  const changes = own.filter(({ action }) => !WITHOUT_VERSION.has(action)).length
  if (row.version !== 1 + changes) {
    yield `entries_of_changes: ${row.id} is at version ${row.version} after ${changes} changes`
  }
  let replayed = ''
  for (const entry of own) {
    const isAgain = entry.action === 'adjustment.requeued'
    if (isAgain && replayed !== 'failed' && replayed !== 'held')
      yield `requeued_from: ${row.id} ${replayed}`
    replayed = stateAfter(replayed, entry)
  }
  if (replayed !== row.state) yield `replayed_state: ${row.id} is ${row.state}, not ${replayed}`
}

function stateAfter(before: string, { action, data }: Entry): string {
  switch (action) {
    case 'adjustment.created':
    case 'adjustment.lease_expired':
    case 'adjustment.customer_chosen':
    case 'adjustment.requeued':
      return 'due'
    case 'adjustment.claimed':
      return 'issuing'
    case 'adjustment.postponed':
      return before === 'issuing' ? 'due' : before
    case 'adjustment.approved':
      return Number(data['approvals']) >= Number(data['needed']) ? 'due' : before
    case 'adjustment.invoiced':
    case 'adjustment.adopted':
      return 'invoiced'
    case 'adjustment.held':
      return 'held'
    case 'adjustment.failed':
      return 'failed'
    case 'adjustment.cancelled':
      return 'cancelled'
    case 'adjustment.rejected':
    case 'adjustment.expired':
      return 'rejected'
    default:
      return before
  }
}

/** What is paused is what the log says; and nothing that was paused was claimed meanwhile. */
function* checkSwitches({ entries, rowOf, world }: Books): Iterable<string> {
  const paused = new Set<string>()
  for (const { action, subject, data } of entries) {
    if (action === 'switch.paused') paused.add(subject)
    if (action === 'switch.resumed') paused.delete(subject)
    const row = action === 'adjustment.claimed' ? rowOf.get(subject) : undefined
    if (row === undefined) continue
    const scopes = [
      'all:',
      `rule:${row.rule_id}`,
      `endpoint:${row.endpoint}`,
      `customer:${String(data['customerId'])}`,
    ]
    const stopped = scopes.find((scope) => paused.has(scope))
    if (stopped !== undefined) yield `claimed_while_paused: ${subject} by ${stopped}`
  }
  const left = world.database.rows<{ kind: string; key: string }>('SELECT kind, key FROM switches')
  const now = new Set(left.map(({ kind, key }) => `${kind}:${key}`))
  if (now.symmetricDifference(paused).size > 0) yield `switches: ${[...now].join(' ')}`
}
