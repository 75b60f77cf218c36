// What one step of an erasure takes out, in one batch. What has moved since it was read, and goes on again,
// is left and waited for: the batch asks once more.

import { sql, type SQL } from 'drizzle-orm'
import type { AuditAction } from '../domain/audit.ts'
import type { ErasedField } from '../domain/erasable.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { eventGoesOn, valuesOf } from './erasure-waits.ts'
import {
  adjustments,
  auditEntries,
  discrepancies,
  erasures,
  events,
  links,
  payloads,
  type Erasure,
} from './schema.ts'
import { isHeld, nextLease } from './write-erasures.ts'

export type ErasedAdjustment = {
  readonly id: AdjustmentId
  readonly fields: readonly ErasedField[]
}

export type ErasureStep = {
  /** `waiting` and `counts`: without what this step takes out, or finds that it has to wait for. */
  readonly progress: Pick<
    Erasure,
    'customer' | 'phase' | 'after' | 'throughAdjustment' | 'waiting' | 'counts'
  >
  readonly adjustments: readonly ErasedAdjustment[]
  /** His, at their end: what people wrote about them goes too. */
  readonly ended: readonly AdjustmentId[]
  /** Of events. */
  readonly payloads: readonly number[]
  /** Events whose rules have named him in their own words. */
  readonly words: readonly number[]
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
  const { waiting, counts } = step.progress
  const base = JSON.stringify(counts)
  const rows = JSON.stringify(step.adjustments)
  const found = sql`json_each(${rows}) r CROSS JOIN adjustments a ON a.id = r.value ->> 'id'`
  const counted = (name: string, gone: SQL) =>
    sql`${sql.raw(`'$.${name}'`)}, (${base} ->> ${sql.raw(`'$.${name}'`)}) + ${gone}`
  const written = writtenAbout(step.ended)
  const [updated] = await db.batch([
    db
      .update(erasures)
      .set({
        ...step.progress,
        waiting: sql`${waiting} + (SELECT count(*) FROM ${found} WHERE NOT ${isEnded('a')})
          + (SELECT count(*) FROM events e
            WHERE e.seq IN ${valuesOf(step.payloads)} AND ${eventGoesOn('e')})`,
        counts: sql`json_set(${base},
          ${counted('adjustments', sql`(SELECT count(*) FROM ${found} WHERE ${isEnded('a')})`)},
          ${counted('payloads', sql`(SELECT count(*) FROM payloads WHERE event_seq IN ${closed(step.payloads)})`)},
          ${counted('notes', written?.count ?? sql`0`)})`,
        wakeAt: next,
      })
      .where(isHeld(run.seq, run.wakeAt))
      .returning(),
    ...(step.adjustments.length === 0 ? [] : eraseFields(db, run, { rows, found, held }, now)),
    ...(written === null ? [] : eraseWritten(db, written, held)),
    ...(step.words.length === 0
      ? []
      : [
          db
            .update(events)
            .set(WITHOUT_WORDS)
            .where(sql`seq IN ${closed(step.words)} AND ${held}`),
        ]),
    ...(step.payloads.length === 0
      ? []
      : [db.delete(payloads).where(sql`event_seq IN ${closed(step.payloads)} AND ${held}`)]),
  ])
  return updated[0] ?? null
}

/** Codes stay, of which the shipped rules' reasons are; what is a rule's own text goes. */
const codeOr = (text: string, erased: string, otherwise: string): SQL =>
  sql.raw(`iif(${text} GLOB '*[^a-z_]*', ${erased}, ${otherwise})`)

const ANSWER = `(c.value ->> '$.answer')`
const WITHOUT_WORDS = {
  reason: codeOr('reason', `'erased'`, 'reason'),
  decision: sql`json_set(json_remove(decision, '$.detail'), '$.considered', (
    SELECT json_group_array(json_set(c.value, '$.answer', ${codeOr(
      `replace(replace(${ANSWER}, 'shadow: ', ''), 'ignored: ', '')`,
      `iif(instr(${ANSWER}, 'ignored: ') > 0,
        substr(${ANSWER}, 1, instr(${ANSWER}, 'ignored: ') + 8) || 'erased', ${ANSWER})`,
      ANSWER,
    )})) FROM json_each(decision, '$.considered') c))`,
}

/** Notes and labels about these adjustments and their invoices; null where there are none of them. */
function writtenAbout(ended: readonly AdjustmentId[]) {
  if (ended.length === 0) return null
  const noted = sql`note IS NOT NULL AND adjustment_id IN ${valuesOf(ended)}`
  const labelled = sql`label <> ''
    AND invoice_id IN (SELECT a.invoice_id FROM adjustments a WHERE a.id IN ${valuesOf(ended)})`
  const count = sql`(SELECT count(*) FROM discrepancies WHERE ${noted})
    + (SELECT count(*) FROM links WHERE ${labelled})`
  return { noted, labelled, count }
}

type Written = { readonly noted: SQL; readonly labelled: SQL }

const eraseWritten = (db: Database, { noted, labelled }: Written, held: SQL) =>
  [
    db
      .update(discrepancies)
      .set({ note: null })
      .where(sql`${noted} AND ${held}`),
    // Not null, which is the link that tickets show.
    db
      .update(links)
      .set({ label: '' })
      .where(sql`${labelled} AND ${held}`),
  ] as const

/** Of events, those of which nothing goes on. */
const closed = (seqs: readonly number[]): SQL =>
  sql`(SELECT e.seq FROM events e WHERE e.seq IN ${valuesOf(seqs)} AND NOT ${eventGoesOn('e')})`

const goes = (field: ErasedField): SQL =>
  sql`EXISTS (SELECT 1 FROM json_each(r.value, '$.fields') WHERE value = ${field})`

/** Of `r` and its row. What has failed may be sent through again: it keeps for whom it is, by an id. */
const isEnded = (row: 'a' | 'adjustments'): SQL => sql`(${sql.raw(row)}.state
    IN ('invoiced', 'rejected', 'cancelled')
  OR (${sql.raw(row)}.state = 'failed' AND (NOT ${goes('customerReference')}
    OR coalesce(${sql.raw(row)}.chosen_customer_id, ${sql.raw(row)}.customer_id) IS NOT NULL)))`

type Found = { readonly rows: string; readonly found: SQL; readonly held: SQL }

/** The entries first, since they are read from what is about to change. */
function eraseFields(db: Database, { id }: Erasure, { rows, found, held }: Found, now: number) {
  const action: AuditAction = 'adjustment.erased'
  const emptied = (column: string, field: ErasedField): SQL =>
    sql`iif(${goes(field)}, NULL, ${sql.raw(column)})`
  return [
    db.insert(auditEntries).select(sql`
      SELECT NULL, ${now}, 'system:erasure', ${action}, a.id,
        json_object('erasure', ${id}, 'fields', r.value -> 'fields')
      FROM ${found} WHERE ${isEnded('a')} AND ${held} ORDER BY r.key`),
    db
      .update(adjustments)
      .set({
        customerReference: emptied('customer_reference', 'customerReference'),
        chosenCustomerId: sql`iif(${goes('customerReference')},
          coalesce(chosen_customer_id, customer_id), chosen_customer_id)`,
        decisionNote: emptied('decision_note', 'decisionNote'),
        asker: emptied('asker', 'asker'),
      })
      .from(sql`json_each(${rows}) r`)
      .where(sql`${adjustments.id} = r.value ->> 'id' AND ${isEnded('adjustments')} AND ${held}`),
  ] as const
}
