// Links to invoices' PDFs: made for any invoice, listed, shown again, revoked. A list never holds an address.

import * as z from 'zod/mini'
import { findLink, listLinks } from '../../db/read-links.ts'
import type { Link } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { isLinkId } from '../../domain/ids.ts'
import { BILLING_ID_CHARS_MAX } from '../../domain/limits.ts'
import { LINK_EXPIRE_DAYS_MAX, LINK_LABEL_CHARS_MAX } from '../../domain/limits-links.ts'
import { LINK_STATES, linkStateOf } from '../../domain/link.ts'
import { isIdentifier } from '../../domain/text.ts'
import { addressOfLink } from '../../usecases/link-address.ts'
import { makeLink, type MakeLinkTrouble } from '../../usecases/make-link.ts'
import { revokeLink } from '../../usecases/revoke-link.ts'
import { fail, NOT_FOUND, succeed, TRY_AGAIN, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { noteBulk } from '../note-bulk.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validPageWith } from '../validate.ts'

const invoiceId = z.string().check(z.minLength(1), z.maxLength(BILLING_ID_CHARS_MAX))

const newLink = z.strictObject({
  invoiceId,
  expiresInDays: z.optional(z.int().check(z.gte(1), z.lte(LINK_EXPIRE_DAYS_MAX))),
  label: z.optional(
    z
      .string()
      .check(
        z.refine(
          (text) => isIdentifier(text, LINK_LABEL_CHARS_MAX),
          `one line of 1 to ${LINK_LABEL_CHARS_MAX} characters`,
        ),
      ),
  ),
})

const LINK_NOT_FOUND: Failure = { ...NOT_FOUND, code: 'link_not_found' }

export const links = createRoutes()
  .post('/', requireScope('write'), validBody(newLink), async (c) => {
    const { deps, operator, logFields } = c.var
    const {
      expiresInDays = deps.config.links.expireAfterDays,
      label = null,
      ...wanted
    } = c.req.valid('json')
    const made = await makeLink(deps, operator, { ...wanted, expiresInDays, label })
    if (!made.ok) {
      for (const [field, value] of Object.entries(made.error)) logFields.set(field, value)
      return fail(c, answerFor(made.error))
    }
    const { link, isNew } = made.value
    return succeed(c, await presentWithAddress(c, link), isNew ? 201 : 200)
  })
  .get(
    '/',
    requireScope('read'),
    validPageWith({ invoice: z.optional(invoiceId), state: z.optional(z.enum(LINK_STATES)) }),
    noteBulk('links'),
    async (c) => {
      const { limit, cursor = null, ...filter } = c.req.valid('query')
      const now = c.var.deps.now()
      const page = { before: cursor, limit }
      const { rows, next } = await listLinks(c.var.deps.db, filter, page, now)
      return c.json({
        success: true,
        data: rows.map((row) => presentLink(row, now)),
        hasMore: next !== null,
        ...(next === null ? {} : { nextCursor: String(next) }),
      })
    },
  )
  .get('/:id', requireScope('read'), async (c) => {
    const id = c.req.param('id')
    const link = isLinkId(id) ? await findLink(c.var.deps.db, id) : null
    return link === null ? fail(c, LINK_NOT_FOUND) : succeed(c, await presentWithAddress(c, link))
  })
  .delete('/:id', requireScope('write'), async (c) => {
    const { deps, operator } = c.var
    const id = c.req.param('id')
    const link = isLinkId(id) ? await revokeLink(deps, operator, id) : null
    return link === null ? fail(c, LINK_NOT_FOUND) : succeed(c, presentLink(link, deps.now()))
  })

/** `url` is null where the key that it was made with is gone: it opens as before, but can't be shown. */
async function presentWithAddress(c: AppContext, link: Link) {
  const { deps } = c.var
  c.header('cache-control', 'no-store')
  const url = await addressOfLink(deps, link, new URL(c.req.url).origin)
  return { ...presentLink(link, deps.now()), url }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const presentLink = (link: Link, now: number) => ({
  object: 'link',
  id: link.id,
  invoiceId: link.invoiceId,
  label: link.label,
  state: linkStateOf(link, now),
  createdAt: iso(link.createdAt),
  expiresAt: iso(link.expiresAt),
  revokedAt: iso(link.revokedAt),
  opened: {
    times: link.opened,
    firstAt: iso(link.firstOpenedAt),
    lastAt: iso(link.lastOpenedAt),
  },
})

function answerFor(trouble: MakeLinkTrouble): Failure {
  switch (trouble.reason) {
    case 'invoice_unknown':
      return {
        ...NOT_FOUND,
        code: 'invoice_not_found',
        message: 'The billing API has no invoice with this id.',
        param: 'invoiceId',
      }
    case 'too_many_links':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'too_many_links',
        message: `This invoice has ${trouble.links} links already, which is as many as one can have.`,
      }
    case 'made_meanwhile':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'made_meanwhile',
        message: 'Somebody else makes links of this invoice right now. Ask again.',
      }
    case 'billing_unavailable':
      return {
        ...TRY_AGAIN,
        code: 'billing_unavailable',
        message: 'The billing API could not be asked for this invoice. Try again.',
      }
    case 'not_configured':
      return { ...TRY_AGAIN, code: 'not_configured', message: `${trouble.what} is not set.` }
    default:
      return unreachable(trouble)
  }
}
