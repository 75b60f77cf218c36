// Who is who, as it was said. Lists are newest first.

import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import { erasedHashes } from '../domain/erased-identity.ts'
import { comparedValue, type IdentityKey } from '../domain/identity.ts'
import { LIST_ROWS_TWICE } from '../domain/limits.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { erasedIdentities, identities, type Identity } from './schema.ts'

/** Who a reference is, as people have said it. */
export type Identified = {
  /** The billing API's id of him; null where nobody has said it. */
  readonly customerId: string | null
  /** Who he is was erased, and nobody has said it since: nobody may be found by it. */
  readonly isErased: boolean
}

/**
 * What was said for the account goes before what is said for all, also once it is erased: then only what is said
 * for the account again tells who he is.
 */
export async function findIdentified(
  db: Database,
  { account, kind, value: written }: IdentityKey,
): Promise<Identified> {
  const value = comparedValue(kind, written)
  const accounts = sql`(${account}, ${EVERY_ACCOUNT})`
  const [said] = await db
    .select({
      customerId: sql<string | null>`i.customer_id`,
      // Null where no erasure can have to do with it, as a rule.
      secret: sql<string | null>`iif(i.account IS NOT ${account}
        AND EXISTS (SELECT 1 FROM erased_identities e
          WHERE e.account IN ${accounts} AND e.kind = ${kind}),
        (SELECT secret FROM erasure_secrets), NULL)`,
    })
    .from(
      sql`(SELECT 1) LEFT JOIN (SELECT account, customer_id FROM identities
        WHERE value = ${value} AND kind = ${kind} AND account IN ${accounts}
        ORDER BY account DESC LIMIT 1) i`,
    )
  const { customerId = null, secret = null } = said ?? {}
  if (secret === null) return { customerId, isErased: false }
  // One of every account that stands was said after such a one was erased.
  const erasedIn = customerId === null ? [account, EVERY_ACCOUNT] : [account]
  const isErased = await wasErased(db, erasedIn, { kind, value }, secret)
  return { customerId: isErased ? null : customerId, isErased }
}

async function wasErased(
  db: Database,
  accounts: string[],
  { kind, value }: Pick<IdentityKey, 'kind' | 'value'>,
  secret: string,
): Promise<boolean> {
  const hashes = await erasedHashes(secret, [value])
  const [erased] = await db
    .select({ account: erasedIdentities.account })
    .from(erasedIdentities)
    .where(
      and(
        inArray(erasedIdentities.account, accounts),
        eq(erasedIdentities.kind, kind),
        inArray(erasedIdentities.hash, hashes),
      ),
    )
    .limit(1)
  return erased !== undefined
}

const EVERY_ACCOUNT = ''

export async function findIdentity(db: Database, seq: number): Promise<Identity | null> {
  const [row] = await db.select().from(identities).where(eq(identities.seq, seq))
  return row ?? null
}

export type IdentityFilter = {
  readonly account?: string | undefined
  readonly value?: string | undefined
  readonly customerId?: string | undefined
}

export type IdentityPage = {
  readonly rows: readonly Identity[]
  /** Before which `seq` the next page begins; null where there is none. */
  readonly next: number | null
}

/**
 * At most `window` rows are looked through, and read twice: where few of them fit, the page is short and there is a
 * next one all the same.
 */
export async function listIdentities(
  db: Database,
  filter: IdentityFilter,
  { before, limit }: Page,
  window: number = LIST_ROWS_TWICE,
): Promise<IdentityPage> {
  const read = db
    .select()
    .from(identities)
    .where(and(beforeSeq(before), valueIs(filter.value)))
    .orderBy(desc(identities.seq))
    .limit(window)
    .as('read')
  const { account, customerId } = filter
  const [rows, [last]] = await db.batch([
    db
      .select()
      .from(read)
      .where(
        and(
          account === undefined ? undefined : eq(read.account, account),
          customerId === undefined ? undefined : eq(read.customerId, customerId),
        ),
      )
      .orderBy(desc(read.seq))
      .limit(limit + 1),
    db
      .select({ seq: identities.seq })
      .from(identities)
      .where(and(beforeSeq(before), valueIs(filter.value)))
      .orderBy(desc(identities.seq))
      .limit(1)
      .offset(window - 1),
  ])
  const page = rows.slice(0, limit)
  const next = rows.length > limit ? page.at(-1)?.seq : last?.seq
  return { rows: page, next: next ?? null }
}

const beforeSeq = (before: number | null) =>
  before === null ? undefined : lt(identities.seq, before)

/** As it was written, or as an address is kept. */
const valueIs = (value: string | undefined) =>
  value === undefined
    ? undefined
    : inArray(identities.value, [...new Set([value, comparedValue('email', value)])])
