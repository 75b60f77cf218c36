// In which currency the billing API last billed a customer, to be believed for an hour. Who has an
// external id is never kept: it may move to another customer at any time.

import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import { sha256 } from '../domain/ids.ts'
import { CUSTOMER_KNOWN_SECONDS, KNOWN_CUSTOMERS_TIDIED_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import { knownCustomers } from './schema.ts'

/** One customer, and where: another billing address, or a live key, knows others. */
export type CustomerThere = {
  readonly baseUrl: string
  readonly mode: Mode
  readonly customerId: string
}

/** A hash, so that the rows are spread evenly: whichever is written, its neighbours are any others. */
async function referenceOf({ baseUrl, mode, customerId }: CustomerThere): Promise<string> {
  const text = JSON.stringify([baseUrl, mode, customerId])
  return (await sha256(new TextEncoder().encode(text))).toHex()
}

/** In small letters; null where it has to be asked. */
export async function findKnownCurrency(
  db: Database,
  customer: CustomerThere,
  now: number,
): Promise<string | null> {
  const [row] = await db
    .select({ currency: knownCustomers.currency })
    .from(knownCustomers)
    .where(
      and(eq(knownCustomers.reference, await referenceOf(customer)), gt(knownCustomers.until, now)),
    )
  return row?.currency ?? null
}

/**
 * Each row that is written removes those that have ended among the next few behind it, so the table
 * stays about as large as what was asked within an hour, and no write reads all of it.
 */
export async function keepKnownCurrency(
  db: Database,
  customer: CustomerThere,
  currency: string,
  now: number,
): Promise<void> {
  const reference = await referenceOf(customer)
  const { customerId } = customer
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
      .values({ reference, customerId, currency, until })
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
