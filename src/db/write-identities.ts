// The doors for identities. Each change and its entry are one batch. The entries come first, since they
// are read from what is about to change: afterwards nothing tells which rows were new or different.
// An entry never holds the value: it may be somebody's address.

import { sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Actor, AuditAction } from '../domain/audit.ts'
import type { CustomerKind } from '../domain/customer.ts'
import { assert } from '../domain/assert.ts'
import {
  comparedValue,
  isIdentityKind,
  type IdentityCondition,
  type IdentityFacts,
  type IdentityKey,
} from '../domain/identity.ts'
import { IDENTITY_IMPORT_ROWS_MAX } from '../domain/limits.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { auditEntries, identities, type Identity } from './schema.ts'

type Writing = {
  /** Of distinct keys, as JSON: an array of `IdentityFacts`. */
  readonly rows: string
  readonly actor: Actor
  readonly now: number
}

export type IdentityCounts = {
  readonly added: number
  readonly changed: number
}

/** The rows as the one value that a batch binds; their keys are distinct. */
export const packIdentities = (rows: readonly IdentityFacts[]): string => {
  assert(rows.length <= IDENTITY_IMPORT_ROWS_MAX, 'too many identities for one batch')
  return JSON.stringify(rows)
}

/** Sets all of them, or none. What says the same already is not written, and has no entry. */
export async function writeIdentities(db: Database, writing: Writing): Promise<IdentityCounts> {
  const [[counts]] = await db.batch([
    countDifferent(db, writing.rows),
    insertEntries(db, writing),
    upsert(db, writing),
  ])
  assert(counts !== undefined, 'a count without a row')
  return counts
}

/** `condition`: what has to be there. Null where it is otherwise, and nothing is written. */
export async function writeIdentity(
  db: Database,
  facts: IdentityFacts,
  actor: Actor,
  now: number,
  condition: IdentityCondition = 'any',
): Promise<{ readonly identity: Identity; readonly isNew: boolean } | null> {
  const writing = { rows: packIdentities([facts]), actor, now }
  const isMet = metBy(condition, hasKey(facts))
  const [[met], [counts], , , [identity]] = await db.batch([
    db.select({ isMet: sql<number>`${isMet}` }).from(sql`(SELECT 1)`),
    countDifferent(db, writing.rows),
    insertEntries(db, writing, isMet),
    upsert(db, writing, isMet),
    db.select().from(identities).where(hasKey(facts)),
  ])
  if (met?.isMet !== 1) return null
  assert(counts !== undefined && identity !== undefined, 'an identity that was set is not there')
  return { identity, isNew: counts.added === 1 }
}

/** Says the same before and after the entry, which is written first. */
function metBy(condition: IdentityCondition, which: SQL): SQL {
  if (condition === 'any') return sql`true`
  if (condition === 'new') return sql`NOT EXISTS (SELECT 1 FROM identities WHERE ${which})`
  if (condition === 'there') return sql`EXISTS (SELECT 1 FROM identities WHERE ${which})`
  const seen = JSON.stringify(condition)
  return sql`EXISTS (SELECT 1 FROM identities WHERE ${which} AND ${isSeen(seen)})`
}

const isSeen = (seen: string): SQL => sql`(identities.at || '.' || identities.customer_id)
  IN (SELECT value FROM json_each(${seen}))`

/**
 * Remembers whom a person chose: the last statements of a batch, directly after an insert or update that
 * wrote one row; they write nothing where it wrote none. None for the billing API's own id, which needs
 * no identity.
 */
export function setIdentityAfterChange(
  db: Database,
  chosen: {
    readonly account: string
    readonly kind: CustomerKind
    readonly value: string
    readonly customerId: string
  },
  actor: Actor,
  now: number,
): readonly BatchItem<'sqlite'>[] {
  const { account, kind, value, customerId } = chosen
  if (!isIdentityKind(kind)) return []
  const facts = { account, kind, value: comparedValue(kind, value), customerId }
  const writing = { rows: packIdentities([facts]), actor, now }
  return [insertEntries(db, writing, AFTER_CHANGE), upsert(db, writing, AFTER_CHANGE)]
}

/** `seen`: as `versionOf` has them; null is whatever it is. Null where there is none that is so. */
export async function deleteIdentity(
  db: Database,
  seq: number,
  actor: Actor,
  now: number,
  seen: readonly string[] | null = null,
): Promise<Identity | null> {
  const isIt = sql`identities.seq = ${seq} AND ${seen === null ? sql`true` : isSeen(JSON.stringify(seen))}`
  const [, [removed]] = await db.batch([
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, ${actor}, ${'identity.removed' satisfies AuditAction},
        'identity:' || i.seq,
        json_object('kind', i.kind, 'account', i.account, 'customerId', i.customer_id)
      FROM identities i WHERE i.seq = (SELECT seq FROM identities WHERE ${isIt})`),
    db.delete(identities).where(isIt).returning(),
  ])
  return removed ?? null
}

const hasKey = ({ account, kind, value }: IdentityKey): SQL =>
  sql`${identities.value} = ${value} AND ${identities.kind} = ${kind} AND ${identities.account} = ${account}`

/** Each row `p` beside the identity `i` that is there already. */
const besideKnown = (rows: string): SQL => sql`
  json_each(${rows}) p LEFT JOIN identities i ON i.value = p.value ->> 'value'
    AND i.kind = p.value ->> 'kind' AND i.account = p.value ->> 'account'`

/**
 * Of a new row: above all that are there, and at least the time, so that the number of a removed one,
 * by which the audit log knows it, is not given again.
 */
const newSeq = (now: number): SQL => sql`
  (max(CAST(${now} AS INTEGER), coalesce((SELECT max(seq) FROM identities), 0)) + p.key + 1)`

const countDifferent = (db: Database, rows: string) =>
  db
    .select({
      added: sql<number>`count(*) FILTER (WHERE i.seq IS NULL)`,
      changed: sql<number>`count(*) FILTER (WHERE i.customer_id <> p.value ->> 'customerId')`,
    })
    .from(besideKnown(rows))

const insertEntries = (db: Database, { rows, actor, now }: Writing, condition: SQL = sql`true`) =>
  db.insert(auditEntries).select(sql`
    SELECT NULL, ${now}, ${actor}, ${'identity.set' satisfies AuditAction},
      'identity:' || coalesce(i.seq, ${newSeq(now)}),
      json_object('kind', p.value ->> 'kind', 'account', p.value ->> 'account',
        'customerId', p.value ->> 'customerId')
    FROM ${besideKnown(rows)}
    WHERE i.customer_id IS NOT p.value ->> 'customerId' AND ${condition}
    ORDER BY p.key`)

const upsert = (db: Database, { rows, actor, now }: Writing, condition: SQL = sql`true`) =>
  db
    .insert(identities)
    .select(
      sql`
    SELECT ${newSeq(now)}, p.value ->> 'account', p.value ->> 'kind', p.value ->> 'value',
      p.value ->> 'customerId', ${now}, ${actor}
    FROM json_each(${rows}) p WHERE ${condition} ORDER BY p.key`,
    )
    .onConflictDoUpdate({
      target: [identities.value, identities.kind, identities.account],
      set: {
        customerId: sql`excluded.customer_id`,
        at: sql`excluded.at`,
        actor: sql`excluded.actor`,
      },
      setWhere: sql`${identities.customerId} <> excluded.customer_id`,
    })
