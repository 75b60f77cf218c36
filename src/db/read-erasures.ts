// What an erasure looks at, a part at a time.

import { and, asc, eq, gt, isNotNull, lt, desc, lte, sql, type SQL } from 'drizzle-orm'
import type { ErasableAdjustment } from '../domain/erasable.ts'
import type { ErasedCustomer } from '../domain/erasure.ts'
import type { Encoding } from '../domain/event.ts'
import type { AdjustmentId, ErasureId } from '../domain/ids.ts'
import {
  ERASURE_CHARS_READ_MAX,
  ERASURE_IDENTIFIERS_MAX,
  ERASURE_PAYLOADS_READ_MAX,
  ERASURE_ROWS_PER_STEP,
  PAGE_ROWS_MAX,
} from '../domain/limits.ts'
import type { Database } from './database.ts'
import { eventGoesOn, goesOnOfHis, spelled } from './erasure-waits.ts'
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

/** Behind the last that this round has looked at; of any event, since what goes on is waited for. */
export async function nextAdjustments(
  db: Database,
  { throughAdjustment, throughEvent }: Erasure,
): Promise<readonly ErasableAdjustment[]> {
  const isPart = sql<number>`(${events.seq} <= ${throughEvent} OR EXISTS (SELECT 1
    FROM adjustments o CROSS JOIN events e ON e.id = o.event_id
    WHERE o.id = ${adjustments.reverses} AND e.seq <= ${throughEvent}))`
  const rows = await db
    .select({
      seq: adjustments.seq,
      id: adjustments.id,
      state: adjustments.state,
      customerId: adjustments.customerId,
      chosenCustomerId: adjustments.chosenCustomerId,
      customerKind: adjustments.customerKind,
      customerReference: adjustments.customerReference,
      asker: adjustments.asker,
      countedAt: adjustments.countedAt,
      decisionNote: adjustments.decisionNote,
      subject: adjustments.subject,
      isPart,
      payload: payloads.eventSeq,
      isEventOpen: sql<number>`${eventGoesOn('events')}`,
    })
    .from(adjustments)
    .leftJoin(events, eq(events.id, adjustments.eventId))
    .leftJoin(payloads, eq(payloads.eventSeq, events.seq))
    .where(gt(adjustments.seq, throughAdjustment))
    .orderBy(asc(adjustments.seq))
    .limit(ERASURE_ROWS_PER_STEP)
  return rows.map((row) => ({
    ...row,
    isPart: row.isPart === 1,
    isEventOpen: row.isEventOpen === 1,
  }))
}

export type ErasablePayload = {
  readonly seq: number
  readonly encoding: Encoding
  readonly body: string
  readonly ownId: string | null
  readonly decision: string
  /** Whether something that the event asked for still goes on. */
  readonly isOpen: boolean
}

export type PayloadPage = {
  readonly candidates: readonly ErasablePayload[]
  /** The last that was looked at; null where there was none. */
  readonly last: number | null
}

/**
 * The next payloads that may hold one of the texts, whole. `parts`: what each of them surely has, in small
 * letters; an empty one may be in any. JSON and XML may have written any character by its number.
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
    FROM ${page} p WHERE p.encoding = 'base64' OR instr(p.body, '\\u') > 0 OR instr(p.body, '&#') > 0
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
        isOpen: sql<number>`${eventGoesOn('events')}`,
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

/** His adjustments, and those that he asked for, for which an erasure waits. */
export async function openAdjustmentsOf(
  db: Database,
  customer: ErasedCustomer,
): Promise<readonly AdjustmentId[]> {
  const his = spelled(customer)
  const ids = (rows: SQL) =>
    db
      .select({ id: adjustments.id })
      .from(adjustments)
      .where(sql`seq IN (${rows})`)
      .limit(PAGE_ROWS_MAX)
  const [open, asked, failed] = await db.batch([
    ids(sql`SELECT a.seq FROM adjustments a WHERE ${goesOnOfHis(customer)}`),
    ids(sql`SELECT a.seq FROM adjustments a WHERE a.wake_at IS NOT NULL
      AND a.state IN ('due', 'issuing', 'held') AND lower(a.asker) IN ${his}`),
    // The index of what waits is for exactly these two states.
    ids(sql`SELECT a.seq FROM adjustments a WHERE a.state IN ('held', 'failed')
      AND a.state = 'failed' AND a.customer_id IS NULL AND a.chosen_customer_id IS NULL
      AND lower(a.customer_reference) IN ${his}`),
  ])
  return [...new Set([...open, ...asked, ...failed].map(({ id }) => id))]
}
