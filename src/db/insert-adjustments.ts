// The one place where adjustments come from: due, at version 1, counting against nothing yet.

import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './database.ts'
import { adjustments } from './schema.ts'
import type { PackedDelivery } from './write-delivery.ts'

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
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`

/**
 * An event that is known already makes nothing, whatever today's rules say of it; nor does one whose
 * rule made it under a former id. Of two new events for one subject in one delivery, the first makes
 * the adjustment.
 */
export const insertAdjustments = (db: Database, { delivery, adjustmentRows }: PackedDelivery) =>
  db
    .insert(adjustments)
    .select(
      sql`
  SELECT ${newAdjustment(delivery.receivedAt, delivery.wakeAt)}
  FROM (
    SELECT p.key, p.value,
      row_number() OVER (PARTITION BY p.value ->> 'id' ORDER BY p.key) AS nth
    FROM json_each(${adjustmentRows}) p
    WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = p.value ->> 'eventId')
      AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.id = p.value ->> 'id')
      AND NOT EXISTS (SELECT 1 FROM json_each(p.value, '$.formerIds') f
        CROSS JOIN adjustments x ON x.id = f.value)
  ) a
  WHERE a.nth = 1
  ORDER BY a.key`,
    )
    .returning({ id: adjustments.id })
