// Identities that a name may mean, by the index of what they are called, and among the newest.

import { desc, sql, type SQL } from 'drizzle-orm'
import { SUGGESTION_HITS_MAX, SUGGESTION_WINDOW_ROWS } from '../domain/limits.ts'
import type { KnownAs, Sought } from '../domain/suggest-customer.ts'
import type { Database } from './database.ts'
import { identities } from './schema.ts'

const COLUMNS = {
  account: identities.account,
  value: identities.value,
  customerId: identities.customerId,
}

/** Behind every text that begins with the one in front of it. */
const LAST_CHARACTER = '\u{10FFFF}'

export async function findSuggested(
  db: Database,
  { values, domain, name }: Sought,
): Promise<readonly KnownAs[]> {
  const some = (where: SQL) =>
    db.select(COLUMNS).from(identities).where(where).limit(SUGGESTION_HITS_MAX)
  const named = [...values, ...(domain === null ? [] : [domain])]
  const newest = db
    .select(COLUMNS)
    .from(identities)
    .orderBy(desc(identities.seq))
    .limit(SUGGESTION_WINDOW_ROWS)
    .as('newest')
  const found = await db.batch([
    some(sql`${identities.value} IN (SELECT value FROM json_each(${JSON.stringify(named)}))`),
    // No index knows what an address ends with.
    ...(domain === null
      ? []
      : [
          db
            .select()
            .from(newest)
            .where(sql`substr(${newest.value}, ${-1 - domain.length}) = ${`@${domain}`}`)
            .limit(SUGGESTION_HITS_MAX),
        ]),
    ...(name === null
      ? []
      : [
          some(
            sql`${identities.value} >= ${name} AND ${identities.value} < ${name + LAST_CHARACTER}`,
          ),
        ]),
  ])
  return found.flat()
}
