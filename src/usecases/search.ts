// One word over all that a person has in hand when he asks: a ticket's number, a customer, an event, an invoice, an amount.

import {
  findAmongNewest,
  findEventsByIds,
  findEventsOf,
  findIdentifiedAs,
  findNamed,
  findOfCustomers,
  readAccounts,
} from '../db/read-search.ts'
import type { Adjustment, Event } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import { eventId } from '../domain/ids.ts'
import { SEARCH_ACCOUNTS_MAX, SEARCH_HITS_MAX, SEARCH_WINDOW_ROWS } from '../domain/limits.ts'
import { soughtBy, type Sought } from '../domain/search.ts'

export type Hits = {
  /** Newest first, at most SEARCH_HITS_MAX of each. */
  readonly adjustments: readonly Adjustment[]
  readonly events: readonly Event[]
  readonly sought: Sought
  /** Whether older ones than were looked through may be of this customer or amount. */
  readonly isAll: boolean
}

const CUSTOMERS_MAX = 3

/** `window`: so many of the newest adjustments are looked through for what no index knows. */
export async function search(
  { db, config }: Pick<Deps, 'db' | 'config'>,
  typed: string,
  window: number = SEARCH_WINDOW_ROWS,
): Promise<Hits> {
  const sought = soughtBy(typed, config.currency)
  const [known, named] = [await readAccounts(db), await findIdentifiedAs(db, sought.text)]
  const configured = [...config.endpoints].map(([name, { account }]) => account ?? name)
  const accounts = [...new Set([...known, ...configured, OPERATOR_ENDPOINT])].slice(
    0,
    SEARCH_ACCOUNTS_MAX,
  )
  const byName = await findNamed(db, sought, accounts)
  const recent = await findAmongNewest(db, sought, window)
  const met = recent.rows.flatMap(({ customerId, amount }) =>
    customerId === null || Math.abs(amount) === sought.amount ? [] : [customerId],
  )
  const customers = [...new Set([sought.text, ...named, ...met])].slice(0, CUSTOMERS_MAX)
  const ofCustomers = await findOfCustomers(db, customers)
  const own = await Promise.all(accounts.map((account) => eventId(account, sought.text)))
  const ids = sought.eventId === null ? own : [sought.eventId, ...own]
  const tickets = sought.subjects.filter((subject) => subject.startsWith('ticket:'))
  const found = [
    ...(await findEventsByIds(db, ids)),
    ...(await findEventsOf(db, [...tickets, ...byName.map(({ id }) => id)], accounts)),
  ]
  return {
    sought,
    adjustments: newestOf([...byName, ...recent.rows, ...ofCustomers]),
    events: newestOf(found),
    isAll: recent.isAll,
  }
}

const newestOf = <Row extends { readonly seq: number }>(rows: readonly Row[]): Row[] =>
  [...new Map(rows.map((row) => [row.seq, row])).values()]
    .toSorted((one, other) => other.seq - one.seq)
    .slice(0, SEARCH_HITS_MAX)
