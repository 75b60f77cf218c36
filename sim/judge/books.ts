// Everything that a run has left behind, read once, past the product: its tables, the ledger of the billing
// API, what senders saw.

import type { Commet, Customer, Invoice } from '../commet.ts'
import type { Fact, SourceEvent } from '../facts.ts'
import type { World } from '../world.ts'

export type Row = {
  readonly seq: number
  readonly id: string
  readonly event_id: string
  readonly rule_id: string
  readonly account: string
  readonly endpoint: string
  readonly source: string
  readonly subject: string
  readonly part: string
  readonly mode: string | null
  readonly settlement: 'owed' | 'already_paid'
  readonly amount: number
  readonly currency: string
  readonly customer_reference: string | null
  readonly asker: string | null
  readonly state: string
  readonly version: number
  readonly attempts: number
  readonly generation: number
  readonly hold_reasons: string | null
  readonly hold_details: string | null
  readonly cleared_reasons: string | null
  readonly approvers_needed: number
  readonly customer_id: string | null
  readonly chosen_customer_id: string | null
  readonly maker: string | null
  readonly reverses: string | null
  readonly reversed_by: string | null
  readonly counted_at: number | null
  readonly counted_day: string | null
  readonly first_attempted_at: number | null
  readonly invoice_id: string | null
  readonly invoice_status: string | null
  readonly answer_differences: string | null
  readonly trouble: string | null
}

export type EventRow = {
  readonly seq: number
  readonly id: string
  readonly endpoint: string
  readonly account: string
  readonly own_id: string | null
  readonly mode: string | null
  readonly fate: string
}

export type Entry = {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly data: Readonly<Record<string, unknown>>
}

export type Approval = {
  readonly adjustment_id: string
  readonly hold: number
  readonly identity: string
}

export type NoticeRow = {
  readonly seq: number
  readonly about: string
  readonly action: string
  readonly channels: string
}

export type Books = {
  readonly world: World
  readonly rows: readonly Row[]
  readonly rowOf: ReadonlyMap<string, Row>
  readonly events: readonly EventRow[]
  readonly entries: readonly Entry[]
  /** Of one subject, oldest first. */
  readonly entriesOf: (subject: string) => readonly Entry[]
  readonly approvals: readonly Approval[]
  readonly notices: readonly NoticeRow[]
  /** Invoices at the billing API that carry our metadata, by the adjustment's id. */
  readonly ledger: ReadonlyMap<string, readonly Invoice[]>
  readonly commet: Commet
  readonly customerOf: (id: string | null) => Customer | undefined
  /** Null for what people made by hand. */
  readonly factOf: (row: Row) => Fact | null
  /** Of which at least one delivery was answered 2xx. */
  readonly acknowledged: ReadonlySet<SourceEvent>
}

/** A check yields what it finds wrong: the invariant's name, and what shows it. */
export type Check = (books: Books) => Iterable<string>

export function readBooks(world: World): Books {
  const { database, commet, senders } = world
  const rows = database.rows<Row>('SELECT * FROM adjustments ORDER BY seq')
  const entries = database
    .rows<Omit<Entry, 'data'> & { data: string }>('SELECT * FROM audit_entries ORDER BY seq')
    .map((entry): Entry => ({ ...entry, data: JSON.parse(entry.data) }))
  const bySubject = Map.groupBy(entries, ({ subject }) => subject)
  const ledger = Map.groupBy(commet.invoices, ({ metadata }) =>
    String(metadata['makegood_adjustment_id']),
  )
  const facts = new Map(world.events.map(({ fact }) => [keyOf(fact.endpoint, fact.subject), fact]))
  return {
    world,
    rows,
    rowOf: new Map(rows.map((row) => [row.id, row])),
    events: database.rows<EventRow>('SELECT * FROM events ORDER BY seq'),
    entries,
    entriesOf: (subject) => bySubject.get(subject) ?? [],
    approvals: database.rows<Approval>('SELECT * FROM approvals'),
    notices: database.rows<NoticeRow>('SELECT * FROM notices ORDER BY seq'),
    ledger,
    commet,
    customerOf: (id) => commet.customers.find((customer) => customer.id === id),
    factOf: (row) => facts.get(keyOf(row.account, row.subject)) ?? null,
    acknowledged: new Set(senders.acknowledged.flatMap(({ delivery }) => delivery.events)),
  }
}

const keyOf = (account: string, subject: string): string => `${account} ${subject}`

export const has = (books: Books, id: string, action: string): boolean =>
  books.entriesOf(id).some((entry) => entry.action === action)

export const wasApproved = (books: Books, { id }: Row): boolean =>
  has(books, id, 'adjustment.approved') || has(books, id, 'adjustment.customer_chosen')
