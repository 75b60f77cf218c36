// An erasure's own row. Whoever goes on with it holds its lease, and does something only while that is the
// one in the row. Nothing that a person wrote, or is known by, goes into an entry: ids, names of fields
// and counts only.

import { and, eq, isNotNull, lte, sql } from 'drizzle-orm'
import type { Actor } from '../domain/audit.ts'
import { NOTHING_ERASED, type ErasedCustomer, type ErasureReason } from '../domain/erasure.ts'
import type { ErasureId } from '../domain/ids.ts'
import { ERASURE_LEASE_SECONDS, ERASURES_OPEN_MAX } from '../domain/limits.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { insertEntry } from './insert-entry.ts'
import { erasures, type Erasure } from './schema.ts'

export type NewErasure = {
  readonly id: ErasureId
  readonly customer: ErasedCustomer
  readonly reason: ErasureReason
  readonly actor: Actor
}

/** Due at once. Null where too many have not ended. */
export async function insertErasure(
  db: Database,
  { id, customer, reason, actor }: NewErasure,
  now: number,
): Promise<Erasure | null> {
  const data = {
    reason,
    ids: customer.ids.length,
    texts: customer.texts.length + customer.references.length,
  }
  const [rows] = await db.batch([
    db
      .insert(erasures)
      .select(
        sql`SELECT NULL, ${id}, ${JSON.stringify(customer)}, ${reason}, ${actor}, ${now},
          (SELECT coalesce(max(seq), 0) FROM events), 0, 'adjustments', 0, 0, ${JSON.stringify(NOTHING_ERASED)}, ${now}, NULL
        WHERE (SELECT count(*) FROM erasures WHERE wake_at IS NOT NULL) < ${ERASURES_OPEN_MAX}`,
      )
      .returning(),
    insertEntry(
      db,
      { at: now, actor, action: 'erasure.requested', subject: id, data },
      AFTER_CHANGE,
    ),
  ])
  return rows[0] ?? null
}

/** Under a new lease; null where it has ended, or somebody else holds it. */
export async function takeErasure(db: Database, seq: number, now: number): Promise<Erasure | null> {
  const [row] = await db
    .update(erasures)
    .set({ wakeAt: now + ERASURE_LEASE_SECONDS * 1_000 })
    .where(and(eq(erasures.seq, seq), isNotNull(erasures.wakeAt), lte(erasures.wakeAt, now)))
    .returning()
  return row ?? null
}

export const releaseErasure = async (
  db: Database,
  { seq, wakeAt }: Erasure,
  until: number,
): Promise<void> => {
  await db.update(erasures).set({ wakeAt: until }).where(isHeld(seq, wakeAt))
}

export const isHeld = (seq: number, wakeAt: number | null) =>
  and(eq(erasures.seq, seq), eq(erasures.wakeAt, wakeAt ?? 0))

/** Never the one before, which somebody who is late may still name. */
export const nextLease = ({ wakeAt }: Erasure, now: number): number =>
  Math.max(now + ERASURE_LEASE_SECONDS * 1_000, (wakeAt ?? 0) + 1)

/** Its end, without what he was found by, and the entry of it; null where the lease was lost. */
export async function finishErasure(
  db: Database,
  run: Erasure,
  counts: Erasure['counts'],
  now: number,
): Promise<Erasure | null> {
  const [rows] = await db.batch([
    db
      .update(erasures)
      .set({ customer: null, counts, wakeAt: null, finishedAt: now })
      .where(isHeld(run.seq, run.wakeAt))
      .returning(),
    insertEntry(
      db,
      {
        at: now,
        actor: 'system:erasure',
        action: 'erasure.finished',
        subject: run.id,
        data: counts,
      },
      AFTER_CHANGE,
    ),
  ])
  return rows[0] ?? null
}
