// What an erasure looks at, a part at a time.

import { and, asc, eq, gt, isNotNull, lt, desc, lte, sql } from 'drizzle-orm'
import type { AdjustmentState } from '../domain/adjustment.ts'
import type { CustomerKind } from '../domain/customer.ts'
import type { Encoding } from '../domain/event.ts'
import type { ErasedCustomer } from '../domain/erasure.ts'
import type { AdjustmentId, ErasureId } from '../domain/ids.ts'
import {
  ERASURE_CHARS_READ_MAX,
  ERASURE_IDENTIFIERS_MAX,
  ERASURE_PAYLOADS_READ_MAX,
  ERASURE_ROWS_PER_STEP,
  PAGE_ROWS_MAX,
} from '../domain/limits.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { adjustments, erasures, events, identities, payloads, type Erasure } from './schema.ts'

export async function findErasure(db: Database, id: ErasureId): Promise<Erasure | null> {
  const [row] = await db.select().from(erasures).where(eq(erasures.id, id))
  return row ?? null
}

export const listErasures = (db: Database, { before, limit }: Page): Promise<readonly Erasure[]> =>
  db
    .select()
    .from(erasures)
    .where(before === null ? undefined : lt(erasures.seq, before))
    .orderBy(desc(erasures.seq))
    .limit(limit)

/** Whose time has come. */
export async function findDueErasure(db: Database, now: number): Promise<number | null> {
  const [row] = await db
    .select({ seq: erasures.seq })
    .from(erasures)
    .where(and(isNotNull(erasures.wakeAt), lte(erasures.wakeAt, now)))
    .orderBy(asc(erasures.wakeAt))
    .limit(1)
  return row?.seq ?? null
}

export type ErasableAdjustment = {
  readonly seq: number
  readonly id: AdjustmentId
  readonly state: AdjustmentState
  readonly customerId: string | null
  readonly chosenCustomerId: string | null
  readonly customerKind: CustomerKind
  readonly customerReference: string | null
  readonly asker: string | null
  readonly decisionNote: string | null
  readonly subject: string
  /** Of its event, while its payload is kept. */
  readonly payload: number | null
}

export const nextAdjustments = (
  db: Database,
  after: number,
  through: number,
): Promise<readonly ErasableAdjustment[]> =>
  db
    .select({
      seq: adjustments.seq,
      id: adjustments.id,
      state: adjustments.state,
      customerId: adjustments.customerId,
      chosenCustomerId: adjustments.chosenCustomerId,
      customerKind: adjustments.customerKind,
      customerReference: adjustments.customerReference,
      asker: adjustments.asker,
      decisionNote: adjustments.decisionNote,
      subject: adjustments.subject,
      payload: payloads.eventSeq,
    })
    .from(adjustments)
    .leftJoin(events, eq(events.id, adjustments.eventId))
    .leftJoin(payloads, eq(payloads.eventSeq, events.seq))
    .where(and(gt(adjustments.seq, after), lte(adjustments.seq, through)))
    .orderBy(asc(adjustments.seq))
    .limit(ERASURE_ROWS_PER_STEP)

export type ErasablePayload = {
  readonly seq: number
  readonly encoding: Encoding
  readonly body: string
  readonly ownId: string | null
  readonly decision: string
  /** Whether an adjustment that the event asked for still goes on. */
  readonly isOpen: boolean
}

export type PayloadPage = {
  readonly candidates: readonly ErasablePayload[]
  /** The last that was looked at; null where there was none. */
  readonly last: number | null
}

/**
 * The next payloads that may hold one of the texts, whole. `parts`: what each of them surely has, in small
 * letters; an empty one may be in any. JSON may have written any character by its number.
 */
export async function nextPayloads(
  db: Database,
  after: number,
  through: number,
  parts: readonly string[],
): Promise<PayloadPage> {
  const page = sql`(SELECT event_seq AS seq, encoding, body FROM payloads
    WHERE event_seq > ${after} AND event_seq <= ${through}
    ORDER BY event_seq LIMIT ${sql.raw(String(ERASURE_ROWS_PER_STEP))})`
  const candidates = sql`(SELECT p.seq, p.encoding, p.body,
      sum(length(p.body)) OVER (ORDER BY p.seq) AS chars, row_number() OVER (ORDER BY p.seq) AS nth
    FROM ${page} p WHERE p.encoding = 'base64' OR instr(p.body, '\\u') > 0
      OR EXISTS (SELECT 1 FROM json_each(${JSON.stringify(parts)}) t
        WHERE t.value = '' OR instr(lower(p.body), t.value) > 0)) c`
  const [found, [bounds]] = await db.batch([
    db
      .select({
        seq: sql<number>`c.seq`,
        encoding: sql<Encoding>`c.encoding`,
        body: sql<string>`c.body`,
        ownId: events.ownId,
        decision: sql<string>`${events.decision}`,
        isOpen: sql<number>`EXISTS (SELECT 1 FROM json_each(${events.decision}, '$.adjustments') w
          CROSS JOIN adjustments a ON a.id = w.value WHERE a.state IN ('due', 'issuing', 'held'))`,
      })
      .from(candidates)
      .innerJoin(events, sql`${events.seq} = c.seq`)
      .where(
        sql`c.nth <= ${ERASURE_PAYLOADS_READ_MAX} AND (c.nth = 1 OR c.chars <= ${ERASURE_CHARS_READ_MAX})`,
      )
      .orderBy(sql`c.seq`),
    db
      .select({
        last: sql<number | null>`max(seq)`,
        candidates: sql<number>`(SELECT count(*) FROM ${candidates})`,
      })
      .from(sql`${page} q`),
  ])
  const isCut = found.length < (bounds?.candidates ?? 0)
  const last = (isCut ? found.at(-1)?.seq : bounds?.last) ?? null
  return { candidates: found.map((row) => ({ ...row, isOpen: row.isOpen === 1 })), last }
}

/** What the identities call him, and what those of his adjustments do that count against his limit. */
export async function textsOf(db: Database, customerId: string): Promise<readonly string[]> {
  const [values, references] = await db.batch([
    db
      .select({ text: identities.value })
      .from(identities)
      .where(eq(identities.customerId, customerId))
      .limit(ERASURE_IDENTIFIERS_MAX),
    db
      .selectDistinct({ text: sql<string>`${adjustments.customerReference}` })
      .from(adjustments)
      .where(
        and(
          eq(adjustments.customerId, customerId),
          isNotNull(adjustments.countedAt),
          isNotNull(adjustments.customerReference),
        ),
      )
      .limit(ERASURE_IDENTIFIERS_MAX),
  ])
  return [...values, ...references].map(({ text }) => text)
}

/** His adjustments that still go on. What goes on has a time. */
export async function openAdjustmentsOf(
  db: Database,
  { ids, texts }: ErasedCustomer,
): Promise<readonly AdjustmentId[]> {
  const among = (values: readonly string[]) =>
    sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`
  const rows = await db
    .select({ id: adjustments.id })
    .from(adjustments)
    .where(
      sql`wake_at IS NOT NULL AND state IN ('due', 'issuing', 'held')
        AND (customer_id IN ${among(ids)} OR chosen_customer_id IN ${among(ids)}
          OR lower(customer_reference) IN ${among(texts)})`,
    )
    .limit(PAGE_ROWS_MAX)
  return rows.map(({ id }) => id)
}
