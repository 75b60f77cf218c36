// What an erasure has to wait for, as SQL: asked when a step is planned, and again inside its batch, since
// a requeue or a delivery may come between.

import { sql, type SQL } from 'drizzle-orm'
import { BY_HAND_RULE, OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import { comparable, namesOf, spellings, type ErasedCustomer } from '../domain/erasure.ts'
import { SEEN_REFUND_KEPT_SECONDS } from '../domain/limits.ts'
import { APPROVAL_FAILURES } from '../domain/outcome.ts'
import { oneOf } from './one-of.ts'
import type { Erasure } from './schema.ts'

export const valuesOf = (values: readonly (string | number)[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`

/** Texts, comparable ones, as they stand in a column after SQLite's lower(). */
export const spelled = (texts: readonly string[]): SQL => valuesOf(texts.flatMap(written))

const written = (text: string): string[] =>
  spellings(text).filter((each) => comparable(each) === text)

export const OPEN = `IN ('due', 'issuing', 'held')`

type Row = 'a' | 'adjustments'

/** Whom the identities name for a row, as a claim would ask; what is said for its account goes first. */
export const identifiedAs = (row: Row): SQL =>
  sql.raw(`(SELECT i.customer_id FROM identities i
    WHERE i.value IN (${row}.customer_reference,
        iif(${row}.customer_kind = 'email', lower(${row}.customer_reference), ${row}.customer_reference))
      AND i.kind = ${row}.customer_kind AND i.account IN (${row}.account, '')
    ORDER BY i.account DESC LIMIT 1)`)

const whoIs = (row: Row): SQL =>
  sql`coalesce(${sql.raw(row)}.chosen_customer_id, ${sql.raw(row)}.customer_id,
    iif(${sql.raw(row)}.customer_kind = 'billing_id', ${sql.raw(row)}.customer_reference, ${identifiedAs(row)}))`

/** A row of his: by whom it is for, and where nobody is known, by what it calls him. */
export function isHisRow(row: Row, { ids, texts, references }: ErasedCustomer): SQL {
  const reference = sql`lower(${sql.raw(row)}.customer_reference)`
  if (ids.length === 0) return sql`${reference} IN ${spelled(texts)}`
  const known = references.flatMap(({ account, kind, value }) =>
    written(comparable(value)).map((text) => [account, kind, text]),
  )
  const who = whoIs(row)
  return sql`iif(${who} IS NOT NULL, ${who} IN ${valuesOf(ids)}, ${reference} IN ${spelled(texts)}
    OR EXISTS (SELECT 1 FROM json_each(${JSON.stringify(known)}) k
      WHERE k.value ->> 2 = ${reference} AND k.value ->> 1 = ${sql.raw(row)}.customer_kind
        AND k.value ->> 0 IN ('', ${sql.raw(row)}.account)))`
}

/** Of the event `e`: it has made something, and all of that is known to be other customers'. */
export function isOthersEvent({ ids }: ErasedCustomer): SQL {
  if (ids.length === 0) return sql`0`
  const made = sql`SELECT 1 FROM json_each(e.decision, '$.adjustments') w
    CROSS JOIN adjustments a ON a.id = w.value`
  const who = whoIs('a')
  return sql`(EXISTS (${made}) AND NOT EXISTS (${made}
    WHERE ${who} IS NULL OR ${who} IN ${valuesOf(ids)}))`
}

/** Of an event: nobody has decided about it yet, and somebody can, as long as it has its payload. */
const waitsForAPerson = (event: 'e' | 'events'): SQL => sql`((${sql.raw(event)}.fate = 'conflict'
      AND NOT EXISTS (SELECT 1 FROM adjustments n CROSS JOIN events h ON h.id = n.event_id
        WHERE n.account = ${OPERATOR_ENDPOINT} AND n.subject >= ${BY_HAND_RULE} || ':' || ${sql.raw(event)}.id
          AND n.subject < ${BY_HAND_RULE} || ':' || ${sql.raw(event)}.id || ';'
          AND h.decision ->> 'answers' = ${sql.raw(event)}.id)
    OR (${sql.raw(event)}.fate = 'undecided'
      AND NOT ${oneOf(sql.raw(`coalesce(${event}.reason, '')`), APPROVAL_FAILURES)}))
  AND EXISTS (SELECT 1 FROM payloads p WHERE p.event_seq = ${sql.raw(event)}.seq))`

/** Of the undo `u` and an adjustment `a` of its subject and rule: it may still have to be reversed. */
const UNDO_GOES_ON = `a.reverses IS NULL AND a.reversed_by IS NULL
  AND (a.state ${OPEN} OR a.state = 'invoiced' OR (a.state = 'failed' AND u.mode = coalesce(a.mode, '')))`

const UNDONE = `CROSS JOIN adjustments a
  ON a.account = u.account AND a.subject = u.subject AND a.rule_id = u.rule_id`

/** Of an event: it waits for a person, or what it asked for goes on, is undone, or is what it undoes. */
export const eventGoesOn = (event: 'e' | 'events'): SQL =>
  sql`(${waitsForAPerson(event)} OR ${sql.raw(`EXISTS (SELECT 1 FROM json_each(${event}.decision, '$.adjustments') w
      CROSS JOIN adjustments a ON a.id = w.value LEFT JOIN adjustments r ON r.reverses = a.id
      WHERE a.state ${OPEN} OR r.state ${OPEN})
    OR EXISTS (SELECT 1 FROM undos u ${UNDONE} LEFT JOIN adjustments r ON r.reverses = a.id
      WHERE u.account = ${event}.account AND u.subject = ${event}.decision ->> '$.undoes.subject'
        AND u.event_id = ${event}.id AND (r.state ${OPEN} OR (${UNDO_GOES_ON})))`)})`

/** Of the adjustment `a`: it is his, and goes on, whichever event it is of. */
export const goesOnOfHis = (customer: ErasedCustomer): SQL =>
  sql`a.wake_at IS NOT NULL AND a.state ${sql.raw(OPEN)} AND ${isHisRow('a', customer)}`

/** Of the undo `u`: he has asked for it, before the erasure was asked for. */
export const undoOfHis = (
  { requestedAt, throughEvent }: Erasure,
  customer: ErasedCustomer,
): SQL => sql`lower(u.asker) IN ${spelled(namesOf(customer))}
  AND (u.at <= ${requestedAt} OR EXISTS (SELECT 1 FROM events e
    WHERE e.id = u.event_id AND e.seq <= ${throughEvent}))`

/** Refunds name him as the billing API does: by an external id, or by its own. */
export const refundOfHis = ({ texts, references }: ErasedCustomer): SQL => {
  const external = references.filter(({ kind }) => kind === 'external_id')
  return sql`lower(customer) IN ${spelled([...texts, ...external.map(({ value }) => comparable(value))])}`
}

/** Milliseconds since 1970: what was refunded before is compared with nothing any more. */
export const refundsCountSince = (now: number): number => now - SEEN_REFUND_KEPT_SECONDS * 1_000

/**
 * How much goes on by which somebody is paid, held back, or kept from answering himself: his adjustments, undos
 * that he asked for, and refunds that may come once more.
 */
export const whatGoesOn = (
  run: Erasure,
  customer: ErasedCustomer,
  now: number,
): SQL<number> => sql`(
  (SELECT count(*) FROM adjustments a WHERE ${goesOnOfHis(customer)})
  + (SELECT count(*) FROM undos u WHERE ${undoOfHis(run, customer)}
    AND EXISTS (SELECT 1 FROM (SELECT 1) ${sql.raw(`${UNDONE} WHERE ${UNDO_GOES_ON}`)}))
  + (SELECT count(*) FROM seen_refunds
    WHERE ${refundOfHis(customer)} AND at >= ${refundsCountSince(now)}))`
