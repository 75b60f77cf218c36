// The short links. Nothing of a request but the slug decides where a link leads.

import { Hono } from 'hono'
import { unreachable } from '../domain/assert.ts'
import { LINK_RETRY_AFTER_SECONDS } from '../domain/limits.ts'
import { findOpenLink, openLink, type LinkTrouble } from '../usecases/open-link.ts'
import { fail, methodNotAllowed, TRY_AGAIN, type Failure } from './answers.ts'
import type { AppContext, AppEnv } from './context.ts'

export const links = new Hono<AppEnv>()
  .use(async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
    c.header('referrer-policy', 'no-referrer')
    c.header('x-robots-tag', 'noindex')
  })
  .get('/:slug', async (c) => {
    const { deps } = c.var
    const slug = c.req.param('slug')
    if (c.req.method === 'HEAD') {
      // A HEAD is a scanner's or a preview's: it learns that the link is open, and no address.
      const link = await findOpenLink(deps, slug)
      return link.ok ? c.body(null, 200) : refuse(c, link.error)
    }
    const target = await openLink(deps, slug)
    return target.ok ? c.redirect(target.value, 302) : refuse(c, target.error)
  })
  .all('/:slug', (c) => methodNotAllowed(c, 'GET, HEAD'))

function refuse(c: AppContext, trouble: LinkTrouble): Response {
  for (const [field, value] of Object.entries(trouble)) c.var.logFields.set(field, value)
  return fail(c, answerFor(trouble))
}

function answerFor(trouble: LinkTrouble): Failure {
  switch (trouble.reason) {
    case 'unknown':
      return {
        status: 404,
        type: 'not_found_error',
        code: 'link_not_found',
        message: 'There is no such link.',
      }
    case 'expired':
    case 'invoice_gone':
    case 'revoked':
      return {
        status: 410,
        type: 'not_found_error',
        code: 'link_gone',
        message: 'This link is no longer valid.',
      }
    case 'billing_unavailable':
    case 'target_refused':
      return {
        ...TRY_AGAIN,
        message: 'The document can not be fetched right now. Try again in a minute.',
        retryAfterSeconds: LINK_RETRY_AFTER_SECONDS,
      }
    default:
      return unreachable(trouble)
  }
}
