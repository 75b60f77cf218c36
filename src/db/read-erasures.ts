// What an erasure looks at, a part at a time.

import { and, asc, eq, gt, isNotNull, lt, desc, lte, sql, type SQL } from 'drizzle-orm'
import { distinct, type ErasableAdjustment } from '../domain/erasable.ts'
import {
  comparable,
  emailsOf,
  namesOf,
  type ErasedCustomer,
  type ErasedReference,
} from '../domain/erasure.ts'
import type { AdjustmentId, ErasureId } from '../domain/ids.ts'
import {
  ERASURE_CUSTOMERS_SHOWN_MAX,
  ERASURE_IDENTIFIERS_MAX,
  ERASURE_REFERENCES_READ_MAX,
  ERASURE_ROWS_PER_STEP,
  PAGE_ROWS_MAX,
} from '../domain/limits.ts'
import type { Database } from './database.ts'
import {
  eventGoesOn,
  goesOnOfHis,
  identifiedAs,
  isHisRow,
  OPEN,
  spelled,
  valuesOf,
  whatGoesOn,
} from './erasure-waits.ts'
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
  { throughAdjustment, throughEvent, customer }: Erasure,
): Promise<readonly ErasableAdjustment[]> {
  const isPart = sql<number>`(${events.seq} <= ${throughEvent} OR EXISTS (SELECT 1
    FROM adjustments o CROSS JOIN events e ON e.id = o.event_id
    WHERE o.id = ${adjustments.reverses} AND e.seq <= ${throughEvent}))`
  const rows = await db
    .select({
      seq: adjustments.seq,
      id: adjustments.id,
      state: adjustments.state,
      account: adjustments.account,
      customerId: adjustments.customerId,
      chosenCustomerId: adjustments.chosenCustomerId,
      customerKind: adjustments.customerKind,
      customerReference: adjustments.customerReference,
      identifiedAs: sql<string | null>`${identifiedAs('adjustments')}`,
      asker: adjustments.asker,
      countedAt: adjustments.countedAt,
      decisionNote: adjustments.decisionNote,
      subject: adjustments.subject,
      ruleHold: adjustments.ruleHold,
      isPart,
      payload: payloads.eventSeq,
      isEventOpen: sql<number>`${eventGoesOn('events')}`,
    })
    .from(adjustments)
    .leftJoin(events, eq(events.id, adjustments.eventId))
    .leftJoin(payloads, eq(payloads.eventSeq, events.seq))
    .where(behind(throughAdjustment, customer))
    .orderBy(asc(adjustments.seq))
    .limit(ERASURE_ROWS_PER_STEP)
  return rows.map((row) => ({
    ...row,
    isPart: row.isPart === 1,
    isEventOpen: row.isEventOpen === 1,
  }))
}

/** Of a round that doesn't look at all: what was waited for, and what is newer. */
function behind(after: number, customer: ErasedCustomer | null): SQL {
  const only = customer?.only ?? null
  if (only === null) return gt(adjustments.seq, after)
  return sql`${adjustments.seq} IN (
    SELECT value FROM ${valuesOf(only.adjustments)} WHERE value > ${after}
    UNION SELECT seq FROM (SELECT n.seq FROM adjustments n WHERE n.seq > ${Math.max(after, only.through)}
      ORDER BY n.seq LIMIT ${sql.raw(String(ERASURE_ROWS_PER_STEP))}))`
}

/** Of all customers whom one of these texts names, comparable ones, the first. */
export async function customersCalled(
  db: Database,
  texts: readonly string[],
): Promise<readonly string[]> {
  const rows = await db
    .selectDistinct({ customerId: identities.customerId })
    .from(identities)
    .where(sql`lower(value) IN ${spelled(texts)}`)
    .orderBy(asc(identities.customerId))
    .limit(ERASURE_CUSTOMERS_SHOWN_MAX)
  return rows.map(({ customerId }) => customerId)
}

