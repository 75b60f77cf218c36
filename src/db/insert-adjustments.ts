// The one place where adjustments come from: due, at version 1, counting against nothing yet.

import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './database.ts'
import { adjustments } from './schema.ts'
import type { PackedDelivery } from './pack-delivery.ts'

/** The columns of a new row, from the JSON of its facts (`AdjustmentFacts`) in `a.value`. */
export const newAdjustment = (createdAt: number, wakeAt: number | SQL): SQL => sql`
  NULL, a.value ->> 'id', a.value ->> 'eventId', a.value ->> 'ruleId', a.value ->> 'account',
    a.value ->> 'endpoint', a.value ->> 'source', a.value ->> 'subject', a.value ->> 'part',
    a.value ->> 'mode', a.value ->> 'settlement', a.value ->> 'reason', a.value ->> 'causedBy',
    a.value ->> 'amount', a.value ->> 'currency', a.value ->> 'customerReference',
    a.value ->> 'customerKind', a.value ->> 'asker', a.value ->> 'originalInvoice',
    a.value ->> 'description', ${createdAt}, a.value ->> 'happenedAt', a.value ->> 'ruleHold',
    a.value ->> 'ruleSet', a.value ->> 'maker', a.value ->> 'reverses',
    'due', NULL, NULL, NULL, 0, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    1, ${wakeAt}, NULL, 0, NULL, NULL, 0, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`

/** Of the event of `p`: what is known already makes nothing, whatever today's rules say of it. */
export const isNewEvent = sql`NOT EXISTS (SELECT 1 FROM events e WHERE e.id = p.value ->> 'eventId')`

/**
 * `mayMake`: whether its event makes anything at all; by default only a new one does. Nor does one whose
 * rule made it under a former id. Of two new events for one subject in one delivery, the first makes
 * the adjustment.
 */
export const insertAdjustments = (
  db: Database,
  { delivery, adjustmentRows }: PackedDelivery,
  mayMake: SQL = isNewEvent,
) =>
  db
    .insert(adjustments)
    .select(
      sql`
  SELECT ${newAdjustment(delivery.receivedAt, delivery.wakeAt)}
  FROM (
    SELECT p.key, p.value,
      row_number() OVER (PARTITION BY p.value ->> 'id' ORDER BY p.key) AS nth
    FROM json_each(${adjustmentRows}) p
    WHERE ${mayMake}
      AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.id = p.value ->> 'id')
      AND NOT EXISTS (SELECT 1 FROM json_each(p.value, '$.formerIds') f
        CROSS JOIN adjustments x ON x.id = f.value)
  ) a
  WHERE a.nth = 1
  ORDER BY a.key`,
    )
    .returning({ id: adjustments.id })
