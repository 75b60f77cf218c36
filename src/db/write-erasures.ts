// An erasure's own row, and what each of its steps takes out. Each step is one batch that does something
// only while the lease of who asks for it is the one in the row. Nothing that a person wrote, or is
// known by, goes into an entry: ids, names of fields and counts only.

import { and, eq, isNotNull, lte, sql, type SQL } from 'drizzle-orm'
import type { Actor, AuditAction } from '../domain/audit.ts'
import { NOTHING_ERASED, type ErasedCustomer, type ErasureReason } from '../domain/erasure.ts'
import type { AdjustmentId, ErasureId } from '../domain/ids.ts'
import { ERASURE_LEASE_SECONDS, ERASURES_OPEN_MAX } from '../domain/limits.ts'
import { AFTER_CHANGE } from './after-change.ts'
import type { Database } from './database.ts'
import { insertEntry } from './insert-entry.ts'
import { adjustments, auditEntries, erasures, events, payloads, type Erasure } from './schema.ts'

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
  const data = { reason, ids: customer.ids.length, texts: customer.texts.length }
  const [rows] = await db.batch([
    db
      .insert(erasures)
      .select(
        sql`SELECT NULL, ${id}, ${JSON.stringify(customer)}, ${reason}, ${actor}, ${now},
          (SELECT coalesce(max(seq), 0) FROM events), (SELECT coalesce(max(seq), 0) FROM adjustments),
          'adjustments', 0, 0, ${JSON.stringify(NOTHING_ERASED)}, ${now}, NULL
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

export type ErasedAdjustment = {
  readonly id: AdjustmentId
  /** What goes: `customerReference`, `decisionNote`, `asker`. */
  readonly fields: readonly string[]
}

export type ErasureStep = {
  readonly progress: Pick<Erasure, 'customer' | 'phase' | 'after' | 'waiting' | 'counts'>
  readonly adjustments: readonly ErasedAdjustment[]
  /** Of events. */
  readonly payloads: readonly number[]
  /** Events whose decision quotes him in its detail. */
  readonly details: readonly number[]
}

/** Null where the lease was lost: then nothing was written. */
export async function commitErasureStep(
  db: Database,
  run: Erasure,
  step: ErasureStep,
  now: number,
): Promise<Erasure | null> {
  const next = nextLease(run, now)
  const held = sql`EXISTS (SELECT 1 FROM erasures WHERE seq = ${run.seq} AND wake_at = ${next})`
  const [rows] = await db.batch([
    db
      .update(erasures)
      .set({ ...step.progress, wakeAt: next })
      .where(isHeld(run.seq, run.wakeAt))
      .returning(),
    ...(step.adjustments.length === 0
      ? []
      : eraseAdjustments(db, run, step.adjustments, held, now)),
    ...(step.details.length === 0
      ? []
      : [
          db
            .update(events)
            .set({ decision: sql`json_remove(decision, '$.detail')` })
            .where(sql`seq IN ${valuesOf(step.details)} AND ${held}`),
        ]),
    ...(step.payloads.length === 0
      ? []
      : [db.delete(payloads).where(sql`event_seq IN ${valuesOf(step.payloads)} AND ${held}`)]),
  ])
  return rows[0] ?? null
}

/** Never the one before, which somebody who is late may still name. */
export const nextLease = ({ wakeAt }: Erasure, now: number): number =>
  Math.max(now + ERASURE_LEASE_SECONDS * 1_000, (wakeAt ?? 0) + 1)

export const valuesOf = (values: readonly (string | number)[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`

const IS_FINAL = sql`a.state IN ('invoiced', 'rejected', 'cancelled', 'failed')`

/** The entries first, since they are read from what is about to change. */
function eraseAdjustments(
  db: Database,
  { id }: Erasure,
  erased: readonly ErasedAdjustment[],
  held: SQL,
  now: number,
) {
  const action: AuditAction = 'adjustment.erased'
  const rows = JSON.stringify(erased)
  const has = (field: string): SQL =>
    sql`EXISTS (SELECT 1 FROM json_each(r.value, '$.fields') WHERE value = ${field})`
  return [
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:erasure', ${action}, a.id,
        json_object('erasure', ${id}, 'fields', r.value -> 'fields')
      FROM json_each(${rows}) r CROSS JOIN adjustments a ON a.id = r.value ->> 'id'
      WHERE ${IS_FINAL} AND ${held} ORDER BY r.key`),
    db
      .update(adjustments)
      .set({
        customerReference: sql`iif(${has('customerReference')}, NULL, customer_reference)`,
        decisionNote: sql`iif(${has('decisionNote')}, NULL, decision_note)`,
        asker: sql`iif(${has('asker')}, NULL, asker)`,
      })
      .from(sql`json_each(${rows}) r`)
      .where(
        sql`${adjustments.id} = r.value ->> 'id' AND ${held}
          AND adjustments.state IN ('invoiced', 'rejected', 'cancelled', 'failed')`,
      ),
  ] as const
}

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
