// What is sent through again, each with its entry: one that a person saw, or many at once.

import { sql, type SQL } from 'drizzle-orm'
import type { Actor, AuditAction, AuditEntry } from '../domain/audit.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import { REQUEUE_ROWS_MAX, WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import { INVOICE_CALL_RULE } from '../domain/requested-invoice.ts'
import type { WakeUp } from '../domain/wake-up.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { adjustments, auditEntries, notices, type Adjustment } from './schema.ts'
import { changed, heldSince, type Columns } from './write-adjustment.ts'

const REQUEUED: AuditAction = 'adjustment.requeued'

const dueAgain = (now: number) =>
  ({
    state: 'due',
    attempts: 0,
    trouble: null,
    wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
  }) satisfies Columns

/** As if it had never been tried: its customer is looked up, every limit is asked, an undo cancels it. */
const NEVER_TRIED = {
  firstAttemptedAt: null,
  clearedReasons: null,
} satisfies Columns

/** `looked`: he says that no invoice of it stands. */
type By = { readonly actor: Actor; readonly looked: boolean }

const requeued = (
  read: Adjustment,
  { actor, looked }: By,
  generations: number,
  now: number,
): AuditEntry => ({
  at: now,
  actor,
  action: REQUEUED,
  subject: read.id,
  data: {
    from: read.state,
    trouble: read.trouble?.code ?? null,
    generation: read.generation + generations,
    ...(looked ? { looked } : {}),
    ...heldSince(read),
  },
  source: read.source,
})

/**
 * Refused for good: another key, under which nothing can be there. The request of an invoice call stays, since it may
 * be all that is left of its caller's words; the claim freezes another. Null: somebody else was first.
 */
export const commitNewKey = (
  db: Database,
  read: Adjustment,
  { actor, looked }: By,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, {
      ...dueAgain(now),
      ...NEVER_TRIED,
      request: read.ruleId === INVOICE_CALL_RULE ? read.request : null,
      generation: read.generation + 1,
      ...(looked ? { lookedAt: now } : {}),
    }),
    requeued(read, { actor, looked }, 1, now),
  )

/**
 * An invoice may be there, and a person has found none that stands. It keeps its key, its request and its place in
 * the limits, and looks itself before it posts. Null: somebody else was first.
 */
export const commitSameKey = (
  db: Database,
  read: Adjustment,
  by: By,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, { ...dueAgain(now), holdReasons: null, holdDetails: null, lookedAt: now }),
    requeued(read, by, 0, now),
  )

/** `code`: of their last trouble; null for whatever it was. */
export type FailedOnes =
  | { readonly ids: readonly AdjustmentId[] }
  | { readonly code: string | null }

/**
 * All of these that have failed get another key, the oldest first, at most REQUEUE_ROWS_MAX. `sources`:
 * those at which people are told.
 */
export async function requeueFailed(
  db: Database,
  which: FailedOnes,
  { actor, sources }: { readonly actor: Actor; readonly sources: readonly string[] },
  now: number,
): Promise<{ readonly wakeUps: readonly WakeUp[]; readonly hasMore: boolean }> {
  // The index of what waits is for exactly these two states.
  const failed = sql`FROM adjustments WHERE state IN ('held', 'failed') AND state = 'failed'
    AND attempted_at IS NULL AND ${conditionOf(which)}`
  const taken = sql`SELECT seq ${failed} ORDER BY seq LIMIT ${REQUEUE_ROWS_MAX}`
  const told = JSON.stringify(sources)
  const [, , rows, more] = await db.batch([
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, ${actor}, ${REQUEUED}, id, json_object('from', state,
        'trouble', trouble ->> 'code', 'generation', generation + 1)
      FROM adjustments WHERE seq IN (${taken}) ORDER BY seq`),
    db.insert(notices).select(sql`
      SELECT NULL, id, ${REQUEUED}, ${now}, ${now}, 0, '{}'
      FROM adjustments WHERE seq IN (${taken}) AND source IN (SELECT value FROM json_each(${told}))
      ORDER BY seq`),
    db
      .update(adjustments)
      .set({
        ...dueAgain(now),
        ...NEVER_TRIED,
        request: sql`CASE WHEN rule_id = ${INVOICE_CALL_RULE} THEN request END`,
        generation: sql`generation + 1`,
        version: sql`version + 1`,
      })
      .where(sql`seq IN (${taken})`)
      .returning({ id: adjustments.id, version: adjustments.version }),
    db
      .select({ seq: adjustments.seq })
      .from(adjustments)
      .where(sql`seq IN (SELECT seq ${failed} LIMIT 1)`),
  ])
  return { wakeUps: rows, hasMore: more.length > 0 }
}

const conditionOf = (which: FailedOnes): SQL => {
  if ('ids' in which) return sql`id IN (SELECT value FROM json_each(${JSON.stringify(which.ids)}))`
  return which.code === null ? sql`true` : sql`trouble ->> 'code' = ${which.code}`
}