/** What identities and adjustments call him. Of too many, the identities come first: they are removed. */
export async function calledOf(
  db: Database,
  customerId: string,
): Promise<readonly ErasedReference[]> {
  const said = await identitiesOf(db, customerId)
  const all = distinct([...said, ...(await referencesOf(db, customerId))])
  return all.slice(0, ERASURE_IDENTIFIERS_MAX)
}

/** Of his e-mails those, comparable, that an identity says to be another customer's. */
export async function sharedEmails(
  db: Database,
  { ids, references }: ErasedCustomer,
): Promise<readonly string[]> {
  const emails = emailsOf(references)
  if (emails.length === 0) return []
  const written = references.map(({ value }) => value)
  const rows = await db
    .selectDistinct({ value: identities.value })
    .from(identities)
    .where(
      sql`value IN ${valuesOf([...emails, ...written])} AND customer_id NOT IN ${valuesOf(ids)}`,
    )
  const others = new Set(rows.map(({ value }) => comparable(value)))
  return emails.filter((email) => others.has(email))
}

/** How much goes on, for which an erasure waits. */
export async function countGoingOn(
  db: Database,
  run: Erasure,
  customer: ErasedCustomer,
  now: number,
): Promise<number> {
  const [row] = await db.select({ n: whatGoesOn(run, customer, now) }).from(sql`(SELECT 1)`)
  return row?.n ?? 0
}

/** The first identities of him, as many as are looked for at once. */
export const identitiesOf = (
  db: Database,
  customerId: string,
): Promise<readonly ErasedReference[]> =>
  db
    .select({ account: identities.account, kind: identities.kind, value: identities.value })
    .from(identities)
    .where(eq(identities.customerId, customerId))
    .orderBy(asc(identities.seq))
    .limit(ERASURE_IDENTIFIERS_MAX)

/** What his newest adjustments call him, of those that count against his limit, where no identity says another. */
export async function referencesOf(
  db: Database,
  customerId: string,
): Promise<readonly ErasedReference[]> {
  const rows = await db
    .selectDistinct({
      // What the billing API itself has looked up is its own external id, in every account.
      account: sql<string>`iif(a.customer_kind = 'external_id' AND a.chosen_customer_id IS NULL
        AND ${identifiedAs('a')} IS NULL, '', a.account)`,
      kind: sql<ErasedReference['kind']>`a.customer_kind`,
      value: sql<string>`a.customer_reference`,
    })
    .from(
      sql`(SELECT account, customer_kind, customer_reference, chosen_customer_id FROM adjustments
        WHERE customer_id = ${customerId} AND counted_at IS NOT NULL
        ORDER BY counted_at DESC LIMIT ${sql.raw(String(ERASURE_REFERENCES_READ_MAX))}) a`,
    )
    .where(
      sql`a.customer_reference IS NOT NULL AND a.customer_kind <> 'billing_id'
        AND coalesce(${identifiedAs('a')}, ${customerId}) = ${customerId}`,
    )
    .limit(ERASURE_IDENTIFIERS_MAX)
  return rows
}

/** His adjustments, and those that he asked for, for which an erasure waits. */
export async function openAdjustmentsOf(
  db: Database,
  customer: ErasedCustomer,
): Promise<readonly AdjustmentId[]> {
  const ids = (rows: SQL) =>
    db
      .select({ id: adjustments.id })
      .from(adjustments)
      .where(sql`seq IN (${rows})`)
      .limit(PAGE_ROWS_MAX)
  const [open, asked, failed] = await db.batch([
    ids(sql`SELECT a.seq FROM adjustments a WHERE ${goesOnOfHis(customer)}`),
    ids(sql`SELECT a.seq FROM adjustments a WHERE a.wake_at IS NOT NULL
      AND a.state ${sql.raw(OPEN)} AND lower(a.asker) IN ${spelled(namesOf(customer))}`),
    // The index of what waits is for exactly these two states.
    ids(sql`SELECT a.seq FROM adjustments a WHERE a.state IN ('held', 'failed')
      AND a.state = 'failed' AND a.customer_id IS NULL AND a.chosen_customer_id IS NULL
      AND ${isHisRow('a', customer)}`),
  ])
  return [...new Set([...open, ...asked, ...failed].map(({ id }) => id))]
}
