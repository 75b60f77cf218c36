// Of what a person decides about: the newest adjustments, and those of the same subject by other rules.

import { desc, inArray, sql, type SQL } from 'drizzle-orm'
import { SIMILAR_OF_SUBJECT_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { adjustments, type Adjustment } from './schema.ts'

export type SimilarRow = Pick<Adjustment, keyof typeof COLUMNS>

const COLUMNS = {
  id: adjustments.id,
  account: adjustments.account,
  source: adjustments.source,
  endpoint: adjustments.endpoint,
  subject: adjustments.subject,
  part: adjustments.part,
  ruleId: adjustments.ruleId,
  mode: adjustments.mode,
  amount: adjustments.amount,
  currency: adjustments.currency,
  customerKind: adjustments.customerKind,
  customerReference: adjustments.customerReference,
  customerId: adjustments.customerId,
  state: adjustments.state,
  createdAt: adjustments.createdAt,
}

/** Each at most once. No index knows amounts, so those are looked for among the newest. */
export async function findToCompare(
  db: Database,
  of: readonly Pick<Adjustment, 'account' | 'subject' | 'ruleId'>[],
  window: number,
): Promise<readonly SimilarRow[]> {
  if (of.length === 0) return []
  const keys = JSON.stringify(
    of.map(({ account, subject, ruleId }) => ({ account, subject, ruleId })),
  )
  const [newest, ofSubjects] = await db.batch([
    db.select(COLUMNS).from(adjustments).orderBy(desc(adjustments.seq)).limit(window),
    db
      .select(COLUMNS)
      .from(adjustments)
      .where(
        inArray(
          adjustments.seq,
          sql`(SELECT n.value FROM json_each(${keys}) k, json_each((SELECT json_group_array(seq) FROM (
            SELECT seq FROM (${ofSubject(sql`<`)}) UNION ALL SELECT seq FROM (${ofSubject(sql`>`)})))) n)`,
        ),
      ),
  ])
  return [...new Map([...newest, ...ofSubjects].map((row) => [row.id, row])).values()]
}

/** By rules in front of its own in the index, or behind it: the parts by its own may be many. */
const ofSubject = (side: SQL): SQL => sql`SELECT a.seq FROM adjustments a
  WHERE a.account = k.value ->> 'account' AND a.subject = k.value ->> 'subject'
    AND a.rule_id ${side} k.value ->> 'ruleId' LIMIT ${SIMILAR_OF_SUBJECT_MAX}`
