// Links as they are. A click reads one row, by the unique index of ids.

import { and, asc, desc, eq, gt, isNotNull, isNull, lt, lte } from 'drizzle-orm'
import type { LinkId } from '../domain/ids.ts'
import { LIST_ROWS_TWICE } from '../domain/limits.ts'
import { LINKS_PER_INVOICE_MAX } from '../domain/limits-links.ts'
import type { LinkState } from '../domain/link.ts'
import type { Database } from './database.ts'
import type { Page } from './page.ts'
import { links, type Link } from './schema.ts'

export async function findLink(db: Database, id: LinkId): Promise<Link | null> {
  const [row] = await db.select().from(links).where(eq(links.id, id))
  return row ?? null
}

/** All of an invoice, the first made first: at most LINKS_PER_INVOICE_MAX. */
export const findLinksOf = (db: Database, invoiceId: string): Promise<readonly Link[]> =>
  db
    .select()
    .from(links)
    .where(eq(links.invoiceId, invoiceId))
    .orderBy(asc(links.nth))
    .limit(LINKS_PER_INVOICE_MAX)

export type LinkFilter = {
  readonly invoice?: string | undefined
  readonly state?: LinkState | undefined
}

export type LinkPage = {
  readonly rows: readonly Link[]
  /** Before which `seq` the next page begins; null where there is none. */
  readonly next: number | null
}

/**
 * Newest first. At most `window` rows are looked through, and read twice: where few of them are in the state, the
 * page is short and there is a next one all the same.
 */
export async function listLinks(
  db: Database,
  { invoice, state }: LinkFilter,
  { before, limit }: Page,
  now: number,
  window: number = LIST_ROWS_TWICE,
): Promise<LinkPage> {
  const within = and(
    before === null ? undefined : lt(links.seq, before),
    invoice === undefined ? undefined : eq(links.invoiceId, invoice),
  )
  const read = db
    .select()
    .from(links)
    .where(within)
    .orderBy(desc(links.seq))
    .limit(window)
    .as('read')
  const inState = {
    open: and(isNull(read.revokedAt), gt(read.expiresAt, now)),
    expired: and(isNull(read.revokedAt), lte(read.expiresAt, now)),
    revoked: isNotNull(read.revokedAt),
  }
  const [rows, [last]] = await db.batch([
    db
      .select()
      .from(read)
      .where(state && inState[state])
      .orderBy(desc(read.seq))
      .limit(limit + 1),
    db
      .select({ seq: links.seq })
      .from(links)
      .where(within)
      .orderBy(desc(links.seq))
      .limit(1)
      .offset(window - 1),
  ])
  const page = rows.slice(0, limit)
  const next = rows.length > limit ? page.at(-1)?.seq : last?.seq
  return { rows: page, next: next ?? null }
}
