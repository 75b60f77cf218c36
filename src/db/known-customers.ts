// What the billing API last said of a customer, to be believed for an hour.

import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import { sha256 } from '../domain/ids.ts'
import { CUSTOMER_KNOWN_SECONDS, KNOWN_CUSTOMERS_TIDIED_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { knownCustomers } from './schema.ts'

export type KnownCustomer = { readonly customerId: string; readonly currency: string }

/** What was asked, and where: another billing address, or a live key, knows other customers. */
export type CustomerQuestion = {
  readonly baseUrl: string
  readonly mode: Mode
  readonly by: 'id' | 'external_id'
  readonly value: string
}

/** A hash, so that the rows are spread evenly: whichever is written, its neighbours are any others. */
async function referenceOf({ baseUrl, mode, by, value }: CustomerQuestion): Promise<string> {
  const text = JSON.stringify([baseUrl, mode, by, value])
  return (await sha256(new TextEncoder().encode(text))).toHex()
}

export async function findKnownCustomer(
  db: Database,
  question: CustomerQuestion,
  now: number,
): Promise<KnownCustomer | null> {
  const [row] = await db
    .select({ customerId: knownCustomers.customerId, currency: knownCustomers.currency })
    .from(knownCustomers)
    .where(
      and(eq(knownCustomers.reference, await referenceOf(question)), gt(knownCustomers.until, now)),
    )
  return row ?? null
}

/**
 * Each row that is written removes those that have ended among the next few behind it, so the table
 * stays about as large as what was asked within an hour, and no write reads all of it.
 */
export async function keepKnownCustomer(
  db: Database,
  question: CustomerQuestion,
  known: KnownCustomer,
  now: number,
): Promise<void> {
  const reference = await referenceOf(question)
  const until = now + CUSTOMER_KNOWN_SECONDS * 1_000
  const next = db
    .select()
    .from(knownCustomers)
    .where(gt(knownCustomers.reference, reference))
    .orderBy(knownCustomers.reference)
    .limit(KNOWN_CUSTOMERS_TIDIED_MAX)
    .as('next')
  const ended = db.select({ reference: next.reference }).from(next).where(lte(next.until, now))
  await db.batch([
    db
      .insert(knownCustomers)
      .values({ reference, ...known, until })
      .onConflictDoUpdate({
        target: knownCustomers.reference,
        set: {
          customerId: sql`excluded.customer_id`,
          currency: sql`excluded.currency`,
          until: sql`excluded.until`,
        },
      }),
    db.delete(knownCustomers).where(inArray(knownCustomers.reference, ended)),
  ])
}
