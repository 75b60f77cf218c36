// The events that an erasure searches: what was delivered, while it is kept, and what rules said of it in their
// own words, which is kept for ever.

import { sql, type SQL } from 'drizzle-orm'
import type { ErasedCustomer } from '../domain/erasure.ts'
import type { Encoding, Fate } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import { ERASURE_BYTES_READ_MAX, ERASURE_ROWS_PER_STEP } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { eventGoesOn, isOthersEvent } from './erasure-waits.ts'

export type ErasableEvent = {
  readonly seq: number
  readonly id: EventId
  readonly account: string
  readonly fate: Fate
  readonly ownId: string | null
  readonly reason: string | null
  /** JSON. */
  readonly decision: string
  /** Null once its payload is forgotten. */
  readonly encoding: Encoding | null
  readonly body: string | null
  /** Whether something that it asked for still goes on, or a person has to decide about it. */
  readonly isOpen: boolean
  /** All that it has made is known to be other customers'. */
  readonly isOthers: boolean
}

export type EventRange = {
  readonly after: number
  readonly through: number
  /** Null: all of them. */
  readonly only: readonly number[] | null
}

/** The events, by this name, that are looked at. */
const rangeOf = (name: 'e' | 'x', { only }: EventRange): SQL => {
  const rows = sql.raw(`events ${name}`)
  if (only === null) return rows
  return sql`json_each(${JSON.stringify(only)}) o CROSS JOIN ${rows} ON ${sql.raw(name)}.seq = o.value`
}

export type EventPage = {
  readonly candidates: readonly ErasableEvent[]
  /** The last that was looked at; null where there was none. */
  readonly last: number | null
}

/**
 * The next events that may hold one of the texts. `parts`: what each of them surely has, in small letters; an
 * empty one may be in any. JSON and XML may have written any character by its number.
 */
export async function nextEvents(
  db: Database,
  customer: ErasedCustomer,
  range: EventRange,
  parts: readonly string[],
): Promise<EventPage> {
  const last = await endOfPage(db, range)
  if (last === null) return { candidates: [], last }
  const found = await db
    .select({
      seq: sql<number>`e.seq`,
      id: sql<EventId>`e.id`,
      account: sql<string>`e.account`,
      fate: sql<Fate>`e.fate`,
      ownId: sql<string | null>`e.own_id`,
      reason: sql<string | null>`e.reason`,
      decision: sql<string>`e.decision`,
      encoding: sql<Encoding | null>`c.encoding`,
      body: sql<string | null>`c.body`,
      isOpen: sql<number>`${eventGoesOn('e')}`,
      isOthers: sql<number>`${isOthersEvent(customer)}`,
    })
    .from(
      sql`(WITH page AS MATERIALIZED (
        SELECT x.seq, p.encoding, p.body,
          lower(concat(x.reason, ' ', x.decision, ' ', p.body)) AS small
        FROM ${rangeOf('x', range)} LEFT JOIN payloads p ON p.event_seq = x.seq
        WHERE x.seq > ${range.after} AND x.seq <= ${last})
      SELECT seq, encoding, body FROM page
      WHERE encoding = 'base64' OR instr(small, '\\u') > 0 OR instr(small, '&#') > 0
        OR EXISTS (SELECT 1 FROM json_each(${JSON.stringify([...new Set(parts)])}) t
          WHERE t.value = '' OR instr(small, t.value) > 0)) c
      CROSS JOIN events e ON e.seq = c.seq`,
    )
    .orderBy(sql`e.seq`)
  const candidates = found.map((row) => ({
    ...row,
    isOpen: row.isOpen === 1,
    isOthers: row.isOthers === 1,
  }))
  return { candidates, last }
}

/** As many as one step may search: by their number, and by their bytes, of which one event may have more. */
async function endOfPage(db: Database, range: EventRange): Promise<number | null> {
  const { after, through } = range
  const [bounds] = await db
    .select({ last: sql<number | null>`max(seq)` })
    .from(
      sql`(SELECT seq, sum(bytes) OVER (ORDER BY seq) AS bytes, row_number() OVER (ORDER BY seq) AS nth
        FROM (SELECT e.seq, octet_length(e.decision) + coalesce(octet_length(p.body), 0) AS bytes
          FROM ${rangeOf('e', range)} LEFT JOIN payloads p ON p.event_seq = e.seq
          WHERE e.seq > ${after} AND e.seq <= ${through}
          ORDER BY e.seq LIMIT ${sql.raw(String(ERASURE_ROWS_PER_STEP))}))`,
    )
    .where(sql`nth = 1 OR bytes <= ${sql.raw(String(ERASURE_BYTES_READ_MAX))}`)
  return bounds?.last ?? null
}
