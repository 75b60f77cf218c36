// Who is who, as it was said. Lists are newest first.

import { and, desc, eq, inArray, lt } from 'drizzle-orm'
import { comparedValue, type IdentityKey } from '../domain/identity.ts'
import { LIST_ROWS_READ_MAX } from '../domain/limits.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { identities, type Identity } from './schema.ts'

/** The billing API's id of him; what was said for the account goes before what is said for all. */
export async function findIdentifiedCustomer(
  db: Database,
  { account, kind, value }: IdentityKey,
): Promise<string | null> {
  const [row] = await db
    .select({ customerId: identities.customerId })
    .from(identities)
    .where(
      and(
        eq(identities.value, comparedValue(kind, value)),
        eq(identities.kind, kind),
        inArray(identities.account, [account, EVERY_ACCOUNT]),
      ),
    )
    .orderBy(desc(identities.account))
    .limit(1)
  return row?.customerId ?? null
}

const EVERY_ACCOUNT = ''

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
 * At most `LIST_ROWS_READ_MAX` rows are read: where few of them fit, the page is short and there is a
 * next one all the same.
 */
export async function listIdentities(
  db: Database,
  filter: IdentityFilter,
  { before, limit }: Page,
): Promise<IdentityPage> {
  const read = db
    .select()
    .from(identities)
    .where(and(beforeSeq(before), valueIs(filter.value)))
    .orderBy(desc(identities.seq))
    .limit(LIST_ROWS_READ_MAX)
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
      .offset(LIST_ROWS_READ_MAX - 1),
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
