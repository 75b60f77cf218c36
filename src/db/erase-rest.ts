// The last step of an erasure: what a few rows hold besides adjustments and payloads.

import { sql } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import { isSearchable, spellings, type ErasedCustomer } from '../domain/erasure.ts'
import { ERASURE_ROWS_PER_STEP } from '../domain/limits.ts'
import type { Database } from './database.ts'
import {
  auditEntries,
  discrepancies,
  erasures,
  identities,
  knownCustomers,
  links,
  seenRefunds,
  undos,
  type Erasure,
} from './schema.ts'
import { isHeld, nextLease, valuesOf } from './write-erasures.ts'

export type RestErased = {
  readonly run: Erasure
  readonly identities: number
  readonly notes: number
}

/** What few rows hold: identities, notes on discrepancies, labels of links, what undos and refunds say of whom. */
export async function eraseRest(
  db: Database,
  run: Erasure,
  { ids, texts }: ErasedCustomer,
  now: number,
): Promise<RestErased | null> {
  const next = nextLease(run, now)
  const held = sql`EXISTS (SELECT 1 FROM erasures WHERE seq = ${run.seq} AND wake_at = ${next})`
  const his = sql`i.seq IN (SELECT seq FROM identities WHERE customer_id IN ${valuesOf(ids)}
    OR lower(value) IN ${valuesOf(texts)} ORDER BY seq LIMIT ${sql.raw(String(ERASURE_ROWS_PER_STEP))})`
  const named = JSON.stringify(texts.filter(isSearchable).flatMap(spellings))
  const names = (column: string) => sql`EXISTS (SELECT 1 FROM json_each(${named}) t
    WHERE instr(lower(${sql.raw(column)}), t.value) > 0)`
  const isOfHis = (column: string, value: string) => sql`EXISTS (SELECT 1 FROM adjustments a
    WHERE a.${sql.raw(column)} = ${sql.raw(value)} AND a.customer_id IN ${valuesOf(ids)})`
  const removed: AuditAction = 'identity.removed'
  const [rows, , gone, noted, labelled] = await db.batch([
    db.update(erasures).set({ wakeAt: next }).where(isHeld(run.seq, run.wakeAt)).returning(),
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:erasure', ${removed}, 'identity:' || i.seq,
        json_object('account', i.account, 'customerId', i.customer_id, 'kind', i.kind)
      FROM identities i WHERE ${his} AND ${held}`),
    db
      .delete(identities)
      .where(sql`seq IN (SELECT i.seq FROM identities i WHERE ${his}) AND ${held}`)
      .returning({ seq: identities.seq }),
    db
      .update(discrepancies)
      .set({ note: null })
      .where(
        sql`note IS NOT NULL AND ${held} AND (${isOfHis('id', 'adjustment_id')} OR ${names('note')})`,
      )
      .returning({ id: discrepancies.id }),
    // Not null, which is the link that tickets show.
    db
      .update(links)
      .set({ label: '' })
      .where(
        sql`label <> '' AND ${held}
          AND (${isOfHis('invoice_id', 'links.invoice_id')} OR ${names('label')})`,
      )
      .returning({ id: links.id }),
    db
      .update(undos)
      .set({ asker: null })
      .where(sql`lower(asker) IN ${valuesOf(texts)} AND ${held}`),
    db
      .delete(seenRefunds)
      .where(
        sql`(customer IN ${valuesOf(ids)} OR lower(customer) IN ${valuesOf(texts)}) AND ${held}`,
      ),
    db.delete(knownCustomers).where(sql`customer_id IN ${valuesOf(ids)} AND ${held}`),
  ])
  const [row] = rows
  return row ? { run: row, identities: gone.length, notes: noted.length + labelled.length } : null
}
