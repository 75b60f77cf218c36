// What the product itself pauses: a rule that has gone wrong. Statements of a batch; the entry follows
// only where the rule was running.

import { sql, type SQL } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { auditEntries, switches } from './schema.ts'

export type PauseCause = 'per_hour_per_rule' | 'answer_differs'

export const pauseRule = (
  db: Database,
  { ruleId, cause }: { readonly ruleId: string; readonly cause: PauseCause },
  condition: SQL,
  now: number,
) => [
  db
    .insert(switches)
    .select(sql`SELECT 'rule', ${ruleId}, ${now}, 'system:limits', ${cause} WHERE ${condition}`)
    .onConflictDoNothing(),
  db.insert(auditEntries).select(sql`
    SELECT NULL, ${now}, 'system:limits', ${'switch.paused' satisfies AuditAction},
      ${`rule:${ruleId}`}, json_object('cause', ${cause}) WHERE ${AFTER_CHANGE}`),
]
