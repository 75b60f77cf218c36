// What a word is found by. Each look is by an index and bounded; what no index knows is looked for among the newest.

import { and, desc, eq, gte, isNotNull, or, sql, type SQL } from 'drizzle-orm'
import type { EventId } from '../domain/ids.ts'
import { SEARCH_ACCOUNTS_MAX, SEARCH_HITS_MAX } from '../domain/limits.ts'
import type { Sought } from '../domain/search.ts'
import type { Database } from './database.ts'
import { isOfCustomer } from './read-filtered.ts'
import { adjustments, events, identities, type Adjustment, type Event } from './schema.ts'

/** Every account that has an adjustment, also of endpoints that are configured no more: a row for each. */
export async function readAccounts(db: Database): Promise<readonly string[]> {
  const rows = await db.all<{ account: string }>(sql`WITH RECURSIVE a(account, n) AS (
    SELECT min(account), 1 FROM adjustments UNION ALL
    SELECT (SELECT min(x.account) FROM adjustments x WHERE x.account > a.account), a.n + 1 FROM a
    WHERE a.account IS NOT NULL AND a.n < ${SEARCH_ACCOUNTS_MAX})
    SELECT account FROM a WHERE account IS NOT NULL`)
  return rows.map(({ account }) => account)
}

const list = (values: readonly string[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`

const newest = (db: Database, where: SQL | undefined): Promise<readonly Adjustment[]> =>
  db.select().from(adjustments).where(where).limit(SEARCH_HITS_MAX)

/** By its own id, by the invoice, and by what it is for. */
export async function findNamed(
  db: Database,
  { adjustmentId, invoice, subjects }: Sought,
  accounts: readonly string[],
): Promise<readonly Adjustment[]> {
  const looks = [
    ...(adjustmentId === null ? [] : [eq(adjustments.id, adjustmentId)]),
    ...(invoice === null
      ? []
      : [
          and(isNotNull(adjustments.invoiceNumber), eq(adjustments.invoiceNumber, invoice)),
          and(isNotNull(adjustments.invoiceId), eq(adjustments.invoiceId, invoice)),
        ]),
    ...(subjects.length === 0 || accounts.length === 0
      ? []
      : [sql`account IN ${list(accounts)} AND subject IN ${list(subjects)}`]),
  ]
  return (await Promise.all(looks.map((look) => newest(db, look)))).flat()
}

/** Of each of these customers of the billing API, what counts against his limits, the newest first. */
export async function findOfCustomers(
  db: Database,
  ids: readonly string[],
): Promise<readonly Adjustment[]> {
  const found = await Promise.all(
    ids.map((id) =>
      db
        .select()
        .from(adjustments)
        .where(and(isNotNull(adjustments.countedAt), eq(adjustments.customerId, id)))
        .orderBy(desc(adjustments.countedAt))
        .limit(SEARCH_HITS_MAX),
    ),
  )
  return found.flat()
}

const IDENTITIES_MAX = 4

/** Who this is at the billing API, as people have said it. */
export async function findIdentifiedAs(db: Database, value: string): Promise<readonly string[]> {
  const rows = await db
    .select({ customerId: identities.customerId })
    .from(identities)
    .where(sql`${identities.value} IN ${list([...new Set([value, value.toLowerCase()])])}`)
    .limit(IDENTITIES_MAX)
  return [...new Set(rows.map(({ customerId }) => customerId))]
}

/** Among the newest: of this customer, however he is named, or of this amount. `isAll`: there are no older ones. */
export async function findAmongNewest(
  db: Database,
  { text, amount }: Sought,
  window: number,
): Promise<{ readonly rows: readonly Adjustment[]; readonly isAll: boolean }> {
  const [last] = await db
    .select({ seq: adjustments.seq })
    .from(adjustments)
    .orderBy(desc(adjustments.seq))
    .limit(1)
  const start = (last?.seq ?? 0) + 1 - window
  const isOfAmount = amount === null ? undefined : sql`abs(${adjustments.amount}) = ${amount}`
  const rows = await db
    .select()
    .from(adjustments)
    .where(and(gte(adjustments.seq, start), or(isOfCustomer(text), isOfAmount)))
    .orderBy(desc(adjustments.seq))
    .limit(SEARCH_HITS_MAX)
  return { rows, isAll: start <= 1 }
}

export const findEventsByIds = (db: Database, ids: readonly EventId[]): Promise<readonly Event[]> =>
  db
    .select()
    .from(events)
    .where(sql`${events.id} IN ${list(ids)}`)
    .limit(SEARCH_HITS_MAX)

const EVENTS_OF_SUBJECT_MAX = 5

/** What Zendesk has told of a ticket, also where nothing came of it. Other sources have no index of that. */
export const findEventsOf = (
  db: Database,
  keys: readonly string[],
  accounts: readonly string[],
): Promise<readonly Event[]> =>
  db
    .select()
    .from(events)
    .where(
      sql`${events.seq} IN (
        SELECT n.value FROM json_each(${JSON.stringify(keys)}) k, json_each(${JSON.stringify(accounts)}) a,
          json_each((SELECT json_group_array(seq) FROM (
            SELECT e.seq FROM events e WHERE e.source = 'zendesk' AND e.account = a.value AND coalesce(
              json_extract(decision, '$.subject'), json_extract(decision, '$.undoes.subject'),
              json_extract(decision, '$.approves.subject'), json_extract(decision, '$.adjustments[0]'),
              json_extract(decision, '$.shadows[0].subject')) = k.value
            ORDER BY e.received_at DESC LIMIT ${EVENTS_OF_SUBJECT_MAX}))) n)`,
    )
    .orderBy(desc(events.seq))
    .limit(SEARCH_HITS_MAX)
