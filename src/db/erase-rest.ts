// The last step of an erasure: what a few rows hold besides adjustments and payloads. Nothing of it goes while
// something goes on that is paid, held back, or answered by it, which the batch itself asks.

import { gt, sql, type SQL } from 'drizzle-orm'
import { assert } from '../domain/assert.ts'
import type { AuditAction } from '../domain/audit.ts'
import { erasedHashes } from '../domain/erased-identity.ts'
import { isSearchable, namesOf, spellings, type ErasedCustomer } from '../domain/erasure.ts'
import { ERASURE_ROWS_PER_STEP } from '../domain/limits.ts'
import type { Database } from './database.ts'
import {
  isHisRow,
  refundOfHis,
  refundsCountSince,
  spelled,
  undoOfHis,
  valuesOf,
  whatGoesOn,
} from './erasure-waits.ts'
import {
  adjustments,
  auditEntries,
  discrepancies,
  erasedIdentities,
  erasureSecrets,
  erasures,
  identities,
  knownCustomers,
  links,
  seenRefunds,
  undos,
  type Erasure,
} from './schema.ts'
import { isHeld, nextLease } from './write-erasures.ts'

export type RestErased = {
  /** Its `waiting` is what goes on now; with any, nothing went. */
  readonly run: Erasure
  /** There are adjustments that it has not looked at: nothing went. */
  readonly isBehind: boolean
  readonly identities: number
  readonly notes: number
}

/** Null where the lease was lost. */
export async function eraseRest(
  db: Database,
  run: Erasure,
  customer: ErasedCustomer,
  now: number,
): Promise<RestErased | null> {
  const gravestones = await gravestonesFor(db, customer)
  const next = nextLease(run, now)
  const { throughAdjustment } = run
  const mayGo = sql`EXISTS (SELECT 1 FROM erasures
      WHERE seq = ${run.seq} AND wake_at = ${next} AND waiting = 0)
    AND NOT EXISTS (SELECT 1 FROM adjustments n WHERE n.seq > ${throughAdjustment})`
  const [rows, behind, , , gone, noted, labelled] = await db.batch([
    db
      .update(erasures)
      .set({ wakeAt: next, waiting: whatGoesOn(run, customer, now) })
      .where(isHeld(run.seq, run.wakeAt))
      .returning(),
    db
      .select({ seq: adjustments.seq })
      .from(adjustments)
      .where(gt(adjustments.seq, throughAdjustment))
      .limit(1),
    ...eraseIdentities(db, gravestones, customer, mayGo, now),
    ...eraseWritten(db, customer, mayGo),
    ...eraseOthers(db, run, customer, mayGo, now),
  ])
  const [row] = rows
  if (!row) return null
  const notes = noted.length + labelled.length
  return { run: row, isBehind: behind.length > 0, identities: gone.length, notes }
}

/** The next identities that go, each with the hash that is left of it, as JSON. */
async function gravestonesFor(db: Database, customer: ErasedCustomer): Promise<string> {
  const [[own], rows] = await db.batch([
    db.select({ secret: erasureSecrets.secret }).from(erasureSecrets),
    db
      .select({ seq: identities.seq, value: identities.value })
      .from(identities)
      .where(isHisIdentity(customer))
      .orderBy(identities.seq)
      .limit(ERASURE_ROWS_PER_STEP),
  ])
  assert(own !== undefined, 'a database without its secret')
  const hashes = await erasedHashes(
    own.secret,
    rows.map(({ value }) => value),
  )
  return JSON.stringify(rows.map(({ seq }, nth) => [seq, hashes[nth]]))
}

/** An identity that is said meanwhile has no hash, and is found by the next step. */
function eraseIdentities(
  db: Database,
  gravestones: string,
  customer: ErasedCustomer,
  mayGo: SQL,
  now: number,
) {
  const removed: AuditAction = 'identity.removed'
  const found = sql`json_each(${gravestones}) g CROSS JOIN identities i ON i.seq = g.value ->> 0`
  const goes = sql`i.seq IN (SELECT seq FROM identities WHERE ${isHisIdentity(customer)}) AND ${mayGo}`
  return [
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:erasure', ${removed}, 'identity:' || i.seq,
        json_object('account', i.account, 'customerId', i.customer_id, 'kind', i.kind)
      FROM ${found} WHERE ${goes}`),
    db
      .insert(erasedIdentities)
      .select(
        sql`SELECT i.account, i.kind, g.value ->> 1, CAST(${now} AS INTEGER) FROM ${found} WHERE ${goes}`,
      )
      .onConflictDoUpdate({
        target: [erasedIdentities.account, erasedIdentities.kind, erasedIdentities.hash],
        set: { at: sql`excluded.at` },
      }),
    db
      .delete(identities)
      .where(sql`seq IN (SELECT i.seq FROM ${found} WHERE ${goes})`)
      .returning({ seq: identities.seq }),
  ] as const
}

/**
 * Of a customer by his id only his own go, and of these what was looked for: one text may be two customers', in
 * two accounts, and says who of them is paid.
 */
function isHisIdentity({ ids, texts, references }: ErasedCustomer): SQL {
  if (ids.length === 0) return sql`lower(value) IN ${spelled(texts)}`
  const known = references.map(({ account, kind, value }) => [account, kind, value])
  return sql`customer_id IN ${valuesOf(ids)} AND (account, kind, value) IN (
    SELECT k.value ->> 0, k.value ->> 1, k.value ->> 2 FROM json_each(${JSON.stringify(known)}) k)`
}

/** What people wrote about others, and that names him. */
function eraseWritten(db: Database, customer: ErasedCustomer, mayGo: SQL) {
  const named = valuesOf(namesOf(customer).filter(isSearchable).flatMap(spellings))
  const names = (column: string) => sql`EXISTS (SELECT 1 FROM ${named} t
    WHERE instr(lower(${sql.raw(column)}), t.value) > 0)`
  return [
    db
      .update(discrepancies)
      .set({ note: null })
      .where(sql`note IS NOT NULL AND ${names('note')} AND ${mayGo}`)
      .returning({ id: discrepancies.id }),
    // Not null, which is the link that tickets show.
    db
      .update(links)
      .set({ label: '' })
      .where(sql`label <> '' AND ${names('label')} AND ${mayGo}`)
      .returning({ id: links.id }),
  ] as const
}

function eraseOthers(
  db: Database,
  run: Erasure,
  customer: ErasedCustomer,
  mayGo: SQL,
  now: number,
) {
  return [
    // What has failed may be sent through again: to whom the identity has said that it is.
    db
      .update(adjustments)
      .set({ chosenCustomerId: sql`customer_id` })
      .where(
        sql`state IN ('held', 'failed') AND state = 'failed' AND chosen_customer_id IS NULL
          AND customer_kind <> 'billing_id' AND customer_id IS NOT NULL
          AND ${isHisRow('adjustments', customer)} AND ${mayGo}`,
      ),
    db
      .update(undos)
      .set({ asker: null })
      .where(
        sql`(account, subject, rule_id, mode) IN (SELECT u.account, u.subject, u.rule_id, u.mode
          FROM undos u WHERE ${undoOfHis(run, customer)}) AND ${mayGo}`,
      ),
    db
      .delete(seenRefunds)
      .where(sql`${refundOfHis(customer)} AND at < ${refundsCountSince(now)} AND ${mayGo}`),
    db.delete(knownCustomers).where(sql`customer_id IN ${valuesOf(customer.ids)} AND ${mayGo}`),
  ] as const
}
