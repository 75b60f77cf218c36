import { and, asc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import { SWITCHES_LISTED_MAX } from '../domain/limits.ts'
import type { Switch, SwitchKind } from '../domain/switch.ts'
import type { Database } from './database.ts'
import { switches } from './schema.ts'

export type SwitchRow = typeof switches.$inferSelect

export const listSwitches = (
  db: Database,
  limit: number = SWITCHES_LISTED_MAX,
): Promise<readonly SwitchRow[]> =>
  db.select().from(switches).orderBy(asc(switches.kind), asc(switches.key)).limit(limit)

/** Those of these keys that are paused. */
export const findSwitches = (
  db: Database,
  kind: SwitchKind,
  keys: readonly string[],
): Promise<readonly SwitchRow[]> =>
  db
    .select()
    .from(switches)
    .where(and(eq(switches.kind, kind), inArray(switches.key, [...keys])))
    .orderBy(asc(switches.key))

/** What an adjustment can be paused by, whether or not it is. */
export type Pausable = {
  readonly endpoint: string
  /** Its rule's own ids. */
  readonly ruleIds: readonly string[]
  /** Null where he isn't known yet. */
  readonly customerId: string | null
}

/** Which switches stop an adjustment, now; none where it may go on. */
export const findPausing = (db: Database, what: Pausable): Promise<readonly Switch[]> =>
  db
    .select({ kind: switches.kind, key: switches.key })
    .from(switches)
    .where(stops(what))
    .orderBy(asc(switches.kind), asc(switches.key))

/** Whether one of them is on, as a condition of a statement that depends on it. */
export const isPausedNow = (what: Pausable): SQL =>
  sql`EXISTS (SELECT 1 FROM ${switches} WHERE ${stops(what)})`

function stops({ endpoint, ruleIds, customerId }: Pausable): SQL {
  const wanted: readonly Switch[] = [
    { kind: 'all', key: '' },
    { kind: 'endpoint', key: endpoint },
    ...ruleIds.map((key): Switch => ({ kind: 'rule', key })),
    ...(customerId === null ? [] : [{ kind: 'customer', key: customerId } as const]),
  ]
  return sql`(${switches.kind}, ${switches.key}) IN (
    SELECT w.value ->> 'kind', w.value ->> 'key' FROM json_each(${JSON.stringify(wanted)}) w)`
}
