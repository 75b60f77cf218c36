// What was acknowledged is there, once, and came to what its sender meant.

import { firstNameOf } from '../config.ts'
import type { Fact, SourceEvent } from '../facts.ts'
import { idOfBody, type Acknowledged } from '../senders.ts'
import type { World } from '../world.ts'
import { has, type Books, type EventRow, type Row } from './books.ts'

/** At the very moment of the answer: what is 2xx is committed. */
export function judgeAcknowledged(
  { database, violations }: Pick<World, 'database' | 'violations'>,
  { delivery, body }: Acknowledged,
): void {
  // A vendor who wants an empty answer is told no ids.
  const told: { readonly events: readonly string[] } | null = body === '' ? null : JSON.parse(body)
  const column = told === null ? 'own_id' : 'id'
  const ids = told === null ? delivery.events.map(({ ownId }) => ownId) : told.events
  const found = ids.filter(
    (id) => database.rows(`SELECT seq FROM events WHERE ${column} = ?`, id).length === 1,
  )
  const wanted = new Set(delivery.events.map(({ ownId, body: own }) => ownId ?? own)).size
  if (found.length !== wanted) {
    violations.push(
      `acknowledged_not_committed: ${found.length} of ${wanted} events, ${delivery.endpoint}`,
    )
  }
}

export function* checkFates(books: Books): Iterable<string> {
  const rowsOf = eventRows(books)
  const fates = new Map<Fact, EventRow[]>()
  for (const event of books.acknowledged) {
    const found = rowsOf(event)
    if (found.length !== 1) yield `event_rows: ${found.length} of ${told(event)}`
    const [row] = found
    if (row === undefined) continue
    if (!expectedFates(event).includes(row.fate)) yield `fate: ${row.fate} of ${told(event)}`
    if (event.kind !== 'asks') continue
    fates.set(event.fact, [...(fates.get(event.fact) ?? []), row])
  }
  for (const [fact, rows] of fates) yield* checkSubject(books, fact, rows)
  for (const row of books.rows) yield* checkRow(books, row)
}

const told = ({ fact, kind, ownId }: SourceEvent): string => `${fact.subject} ${kind} ${ownId}`

function expectedFates({ kind, fact }: SourceEvent): readonly string[] {
  switch (kind) {
    case 'asks':
      return ['adjusted', 'duplicate', 'conflict', 'dismissed'].concat(
        fact.rule === 'later' ? 'ignored' : [],
      )
    case 'undoes':
      return ['adjusted', 'duplicate']
    case 'approves':
      return ['adjusted', 'undecided', 'dismissed']
    case 'sees':
    case 'nothing':
      return ['ignored']
    case 'unreadable':
      return ['undecided', 'dismissed']
  }
}

function eventRows({ events }: Books): (event: SourceEvent) => readonly EventRow[] {
  const byOwnId = Map.groupBy(events, ({ account, own_id }) => `${account} ${own_id}`)
  const byId = Map.groupBy(events, ({ id }) => id)
  return ({ fact, ownId, body }) =>
    (ownId === null
      ? byId.get(idOfBody(fact.endpoint, body))
      : byOwnId.get(`${fact.endpoint} ${ownId}`)) ?? []
}

/** One subject has one adjustment of its rule, made by one event; the others are duplicates, or differ. */
function* checkSubject(books: Books, fact: Fact, events: readonly EventRow[]): Iterable<string> {
  const made = books.rows.filter(
    ({ account, subject, reverses }) =>
      account === fact.endpoint && subject === fact.subject && reverses === null,
  )
  const wanted = events.some(({ fate }) => fate !== 'ignored') ? fact.parts : 0
  if (made.length !== wanted) yield `adjustments: ${made.length} of ${fact.subject}`
  for (const event of new Set(events)) {
    const isMaker = made.some(({ event_id }) => event_id === event.id)
    if (isMaker !== (event.fate === 'adjusted')) yield `maker: ${event.fate} of ${fact.subject}`
    const mayDiffer = fact.amounts.length > 1 || made.some((row) => wasWithdrawn(books, row))
    if (event.fate === 'conflict' && !mayDiffer) yield `conflict_of_nothing: ${fact.subject}`
  }
}

/** A void that failed has withdrawn nothing in the end. */
const wasWithdrawn = (books: Books, { id, state, reversed_by: by }: Row): boolean =>
  ['rejected', 'cancelled'].includes(state) ||
  by !== null ||
  has(books, id, 'adjustment.void_failed')

function* checkRow(books: Books, row: Row): Iterable<string> {
  if (row.reverses !== null || row.account === 'operator') return
  const fact = books.factOf(row)
  if (fact === null) return yield `from_nowhere: ${row.subject}`
  if (firstNameOf(row.rule_id) !== fact.rule) yield `rule: ${row.rule_id}`
  if (!fact.amounts.includes(row.amount)) yield `amount: ${row.amount} of ${fact.subject}`
  if (row.settlement !== fact.settlement) yield `settlement: ${row.settlement} of ${fact.subject}`
  if (row.asker !== fact.asker) yield `asker: ${row.asker} of ${fact.subject}`
  if (row.mode !== fact.mode) yield `mode: ${row.mode} of ${fact.subject}`
  if (row.customer_reference !== fact.customer) yield `customer: ${fact.subject}`
}
