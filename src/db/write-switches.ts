// Switches as people set them. Each that changes has its entry directly behind it in the same batch;
// one that is there already, or not there, changes nothing and has none.

import { and, eq, sql, type SQL } from 'drizzle-orm'
import { assert } from '../domain/assert.ts'
import type { Actor, AuditAction, AuditEntry } from '../domain/audit.ts'
import {
  PAUSE_LOOK_SECONDS,
  PAUSED_CUSTOMERS_MAX,
  PAUSED_ROWS_PER_SWEEP_MAX,
} from '../domain/limits.ts'
import { RESTORED, type SwitchKind } from '../domain/switch.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { insertEntry } from './insert-entry.ts'
import type { Database } from './database.ts'
import { adjustments, switches } from './schema.ts'

export type Switched = {
  readonly kind: SwitchKind
  /** A rule's are all its own ids; of everything else there is one. */
  readonly keys: readonly string[]
  readonly actor: Actor
  /** Of each key, when it was paused as whoever resumes it has seen it; without it whenever that was. */
  readonly seen?: readonly (readonly [key: string, at: number])[]
}

/** A customer is not paused where PAUSED_CUSTOMERS_MAX are already. */
export async function pauseKeys(
  db: Database,
  { kind, keys, actor }: Switched,
  now: number,
  cause: typeof RESTORED | null = null,
): Promise<void> {
  const room =
    kind === 'customer'
      ? sql`(SELECT count(*) FROM switches WHERE kind = 'customer') < ${PAUSED_CUSTOMERS_MAX}`
      : sql`true`
  const [first, ...rest] = keys.flatMap((key) => [
    db
      .insert(switches)
      .select(sql`SELECT ${kind}, ${key}, ${now}, ${actor}, ${cause} WHERE ${room}`)
      .onConflictDoUpdate({
        target: [switches.kind, switches.key],
        set: { at: now, actor, cause: null },
        setWhere: sql`switches.cause = ${RESTORED} AND excluded.cause IS NULL`,
      }),
    insertEntry(db, entryOf(now, actor, 'switch.paused', kind, key, cause), AFTER_CHANGE),
  ])
  assert(first !== undefined, 'nothing to pause')
  await db.batch([first, ...rest])
}

/**
 * Answers how many adjustments were parked by it and are due now, at most PAUSED_ROWS_PER_SWEEP_MAX; 0
 * where nothing was paused. `rules`: as of `parkPaused`; what another switch still stops stays parked. `cause`:
 * only what was paused for that is resumed; null for whatever it was.
 */
export async function resumeKeys(
  db: Database,
  { kind, keys, actor, seen }: Switched,
  rules: readonly (readonly string[])[],
  now: number,
  cause: typeof RESTORED | null = null,
): Promise<number> {
  const isOfCause = sql`(${cause === null ? sql`true` : sql`cause = ${cause}`} AND ${
    seen === undefined
      ? sql`true`
      : sql`EXISTS (SELECT 1 FROM json_each(${JSON.stringify(seen)}) s
          WHERE s.value ->> 0 = switches.key AND s.value ->> 1 = switches.at)`
  })`
  const isOfThese = sql`(kind = ${kind} AND ${isOfCause}
    AND key IN (SELECT value FROM json_each(${JSON.stringify(keys)})))`
  const condition = sql`EXISTS (SELECT 1 FROM switches WHERE ${isOfThese})
    AND (${isStopped(rules, sql`NOT ${isOfThese}`)}) IS NOT TRUE`
  const [woken] = await db.batch([
    wakeParked(db, { kind, keys }, condition, now),
    ...keys.flatMap((key) => [
      db.delete(switches).where(and(eq(switches.kind, kind), eq(switches.key, key), isOfCause)),
      insertEntry(db, entryOf(now, actor, 'switch.resumed', kind, key), AFTER_CHANGE),
    ]),
  ])
  return woken.meta.changes
}

const entryOf = (
  at: number,
  actor: Actor,
  action: AuditAction,
  kind: SwitchKind,
  key: string,
  cause: string | null = null,
): AuditEntry => ({
  at,
  actor,
  action,
  subject: `${kind}:${key}`,
  data: cause === null ? {} : { cause },
})

/**
 * All at one time, so that the sweep takes them by age; what is beyond the bound wakes by itself, at most
 * PAUSE_LOOK_SECONDS later. What met trouble, or was attempted, may wait for a backoff, a Retry-After or
 * the listing: it keeps its own time, which a pause never puts off by more than that either.
 */
const wakeParked = (
  db: Database,
  { kind, keys }: Pick<Switched, 'kind' | 'keys'>,
  condition: SQL,
  now: number,
) =>
  db
    .update(adjustments)
    .set({ wakeAt: now })
    .where(
      sql`seq IN (SELECT a.seq FROM adjustments a
        WHERE a.wake_at > ${now} AND a.wake_at <= ${now + PAUSE_LOOK_SECONDS * 1_000}
          AND a.state = 'due' AND a.attempts = 0 AND a.trouble IS NULL
          AND ${scopeOf(kind, keys)} AND ${condition}
        ORDER BY a.wake_at, a.seq LIMIT ${PAUSED_ROWS_PER_SWEEP_MAX})`,
    )

/** Of a row `a` of adjustments. */
function scopeOf(kind: SwitchKind, keys: readonly string[]): SQL {
  const isOneOf = sql`IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`
  switch (kind) {
    case 'all':
      return sql`true`
    case 'rule':
      return sql`a.rule_id ${isOneOf}`
    case 'customer':
      return sql`a.customer_id ${isOneOf}`
    case 'endpoint':
      return sql`a.endpoint ${isOneOf}`
  }
}

/**
 * Whether a row `a` of adjustments is stopped by one of these switches; null where its customer isn't
 * known and nothing else stops it. `rules`: the own ids of each configured rule, since a switch on one of
 * them pauses all.
 */
function isStopped(rules: readonly (readonly string[])[], among: SQL): SQL {
  const keysOf = (kind: SwitchKind) =>
    sql`(SELECT key FROM switches WHERE kind = ${kind} AND ${among})`
  const ownIds = sql`(SELECT id.value FROM json_each(${JSON.stringify(rules)}) r, json_each(r.value) id
    WHERE EXISTS (SELECT 1 FROM json_each(r.value) x WHERE x.value IN ${keysOf('rule')}))`
  return sql`(EXISTS ${keysOf('all')} OR a.endpoint IN ${keysOf('endpoint')}
    OR a.customer_id IN ${keysOf('customer')} OR a.rule_id IN ${keysOf('rule')}
    OR a.rule_id IN ${ownIds})`
}

/**
 * Puts off what is due and paused, the oldest first, so that a sweep's rows are those that can be
 * issued. `rules`: the own ids of each configured rule.
 */
export async function parkPaused(
  db: Database,
  rules: readonly (readonly string[])[],
  now: number,
): Promise<void> {
  await db
    .update(adjustments)
    .set({ wakeAt: now + PAUSE_LOOK_SECONDS * 1_000 })
    .where(
      sql`seq IN (SELECT a.seq FROM adjustments a
        WHERE EXISTS (SELECT 1 FROM switches) AND a.wake_at <= ${now} AND a.state = 'due'
          AND ${isStopped(rules, sql`true`)}
        ORDER BY a.wake_at, a.seq LIMIT ${PAUSED_ROWS_PER_SWEEP_MAX})`,
    )
}
