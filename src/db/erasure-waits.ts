// What an erasure has to wait for, as SQL: asked when a step is planned, and again inside its batch, since
// a requeue or a delivery may come between.

import { sql, type SQL } from 'drizzle-orm'
import { comparable, spellings, type ErasedCustomer } from '../domain/erasure.ts'
import { SEEN_REFUND_KEPT_SECONDS } from '../domain/limits.ts'
import type { Erasure } from './schema.ts'

export const valuesOf = (values: readonly (string | number)[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`

/** His texts as they stand in a column after SQLite's lower(). */
export const spelled = ({ texts }: ErasedCustomer): SQL =>
  valuesOf(texts.flatMap((text) => spellings(text).filter((each) => comparable(each) === text)))

const OPEN = `IN ('due', 'issuing', 'held')`

/** Of the undo `u` and an adjustment `a` of its subject and rule: it may still have to be reversed. */
const UNDO_GOES_ON = `a.reverses IS NULL AND a.reversed_by IS NULL
  AND (a.state ${OPEN} OR a.state = 'invoiced' OR (a.state = 'failed' AND u.mode = coalesce(a.mode, '')))`

const UNDONE = `CROSS JOIN adjustments a
  ON a.account = u.account AND a.subject = u.subject AND a.rule_id = u.rule_id`

/** Of an event: an adjustment that it asked for goes on, the reversal of one, or what it undoes. */
export const eventGoesOn = (event: 'e' | 'events'): SQL =>
  sql.raw(`(EXISTS (SELECT 1 FROM json_each(${event}.decision, '$.adjustments') w
      CROSS JOIN adjustments a ON a.id = w.value LEFT JOIN adjustments r ON r.reverses = a.id
      WHERE a.state ${OPEN} OR r.state ${OPEN})
    OR EXISTS (SELECT 1 FROM undos u ${UNDONE} LEFT JOIN adjustments r ON r.reverses = a.id
      WHERE u.account = ${event}.account AND u.subject = ${event}.decision ->> '$.undoes.subject'
        AND u.event_id = ${event}.id AND (r.state ${OPEN} OR (${UNDO_GOES_ON}))))`)

/** Of the adjustment `a`: it is his, and goes on, whichever event it is of. */
export const goesOnOfHis = (customer: ErasedCustomer): SQL => {
  const ids = valuesOf(customer.ids)
  return sql`a.wake_at IS NOT NULL AND a.state ${sql.raw(OPEN)}
    AND (a.customer_id IN ${ids} OR a.chosen_customer_id IN ${ids}
      OR lower(a.customer_reference) IN ${spelled(customer)}
      OR EXISTS (SELECT 1 FROM identities i WHERE i.customer_id IN ${ids}
        AND i.value IN (a.customer_reference, lower(a.customer_reference))))`
}

/** Of the undo `u`: he has asked for it, before the erasure was asked for. */
export const undoOfHis = (
  { requestedAt, throughEvent }: Erasure,
  customer: ErasedCustomer,
): SQL => sql`lower(u.asker) IN ${spelled(customer)}
  AND (u.at <= ${requestedAt} OR EXISTS (SELECT 1 FROM events e
    WHERE e.id = u.event_id AND e.seq <= ${throughEvent}))`

/** Milliseconds since 1970: what was refunded before is compared with nothing any more. */
export const refundsCountSince = (now: number): number => now - SEEN_REFUND_KEPT_SECONDS * 1_000

/**
 * How much goes on by which somebody is paid, held back, or kept from answering himself: his adjustments, undos
 * that he asked for, and refunds that may come once more.
 */
export const whatGoesOn = (run: Erasure, customer: ErasedCustomer, now: number): SQL => sql`(
  (SELECT count(*) FROM adjustments a WHERE ${goesOnOfHis(customer)})
  + (SELECT count(*) FROM undos u WHERE ${undoOfHis(run, customer)}
    AND EXISTS (SELECT 1 FROM (SELECT 1) ${sql.raw(`${UNDONE} WHERE ${UNDO_GOES_ON}`)}))
  + (SELECT count(*) FROM seen_refunds
    WHERE lower(customer) IN ${spelled(customer)} AND at >= ${refundsCountSince(now)}))`
