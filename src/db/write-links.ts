// Links are made and revoked, each with its entry, never removed. What is behind a click is written after its
// answer: the sealed address, which is no fact and has no entry, and the openings.

import { and, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { AuditEntry } from '../domain/audit.ts'
import type { LinkId } from '../domain/ids.ts'
import { OPENINGS_ENTRY_MS } from '../domain/limits-links.ts'
import type { Opening } from '../domain/opening.ts'
import type { Operator } from '../domain/operator.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { auditEntries, links, type Link } from './schema.ts'

export type NewLink = {
  readonly id: LinkId
  readonly invoiceId: string
  readonly nth: number
  readonly label: string | null
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Nothing where the invoice has an nth link already, or the condition doesn't hold. */
export const linkIf = (
  db: Database,
  { id, invoiceId, nth, label, expiresAt }: NewLink,
  condition: SQL,
  now: number,
) =>
  db.insert(links).select(
    sql`SELECT NULL, ${id}, ${invoiceId}, ${nth}, ${label}, ${now}, ${expiresAt}, NULL, 0, NULL, NULL, NULL, NULL
      WHERE ${condition}
        AND NOT EXISTS (SELECT 1 FROM links WHERE invoice_id = ${invoiceId} AND nth = ${nth})`,
  )

/** Null where somebody else made it meanwhile. */
export const insertLink = (
  db: Database,
  link: NewLink,
  maker: Operator,
  now: number,
): Promise<Link | null> =>
  commitChange(
    db,
    linkIf(db, link, sql`true`, now).returning(),
    entry(now, maker, 'link.made', link.id, {
      invoice: link.invoiceId,
      nth: link.nth,
      expiresAt: link.expiresAt,
    }),
  )

/** Null where there is no such link, or it was revoked before. */
export const revokeLink = (
  db: Database,
  { id, invoiceId }: Link,
  revoker: Operator,
  now: number,
): Promise<Link | null> =>
  commitChange(
    db,
    db
      .update(links)
      .set({ revokedAt: now })
      .where(and(eq(links.id, id), isNull(links.revokedAt)))
      .returning(),
    entry(now, revoker, 'link.revoked', id, { invoice: invoiceId }),
  )

const entry = (
  at: number,
  { name }: Operator,
  action: AuditEntry['action'],
  subject: LinkId,
  data: AuditEntry['data'],
): AuditEntry => ({ at, actor: `operator:${name}`, action, subject, data })

/** An address that lives longer is kept. */
export async function keepAddress(
  db: Database,
  id: LinkId,
  sealed: { readonly sealedAddress: string; readonly sealedUntil: number },
): Promise<void> {
  await db
    .update(links)
    .set(sealed)
    .where(and(eq(links.id, id), sql`coalesce(${links.sealedUntil}, 0) < ${sealed.sealedUntil}`))
}

/**
 * One batch for all of them: two statements, a row for each link, and an entry for each link and kind of agent
 * that has had none for OPENINGS_ENTRY_MS: whoever has a link could fill the log, which nothing is taken from.
 */
export async function writeOpenings(db: Database, openings: readonly Opening[]): Promise<void> {
  const told = JSON.stringify(openings)
  const ofLink = (value: string) =>
    sql`(SELECT ${sql.raw(value)} FROM json_each(${told}) o WHERE o.value ->> 'link' = ${links.id})`
  await db.batch([
    db
      .update(links)
      .set({
        opened: sql`${links.opened} + ${ofLink("sum(o.value ->> 'times')")}`,
        firstOpenedAt: sql`coalesce(${links.firstOpenedAt}, ${ofLink("min(o.value ->> 'at')")})`,
        lastOpenedAt: sql`max(coalesce(${links.lastOpenedAt}, 0), ${ofLink("max(o.value ->> 'lastAt')")})`,
      })
      .where(sql`${links.id} IN (SELECT o.value ->> 'link' FROM json_each(${told}) o)`),
    db.insert(auditEntries).select(
      sql`SELECT NULL, o.value ->> 'at', 'system:links', 'link.opened', o.value ->> 'link',
        json_object('invoice', links.invoice_id, 'agent', o.value ->> 'agent', 'opened', links.opened)
        FROM json_each(${told}) o JOIN links ON links.id = o.value ->> 'link'
        WHERE NOT EXISTS (SELECT 1 FROM audit_entries before
          WHERE before.action = 'link.opened' AND before.subject = links.id
            AND before.at > (o.value ->> 'at') - ${OPENINGS_ENTRY_MS}
            AND before.data ->> 'agent' = o.value ->> 'agent')`,
    ),
  ])
}
